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
use crate::train::crew::{self, Tally};
use crate::train::progress::{Clock, Standing};
use crate::train::{Epoch, NO_EPOCH, Progress};
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
    config.check()?;
    let dictionary = &examples.dictionary;
    let features = Features::new(dictionary, config, None);
    let width = config.dimensions;
    let mut random = Random::keyed(&[config.seed, NO_EPOCH]);
    let inputs =
        Table::new(features.rows(), width, |_, _| (2.0 * random.unit() - 1.0) / width as f32);
    let outputs = Table::new(dictionary.labels.len(), width, |_, _| 0.0);
    let common = Common::new(examples, config, dictionary, features, (inputs, outputs));
    learn(examples, dictionary, &common, validation, report)?;
    Ok(finish(dictionary, &common))
}

/// Learns on from a classifier whose tables are not quantized, on the examples that it came from.
pub(super) fn retrain(examples: &Examples, classifier: &Classifier) -> Result<Classifier, Error> {
    let Classifier { dictionary, config, features, inputs, outputs, .. } = classifier;
    let tables = (inputs.to_matrix().to_table(), outputs.to_matrix().to_table());
    let common = Common::new(examples, config, dictionary, features.clone(), tables);
    learn(examples, dictionary, &common, &[], &mut |_| ControlFlow::Continue(()))?;
    Ok(finish(dictionary, &common))
}

fn finish(dictionary: &Dictionary, common: &Common) -> Classifier {
    let Common { config, features, inputs, outputs, .. } = common;
    Classifier::assemble(
        dictionary.clone(),
        config.clone(),
        features.kept.clone(),
        Matrix::from_table(inputs).into(),
        Matrix::from_table(outputs).into(),
    )
}

fn learn(
    examples: &Examples,
    dictionary: &Dictionary,
    common: &Common,
    validation: &[String],
    report: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
) -> Result<(), Error> {
    let config = &common.config;
    let validation: Vec<Line> = validation
        .iter()
        .map(|line| common.features.line(line, dictionary, &config.label))
        .collect();
    let clock = Clock::new(0);
    for epoch in 0..config.epochs {
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
            report(&clock.read(&standing(tally)))
        })?;
        let Some(tally) = learned else { return Ok(()) };
        let ended = Epoch { loss: tally.mean(), held_out: measure(common, &validation) };
        let progress = Progress { ended: Some(ended), ..clock.read(&standing(tally)) };
        if report(&progress).is_break() {
            return Ok(());
        }
    }
    Ok(())
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
