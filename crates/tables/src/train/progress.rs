//! How far training is, and how it goes.

use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use super::worker::{Common, Tally};

/// A look at a training that runs.
#[derive(Clone, Debug)]
pub struct Progress {
    /// The epoch, from 0.
    pub epoch: usize,
    /// Epochs in all.
    pub epochs: usize,
    /// Words of the vocabulary seen so far, in all epochs.
    pub words: u64,
    /// Words to see in all epochs.
    pub total: u64,
    /// Since the beginning.
    pub words_per_second: f64,
    /// What is left, at the mean speed so far.
    pub remaining: Duration,
    /// Rate of learning now.
    pub rate: f32,
    /// Mean loss of an example in this epoch so far.
    pub loss: f64,
    /// Set once, when the epoch has ended.
    pub ended: Option<Epoch>,
}

/// What an epoch came to. An example is a word and a neighbour (skip-gram) or a word and all its
/// neighbours (CBOW); its loss is the sum over the true word and the negatives, in nats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Epoch {
    /// Mean loss of an example while learning.
    pub loss: f64,
    /// Mean loss of an example of the held-out sentences, after the epoch.
    pub held_out: Option<f64>,
}

pub(super) struct Clock {
    start: Instant,
    /// Words that an earlier training had seen.
    before: u64,
}

impl Clock {
    pub(super) fn new(before: u64) -> Self {
        Self { start: Instant::now(), before }
    }

    pub(super) fn read(&self, common: &Common, epoch: usize, tally: Tally) -> Progress {
        let words = common.done.load(Relaxed);
        let seconds = self.start.elapsed().as_secs_f64();
        let words_per_second = words.saturating_sub(self.before) as f64 / seconds.max(1e-9);
        let left = common.total.saturating_sub(words) as f64 / words_per_second.max(1.0);
        Progress {
            epoch,
            epochs: common.config.epochs,
            words,
            total: common.total,
            words_per_second,
            remaining: Duration::from_secs_f64(left),
            rate: common.rate(),
            loss: super::mean(tally),
            ended: None,
        }
    }
}
