//! Probes: simple questions whose answers say how good a space is.
//!
//! | probe | asks |
//! |---|---|
//! | [`knn`] | do near vectors share a class? |
//! | [`linear`] | can classes be told apart by planes? |
//! | [`few_shot`] | how much do a handful of labels teach? |
//! | [`retrieval`] | does a search by example return the same class first? |
//! | [`clustering`] | do groups found without labels agree with the classes? |
//! | [`geometry`] | how many directions are used, how many are needed, are there hubs? |
//!
//! A probe is one file with a `PROBE`, and one line in [`ALL`].

pub mod clustering;
pub mod few_shot;
pub mod geometry;
pub mod knn;
pub mod linear;
pub mod retrieval;

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::bootstrap::Statistic;
use crate::{Error, Matrix};

/// Every probe, in the order in which a proof shows them.
pub const ALL: [&Probe; 6] = [
    &knn::PROBE,
    &linear::PROBE,
    &few_shot::PROBE,
    &retrieval::PROBE,
    &clustering::PROBE,
    &geometry::PROBE,
];

/// Which direction of a measure is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Better {
    /// Larger values are better.
    Higher,
    /// Smaller values are better.
    Lower,
    /// Worth knowing, but no direction is better in itself.
    Neither,
}

/// How a measure is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// A share of 1, printed in percent.
    Share,
    /// A plain number.
    Number,
}

/// One number that a probe measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    /// Key in `proof.json` and on the command line.
    pub name: &'static str,
    /// Title in the report.
    pub title: &'static str,
    /// What it says, one sentence.
    pub says: &'static str,
    /// Which direction is better.
    pub better: Better,
    /// How to print it.
    pub unit: Unit,
}

/// A question to a space: its name, what it measures, and how.
#[derive(Debug)]
pub struct Probe {
    /// Name on the command line and in the report.
    pub name: &'static str,
    /// What it says about a space, one sentence.
    pub says: &'static str,
    /// Whether it needs labels of at least two classes.
    pub needs_labels: bool,
    /// What it measures.
    pub measures: &'static [Measure],
    run: fn(&Space, &Settings) -> Result<Outcome, Error>,
}

impl Probe {
    /// Measures a space, or says why that has no answer.
    ///
    /// # Errors
    /// Where labels or samples do not suffice, or a number is not finite.
    pub fn run(&self, space: &Space, settings: &Settings) -> Result<Outcome, Error> {
        if self.needs_labels {
            let classes = space.train.distinct_classes();
            if classes < 2 {
                let what = format!("labelled classes in the training split for {}", self.name);
                return Err(Error::TooFew { what, needed: 2, received: classes });
            }
            if space.test.labels.is_empty() {
                let what = format!("labelled test samples for {}", self.name);
                return Err(Error::TooFew { what, needed: 1, received: 0 });
            }
        }
        (self.run)(space, settings)
    }
}

/// Vectors with the classes of all of them.
#[derive(Clone, Debug)]
pub struct Labelled<'a> {
    /// One vector a row.
    pub vectors: Cow<'a, Matrix>,
    /// The class of every row.
    pub labels: Vec<u32>,
}

impl<'a> Labelled<'a> {
    /// The rows that have a label; borrows the vectors where all of them do.
    pub fn new(vectors: &'a Matrix, labels: &[Option<u32>]) -> Self {
        let rows: Vec<usize> = (0..labels.len()).filter(|&row| labels[row].is_some()).collect();
        let vectors = if rows.len() == labels.len() {
            Cow::Borrowed(vectors)
        } else {
            Cow::Owned(vectors.select(&rows))
        };
        Self { vectors, labels: labels.iter().copied().flatten().collect() }
    }

    /// The chosen rows.
    pub fn select(&self, rows: &[usize]) -> Self {
        let labels = rows.iter().map(|&row| self.labels[row]).collect();
        Self { vectors: Cow::Owned(self.vectors.select(rows)), labels }
    }

    /// At most `limit` rows, evenly spaced.
    pub fn every_nth(&self, limit: usize) -> Cow<'_, Self> {
        let rows = self.labels.len();
        if rows <= limit {
            return Cow::Borrowed(self);
        }
        Cow::Owned(self.select(&(0..limit).map(|i| i * rows / limit).collect::<Vec<_>>()))
    }

    /// Number of different classes that occur.
    pub fn distinct_classes(&self) -> usize {
        self.labels.iter().collect::<BTreeSet<_>>().len()
    }
}

/// What a probe looks at.
#[derive(Clone, Debug)]
pub struct Space<'a> {
    /// Labelled training vectors.
    pub train: Labelled<'a>,
    /// Labelled validation vectors: for settings that a probe chooses.
    pub validation: Labelled<'a>,
    /// Labelled test vectors.
    pub test: Labelled<'a>,
    /// All test vectors, with and without label.
    pub all_test: &'a Matrix,
    /// Number of classes.
    pub classes: usize,
}

