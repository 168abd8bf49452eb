//! Words and labels with their counts.

use crate::corpus::Vocabulary;

/// The words and labels of a classifier, each by falling count, as fastText keeps them.
#[derive(Clone, Debug, Default)]
pub struct Dictionary {
    /// The words that have vectors; row `i` of the input table belongs to word `i`.
    pub words: Vocabulary,
    /// The labels; output `i` is label `i`.
    pub labels: Vocabulary,
    /// Words, labels and line ends read, kept or not.
    pub tokens: u64,
}
