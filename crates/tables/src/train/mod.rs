//! Word vectors from a corpus: skip-gram and CBOW (Mikolov, Chen, Corrado and Dean, 2013), with
//! negative sampling or a hierarchical softmax, with or without subwords (fastText).
//!
//! Threads take chunks of the corpus and change two shared tables without locks. Every draw belongs
//! to (seed, epoch, chunk). One thread gives the same bits again; several meet in the tables and do
//! not.
//!
//! What makes it quick: text is read once and becomes numbers; n-grams are hashed once a word; the
//! neighbours in a window share their negatives, so that a step is three small matrix products over
//! rows that are fetched, changed and written once.

pub(crate) mod block;
pub(crate) mod checkpoint;
mod config;
pub(crate) mod crew;
pub(crate) mod huffman;
pub(crate) mod negatives;
mod products;
pub(crate) mod progress;
pub mod subword;
mod worker;

use std::ops::ControlFlow;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

pub use checkpoint::{Checkpoint, Course};
pub use config::{Config, Method, Output};
pub use progress::{Epoch, Progress};

use crate::corpus::Corpus;
use crate::corpus::tokens::ChunkReader;
use crate::model::Model;
use crate::random::Random;
use crate::shared::Table;
use crate::{Error, vectors::Matrix};
use crew::Tally;
use huffman::Paths;
use negatives::Negatives;
use progress::{Clock, Standing};
use subword::Subwords;
use worker::{Common, Pass, Worker};

/// Chunks whose held-out sentences are measured, at most.
const MEASURED_CHUNKS: usize = 256;
/// The key of draws that belong to no epoch.
pub(crate) const NO_EPOCH: u64 = u64::MAX;

/// Learns the vectors of a corpus.
///
/// `report` is called a few times a second and at the end of every epoch; where it breaks, training
/// stops and what was learned so far is given back.
///
/// # Errors
/// Where a setting makes no sense or the corpus cannot be read again.
pub fn train(
    corpus: &Corpus,
    config: &Config,
    report: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
) -> Result<Model, Error> {
    let mut training = Training::new(corpus, config)?;
    while !training.finished() && training.epoch(report)?.is_some() {}
    Ok(training.model())
}

/// A training that goes on epoch by epoch, so that it can be saved between two.
pub struct Training<'a> {
    corpus: &'a Corpus,
    config: Config,
    inputs: Table,
    outputs: Table,
    negatives: Negatives,
    subwords: Option<Subwords>,
    paths: Option<Paths>,
    keep: Vec<u32>,
    done: AtomicU64,
    clock: Clock,
    course: Course,
}

impl<'a> Training<'a> {
    /// Before the first epoch.
    ///
    /// # Errors
    /// Where a setting makes no sense.
    pub fn new(corpus: &'a Corpus, config: &Config) -> Result<Self, Error> {
        config.check()?;
        let rows = output_rows(corpus, config).max(input_rows(corpus, config));
        if u32::try_from(rows).is_err() {
            return Err(Error::Setting(format!(
                "a table would have {rows} rows, more than can be numbered; lower window (with \
                 structure), the buckets, or bring fewer words"
            )));
        }
        let width = config.dimensions;
        let mut random = Random::keyed(&[config.seed, NO_EPOCH]);
        // Within ±1/d, as gensim and fastText; word2vec's own code has half of that.
        let inputs = Table::new(input_rows(corpus, config), width, |_, _| {
            (2.0 * random.unit() - 1.0) / width as f32
        });
        let outputs = Table::new(output_rows(corpus, config), width, |_, _| 0.0);
        Ok(Self::with(corpus, config.clone(), inputs, outputs, Course::default()))
    }

    /// Goes on where a checkpoint stands; with one thread the same bits follow as without a stop.
    ///
    /// # Errors
    /// Where the checkpoint belongs to another corpus.
    pub fn resume(corpus: &'a Corpus, checkpoint: Checkpoint) -> Result<Self, Error> {
        let Checkpoint { config, course, vocabulary, inputs, outputs } = checkpoint;
        config.check()?;
        let rows = [inputs.rows(), outputs.rows()];
        let widths = [inputs.width(), outputs.width()];
        if vocabulary != checkpoint::fingerprint(&corpus.vocabulary)
            || rows != [input_rows(corpus, &config), output_rows(corpus, &config)]
            || widths != [config.dimensions; 2]
        {
            return Err(checkpoint::foreign());
        }
        let (inputs, outputs) = (inputs.to_table(), outputs.to_table());
        Ok(Self::with(corpus, config, inputs, outputs, course))
    }

    fn with(
        corpus: &'a Corpus,
        config: Config,
        inputs: Table,
        outputs: Table,
        course: Course,
    ) -> Self {
        let counts = corpus.vocabulary.counts();
        let hierarchical = config.output == Output::HierarchicalSoftmax;
        let done = corpus.summary.words_kept * course.epoch as u64;
        Self {
            negatives: Negatives::new(counts, config.exponent),
            subwords: config.subwords.map(|grams| Subwords::new(&corpus.vocabulary, &grams)),
            paths: hierarchical.then(|| Paths::new(counts)),
            keep: chances(counts, config.subsample),
            done: AtomicU64::new(done),
            clock: Clock::new(done),
            corpus,
            config,
            inputs,
            outputs,
            course,
        }
    }

