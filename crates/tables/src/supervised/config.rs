//! How a classifier is learned.

use serde::{Deserialize, Serialize};

use crate::Error;

/// How the true label is told from all others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// By the probabilities of all labels. Of several labels of a text one is drawn.
    #[default]
    Softmax,
    /// By the decisions on the way to it in a Huffman tree; for very many labels.
    HierarchicalSoftmax,
    /// From a few labels drawn by the square root of their count.
    NegativeSampling,
    /// Every label for itself: for texts with several labels, or none that fits.
    OneVsAll,
}

/// How a classifier is learned. Defaults are those of `fasttext supervised`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// What a label begins with.
    pub label: String,
    /// Rarer words have no vector of their own; their n-grams still count.
    pub minimum_count: u64,
    /// Rarer labels are dropped.
    pub minimum_label_count: u64,
    /// Words of the longest sequence that has a vector; 1 is words alone.
    pub word_ngrams: usize,
    /// Characters of the shortest n-gram of a word.
    pub shortest: usize,
    /// Characters of the longest n-gram of a word; 0 is none.
    pub longest: usize,
    /// Vectors shared by all n-grams, by their hash. Without n-grams there are none.
    pub buckets: usize,
    /// How the true label is told from all others.
    pub loss: Loss,
    /// Numbers per vector.
    pub dimensions: usize,
    /// Without meaning here; fastText writes it into its files.
    pub window: usize,
    /// Rate of learning at the start; it falls in a straight line to 0.
    pub rate: f32,
    /// Passes over the examples.
    pub epochs: usize,
    /// Labels drawn against the true one.
    pub negatives: usize,
    /// Threads; 0 takes all cores. Only one thread gives the same bits again.
    pub threads: usize,
    /// Draws and initial values follow from it.
    pub seed: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            label: "__label__".to_owned(),
            minimum_count: 1,
            minimum_label_count: 0,
            word_ngrams: 1,
            shortest: 0,
            longest: 0,
            buckets: 2_000_000,
            loss: Loss::Softmax,
            dimensions: 100,
            window: 5,
            rate: 0.1,
            epochs: 5,
            negatives: 5,
            threads: 0,
            seed: 1,
        }
    }
}

impl Config {
    /// Whether sequences of words or characters have vectors.
    pub fn has_ngrams(&self) -> bool {
        self.word_ngrams > 1 || self.longest > 0
    }

    /// Refuses what cannot be trained.
    ///
    /// # Errors
    /// Names the setting and what was received.
    pub fn check(&self) -> Result<(), Error> {
        let mistake = |text: String| Err(Error::Setting(text));
        let most = i32::MAX as usize;
        let whole = [
            ("word-ngrams", self.word_ngrams, 1..=1000),
            ("longest", self.longest, 0..=1000),
            ("buckets", self.buckets, usize::from(self.has_ngrams())..=most),
            ("dimensions", self.dimensions, 1..=65_536),
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
        if self.shortest > self.longest {
            let (shortest, longest) = (self.shortest, self.longest);
            return mistake(format!(
                "shortest must not exceed longest {longest}, received {shortest}"
            ));
        }
        if !(self.rate > 0.0 && self.rate.is_finite()) {
            return mistake(format!("rate must be above 0, received {}", self.rate));
        }
        if self.label.is_empty() {
            return mistake("label must not be empty: every word would be a label".to_owned());
        }
        Ok(())
    }

    /// Threads to run, where 0 means all cores.
    pub(super) fn thread_count(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        if self.threads == 0 { cores() } else { self.threads }
    }
}
