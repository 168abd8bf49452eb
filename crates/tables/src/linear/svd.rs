//! The largest singular values and left vectors of a sparse matrix, by random projection and subspace iteration
//! (Halko, Martinsson and Tropp, 2011, algorithms 4.4 and 5.1).
//!
//! Blocks are f32, their inner products f64. The error of the rank-k approximation exceeds the least
//! possible one by a factor that falls as `(σ_{k+1+o} / σ_k)^(2q+1)` with `q` rounds and `o` more
//! columns than are asked for; singular values come out to about six digits.

use super::{Eigen, Sparse, eigen, gram, times};
use crate::random::Random;
use crate::vectors::Matrix;

/// Columns beyond those asked for.
const MORE: usize = 16;
/// Directions whose squared length is less than this share of the largest are rounding.
const ROUNDING: f64 = 1e-12;

/// `A ≈ U diag(σ) Vᵀ`.
pub(crate) struct Svd {
    /// `U`, `[rows, rank]`.
    pub(crate) left: Matrix,
    /// `σ`, the largest first. Fewer than were asked for where the matrix has a lower rank.
    pub(crate) values: Vec<f64>,
}

/// The `rank` largest singular values and their vectors, after `rounds` of iteration.
pub(crate) fn truncated(
    matrix: &Sparse,
    rank: usize,
    rounds: usize,
    random: &mut Random,
    threads: usize,
) -> Svd {
    let transposed = matrix.transposed();
    let columns = (rank + MORE).min(matrix.width()).min(matrix.rows());
    let noise = (0..matrix.width() * columns).map(|_| random.normal() as f32).collect();
    let noise = Matrix::new(matrix.width(), columns, noise);
    let mut basis = orthonormal(&matrix.times(&noise, threads), threads);
    for _ in 0..rounds {
        let back = orthonormal(&transposed.times(&basis, threads), threads);
        basis = orthonormal(&matrix.times(&back, threads), threads);
    }
    // A ≈ Q (AᵀQ)ᵀ, and with AᵀQ = V Σ Wᵀ this is (Q W) Σ Vᵀ.
    let back = transposed.times(&basis, threads);
    let Eigen { values, mut vectors } = of_columns(&back, threads);
    vectors.truncate(rank.min(values.len()));
    let values: Vec<f64> = values.iter().take(vectors.len()).map(|value| value.sqrt()).collect();
    let left = times(&basis, &vectors, threads);
    Svd { left, values }
}

/// An orthonormal basis of the columns' span. Twice: the first leaves errors of the order of the
/// square of the columns' condition, the second of rounding.
fn orthonormal(columns: &Matrix, threads: usize) -> Matrix {
    let once = |columns: &Matrix| {
        let Eigen { values, mut vectors } = of_columns(columns, threads);
        for (vector, value) in vectors.iter_mut().zip(&values) {
            vector.iter_mut().for_each(|entry| *entry /= value.sqrt());
        }
        times(columns, &vectors, threads)
    };
    once(&once(columns))
}

/// Of `XᵀX`, without what is rounding.
fn of_columns(columns: &Matrix, threads: usize) -> Eigen {
    let width = columns.width();
    let Eigen { mut values, mut vectors } = eigen(gram(columns, &vec![0.0; width], threads), width);
    let largest = values.first().copied().unwrap_or(0.0);
    let rank = values.iter().take_while(|value| **value > ROUNDING * largest).count();
    values.truncate(rank);
    vectors.truncate(rank);
    Eigen { values, vectors }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sparse(dense: &[Vec<f32>]) -> Sparse {
        let counts: Vec<usize> =
            dense.iter().map(|row| row.iter().filter(|value| **value != 0.0).count()).collect();
        let mut filling = Sparse::with_counts(&counts, dense[0].len());
        for (i, row) in dense.iter().enumerate() {
            for (j, &value) in row.iter().enumerate().filter(|(_, value)| **value != 0.0) {
                filling.push(i as u32, j as u32, value);
            }
        }
        filling.matrix
    }

    /// 60 rows, 40 columns, two thirds zeros.
    fn drawn() -> Vec<Vec<f32>> {
        let mut random = Random::keyed(&[8]);
        let mut value = || if random.below(3) == 0 { random.normal() as f32 } else { 0.0 };
        (0..60).map(|_| (0..40).map(|_| value()).collect()).collect()
    }

    #[test]
    fn equals_the_dense_decomposition() {
        let dense = drawn();
        let product = |i: usize, j: usize| -> f64 {
            dense.iter().map(|row| f64::from(row[i]) * f64::from(row[j])).sum()
        };
        let squares = eigen((0..1600).map(|k| product(k / 40, k % 40)).collect(), 40);
        let found = truncated(&sparse(&dense), 6, 12, &mut Random::keyed(&[1]), 2);
        assert_eq!((found.left.width(), found.left.rows(), found.values.len()), (6, 60, 6));
        for (rank, value) in found.values.iter().enumerate() {
            let expected = squares.values[rank].sqrt();
            assert!((value - expected).abs() < 1e-5 * expected, "{value} {expected}");
            // Aᵀ u = σ v.
            let u: Vec<f64> = (0..60).map(|row| f64::from(found.left.row(row)[rank])).collect();
            let images = (0..40).map(|j| -> f64 {
                dense.iter().zip(&u).map(|(row, u)| f64::from(row[j]) * u).sum()
            });
            let along: f64 = images.zip(&squares.vectors[rank]).map(|(image, v)| image * v).sum();
            assert!((along.abs() - expected).abs() < 1e-4, "direction {rank}: {along}");
            let length: f64 = u.iter().map(|u| u * u).sum();
            assert!((length - 1.0).abs() < 1e-5, "{length}");
        }
    }

    #[test]
    fn a_matrix_of_rank_two_has_two_singular_values() {
        let row =
            |i: usize| (0..9).map(|j| (i * j) as f32 + if j == 2 { 1.0 } else { 0.0 }).collect();
        let dense: Vec<Vec<f32>> = (0..12).map(row).collect();
        let found = truncated(&sparse(&dense), 5, 3, &mut Random::keyed(&[1]), 1);
        assert_eq!(found.values.len(), 2, "{:?}", found.values);
    }
}
