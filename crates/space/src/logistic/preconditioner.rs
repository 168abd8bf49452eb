//! A cheap guess of the inverse Hessian, so that correlated features (pixels) do not slow L-BFGS.
//!
//! For class k the Hessian of the mean loss has the block `mean_i p_ik (1 - p_ik) x_i x_i' + l2 I`.
//! The guess is the mean of these blocks over the classes, from a sample of rows at the point where
//! the descent starts, factored by Cholesky. It changes the number of steps, never the optimum.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt::factor::{cholesky_in_place, cholesky_in_place_scratch};
use faer::linalg::matmul::matmul;
use faer::linalg::triangular_solve::{
    solve_lower_triangular_in_place, solve_upper_triangular_in_place,
};
use faer::reborrow::ReborrowMut;
use faer::{Accum, Mat, MatMut, MatRef, Par};
use rayon::prelude::*;

use super::Scaling;
use super::objective::probabilities;
use crate::Matrix;

/// Features beyond which the factorization costs more than it saves.
const WIDEST: usize = 4096;
/// Fewest rows sampled.
const ROWS: usize = 4096;
/// Columns of the guess per task.
const PANEL: usize = 64;
/// Share of the mean weight given to every row: few uncertain samples do not span all directions.
const FLOOR: f64 = 0.1;

/// The guess: a factored matrix for the weights, a number for the intercepts.
pub(super) struct Preconditioner {
    /// Sampled rows; `None` where the factorization would not pay.
    sample: Option<Matrix>,
    /// Lower triangular.
    factor: Option<Mat<f64>>,
    /// Mean of `p (1 - p)`.
    curvature: f64,
    l2: f64,
}

impl Preconditioner {
    /// Samples rows where there are enough of them for the width.
    pub fn new(vectors: &Matrix) -> Self {
        let (rows, width) = (vectors.rows(), vectors.width());
        let pays = (1..=WIDEST).contains(&width) && width <= rows;
        let sample = pays.then(|| {
            let kept = rows.min(ROWS.max(2 * width));
            vectors.select(&(0..kept).map(|i| i * rows / kept).collect::<Vec<_>>())
        });
        Self { sample, factor: None, curvature: 1.0, l2: 0.0 }
    }

    /// Factors the guess for one penalty, at the start of the descent.
    pub fn prepare(
        &mut self,
        parameters: &[f64],
        classes: usize,
        scaling: &Scaling,
        curvature: f64,
        l2: f64,
    ) {
        self.curvature = curvature.max(1e-6);
        self.l2 = l2;
        let Some(sample) = &self.sample else { return };
        let weights: Vec<f64> = probabilities(sample, scaling, parameters, classes)
            .chunks_exact(classes)
            .map(|row| row.iter().map(|p| p * (1.0 - p)).sum::<f64>() / classes as f64)
            .map(|weight| weight + FLOOR * self.curvature)
            .collect();
        let mut guess = weighted_gram(sample, scaling, &weights);
        (0..guess.nrows()).for_each(|i| guess[(i, i)] += l2);
        self.factor = cholesky(guess);
    }

    /// The guess applied to a gradient `[width + 1, classes]`.
    pub fn apply(&self, gradient: &[f64], classes: usize) -> Vec<f64> {
        let mut step = gradient.to_vec();
        let (weights, intercepts) = step.split_at_mut(gradient.len() - classes);
        match &self.factor {
            Some(factor) => {
                let width = weights.len() / classes;
                let mut step = MatMut::from_row_major_slice_mut(weights, width, classes);
                let factor = factor.as_ref();
                solve_lower_triangular_in_place(factor, step.rb_mut(), Par::Seq);
                solve_upper_triangular_in_place(factor.transpose(), step, Par::Seq);
            }
            None => weights.iter_mut().for_each(|v| *v /= self.curvature + self.l2),
        }
        intercepts.iter_mut().for_each(|v| *v /= self.curvature);
        step
    }
}

/// `mean_i w_i x_i x_i'` of scaled rows, its lower triangle; what stands above has no meaning.
fn weighted_gram(sample: &Matrix, scaling: &Scaling, weights: &[f64]) -> Mat<f64> {
    let (rows, width) = (sample.rows(), sample.width());
    let mut scaled = Vec::new();
    scaling.apply(sample.values(), &mut scaled);
    for (row, weight) in scaled.chunks_exact_mut(width).zip(weights) {
        let root = (weight / rows as f64).sqrt();
        row.iter_mut().for_each(|v| *v *= root);
    }
    let x = MatRef::from_row_major_slice(&scaled, rows, width);
    let mut gram = Mat::<f64>::zeros(width, width);
    gram.as_mut().par_col_chunks_mut(PANEL).enumerate().for_each(|(panel, columns)| {
        let first = panel * PANEL;
        let right = x.subcols(first, columns.ncols());
        let below = columns.subrows_mut(first, width - first);
        let left = x.subcols(first, width - first).transpose();
        matmul(below, Accum::Replace, left, right, 1.0, Par::Seq); // [width - first, panel]
    });
    gram
}

/// The lower factor of a symmetric positive matrix, on one thread; `None` where it is not positive.
fn cholesky(mut matrix: Mat<f64>) -> Option<Mat<f64>> {
    let scratch = cholesky_in_place_scratch::<f64>(matrix.nrows(), Par::Seq, Default::default());
    let mut memory = MemBuffer::new(scratch);
    let stack = MemStack::new(&mut memory);
    let none = Default::default();
    cholesky_in_place(matrix.as_mut(), none, Par::Seq, stack, Default::default()).ok()?;
    Some(matrix)
}
