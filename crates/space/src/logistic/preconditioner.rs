//! A cheap guess of the inverse Hessian, so that correlated features (pixels) do not slow L-BFGS.
//!
//! The Hessian of the mean loss is at most `1/2 (I - 11'/K) x X'X/n` (Böhning 1992); in practice it
//! is close to `c X'X/n + l2 I` for every class, with `c` the mean of `p (1 - p)`. A sample of rows
//! gives `X'X/n`, one Cholesky factorization per penalty the inverse. The guess changes the number
//! of steps, never the optimum.

use faer::linalg::matmul::matmul;
use faer::linalg::solvers::{Llt, Solve};
use faer::{Accum, Mat, MatMut, MatRef, Par, Side};

use super::Scaling;
use crate::Matrix;

/// Features beyond which the factorization costs more than it saves.
const WIDEST: usize = 4096;
/// Fewest rows sampled for `X'X`.
const ROWS: usize = 4096;

/// `(c X'X/n + l2 I)^-1` for the weights and `1 / c` for the intercepts.
pub(super) struct Preconditioner {
    /// `X'X/n` of scaled features; `None` where it would not pay.
    covariance: Option<Mat<f64>>,
    factor: Option<Llt<f64>>,
    curvature: f64,
    l2: f64,
}

impl Preconditioner {
    /// Samples rows where there are enough of them for the width.
    pub fn new(vectors: &Matrix, scaling: &Scaling) -> Self {
        let (rows, width) = (vectors.rows(), vectors.width());
        let pays = width <= WIDEST && width <= rows;
        let covariance = pays.then(|| {
            let kept = rows.min(ROWS.max(2 * width));
            let sample = vectors.select(&(0..kept).map(|i| i * rows / kept).collect::<Vec<_>>());
            let mut sum = Mat::<f64>::zeros(width, width);
            for block in sample.values().chunks((256 * width).max(1)) {
                let mut scaled = Vec::new();
                scaling.apply(block, &mut scaled);
                let x = MatRef::from_row_major_slice(&scaled, block.len() / width, width);
                matmul(sum.as_mut(), Accum::Add, x.transpose(), x, 1.0 / kept as f64, Par::Seq);
            }
            sum
        });
        Self { covariance, factor: None, curvature: 1.0, l2: 0.0 }
    }

    /// Factors the guess for one penalty.
    pub fn prepare(&mut self, curvature: f64, l2: f64) {
        self.curvature = curvature.max(1e-6);
        self.l2 = l2;
        self.factor = self.covariance.as_ref().and_then(|covariance| {
            let guess = Mat::from_fn(covariance.nrows(), covariance.ncols(), |i, j| {
                self.curvature * covariance[(i, j)] + if i == j { l2 } else { 0.0 }
            });
            guess.llt(Side::Lower).ok()
        });
    }

    /// The guess applied to a gradient `[width + 1, classes]`.
    pub fn apply(&self, gradient: &[f64], classes: usize) -> Vec<f64> {
        let mut step = gradient.to_vec();
        let (weights, intercepts) = step.split_at_mut(gradient.len() - classes);
        match &self.factor {
            Some(factor) => {
                let width = weights.len() / classes;
                factor.solve_in_place(MatMut::from_row_major_slice_mut(weights, width, classes));
            }
            None => weights.iter_mut().for_each(|v| *v /= self.curvature + self.l2),
        }
        intercepts.iter_mut().for_each(|v| *v /= self.curvature);
        step
    }
}
