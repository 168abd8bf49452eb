//! How far a number could have fallen otherwise: percentile intervals over resampled test samples
//! (Efron 1979).
//!
//! A resample draws as many units (test samples, episodes) as there are, with replacement. The
//! draws depend on the seed, the number of the resample and the number of units alone, so every
//! candidate is measured on the same resamples and differences are paired.

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

use crate::cluster::Contingency;
use crate::rank;

/// Share of the resamples that an interval leaves out on either side.
const TAIL: f64 = 0.025;

/// A measure that can be taken again on a resample.
#[derive(Clone, Debug)]
pub enum Statistic {
    /// The mean of one number per unit: accuracy, recall, average precision.
    Mean(Vec<f64>),
    /// An agreement between clusters and classes of the units.
    Agreement {
        /// The cluster of every unit.
        clusters: Vec<u32>,
        /// The class of every unit.
        classes: Vec<u32>,
        /// The index to take of their contingency table.
        index: fn(&Contingency) -> f64,
    },
    /// Spearman's rank correlation between two numbers of each unit.
    Ranks {
        /// What was measured.
        found: Vec<f64>,
        /// What it should go with.
        truth: Vec<f64>,
    },
    /// How well scores tell true units from false ones.
    Detection {
        /// What was measured; the higher, the likelier true.
        scores: Vec<f64>,
        /// Which units are true.
        truth: Vec<bool>,
        /// [`rank::area`] or [`rank::average_precision`].
        measure: fn(&[f64], &[bool], &[u32]) -> f64,
    },
    /// A number without units to resample.
    Value(f64),
}

impl Statistic {
    /// Measured on the units themselves.
    pub fn value(&self) -> f64 {
        self.resampled(&vec![1; self.units().unwrap_or(0)])
    }

    /// Number of units; `None` where there are none to resample.
    pub fn units(&self) -> Option<usize> {
        match self {
            Self::Mean(units) => Some(units.len()),
            Self::Agreement { clusters, .. } => Some(clusters.len()),
            Self::Ranks { found, .. } => Some(found.len()),
            Self::Detection { scores, .. } => Some(scores.len()),
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
            Self::Ranks { found, truth } => rank::spearman(found, truth, counts),
            Self::Detection { scores, truth, measure } => measure(scores, truth, counts),
            Self::Agreement { clusters, classes, index } => {
                index(&Contingency::weighted(clusters, classes, counts))
            }
        }
    }
}

/// The draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bootstrap {
    /// Decides the draws.
    pub seed: u64,
    /// How many times to draw.
    pub resamples: usize,
}

impl Bootstrap {
    /// The measure on every resample, `[resamples]`; empty for a statistic without units.
    ///
    /// A unit drawn twice agrees with itself, which lifts every agreement of a resample. That bias
    /// is taken out: the distribution is moved to have the measured value as its mean (Efron,
    /// Tibshirani 1993, section 10.2).
    pub fn distribution(&self, statistic: &Statistic) -> Vec<f64> {
        let Some(units) = statistic.units().filter(|&units| units > 0) else {
            return Vec::new();
        };
        let mut draws: Vec<f64> = (0..self.resamples)
            .into_par_iter()
            .map(|resample| statistic.resampled(&self.draw(resample, units)))
            .collect();
        if matches!(statistic, Statistic::Agreement { .. }) {
            let bias = draws.iter().sum::<f64>() / draws.len().max(1) as f64 - statistic.value();
            draws.iter_mut().for_each(|draw| *draw -= bias);
        }
        draws
    }

    /// How often each unit is drawn.
    fn draw(&self, resample: usize, units: usize) -> Vec<u32> {
        let stream = (resample as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut random = Xoshiro256PlusPlus::seed_from_u64(self.seed ^ stream);
        let mut counts = vec![0; units];
        for _ in 0..units {
            counts[random.random_range(0..units)] += 1;
        }
        counts
    }
}

/// The central 95 % of a distribution, percentiles by linear interpolation; `None` where empty.
pub fn interval(mut distribution: Vec<f64>) -> Option<(f64, f64)> {
    distribution.sort_by(f64::total_cmp);
    let last = distribution.len().checked_sub(1)?;
    let percentile = |share: f64| {
        let place = share * last as f64;
        let below = place.floor() as usize;
        let above = distribution[(below + 1).min(last)];
        distribution[below] + (place - below as f64) * (above - distribution[below])
    };
    Some((percentile(TAIL), percentile(1.0 - TAIL)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coin(share: usize) -> Statistic {
        Statistic::Mean((0..400).map(|i| f64::from(u8::from(i % 100 < share))).collect())
    }

    #[test]
    fn an_interval_of_a_share_is_as_wide_as_theory_says() {
        let statistic = coin(80);
        let draws = Bootstrap { seed: 3, resamples: 2000 }.distribution(&statistic);
        let (low, high) = interval(draws).unwrap();
        // Normal approximation: 0.8 ± 1.96 sqrt(0.8 0.2 / 400) = 0.8 ± 0.0392.
        assert!((low - 0.7608).abs() < 0.006, "{low}");
        assert!((high - 0.8392).abs() < 0.006, "{high}");
        assert!((statistic.value() - 0.8).abs() < 1e-12);
    }

    #[test]
    fn an_interval_of_an_agreement_holds_the_measured_value() {
        // 40 classes of 5 units, most of them in a cluster of their own.
        let classes: Vec<u32> = (0..200).map(|unit| unit / 5).collect();
        let clusters =
            (0..200).map(|unit| if unit % 5 == 4 { unit % 7 } else { unit / 5 }).collect();
        let statistic = Statistic::Agreement { clusters, classes, index: Contingency::nmi };
        let value = statistic.value();
        let draws = Bootstrap { seed: 5, resamples: 500 }.distribution(&statistic);
        let (low, high) = interval(draws).unwrap();
        assert!(low < value && value < high, "{value} is not within {low} to {high}");
    }

    #[test]
    fn candidates_share_their_resamples() {
        let bootstrap = Bootstrap { seed: 3, resamples: 50 };
        let (worse, better) = (coin(70), coin(80));
        let gaps = bootstrap.distribution(&better);
        let gaps: Vec<f64> =
            gaps.iter().zip(bootstrap.distribution(&worse)).map(|(a, b)| a - b).collect();
        // The better one is right wherever the worse one is, so no resample can turn them round.
        assert!(gaps.iter().all(|&gap| gap > 0.0));
    }

    #[test]
    fn percentiles_interpolate() {
        let (low, high) = interval((0..=100).map(f64::from).collect()).unwrap();
        assert!((low - 2.5).abs() < 1e-12 && (high - 97.5).abs() < 1e-12);
        assert_eq!(interval(Vec::new()), None);
    }

    #[test]
    fn the_number_of_threads_does_not_matter() {
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| Bootstrap { seed: 1, resamples: 40 }.distribution(&coin(60)))
        };
        assert_eq!(on(1), on(3));
    }
}
