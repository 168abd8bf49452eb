//! Words and their vectors, and what can be asked of them.

mod matrix;
mod search;
mod transform;

pub use matrix::Matrix;
pub(crate) use matrix::{dot, normalize};
pub use search::{Analogy, Neighbour};

use crate::Error;
use crate::corpus::vocabulary::WordMap;

/// Words and a vector for each, in the order of the file or of the frequency.
#[derive(Clone, Debug, Default)]
pub struct Vectors {
    words: Vec<Box<str>>,
    matrix: Matrix,
    unit: Matrix,
    places: WordMap<usize>,
}

impl Vectors {
    /// Takes words and the row of each. Where a word comes twice, the first one counts.
    ///
    /// # Panics
    /// Where there are more or fewer words than rows.
    pub fn new(words: Vec<Box<str>>, matrix: Matrix) -> Self {
        assert_eq!(words.len(), matrix.rows(), "a row for every word");
        let unit = matrix.normalized();
        let places = words.iter().cloned().enumerate().rev().map(|(place, word)| (word, place));
        let places = places.collect();
        Self { words, matrix, unit, places }
    }

    /// The words.
    pub fn words(&self) -> &[Box<str>] {
        &self.words
    }

    /// The vectors, a row for each word.
    pub fn matrix(&self) -> &Matrix {
        &self.matrix
    }

    /// The vectors scaled to length one.
    pub fn unit(&self) -> &Matrix {
        &self.unit
    }

    /// The place of a word.
    pub fn place(&self, word: &str) -> Option<usize> {
        self.places.get(word).copied()
    }

    /// The vector of a word.
    pub fn get(&self, word: &str) -> Option<&[f32]> {
        self.place(word).map(|place| self.matrix.row(place))
    }

    /// Cosine of the angle between two words.
    ///
    /// # Errors
    /// Where one is unknown.
    pub fn cosine(&self, first: &str, second: &str) -> Result<f32, Error> {
        let (first, second) = (self.known(first)?, self.known(second)?);
        Ok(dot(self.unit.row(first), self.unit.row(second)))
    }

    pub(crate) fn known(&self, word: &str) -> Result<usize, Error> {
        let unknown = || Error::UnknownWord { word: word.to_owned(), words: self.words.len() };
        self.place(word).ok_or_else(unknown)
    }
}

#[cfg(test)]
mod tests;
