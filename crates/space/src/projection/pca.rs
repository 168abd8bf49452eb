//! Principal components (Pearson 1901; Hotelling 1933): the directions along which the points spread most.
//!
//! Exact, in f64, on one eigen-decomposition: of the covariance `X'X / (n - 1)` `[d, d]` where there are at least as
//! many points as directions, else of the Gram matrix `XX' / (n - 1)` `[n, n]` (same eigenvalues, components `X'u`
//! scaled to unit length). Signs follow scikit-learn's `svd_flip(u_based_decision=False)`: the entry of a component
//! that is largest in magnitude is positive. The answer does not depend on the number of threads.

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatMut, MatRef, Par};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::geometry::spectrum::eigen;
use crate::index::exact::finite;
use crate::{Error, Matrix};

/// Largest matrix to decompose; with more directions than this, the fit sees this many evenly spaced points.
const LARGEST: usize = 4096;
/// Rows centred at once.
const ROWS: usize = 2048;
/// Columns of the covariance per task.
const COLUMNS: usize = 128;

/// A fitted projection onto the `k` leading principal components.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pca {
    /// Mean of the points `[d]`.
    pub mean: Vec<f32>,
    /// Unit directions, the widest spread first `[k, d]`.
    pub components: Vec<f32>,
    /// Variance along each (divisor n - 1) `[k]`.
    pub explained_variance: Vec<f64>,
    /// Sum of the variances of all directions.
    pub total_variance: f64,
    /// Number of points the directions were computed from.
    pub points: usize,
}

impl Pca {
    /// The leading components of the points; fewer than `k` where `min(n - 1, d)` is smaller.
    ///
    /// # Errors
    /// Fewer than two points, values that are not finite.
    pub fn fit(points: &Matrix, k: usize) -> Result<Self, Error> {
        finite("the points of a principal component analysis", points)?;
        let (n, d) = (points.rows(), points.width());
        if n < 2 || d == 0 {
            let what = "a principal component analysis".into();
            return Err(Error::TooFew { what, needed: 2, received: n.min(d) });
        }
        if d > LARGEST && n > LARGEST {
            let rows: Vec<usize> = (0..LARGEST).map(|i| i * n / LARGEST).collect();
            return Self::fit(&points.select(&rows), k);
        }
        let mean = mean(points);
        let total_variance = total_variance(points, &mean);
        let k = k.min(n - 1).min(d);
        let by_points = n < d;
        let scatter = if by_points { gram(points, &mean) } else { covariance(points, &mean) };
        let (variances, vectors) = eigen(&scatter)?;
        let mut components = Vec::with_capacity(k * d);
        for index in 0..k {
            let column = vectors.col(vectors.ncols() - 1 - index);
            let vector: Vec<f64> = column.iter().copied().collect();
            let direction = if by_points { combine(points, &mean, &vector) } else { vector };
            components.extend(flipped(&direction).map(|value| value as f32));
        }
        let leading = variances.iter().rev().take(k).map(|v| v.max(0.0)).collect();
        let mean = mean.iter().map(|&v| v as f32).collect();
        Ok(Self { mean, components, explained_variance: leading, total_variance, points: n })
    }

    /// Number of components.
    pub fn width(&self) -> usize {
        self.explained_variance.len()
    }

    /// Share of the total variance along each component `[k]`.
    pub fn explained_ratio(&self) -> Vec<f64> {
        let total = self.total_variance.max(f64::MIN_POSITIVE);
        self.explained_variance.iter().map(|variance| variance / total).collect()
    }

    /// Coordinates of points along the components: `(x - mean) W'`, `[n, d] -> [n, k]`.
    ///
    /// # Errors
    /// Where the points have another width.
    pub fn transform(&self, points: &Matrix) -> Result<Matrix, Error> {
        let (d, k) = (self.mean.len(), self.width());
        if points.width() != d {
            let what = "the points to project".into();
            return Err(Error::Width { what, expected: d, received: points.width() });
        }
        let mut output = vec![0f32; points.rows() * k];
        if k > 0 {
            let components = MatRef::from_row_major_slice(&self.components, k, d).transpose();
            output.par_chunks_mut(ROWS * k).zip(points.values().par_chunks(ROWS * d)).for_each(
                |(output, rows)| {
                    let n = rows.len() / d;
                    let centred: Vec<f32> = rows
                        .chunks_exact(d)
                        .flat_map(|row| row.iter().zip(&self.mean).map(|(x, mean)| x - mean))
                        .collect();
                    let centred = MatRef::from_row_major_slice(&centred, n, d);
                    let output = MatMut::from_row_major_slice_mut(output, n, k);
                    matmul(output, Accum::Replace, centred, components, 1.0, Par::Seq); // [n, k]
                },
            );
        }
        Ok(Matrix::new(points.rows(), k, output))
    }
}

