//! The recipe's `[words]` table: how vectors are learned.

use serde::{Deserialize, Serialize};

use super::subword;
use crate::Error;

/// What predicts what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// A word and each of its neighbours, pair by pair.
    #[default]
    SkipGram,
    /// A word by the mean of its neighbours.
    Cbow,
    /// A word and each of its neighbours, which has other outputs for every relative position: the
    /// vectors know the order of words (structured skip-gram; Ling, Dyer, Black and Trancoso, 2015).
    StructuredSkipGram,
}

/// How a word is told from all others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Output {
    /// From a few words drawn by chance.
    #[default]
    NegativeSampling,
    /// By the decisions on the way to it in a Huffman tree.
    HierarchicalSoftmax,
}

/// How vectors are learned. Defaults are those of word2vec (Mikolov et al., 2013) and gensim, with
/// two departures: some sentences are held out to measure, and the negatives are shared by the
/// neighbours in a window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// What predicts what.
    pub method: Method,
    /// How a word is told from all others.
    pub output: Output,
    /// Numbers per vector.
    pub dimensions: usize,
    /// Neighbours on either side, at most.
    pub window: usize,
    /// Whether that number is drawn, so that near neighbours count more; if not, it is `window`.
    pub shrink_window: bool,
    /// Words drawn against each true one.
    pub negatives: usize,
    /// Negatives are drawn by `count ^ exponent`.
    pub exponent: f64,
    /// Words more frequent than this share are dropped at random; 0 keeps all.
    pub subsample: f64,
    /// Rate of learning at the start; it falls in a straight line.
    pub rate: f32,
    /// Rate of learning at the end.
    pub final_rate: f32,
    /// Passes over the corpus.
    pub epochs: usize,
    /// A word is also the sum of its character n-grams, where this is set.
    pub subwords: Option<subword::Config>,
    /// Threads; 0 takes all cores. Only one thread gives the same bits again.
    pub threads: usize,
    /// Draws and initial values follow from it.
    pub seed: u64,
    /// Share of the sentences that is not learned from, to measure the loss on.
    pub held_out: f64,
    /// Stop when the loss on the held-out sentences has not fallen for so many epochs.
    pub patience: Option<usize>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            method: Method::SkipGram,
            output: Output::NegativeSampling,
            dimensions: 100,
            window: 5,
            shrink_window: true,
            negatives: 5,
            exponent: 0.75,
            subsample: 1e-3,
            rate: 0.025,
            final_rate: 1e-4,
            epochs: 5,
            subwords: None,
            threads: 0,
            seed: 1,
            held_out: 0.01,
            patience: None,
        }
    }
}

impl Config {
    /// Refuses what cannot be trained.
    pub(super) fn check(&self) -> Result<(), Error> {
        let mistake = |text: String| Err(Error::Setting(text));
        let whole = [
            ("dimensions", self.dimensions, 1..=65_536),
            ("window", self.window, 1..=1000),
            ("epochs", self.epochs, 1..=1_000_000),
            ("negatives", self.negatives, 1..=1000),
        ];
        for (name, value, range) in whole {
            if !range.contains(&value) {
                let (low, high) = (range.start(), range.end());
                return mistake(format!(
                    "{name} must be within {low} and {high}, received {value}"
                ));
            }
        }
        if !(self.rate > 0.0 && self.rate.is_finite() && self.final_rate >= 0.0) {
            return mistake(format!("rate must be above 0, received {}", self.rate));
        }
        if self.final_rate > self.rate {
            let (first, last) = (self.rate, self.final_rate);
            return mistake(format!("final-rate must not exceed rate {first}, received {last}"));
        }
        if !(0.0..=0.5).contains(&self.held_out) {
            return mistake(format!(
                "held-out must be within 0 and 0.5, received {}",
                self.held_out
            ));
        }
        if !(self.subsample >= 0.0 && self.exponent.is_finite()) {
            return mistake("subsample must be 0 or above, exponent a number".to_owned());
        }
        self.subwords.as_ref().map_or(Ok(()), subword::Config::check)
    }

    /// Threads to run, where 0 means all cores.
    pub(super) fn thread_count(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        if self.threads == 0 { cores() } else { self.threads }
    }
}
