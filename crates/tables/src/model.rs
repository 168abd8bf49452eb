//! What a training leaves: both tables and what they belong to.

use crate::corpus::Vocabulary;
use crate::train::Config;
use crate::vectors::{Matrix, Vectors};

/// Vectors of words, of their n-grams where there are any, and of the outputs.
#[derive(Clone, Debug)]
pub struct Model {
    /// The words.
    pub vocabulary: Vocabulary,
    /// How they were trained.
    pub config: Config,
    /// A row for every word, then a row for every bucket of n-grams.
    pub inputs: Matrix,
    /// A row for every word, or for every inner node of the tree.
    pub outputs: Matrix,
}

impl Model {
    /// The vector of any word; zeros where it is unknown and has no n-grams.
    pub fn vector(&self, word: &str) -> Vec<f32> {
        let mut rows: Vec<usize> =
            self.vocabulary.place(word).map(|place| place as usize).into_iter().collect();
        if let Some(subwords) = &self.config.subwords
            && word != crate::format::END_OF_SENTENCE
        {
            subwords.buckets_of(word, |bucket| rows.push(self.vocabulary.len() + bucket as usize));
        }
        let mut sum = vec![0.0; self.inputs.width()];
        for &row in &rows {
            sum.iter_mut().zip(self.inputs.row(row)).for_each(|(sum, value)| *sum += value);
        }
        let share = 1.0 / rows.len().max(1) as f32;
        sum.iter_mut().for_each(|value| *value *= share);
        sum
    }

    /// The vectors of the vocabulary.
    pub fn vectors(&self) -> Vectors {
        let words = self.vocabulary.words();
        let values = words.iter().flat_map(|word| self.vector(word)).collect();
        Vectors::new(words.to_vec(), Matrix::new(words.len(), self.inputs.width(), values))
    }
}
