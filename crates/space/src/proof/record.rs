//! What a proof says: the content of `proof.json`, from which `report.html` is drawn.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::CandidateKind;
use crate::probe::{Better, Unit};

/// Version of the layout of `proof.json`.
pub const FORMAT: u32 = 1;

/// Measured evidence about a space, beside its baselines. Every number in it is finite.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Proof {
    /// Version of the layout: [`FORMAT`].
    pub format: u32,
    /// What follows from the numbers, in words.
    pub verdict: Verdict,
    /// Names of the classes, by number; empty without labels.
    pub classes: Vec<String>,
    /// How many samples stood behind the numbers.
    pub sizes: Sizes,
    /// The seed of everything that was drawn.
    pub seed: u64,
    /// Bootstrap resamples behind every interval.
    pub resamples: usize,
    /// Every measure taken, in the order to show them.
    pub measures: Vec<MeasureRecord>,
    /// The encoder first, then its baselines.
    pub candidates: Vec<CandidateRecord>,
    /// The encoder minus each baseline, on the same resamples.
    pub differences: Vec<Difference>,
    /// Measures that were not taken, and why.
    pub omitted: Vec<Omission>,
}

/// The conclusion in plain words.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Verdict {
    /// One sentence: "beats PCA by 18 ± 2 points on kNN; the rank is 41 of 128".
    pub sentence: String,
    /// One sentence per baseline and measure, and whatever else deserves notice.
    pub details: Vec<String>,
    /// Whether the encoder beats every baseline on the leading measure, with an interval of the
    /// difference that leaves out zero; `None` where nothing could be compared.
    pub beats_baselines: Option<bool>,
}

/// Sizes of the three splits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Sizes {
    /// Training samples.
    pub train: SplitSize,
    /// Validation samples.
    pub validation: SplitSize,
    /// Test samples.
    pub test: SplitSize,
}

/// Size of one split.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct SplitSize {
    /// Samples given.
    pub given: usize,
    /// Samples used, chosen by a seeded hash of the id where a limit was set.
    pub used: usize,
    /// Samples used that have a label.
    pub labelled: usize,
}

/// What a measure means and how it was taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct MeasureRecord {
    /// Key in [`CandidateRecord::values`] and on the command line, for example "knn".
    pub name: String,
    /// Title, for example "kNN accuracy".
    pub title: String,
    /// The probe that it belongs to.
    pub probe: String,
    /// What it says, one sentence.
    pub says: String,
    /// Which direction is better.
    pub better: Better,
    /// How to print it.
    pub unit: Unit,
    /// How it was taken: settings, sample sizes, source of the interval.
    pub protocol: String,
}

/// A value, and its bootstrap 95 % interval where the measure has one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Estimate {
    /// Measured on the samples themselves.
    pub value: f64,
    /// Lower end of the interval.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub low: Option<f64>,
    /// Upper end of the interval.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub high: Option<f64>,
}

/// All that was measured of one candidate.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct CandidateRecord {
    /// How the report calls it.
    pub name: String,
    /// Where its vectors come from.
    pub kind: CandidateKind,
    /// Numbers per vector.
    pub width: usize,
    /// Measure name to value.
    pub values: BTreeMap<String, Estimate>,
    /// Settings chosen by validation and other remarks, by probe.
    pub notes: Vec<String>,
    /// Eigenvalues of the covariance of the test vectors, largest first.
    pub spectrum: Vec<f64>,
    /// Classes taken for each other, by measure name ("knn", "linear"); none beyond 256 classes.
    pub confusion: BTreeMap<String, Confusion>,
    /// Test samples with their nearest training samples; the same queries for every candidate.
    pub examples: Vec<Example>,
}

/// `counts[truth][prediction]` over the labelled test samples.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confusion {
    /// `[classes, classes]`.
    pub counts: Vec<Vec<u32>>,
}

/// One test sample and the training samples nearest to it by cosine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Example {
    /// Id of the test sample.
    pub query: String,
    /// Row of the test sample in the test split as given.
    pub query_row: usize,
    /// Its class.
    pub label: Option<u32>,
    /// Nearest first.
    pub neighbours: Vec<ExampleNeighbour>,
}

/// A training sample near an [`Example`]'s query.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ExampleNeighbour {
    /// Id of the training sample.
    pub id: String,
    /// Row of the training sample in the train split as given.
    pub row: usize,
    /// Its class.
    pub label: Option<u32>,
    /// Cosine with the query.
    pub cosine: f64,
}

/// Encoder minus baseline on one measure, both measured on the same resamples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Difference {
    /// Name of the measure.
    pub measure: String,
    /// Name of the encoder.
    pub encoder: String,
    /// Name of the baseline.
    pub baseline: String,
    /// The difference on the samples themselves.
    pub value: f64,
    /// Lower end of its bootstrap 95 % interval.
    pub low: f64,
    /// Upper end of its bootstrap 95 % interval.
    pub high: f64,
}

/// A probe or measure that was not taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Omission {
    /// The probe.
    pub probe: String,
    /// The candidate, or all of them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub candidate: Option<String>,
    /// Why it was not taken.
    pub reason: String,
}
