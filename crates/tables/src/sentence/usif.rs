//! Unsupervised smooth inverse frequency (Ethayarajh, 2018): the weights of words follow from the
//! vocabulary, and several common directions are removed, each as far as it is common.
//!
//! With `n` words in a sentence, `α` the share of the `V` words whose probability is above
//! `1 - (1 - 1/V)^n`, and `a = (1 - α) / (α V / 2)`, a word has the weight `a / (a/2 + p(w))`. The
//! first `m` right singular vectors of all sentences are then removed, `λ_i = σ_i² / Σ_m σ²` of the
//! part along each.
//!
//! As in the author's program, a sentence's word vectors are first divided, column by column, by the
//! length of that column over the sentence.

use serde::{Deserialize, Serialize};

use crate::linear::{Eigen, eigen, gram};
use crate::vectors::{Matrix, dot};
use crate::{Vectors, corpus::Vocabulary};

/// How sentences are weighed; defaults are those of the author's program.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// `n`: words of a sentence in the mean.
    pub sentence_length: f64,
    /// `m`: common directions.
    pub components: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self { sentence_length: 11.0, components: 5 }
    }
}

/// Turns sentences into vectors.
#[derive(Clone, Debug)]
pub struct UsifEncoder<'a> {
    vectors: &'a Vectors,
    weights: Vec<f32>,
    /// Directions and the share of each that is removed.
    common: Vec<(Vec<f32>, f32)>,
}

impl<'a> UsifEncoder<'a> {
    /// Weighs words by their counts, and finds what the sentences have in common. A word that is
    /// counted nowhere has the weight of one that never occurs.
    pub fn new<'s>(
        vectors: &'a Vectors,
        counts: &Vocabulary,
        sentences: impl IntoIterator<Item = &'s [&'s str]>,
        config: &Config,
    ) -> Self {
        let total = counts.counts().iter().sum::<u64>().max(1) as f64;
        let words = counts.len().max(1) as f64;
        let threshold = 1.0 - (1.0 - 1.0 / words).powf(config.sentence_length);
        let frequent = counts.counts().iter().filter(|count| **count as f64 / total > threshold);
        // With no word above the threshold, or all of them, `a` would be without bound, or 0.
        let alpha = (frequent.count() as f64).clamp(0.5, words - 0.5) / words;
        let a = (1.0 - alpha) / (alpha * words / 2.0);
        let weight = |word: &str| {
            let count = counts.place(word).map_or(0, |place| counts.counts()[place as usize]);
            let below = a / 2.0 + count as f64 / total;
            if below > 0.0 { (a / below) as f32 } else { 0.0 }
        };
        let weights = vectors.words().iter().map(|word| weight(word)).collect();
        let mut encoder = Self { vectors, weights, common: Vec::new() };
        if config.components > 0 {
            let rows: Vec<Vec<f32>> =
                sentences.into_iter().map(|sentence| encoder.encode(sentence)).collect();
            let width = vectors.matrix().width();
            let rows = Matrix::new(rows.len(), width, rows.concat());
            encoder.common = common(&rows, config.components);
        }
        encoder
    }

    /// The vector of a sentence; unknown words are left out, and none known gives zeros.
    pub fn encode(&self, sentence: &[&str]) -> Vec<f32> {
        let places: Vec<usize> =
            sentence.iter().filter_map(|word| self.vectors.place(word)).collect();
        let width = self.vectors.matrix().width();
        let (mut sum, mut squares) = (vec![0.0; width], vec![0.0; width]);
        for &place in &places {
            let weight = self.weights[place] / places.len() as f32;
            let columns = sum.iter_mut().zip(&mut squares);
            for ((sum, square), value) in columns.zip(self.vectors.matrix().row(place)) {
                *sum += weight * value;
                *square += value * value;
            }
        }
        for (sum, square) in sum.iter_mut().zip(&squares).filter(|(_, square)| **square > 0.0) {
            *sum /= square.sqrt();
        }
        for (direction, share) in &self.common {
            let part = share * dot(&sum, direction);
            sum.iter_mut().zip(direction).for_each(|(value, common)| *value -= part * common);
        }
        sum
    }
}

/// The first right singular vectors of the rows, each with its share of their squared values.
fn common(rows: &Matrix, components: usize) -> Vec<(Vec<f32>, f32)> {
    let width = rows.width();
    let Eigen { values, vectors } = eigen(gram(rows, &vec![0.0; width], 1), width);
    let total: f64 = values.iter().take(components).sum();
    let single = |vector: &Vec<f64>| vector.iter().map(|value| *value as f32).collect();
    let kept = vectors.iter().zip(&values).take(components).filter(|(_, value)| **value > 0.0);
    kept.map(|(vector, value)| (single(vector), (value / total) as f32)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SENTENCES: [&[&str]; 3] = [&["the", "cat"], &["the", "dog", "none"], &["cat", "dog"]];

    #[test]
    fn equals_numpy() {
        let entries =
            [("the", 900), ("cat", 60), ("dog", 40)].map(|(word, count)| (word.into(), count));
        let values = vec![1.0, 0.2, 0.1, 0.3, 1.0, -0.5, 0.2, -0.4, 0.9];
        let words = ["the", "cat", "dog"].map(Box::from).to_vec();
        let vectors = Vectors::new(words, Matrix::new(3, 3, values));
        let counts = Vocabulary::new(entries);
        // Of two words a sentence: the threshold is 5/9, α 1/3 and a 4/3.
        for (components, golden) in [(0, WEIGHED), (2, REMOVED)] {
            let config = Config { sentence_length: 2.0, components };
            let encoder = UsifEncoder::new(&vectors, &counts, SENTENCES, &config);
            for (sentence, expected) in SENTENCES.iter().zip(golden) {
                for (found, expected) in encoder.encode(sentence).iter().zip(expected) {
                    assert!((found - expected).abs() < 1e-6, "{found} {expected}");
                }
            }
            assert_eq!(encoder.encode(&["none"]), [0.0; 3]);
        }
    }

    /// By NumPy: the weighted means, and the same with two singular vectors removed.
    const WEIGHED: [[f32; 3]; 3] = [
        [0.671_208, 0.983_069, -0.816_162],
        [0.602_284, -0.653_496, 0.984_618],
        [1.286_651, 0.501_445, 0.379_133],
    ];
    const REMOVED: [[f32; 3]; 3] = [
        [0.310_705, 0.428_918, -0.419_818],
        [0.361_295, -0.353_633, 0.491_793],
        [0.633_524, 0.242_576, 0.254_870],
    ];
}
