//! Tables of vectors as codes: product quantization (Jégou, Douze and Schmid, 2011), as fastText
//! writes it into its `.ftz` (Joulin et al., "FastText.zip", 2016).
//!
//! A vector is cut into parts of a few numbers, and of each part one byte is kept: which of 256
//! centroids, found by k-means among the parts of all vectors, is nearest.

mod codebook;
mod kmeans;
mod weights;

pub(crate) use codebook::{CENTROIDS, Codebook};
pub use weights::Weights;

use crate::random::Random;
use crate::vectors::Matrix;

/// Vectors as codes, with or without their lengths in codes of their own.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantized {
    pub(crate) rows: usize,
    pub(crate) codebook: Codebook,
    /// A byte for every part of every row.
    pub(crate) codes: Vec<u8>,
    /// A codebook of lengths, and a code for every row.
    pub(crate) norms: Option<(Codebook, Vec<u8>)>,
}

impl Quantized {
    /// Codes of the rows in parts of `part` numbers; with `norms`, directions and lengths apart.
    pub(crate) fn new(matrix: &Matrix, part: usize, norms: bool, threads: usize) -> Self {
        let (rows, key) = (matrix.rows(), Random::keyed(&[part as u64, u64::from(norms)]).bits());
        let norms = norms.then(|| {
            let lengths: Vec<f32> = (0..rows).map(|row| length(matrix.row(row))).collect();
            let lengths = Matrix::new(rows, 1, lengths);
            let codebook = Codebook::learn(&lengths, 1, key, threads);
            let codes = codebook.encode(&lengths, threads);
            (codebook, codes)
        });
        let unit = norms.is_some().then(|| matrix.normalized());
        let matrix = unit.as_ref().unwrap_or(matrix);
        let codebook = Codebook::learn(matrix, part, key, threads);
        let codes = codebook.encode(matrix, threads);
        Self { rows, codebook, codes, norms }
    }

    /// Number of vectors.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Numbers per vector.
    pub fn width(&self) -> usize {
        self.codebook.width
    }

    fn norm(&self, row: usize) -> f32 {
        self.norms.as_ref().map_or(1.0, |(codebook, codes)| codebook.centroid(0, codes[row])[0])
    }

    /// Every part of a row, with the place where it begins.
    fn parts(&self, row: usize) -> impl Iterator<Item = (usize, &[f32])> {
        let codes = &self.codes[row * self.codebook.parts()..][..self.codebook.parts()];
        let centroid =
            |(part, &code)| (part * self.codebook.part, self.codebook.centroid(part, code));
        codes.iter().enumerate().map(centroid)
    }

    pub(crate) fn add_row_to(&self, row: usize, sum: &mut [f32]) {
        let norm = self.norm(row);
        for (start, centroid) in self.parts(row) {
            sum[start..].iter_mut().zip(centroid).for_each(|(sum, value)| *sum += norm * value);
        }
    }

    pub(crate) fn dot(&self, row: usize, vector: &[f32]) -> f32 {
        let part = |(start, centroid): (usize, &[f32])| -> f32 {
            vector[start..].iter().zip(centroid).map(|(a, b)| a * b).sum()
        };
        self.norm(row) * self.parts(row).map(part).sum::<f32>()
    }
}

fn length(row: &[f32]) -> f32 {
    row.iter().map(|value| value * value).sum::<f32>().sqrt()
}

#[cfg(test)]
mod tests;
