//! The loop: epochs over the examples, and after each the loss on the validation lines.

use std::ops::ControlFlow;
use std::sync::atomic::Ordering::Relaxed;

use super::features::Line;
use super::worker::{Common, Worker};
use super::{Classifier, Config, Dictionary, Examples, Features};
use crate::Error;
use crate::corpus::tokens::ChunkReader;
use crate::random::Random;
use crate::shared::Table;
use crate::train::checkpoint::{fingerprint, foreign};
use crate::train::crew::{self, Tally};
use crate::train::progress::{Clock, Standing};
use crate::train::{Checkpoint, Course, Epoch, NO_EPOCH, Progress};
use crate::vectors::Matrix;

/// Learns a classifier.
///
/// `validation` holds labelled lines to measure the loss on after every epoch, none or some.
/// `report` is called a few times a second and at the end of every epoch; where it breaks, training
/// stops and what was learned so far is given back.
///
/// # Errors
/// Where a setting makes no sense or the examples cannot be read again.
pub fn train(
    examples: &Examples,
    config: &Config,
    validation: &[String],
    report: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
) -> Result<Classifier, Error> {
    let mut training = Training::new(examples, config, validation)?;
    while !training.finished() && training.epoch(report)?.is_some() {}
    Ok(training.classifier())
}

/// Learns on from a classifier whose tables are not quantized, on the examples that it came from.
pub(super) fn retrain(examples: &Examples, classifier: &Classifier) -> Result<Classifier, Error> {
    let Classifier { dictionary, config, features, inputs, outputs, .. } = classifier;
    let tables = (inputs.to_matrix().to_table(), outputs.to_matrix().to_table());
    let common = Common::new(examples, config, dictionary, features.clone(), tables);
    let mut training = Training::with(examples, dictionary, common, &[], Course::default());
    let report = &mut |_: &Progress| ControlFlow::Continue(());
    while !training.finished() && training.epoch(report)?.is_some() {}
    Ok(training.classifier())
}

/// A training that goes on epoch by epoch, so that it can be saved between two.
pub struct Training<'a> {
    examples: &'a Examples,
    dictionary: &'a Dictionary,
    common: Common,
    validation: Vec<Line>,
    clock: Clock,
    course: Course,
}

impl<'a> Training<'a> {
    /// Before the first epoch; `validation` are the lines to measure the loss on after every epoch.
    ///
    /// # Errors
    /// Where a setting makes no sense.
    pub fn new(
        examples: &'a Examples,
        config: &Config,
        validation: &[String],
    ) -> Result<Self, Error> {
        config.check()?;
        let dictionary = &examples.dictionary;
        let features = Features::new(dictionary, config, None);
        let width = config.dimensions;
        let mut random = Random::keyed(&[config.seed, NO_EPOCH]);
        let inputs =
            Table::new(features.rows(), width, |_, _| (2.0 * random.unit() - 1.0) / width as f32);
        let outputs = Table::new(dictionary.labels.len(), width, |_, _| 0.0);
        let common = Common::new(examples, config, dictionary, features, (inputs, outputs));
        Ok(Self::with(examples, dictionary, common, validation, Course::default()))
    }

    /// Goes on where a checkpoint stands; with one thread the same bits follow as without a stop.
    ///
    /// # Errors
    /// Where the checkpoint belongs to other examples.
    pub fn resume(
        examples: &'a Examples,
        checkpoint: Checkpoint<Config>,
        validation: &[String],
    ) -> Result<Self, Error> {
        let Checkpoint { config, course, vocabulary, inputs, outputs } = checkpoint;
        config.check()?;
        let dictionary = &examples.dictionary;
        let features = Features::new(dictionary, &config, None);
        let width = config.dimensions;
        let shapes = [(features.rows(), width), (dictionary.labels.len(), width)];
        if vocabulary != fingerprint_of(dictionary)
            || [&inputs, &outputs].map(|table| (table.rows(), table.width())) != shapes
        {
            return Err(foreign());
        }
        let tables = (inputs.to_table(), outputs.to_table());
        let common = Common::new(examples, &config, dictionary, features, tables);
        Ok(Self::with(examples, dictionary, common, validation, course))
    }

    fn with(
        examples: &'a Examples,
        dictionary: &'a Dictionary,
        common: Common,
        validation: &[String],
        course: Course,
    ) -> Self {
        common.done.store(course.words, Relaxed);
        let read = |line: &String| common.features.line(line, dictionary, &common.config.label);
        let validation = validation.iter().map(read).collect();
        let clock = Clock::new(course.words);
        Self { examples, dictionary, validation, clock, course, common }
    }

    /// Whether all epochs are done.
    pub fn finished(&self) -> bool {
        self.course.epoch >= self.common.config.epochs
    }

    /// One pass over the examples; nothing where `report` broke it off.
    ///
    /// # Errors
    /// Where the examples cannot be read again.
    pub fn epoch(
        &mut self,
        report: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
    ) -> Result<Option<Epoch>, Error> {
        let (common, epoch) = (&self.common, self.course.epoch);
        let (examples, config) = (self.examples, &common.config);
        let standing = |tally: Tally| Standing {
            epoch: (epoch, config.epochs),
            words: (common.done.load(Relaxed), common.total),
            rate: common.rate(),
            loss: tally.mean(),
        };
        let order = crew::order(examples.tokens.chunks(), config.seed, epoch as u64);
        let begin = || Ok((examples.tokens.reader()?, Worker::new(common)));
        let work = |(reader, worker): &mut (ChunkReader, Worker), chunk| {
            Ok(worker.chunk(&reader.chunk(chunk)?, chunk, epoch as u64))
        };
        let learned = crew::run(&order, config.thread_count(), &begin, &work, &mut |tally| {
            report(&self.clock.read(&standing(tally)))
        })?;
        let Some(tally) = learned else { return Ok(None) };
        let end = Epoch { loss: tally.mean(), held_out: measure(common, &self.validation) };
        let progress = Progress { ended: Some(end), ..self.clock.read(&standing(tally)) };
        self.course = Course { epoch: epoch + 1, words: common.done.load(Relaxed), ..self.course };
        Ok(report(&progress).is_continue().then_some(end))
    }

    /// All that the rest of the training depends on.
    pub fn checkpoint(&self) -> Checkpoint<Config> {
        Checkpoint {
            config: self.common.config.clone(),
            course: self.course,
            vocabulary: fingerprint_of(self.dictionary),
            inputs: Matrix::from_table(&self.common.inputs),
            outputs: Matrix::from_table(&self.common.outputs),
        }
    }

    /// What was learned so far.
    pub fn classifier(&self) -> Classifier {
        let Common { config, features, inputs, outputs, .. } = &self.common;
        Classifier::assemble(
            self.dictionary.clone(),
            config.clone(),
            features.kept.clone(),
            Matrix::from_table(inputs).into(),
            Matrix::from_table(outputs).into(),
        )
    }
}

fn fingerprint_of(dictionary: &Dictionary) -> u64 {
    fingerprint(&dictionary.words) ^ fingerprint(&dictionary.labels).rotate_left(1)
}

/// Mean loss of the lines that have known labels and words, with the same draws every time.
fn measure(common: &Common, lines: &[Line]) -> Option<f64> {
    let (mut worker, mut tally) = (Worker::new(common), Tally::default());
    for loss in lines.iter().filter_map(|line| worker.step(line, 0.0)) {
        tally.loss += loss;
        tally.examples += 1;
    }
    (tally.examples > 0).then(|| tally.mean())
}