/// What the caller decides.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Decides episodes, k-means starts and subsets.
    pub seed: u64,
    /// Neighbours that vote in kNN; `None` leaves it to the rule in [`knn`].
    pub neighbours: Option<usize>,
    /// Episodes of the few-shot probe.
    pub episodes: usize,
}

/// What a probe found.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The measures, each as a statistic that can be resampled.
    pub readings: Vec<(&'static str, Statistic)>,
    /// How it was measured.
    pub protocol: String,
    /// What was chosen or noticed for this space in particular.
    pub notes: Vec<String>,
    /// The predicted class of every labelled test vector, from classifying probes.
    pub predictions: Option<Vec<u32>>,
    /// Eigenvalues of the covariance, from the geometry probe.
    pub spectrum: Vec<f64>,
}

impl Outcome {
    /// Readings under a protocol, and nothing else.
    pub fn new(readings: Vec<(&'static str, Statistic)>, protocol: String) -> Self {
        Self { readings, protocol, notes: Vec::new(), predictions: None, spectrum: Vec::new() }
    }

    /// One accuracy, from the predicted and true classes.
    fn accuracy(name: &'static str, predicted: Vec<u32>, truth: &[u32], protocol: String) -> Self {
        let hits = predicted.iter().zip(truth).map(|(p, t)| f64::from(u8::from(p == t)));
        let readings = vec![(name, Statistic::Mean(hits.collect()))];
        Self { predictions: Some(predicted), ..Self::new(readings, protocol) }
    }
}

#[cfg(test)]
mod tests {
    //! What every probe must satisfy, by a loop over the list.

    use super::*;
    use crate::geometry::golden;

    fn cloud(seed: u64, rows: usize) -> (Matrix, Vec<Option<u32>>) {
        let mut vectors = golden::gaussian(seed, rows, 24);
        for (row, vector) in vectors.values_mut().chunks_exact_mut(24).enumerate() {
            vector[row % 4] += 2.0;
        }
        (vectors, (0..rows as u32).map(|row| Some(row % 4)).collect())
    }

    /// Every pair of neighbouring dimensions turned by another angle, then all scaled by 4.
    fn turned(matrix: &Matrix) -> Matrix {
        let mut turned = matrix.clone();
        for row in turned.values_mut().chunks_exact_mut(matrix.width()) {
            for j in 0..row.len() - 1 {
                let (sin, cos) = (0.3 + j as f32).sin_cos();
                (row[j], row[j + 1]) =
                    (cos * row[j] - sin * row[j + 1], sin * row[j] + cos * row[j + 1]);
            }
            row.iter_mut().for_each(|v| *v *= 4.0);
        }
        turned
    }

    fn values(probe: &Probe, change: impl Fn(&Matrix) -> Matrix) -> Vec<(&'static str, f64)> {
        let splits = [cloud(1, 200), cloud(2, 80), cloud(3, 120)];
        let [train, validation, test] = splits.map(|(vectors, labels)| (change(&vectors), labels));
        let space = Space {
            train: Labelled::new(&train.0, &train.1),
            validation: Labelled::new(&validation.0, &validation.1),
            test: Labelled::new(&test.0, &test.1),
            all_test: &test.0,
            classes: 4,
        };
        let settings = Settings { seed: 5, neighbours: None, episodes: 5 };
        let outcome = probe.run(&space, &settings).unwrap();
        outcome.readings.iter().map(|(name, statistic)| (*name, statistic.value())).collect()
    }

    #[test]
    fn every_probe_measures_what_it_lists() {
        for probe in ALL {
            let listed: BTreeSet<&str> = probe.measures.iter().map(|m| m.name).collect();
            let measured: BTreeSet<&str> =
                values(probe, Matrix::clone).iter().map(|value| value.0).collect();
            assert_eq!(measured, listed, "{}", probe.name);
        }
    }

    #[test]
    fn names_are_unique() {
        let names: Vec<&str> =
            ALL.iter().flat_map(|probe| probe.measures).map(|m| m.name).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    }

    #[test]
    fn rotation_and_scale_change_nothing() {
        // The linear probe looks at each dimension's scale, so a rotation may move a few samples.
        for probe in ALL {
            let tolerance = if probe.name == "linear" { 0.05 } else { 1e-3 };
            for (plain, turned) in values(probe, Matrix::clone).iter().zip(values(probe, turned)) {
                let gap = (plain.1 - turned.1).abs();
                assert!(gap <= tolerance * plain.1.abs().max(1.0), "{plain:?} {turned:?}");
            }
        }
    }

    #[test]
    fn probes_that_need_labels_say_so_without_them() {
        let (vectors, _) = cloud(1, 40);
        let none = || Labelled::new(&vectors, &[None; 40]);
        let space = Space {
            train: none(),
            validation: none(),
            test: none(),
            all_test: &vectors,
            classes: 0,
        };
        for probe in ALL {
            let answer = probe.run(&space, &Settings::default());
            assert_eq!(answer.is_err(), probe.needs_labels, "{}", probe.name);
        }
    }
}
