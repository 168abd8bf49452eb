//! Features of comparable size.

use rayon::prelude::*;

use crate::Matrix;

/// `(x - shift) * factor` for every dimension.
#[derive(Clone, Debug, PartialEq)]
pub struct Scaling {
    shift: Vec<f64>,
    factor: Vec<f64>,
}

impl Scaling {
    /// Leaves the features as they are.
    pub fn none(width: usize) -> Self {
        Self { shift: vec![0.0; width], factor: vec![1.0; width] }
    }

    /// Mean 0 and standard deviation 1 (divisor n); a constant dimension becomes 0.
    pub fn standard(vectors: &Matrix) -> Self {
        let count = vectors.rows().max(1) as f64;
        let shift: Vec<f64> =
            column_sums(vectors, |_, v| v).iter().map(|sum| sum / count).collect();
        let squares = column_sums(vectors, |j, v| (v - shift[j]) * (v - shift[j]));
        let factor = squares
            .iter()
            .zip(&shift)
            .map(|(sum, mean)| (sum / count).sqrt().max(mean.abs() * 1e-12))
            .map(|deviation| if deviation > 1e-30 { 1.0 / deviation } else { 1.0 })
            .collect();
        Self { shift, factor }
    }

    /// Numbers per vector.
    pub fn width(&self) -> usize {
        self.shift.len()
    }

    /// `w, b` of `w . scaled(x) + b` as those of the same sum of `x` itself.
    pub(super) fn unscaled(&self, weights: &[f64], intercept: f64) -> (Vec<f64>, f64) {
        let weights: Vec<f64> = weights.iter().zip(&self.factor).map(|(w, f)| w * f).collect();
        let moved = weights.iter().zip(&self.shift).map(|(w, shift)| w * shift).sum::<f64>();
        (weights, intercept - moved)
    }

    /// Scaled rows in double precision, appended to `into`.
    pub(super) fn apply(&self, rows: &[f32], into: &mut Vec<f64>) {
        into.reserve(rows.len());
        for row in rows.chunks_exact(self.width().max(1)) {
            let scaled = row.iter().zip(&self.shift).zip(&self.factor);
            into.extend(scaled.map(|((&v, shift), factor)| (f64::from(v) - shift) * factor));
        }
    }
}

/// Sum of a function of every entry, by column; blocks of rows are added in their order.
fn column_sums(vectors: &Matrix, of: impl Fn(usize, f64) -> f64 + Sync) -> Vec<f64> {
    let width = vectors.width();
    let partial: Vec<Vec<f64>> = vectors
        .values()
        .par_chunks((1024 * width).max(1))
        .map(|block| {
            let mut sums = vec![0.0; width];
            for row in block.chunks_exact(width) {
                for (j, (sum, &value)) in sums.iter_mut().zip(row).enumerate() {
                    *sum += of(j, f64::from(value));
                }
            }
            sums
        })
        .collect();
    let mut total = vec![0.0; width];
    for sums in partial {
        total.iter_mut().zip(sums).for_each(|(all, sum)| *all += sum);
    }
    total
}
