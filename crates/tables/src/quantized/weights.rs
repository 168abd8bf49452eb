//! A table of vectors, as numbers or as codes.

use std::borrow::Cow;

use super::Quantized;
use crate::vectors::{Matrix, dot};

/// A table of vectors, as numbers or as codes.
#[derive(Clone, Debug, PartialEq)]
pub enum Weights {
    /// As numbers.
    Dense(Matrix),
    /// As codes.
    Quantized(Quantized),
}

impl From<Matrix> for Weights {
    fn from(matrix: Matrix) -> Self {
        Self::Dense(matrix)
    }
}

impl Weights {
    /// Number of vectors.
    pub fn rows(&self) -> usize {
        match self {
            Self::Dense(matrix) => matrix.rows(),
            Self::Quantized(codes) => codes.rows(),
        }
    }

    /// Numbers per vector.
    pub fn width(&self) -> usize {
        match self {
            Self::Dense(matrix) => matrix.width(),
            Self::Quantized(codes) => codes.width(),
        }
    }

    /// Whether the vectors are kept as codes.
    pub fn is_quantized(&self) -> bool {
        matches!(self, Self::Quantized(_))
    }

    /// All vectors in numbers.
    pub fn to_matrix(&self) -> Cow<'_, Matrix> {
        match self {
            Self::Dense(matrix) => Cow::Borrowed(matrix),
            Self::Quantized(codes) => {
                let mut matrix = Matrix::new(
                    codes.rows(),
                    codes.width(),
                    vec![0.0; codes.rows() * codes.width()],
                );
                (0..codes.rows()).for_each(|row| codes.add_row_to(row, matrix.row_mut(row)));
                Cow::Owned(matrix)
            }
        }
    }

    pub(crate) fn add_row_to(&self, row: usize, sum: &mut [f32]) {
        match self {
            Self::Dense(matrix) => {
                sum.iter_mut().zip(matrix.row(row)).for_each(|(sum, value)| *sum += value);
            }
            Self::Quantized(codes) => codes.add_row_to(row, sum),
        }
    }

    pub(crate) fn dot(&self, row: usize, vector: &[f32]) -> f32 {
        match self {
            Self::Dense(matrix) => dot(matrix.row(row), vector),
            Self::Quantized(codes) => codes.dot(row, vector),
        }
    }
}
