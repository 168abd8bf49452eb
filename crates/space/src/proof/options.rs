//! How much to measure.

use crate::probe::{self, Probe};

/// Size limits, resampling and the seed of a proof.
#[derive(Clone, Debug)]
pub struct Options {
    /// Decides subsets, episodes, k-means starts and resamples.
    pub seed: u64,
    /// Which probes to run.
    pub probes: Vec<&'static Probe>,
    /// Most training vectors to use; a seeded hash of the id chooses them.
    pub max_train: usize,
    /// Most validation vectors to use.
    pub max_validation: usize,
    /// Most test vectors to use.
    pub max_test: usize,
    /// Neighbours that vote in kNN; `None` is [`crate::probe::knn::NEIGHBOURS`].
    pub neighbours: Option<usize>,
    /// Episodes of the few-shot probe.
    pub episodes: usize,
    /// Bootstrap resamples behind every interval.
    pub resamples: usize,
    /// Test samples shown with their nearest training samples.
    pub examples: usize,
    /// Neighbours shown with each.
    pub example_neighbours: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 0,
            probes: probe::ALL.to_vec(),
            max_train: 50_000,
            max_validation: 10_000,
            max_test: 10_000,
            neighbours: None,
            episodes: 100,
            resamples: 1000,
            examples: 12,
            example_neighbours: 8,
        }
    }
}