fn mean(points: &Matrix) -> Vec<f64> {
    let mut sums = vec![0f64; points.width()];
    for row in points.values().chunks_exact(points.width()) {
        sums.iter_mut().zip(row).for_each(|(sum, &value)| *sum += f64::from(value));
    }
    sums.iter().map(|sum| sum / points.rows() as f64).collect()
}

fn total_variance(points: &Matrix, mean: &[f64]) -> f64 {
    let squares = points
        .values()
        .chunks_exact(points.width())
        .map(|row| row.iter().zip(mean).map(|(&x, m)| (f64::from(x) - m).powi(2)).sum::<f64>());
    squares.sum::<f64>() / (points.rows() - 1) as f64
}

/// Rows `[start, end)` less the mean, as f64.
fn centred(points: &Matrix, mean: &[f64], rows: std::ops::Range<usize>) -> Vec<f64> {
    rows.flat_map(|row| points.row(row).iter().zip(mean).map(|(&x, m)| f64::from(x) - m)).collect()
}

/// `X'X / (n - 1)`, lower triangle `[d, d]`: blocks of rows in order, column panels in parallel.
fn covariance(points: &Matrix, mean: &[f64]) -> Mat<f64> {
    let (n, d) = (points.rows(), points.width());
    let scale = 1.0 / (n - 1) as f64;
    let mut scatter = Mat::<f64>::zeros(d, d);
    for start in (0..n).step_by(ROWS) {
        let rows = start..(start + ROWS).min(n);
        let block = centred(points, mean, rows.clone());
        let block = MatRef::from_row_major_slice(&block, rows.len(), d);
        scatter.as_mut().par_col_chunks_mut(COLUMNS).enumerate().for_each(|(panel, columns)| {
            let (first, count) = (panel * COLUMNS, columns.ncols());
            let columns = columns.subrows_mut(first, d - first);
            let left = block.subcols(first, d - first).transpose();
            let right = block.subcols(first, count);
            matmul(columns, Accum::Add, left, right, scale, Par::Seq); // [d - first, count]
        });
    }
    scatter
}

/// `XX' / (n - 1)`, lower triangle `[n, n]`.
fn gram(points: &Matrix, mean: &[f64]) -> Mat<f64> {
    let (n, d) = (points.rows(), points.width());
    let scale = 1.0 / (n - 1) as f64;
    let all = centred(points, mean, 0..n);
    let all = MatRef::from_row_major_slice(&all, n, d);
    let mut scatter = Mat::<f64>::zeros(n, n);
    scatter.as_mut().par_col_chunks_mut(COLUMNS).enumerate().for_each(|(panel, columns)| {
        let (first, count) = (panel * COLUMNS, columns.ncols());
        let columns = columns.subrows_mut(first, n - first);
        let left = all.subrows(first, n - first);
        let right = all.subrows(first, count).transpose();
        matmul(columns, Accum::Replace, left, right, scale, Par::Seq); // [n - first, count]
    });
    scatter
}

/// The unit vector along `X'u` `[d]`.
fn combine(points: &Matrix, mean: &[f64], weights: &[f64]) -> Vec<f64> {
    let mut sum = vec![0f64; points.width()];
    for (row, weight) in weights.iter().enumerate() {
        let row = points.row(row).iter().zip(mean);
        sum.iter_mut().zip(row).for_each(|(sum, (&x, m))| *sum += weight * (f64::from(x) - m));
    }
    let norm = sum.iter().map(|v| v * v).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
    sum.iter().map(|v| v / norm).collect()
}

