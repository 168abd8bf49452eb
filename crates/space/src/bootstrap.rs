//! How far a number could have fallen otherwise: percentile intervals over resampled test samples
//! (Efron 1979).
//!
//! A resample draws as many units (test samples, episodes) as there are, with replacement. The
//! draws depend on the seed, the number of the resample and the number of units alone, so every
//! candidate is measured on the same resamples and differences are paired.

use rand::{Rng, RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

/// A measure that can be taken again on a resample.
#[derive(Clone, Debug)]
pub enum Statistic {
    /// The mean of one number per unit: accuracy, recall, average precision.
    Mean(Vec<f64>),
    /// A number without units to resample.
    Value(f64),
}

impl Statistic {
    /// Measured on the units themselves.
    pub fn value(&self) -> f64 {
        match self {
            Self::Value(value) => *value,
            Self::Mean(units) => self.resampled(&vec![1; units.len()]),
        }
    }

    /// Number of units; `None` where there are none to resample.
    pub fn units(&self) -> Option<usize> {
        match self {
            Self::Mean(units) => Some(units.len()).filter(|&count| count > 0),
            Self::Value(_) => None,
        }
    }

    /// Measured on a resample that holds unit i `counts[i]` times.
    fn resampled(&self, counts: &[u32]) -> f64 {
        match self {
            Self::Value(value) => *value,
            Self::Mean(units) => {
                let sum: f64 = units.iter().zip(counts).map(|(v, &n)| v * f64::from(n)).sum();
                sum / counts.iter().map(|&n| f64::from(n)).sum::<f64>()
            }
        }
    }
}
