//! How far training is, and how it goes.

use std::time::{Duration, Instant};

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

/// What an epoch came to, in nats. An example is a word and a neighbour (skip-gram), a word and all
/// its neighbours (CBOW) or a text (classifier); its loss is the sum over the true output and the
/// negatives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Epoch {
    /// Mean loss of an example while learning.
    pub loss: f64,
    /// Mean loss of an example of the held-out sentences or the validation file, after the epoch.
    pub held_out: Option<f64>,
}

pub(crate) struct Clock {
    start: Instant,
    /// Words that an earlier training had seen.
    before: u64,
}

/// Where a training stands.
pub(crate) struct Standing {
    /// The epoch, and how many there are.
    pub(crate) epoch: (usize, usize),
    /// Words seen so far, and to see in all epochs.
    pub(crate) words: (u64, u64),
    pub(crate) rate: f32,
    /// Mean loss of an example in this epoch so far.
    pub(crate) loss: f64,
}

impl Clock {
    pub(crate) fn new(before: u64) -> Self {
        Self { start: Instant::now(), before }
    }

    pub(crate) fn read(&self, standing: &Standing) -> Progress {
        let &Standing { epoch: (epoch, epochs), words: (words, total), rate, loss } = standing;
        let seconds = self.start.elapsed().as_secs_f64();
        let words_per_second = words.saturating_sub(self.before) as f64 / seconds.max(1e-9);
        let left = total.saturating_sub(words) as f64 / words_per_second.max(1.0);
        let remaining = Duration::from_secs_f64(left);
        Progress {
            epoch,
            epochs,
            words,
            total,
            words_per_second,
            remaining,
            rate,
            loss,
            ended: None,
        }
    }
}
