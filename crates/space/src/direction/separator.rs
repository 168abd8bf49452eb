//! A direction that parts two groups, and how well it parts others.

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};

use super::{Groups, Options, mean_of};
use crate::bootstrap::{Bootstrap, Statistic, interval};
use crate::logistic::{Problem, Scaling, Stop};
use crate::proof::Estimate;

/// Penalty of the separator, of the mean loss on standardized vectors.
const PENALTY: f64 = 1e-2;
const STOP: Stop = Stop { gradient: 1e-4, steps: 200 };

/// A direction, and where along it one group ends and the other begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Direction {
    /// Towards the second group, `[width]`; of any length.
    pub towards: Vec<f64>,
    /// Vectors `x` with `towards . x` above it are taken for the second group.
    pub threshold: f64,
}

/// How well a direction tells held-out samples apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Separation {
    /// Mean of the shares of either class that it gets right, with a bootstrap 95 % interval.
    pub accuracy: Estimate,
    /// The same of directions fitted to shuffled labels: their mean, the lowest and the highest.
    pub shuffled: Estimate,
}

impl Direction {
    /// From the mean of the first group to that of the second, with the threshold halfway.
    pub fn between_means(groups: &Groups) -> Self {
        let [a, b] = [0, 1].map(|group| mean_of(&groups.vectors, &groups.rows(group)));
        let towards: Vec<f64> = a.iter().zip(&b).map(|(a, b)| b - a).collect();
        let halfway = a.iter().zip(&b).zip(&towards).map(|((a, b), t)| t * (a + b) / 2.0);
        let threshold = halfway.sum();
        Self { towards, threshold }
    }

    /// The normal of the plane that logistic regression puts between the groups.
    pub fn separating(groups: &Groups) -> Self {
        let scaling = Scaling::standard(&groups.vectors);
        let mut problem = Problem::new(&groups.vectors, &groups.labels, 2, scaling);
        let (towards, intercept) = problem.fit(PENALTY, None, STOP).between(0, 1);
        Self { towards, threshold: -intercept }
    }

    /// Whether a vector lies on the side of the second group.
    pub fn is_beyond(&self, vector: &[f32]) -> bool {
        let along = self.towards.iter().zip(vector).map(|(t, &x)| t * f64::from(x)).sum::<f64>();
        along > self.threshold
    }

    /// Cosine of two directions; zero where one has no length.
    pub fn cosine(&self, other: &Self) -> f64 {
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let lengths = dot(&self.towards, &self.towards) * dot(&other.towards, &other.towards);
        if lengths > 0.0 { dot(&self.towards, &other.towards) / lengths.sqrt() } else { 0.0 }
    }
}

/// A direction fitted to training samples, and how well it and those of shuffled labels tell test
/// samples apart.
pub(super) fn judge(
    fit: fn(&Groups) -> Direction,
    train: &Groups,
    test: &Groups,
    options: &Options,
) -> (Direction, Separation) {
    let direction = fit(train);
    let shares = shares(&direction, test);
    // Samples are drawn again within each group, so that no share leaves 0 to 1.
    let draws = [0, 1].map(|group: usize| {
        let bootstrap =
            Bootstrap { seed: options.seed ^ group as u64, resamples: options.resamples };
        bootstrap.distribution(&shares[group])
    });
    let means = draws[0].iter().zip(&draws[1]).map(|(a, b)| (a + b) / 2.0).collect();
    let (low, high) = interval(means).unzip();
    let accuracy = Estimate { value: mean(&shares), low, high };
    (direction, Separation { accuracy, shuffled: shuffled(fit, train, test, options) })
}

/// The share of each group that lies on its own side.
fn shares(direction: &Direction, test: &Groups) -> [Statistic; 2] {
    [0, 1].map(|group| {
        let right = |row: usize| direction.is_beyond(test.vectors.row(row)) == (group == 1);
        let outcomes = test.rows(group).into_iter().map(|row| f64::from(u8::from(right(row))));
        Statistic::Mean(outcomes.collect())
    })
}

fn mean(shares: &[Statistic; 2]) -> f64 {
    (shares[0].value() + shares[1].value()) / 2.0
}

fn shuffled(
    fit: fn(&Groups) -> Direction,
    train: &Groups,
    test: &Groups,
    options: &Options,
) -> Estimate {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(options.seed);
    let mut groups = train.clone();
    let accuracies: Vec<f64> = (0..options.shuffles)
        .map(|_| {
            for last in (1..groups.labels.len()).rev() {
                groups.labels.swap(last, random.random_range(0..=last));
            }
            mean(&shares(&fit(&groups), test))
        })
        .collect();
    Estimate {
        value: accuracies.iter().sum::<f64>() / accuracies.len().max(1) as f64,
        low: accuracies.iter().copied().reduce(f64::min),
        high: accuracies.iter().copied().reduce(f64::max),
    }
}
