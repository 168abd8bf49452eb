//! GloVe between two epochs.

use std::sync::atomic::AtomicBool;
use std::time::Instant;

use super::bins::Bins;
use super::{Config, Learner, Progress, SCATTER};
use crate::cooccurrence;
use crate::corpus::Corpus;
use crate::random::Random;
use crate::train::checkpoint::{fingerprint, foreign};
use crate::train::{Checkpoint, Course};
use crate::vectors::Matrix;
use crate::{Error, Vectors};

/// A training that goes on epoch by epoch, so that it can be saved between two.
pub struct Training<'a> {
    corpus: &'a Corpus,
    config: Config,
    bins: Bins,
    learner: Learner,
    course: Course,
    /// Epochs done before this training.
    resumed: usize,
    start: Instant,
}

impl<'a> Training<'a> {
    /// Counts; before the first epoch.
    ///
    /// # Errors
    /// As [`train`](super::train).
    pub fn new(corpus: &'a Corpus, config: &Config) -> Result<Self, Error> {
        config.check()?;
        let learner = Learner::new(corpus.vocabulary.len(), config);
        Self::with(corpus, config.clone(), learner, Course::default(), config.limit())
    }

    /// Counts anew and goes on where a checkpoint stands; with one thread the same bits follow as
    /// without a stop.
    ///
    /// # Errors
    /// Where the checkpoint belongs to another corpus, and as [`train`](super::train).
    pub fn resume(corpus: &'a Corpus, checkpoint: Checkpoint<Config>) -> Result<Self, Error> {
        let Checkpoint { config, course, vocabulary, inputs, outputs } = checkpoint;
        config.check()?;
        let shape = (corpus.vocabulary.len(), 2 * config.half());
        let fits = [&inputs, &outputs].iter().all(|table| (table.rows(), table.width()) == shape);
        if vocabulary != fingerprint(&corpus.vocabulary) || !fits {
            return Err(foreign());
        }
        let (words, contexts) = (inputs.to_table(), outputs.to_table());
        let learner = Learner { config: config.clone(), words, contexts };
        let limit = config.limit();
        Self::with(corpus, config, learner, course, limit)
    }

    pub(super) fn with(
        corpus: &'a Corpus,
        config: Config,
        learner: Learner,
        course: Course,
        limit: usize,
    ) -> Result<Self, Error> {
        let threads = config.thread_count();
        let runs = cooccurrence::count(corpus, config.window, config.weighting, limit, threads)?;
        let mut random = Random::keyed(&[config.seed, SCATTER]);
        let bins = Bins::scatter(&runs, limit, threads, &mut random)?;
        if bins.pairs() == 0 {
            return Err(Error::Setting(
                "no two words of the corpus stand in one sentence: there is nothing to count"
                    .to_owned(),
            ));
        }
        let resumed = course.epoch;
        Ok(Self { corpus, config, bins, learner, course, resumed, start: Instant::now() })
    }

    /// Whether all epochs are done.
    pub fn finished(&self) -> bool {
        self.course.epoch >= self.config.epochs
    }

    /// Epochs done so far.
    pub fn epochs(&self) -> usize {
        self.course.epoch
    }

    /// All pairs once; nothing where `stop` was set before the end: what was learned then is neither
    /// this epoch nor the one before, and only a checkpoint goes on.
    ///
    /// # Errors
    /// Where temporary files fail.
    pub fn epoch(&mut self, stop: &AtomicBool) -> Result<Option<Progress>, Error> {
        let (epoch, threads) = (self.course.epoch, self.config.thread_count());
        let Some(sum) = self.learner.epoch(&self.bins, epoch as u64, threads, stop)? else {
            return Ok(None);
        };
        self.course.epoch += 1;
        Ok(Some(Progress {
            epoch,
            epochs: self.config.epochs,
            pairs: self.bins.pairs(),
            loss: sum / self.bins.pairs() as f64,
            resumed: self.resumed,
            elapsed: self.start.elapsed(),
        }))
    }

    /// All that the rest of the training depends on: vectors, biases and the sums of AdaGrad.
    pub fn checkpoint(&self) -> Checkpoint<Config> {
        Checkpoint {
            config: self.config.clone(),
            course: self.course,
            vocabulary: fingerprint(&self.corpus.vocabulary),
            inputs: Matrix::from_table(&self.learner.words),
            outputs: Matrix::from_table(&self.learner.contexts),
        }
    }

    /// What was learned so far: `w + w̃`.
    pub fn vectors(&self) -> Vectors {
        Vectors::new(self.corpus.vocabulary.words().to_vec(), self.learner.sums())
    }
}