/// The direction with its largest entry positive.
fn flipped(direction: &[f64]) -> impl Iterator<Item = f64> {
    let largest = direction.iter().fold(0f64, |top, &v| if v.abs() > top.abs() { v } else { top });
    let sign = if largest < 0.0 { -1.0 } else { 1.0 };
    direction.iter().map(move |v| sign * v)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `sin(0.7 i + 1.3 j + 0.1) + 0.2 cos(1.9 i j)`.
    fn waves(n: usize, d: usize) -> Matrix {
        let value = |i: f64, j: f64| (0.7 * i + 1.3 * j + 0.1).sin() + 0.2 * (1.9 * i * j).cos();
        let values = (0..n * d).map(|at| value((at / d) as f64, (at % d) as f64) as f32).collect();
        Matrix::new(n, d, values)
    }

    fn close(actual: &[f64], expected: &[f64]) {
        assert_eq!(actual.len(), expected.len());
        for (a, e) in actual.iter().zip(expected) {
            assert!((a - e).abs() < 1e-6, "{actual:?} is not {expected:?}");
        }
    }

    fn doubles(values: &[f32]) -> Vec<f64> {
        values.iter().map(|&v| f64::from(v)).collect()
    }

    // Expected values, scikit-learn 1.9.1:
    //   x = np.array([[np.sin(.7*i + 1.3*j + .1) + .2*np.cos(1.9*i*j) for j in range(d)] for i in range(n)])
    //   p = PCA(3, svd_solver="full").fit(x.astype(np.float32).astype(np.float64))
    //   p.explained_variance_, p.components_[0], p.components_[2], p.transform(x)[0], p.explained_variance_ratio_.sum()
    #[test]
    fn equals_scikit_learn_by_covariance() {
        let points = waves(8, 4);
        let pca = Pca::fit(&points, 3).unwrap();
        close(&pca.explained_variance, &[1.3648427832, 0.8224470656, 0.0151043709]);
        let components = doubles(&pca.components);
        close(&components[..4], &[0.6289914331, 0.4047097224, -0.4109051905, -0.5212837443]);
        close(&components[8..], &[0.4738130077, -0.506176102, 0.6419882351, -0.3273195586]);
        let first = pca.transform(&points).unwrap();
        close(&doubles(first.row(0)), &[0.5072741773, 1.4483669436, 0.0360366873]);
        close(&[pca.explained_ratio().iter().sum()], &[0.9985839646]);
    }

    #[test]
    fn equals_scikit_learn_by_points() {
        let points = waves(4, 6);
        let pca = Pca::fit(&points, 9).unwrap();
        close(&pca.explained_variance, &[1.3057550217, 0.2013628584, 0.0448640863]);
        let components = doubles(&pca.components);
        let expected =
            [-0.3050020118, 0.5273149613, 0.594437608, -0.0934214477, -0.508925312, -0.0884539113];
        close(&components[..6], &expected);
        let expected =
            [-0.1403404032, -0.3599263392, 0.4903996059, 0.3033023549, 0.1044985658, 0.7122875539];
        close(&components[12..], &expected);
        let first = pca.transform(&points).unwrap();
        close(&doubles(first.row(0)), &[1.4792775414, -0.2346312246, 0.1161577447]);
    }

    #[test]
    fn both_ways_span_the_same_directions_and_many_blocks_add_up() {
        let points = waves(5000, 130);
        let pca = Pca::fit(&points, 4).unwrap();
        let coordinates = pca.transform(&points).unwrap();
        for (index, &expected) in pca.explained_variance.iter().enumerate() {
            let squares: f64 =
                (0..5000).map(|row| f64::from(coordinates.row(row)[index]).powi(2)).sum();
            assert!((squares / 4999.0 / expected - 1.0).abs() < 1e-4, "component {index}");
        }
        let few = waves(100, 130);
        let by_points = Pca::fit(&few, 4).unwrap();
        let (values, _) = eigen(&covariance(&few, &mean(&few))).unwrap();
        let leading: Vec<f64> = values.into_iter().rev().take(4).collect();
        close(&by_points.explained_variance, &leading);
    }

    #[test]
    fn one_point_has_no_directions() {
        assert!(Pca::fit(&Matrix::new(1, 3, vec![0.0; 3]), 2).is_err());
        let still = Pca::fit(&Matrix::new(3, 2, vec![1.0; 6]), 2).unwrap();
        assert_eq!(still.explained_variance, [0.0, 0.0]);
    }
}