    /// Whether all epochs are done, or patience is at its end.
    pub fn finished(&self) -> bool {
        let impatient = self.config.patience.is_some_and(|patience| self.course.waited > patience);
        self.course.epoch >= self.config.epochs || impatient
    }

    /// One pass over the corpus; nothing where `report` broke it off.
    ///
    /// # Errors
    /// Where the corpus cannot be read again.
    pub fn epoch(
        &mut self,
        report: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
    ) -> Result<Option<Epoch>, Error> {
        let common = self.common();
        let epoch = self.course.epoch;
        let learned = pass(self.corpus, &common, epoch as u64, &mut |tally| {
            report(&self.clock.read(&standing(&common, epoch, tally)))
        })?;
        let Some(tally) = learned else { return Ok(None) };
        let held_out = measure(self.corpus, &common)?.map(Tally::mean);
        let end = Epoch { loss: tally.mean(), held_out };
        let progress =
            Progress { ended: Some(end), ..self.clock.read(&standing(&common, epoch, tally)) };
        self.course.epoch += 1;
        self.course.words = self.corpus.summary.words_kept * self.course.epoch as u64;
        *self.done.get_mut() = self.course.words;
        if let Some(loss) = held_out {
            let better = self.course.best.is_none_or(|best| loss < best);
            self.course.waited = if better { 0 } else { self.course.waited + 1 };
            self.course.best = Some(self.course.best.map_or(loss, |best| best.min(loss)));
        }
        Ok(report(&progress).is_continue().then_some(end))
    }

    /// All that the rest of the training depends on.
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            config: self.config.clone(),
            course: self.course,
            vocabulary: checkpoint::fingerprint(&self.corpus.vocabulary),
            inputs: Matrix::from_table(&self.inputs),
            outputs: Matrix::from_table(&self.outputs),
        }
    }

    /// What was learned so far.
    pub fn model(&self) -> Model {
        Model {
            vocabulary: self.corpus.vocabulary.clone(),
            config: self.config.clone(),
            inputs: Matrix::from_table(&self.inputs),
            outputs: Matrix::from_table(&self.outputs),
        }
    }

    fn common(&self) -> Common<'_> {
        Common {
            config: &self.config,
            inputs: &self.inputs,
            outputs: &self.outputs,
            negatives: &self.negatives,
            subwords: self.subwords.as_ref(),
            paths: self.paths.as_ref(),
            keep: &self.keep,
            done: &self.done,
            total: self.corpus.summary.words_kept * self.config.epochs as u64,
        }
    }
}

/// A row for every word, then one for every bucket of n-grams.
fn input_rows(corpus: &Corpus, config: &Config) -> usize {
    corpus.vocabulary.len() + config.subwords.map_or(0, |subwords| subwords.buckets)
}

/// A row for every word; with structure, one for every word at every relative position.
fn output_rows(corpus: &Corpus, config: &Config) -> usize {
    let positions = if config.method == Method::StructuredSkipGram { 2 * config.window } else { 1 };
    corpus.vocabulary.len() * positions
}

/// The chance of every word to stay, of 2^32: `min(1, sqrt(t/f) + t/f)` for the share `f` of a word
/// and the threshold `t`, as in word2vec's code (the paper lacks the second term).
pub(crate) fn chances(counts: &[u64], threshold: f64) -> Vec<u32> {
    let total: u64 = counts.iter().sum();
    let chance = |&count: &u64| {
        let ratio = threshold * total as f64 / count as f64;
        if threshold == 0.0 { 1.0 } else { (ratio.sqrt() + ratio).min(1.0) }
    };
    counts.iter().map(|count| (chance(count) * f64::from(u32::MAX)) as u32).collect()
}

fn standing(common: &Common, epoch: usize, tally: Tally) -> Standing {
    Standing {
        epoch: (epoch, common.config.epochs),
        words: (common.done.load(Relaxed), common.total),
        rate: common.rate(),
        loss: tally.mean(),
    }
}

/// One pass over all chunks by all threads; nothing where the caller stopped it.
fn pass(
    corpus: &Corpus,
    common: &Common,
    epoch: u64,
    report: &mut dyn FnMut(Tally) -> ControlFlow<()>,
) -> Result<Option<Tally>, Error> {
    let order = crew::order(corpus.tokens.chunks(), common.config.seed, epoch);
    let begin = || Ok((corpus.tokens.reader()?, Worker::new(common, Pass::Learn)));
    let work = |(reader, worker): &mut (ChunkReader, Worker), chunk| {
        worker.chunk(&reader.chunk(chunk)?, chunk, epoch);
        Ok(std::mem::take(&mut worker.tally))
    };
    crew::run(&order, common.config.thread_count(), &begin, &work, report)
}

/// The loss on held-out sentences, with the same draws every time.
fn measure(corpus: &Corpus, common: &Common) -> Result<Option<Tally>, Error> {
    if common.config.held_out == 0.0 {
        return Ok(None);
    }
    let mut reader = corpus.tokens.reader()?;
    let mut worker = Worker::new(common, Pass::Measure);
    for chunk in 0..corpus.tokens.chunks().min(MEASURED_CHUNKS) {
        worker.chunk(&reader.chunk(chunk)?, chunk, NO_EPOCH);
    }
    Ok((worker.tally.examples > 0).then_some(worker.tally))
}

#[cfg(test)]
mod tests;
