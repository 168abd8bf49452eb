//! Where a training stands: what schedules and random draws inside an objective depend on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pith_data::random::Random;

/// A batch of a step of a training.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Decides every draw.
    pub seed: u64,
    /// Steps taken before this one.
    pub step: usize,
    /// Steps in all.
    pub steps: usize,
    /// The batch within its step.
    pub batch: usize,
}

impl Moment {
    /// The first batch of a training of so many steps.
    pub fn first(seed: u64, steps: usize) -> Self {
        Self { seed, step: 0, steps, batch: 0 }
    }

    /// Share of the training that is over, in `[0, 1)`.
    pub fn progress(&self) -> f64 {
        self.step as f64 / self.steps.max(1) as f64
    }

    /// A half cosine from `start` at the first step to `end` at the last.
    pub fn cosine(&self, start: f64, end: f64) -> f64 {
        end - (end - start) * 0.5 * (1.0 + (std::f64::consts::PI * self.progress()).cos())
    }

    /// Random numbers of this batch, the same whenever they are asked for the same purpose.
    pub fn random(&self, purpose: u64) -> Random {
        Random::keyed(&[self.seed, self.step as u64, self.batch as u64, purpose])
    }
}

/// What [`Draws`] are for, apart from all that objectives draw.
const INSIDE: u64 = 0x1d5 << 32;

/// One stream of random numbers after the other, from the first at every batch: for encoders that
/// are random in training and called several times for a batch.
#[derive(Clone, Debug)]
pub struct Draws {
    moment: Moment,
    calls: Arc<AtomicU64>,
}

impl Draws {
    /// Those of a batch.
    pub fn of(moment: &Moment) -> Self {
        Self { moment: *moment, calls: Arc::default() }
    }

    /// The next stream; copies share the count.
    pub fn another(&self) -> Random {
        self.moment.random(INSIDE + self.calls.fetch_add(1, Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_differ_call_by_call_and_not_time_by_time() {
        let number = |draws: &Draws| draws.another().uniform(0.0, 1.0);
        let (first, again) = (Draws::of(&Moment::first(1, 2)), Draws::of(&Moment::first(1, 2)));
        let numbers = [number(&first), number(&first.clone()), number(&first)];
        assert!(numbers[0] != numbers[1] && numbers[1] != numbers[2]);
        assert_eq!(numbers, [(); 3].map(|()| number(&again)));
    }

    #[test]
    fn the_cosine_goes_from_start_to_end() {
        let at = |step| Moment { step, ..Moment::first(0, 100) }.cosine(0.9, 1.0);
        assert_eq!(at(0), 0.9);
        assert!((at(50) - 0.95).abs() < 1e-12);
        assert!(at(99) < 1.0 && at(99) > 0.9999);
    }
}
