//! A vector for a sentence out of those of its words: smooth inverse frequency (Arora, Liang and Ma,
//! 2017), here, and [`usif`], which has nothing to choose.
//!
//! `v(s) = 1/|s| Σ_w a / (a + p(w)) · v(w)`, less its part along the first right singular vector of
//! all `v(s)`: what every sentence has in common says nothing about any.

pub mod usif;

use serde::{Deserialize, Serialize};

use crate::vectors::{Matrix, dot, normalize};
use crate::{Vectors, corpus::Vocabulary};

/// Rounds of power iteration; each multiplies the part of the second direction by the squared ratio
/// of the two largest singular values.
const ROUNDS: usize = 100;

/// How sentences are weighed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// `a`: words more frequent than this share count less.
    pub smoothing: f32,
    /// Whether the common direction is removed.
    pub remove_common: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self { smoothing: 1e-3, remove_common: true }
    }
}

/// Turns sentences into vectors.
#[derive(Clone, Debug)]
pub struct SentenceEncoder<'a> {
    vectors: &'a Vectors,
    weights: Vec<f32>,
    common: Option<Vec<f32>>,
}

impl<'a> SentenceEncoder<'a> {
    /// Weighs words by their counts, and finds what the sentences have in common. A word that is
    /// counted nowhere has weight one.
    pub fn new<'s>(
        vectors: &'a Vectors,
        counts: &Vocabulary,
        sentences: impl IntoIterator<Item = &'s [&'s str]>,
        config: &Config,
    ) -> Self {
        let total = counts.counts().iter().sum::<u64>().max(1) as f32;
        let weight = |word: &str| {
            let count = counts.place(word).map_or(0, |place| counts.counts()[place as usize]);
            config.smoothing / (config.smoothing + count as f32 / total)
        };
        let weights = vectors.words().iter().map(|word| weight(word)).collect();
        let mut encoder = Self { vectors, weights, common: None };
        if config.remove_common {
            let rows: Vec<Vec<f32>> =
                sentences.into_iter().map(|sentence| encoder.encode(sentence)).collect();
            let width = vectors.matrix().width();
            encoder.common = Some(common(&Matrix::new(rows.len(), width, rows.concat())));
        }
        encoder
    }

    /// The vector of a sentence; unknown words are left out, and none known gives zeros.
    pub fn encode(&self, sentence: &[&str]) -> Vec<f32> {
        let mut sum = vec![0.0; self.vectors.matrix().width()];
        let mut known = 0;
        for place in sentence.iter().filter_map(|word| self.vectors.place(word)) {
            let (row, weight) = (self.vectors.matrix().row(place), self.weights[place]);
            sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += weight * value);
            known += 1;
        }
        sum.iter_mut().for_each(|value| *value /= known.max(1) as f32);
        if let Some(common) = &self.common {
            let part = dot(&sum, common);
            sum.iter_mut().zip(common).for_each(|(value, common)| *value -= part * common);
        }
        sum
    }
}

/// The first right singular vector of the rows, by power iteration on `MᵀM`.
fn common(rows: &Matrix) -> Vec<f32> {
    // Not orthogonal to the answer unless the rows' mean is.
    let mut direction = vec![1.0; rows.width()];
    for row in 0..rows.rows() {
        direction.iter_mut().zip(rows.row(row)).for_each(|(sum, value)| *sum += value);
    }
    for _ in 0..ROUNDS {
        normalize(&mut direction);
        let mut next = vec![0.0; rows.width()];
        for row in 0..rows.rows() {
            let part = dot(rows.row(row), &direction);
            next.iter_mut().zip(rows.row(row)).for_each(|(sum, value)| *sum += part * value);
        }
        if next.iter().all(|value| *value == 0.0) {
            return next;
        }
        direction = next;
    }
    normalize(&mut direction);
    direction
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting() -> (Vectors, Vocabulary) {
        let entries =
            [("the", 900), ("cat", 60), ("dog", 40)].map(|(word, count)| (word.into(), count));
        let values = vec![1.0, 0.2, 0.1, 0.3, 1.0, -0.5, 0.2, -0.4, 0.9];
        let words = ["the", "cat", "dog"].map(Box::from).to_vec();
        (Vectors::new(words, Matrix::new(3, 3, values)), Vocabulary::new(entries))
    }

    const SENTENCES: [&[&str]; 3] = [&["the", "cat"], &["the", "dog", "none"], &["cat", "dog"]];

    #[test]
    fn equals_numpy() {
        let (vectors, counts) = setting();
        let config = Config { smoothing: 0.01, remove_common: false };
        let plain = SentenceEncoder::new(&vectors, &counts, SENTENCES, &config);
        let config = Config { remove_common: true, ..config };
        let removed = SentenceEncoder::new(&vectors, &counts, SENTENCES, &config);
        for (sentence, (expected, without)) in SENTENCES.iter().zip(GOLDEN) {
            for (found, expected) in
                [(plain.encode(sentence), expected), (removed.encode(sentence), without)]
            {
                for (found, expected) in found.iter().zip(expected) {
                    assert!((found - expected).abs() < 1e-6, "{found} {expected}");
                }
            }
        }
    }

    #[test]
    fn a_sentence_of_unknown_words_is_zero() {
        let (vectors, counts) = setting();
        let encoder = SentenceEncoder::new(&vectors, &counts, SENTENCES, &Config::default());
        assert_eq!(encoder.encode(&["none"]), [0.0; 3]);
    }

    /// By NumPy: the weighted means, and the same without the first right singular vector.
    const GOLDEN: [([f32; 3], [f32; 3]); 3] = [
        ([0.026923, 0.0725274, -0.0351648], [0.0371797, 0.0459833, 0.0163054]),
        ([0.0254945, -0.0389011, 0.0905494], [0.0078375, 0.006795, 0.0019425]),
        ([0.0414285, 0.0314285, 0.0542857], [0.0343571, 0.0497292, 0.0187997]),
    ];
}
