//! The loss, its gradient and its mean curvature at one point.
//!
//! Samples pass in blocks of a fixed number of rows, scaled to f64 on the way; partial sums are
//! added in the order of the blocks, so the result does not depend on the number of threads.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

use super::Scaling;
use crate::Matrix;

/// Rows scaled and multiplied at once.
const BLOCK: usize = 256;

/// What is minimized.
pub(super) struct Objective<'a> {
    pub vectors: &'a Matrix,
    pub labels: &'a [u32],
    pub classes: usize,
    pub scaling: Scaling,
}

/// The objective at one point.
pub(super) struct Point {
    pub loss: f64,
    /// Of the shape of the parameters.
    pub gradient: Vec<f64>,
    /// Mean of `p (1 - p)` over samples and classes: how much the loss bends per unit of `|x|^2`.
    pub curvature: f64,
}

impl Objective<'_> {
    /// Loss and gradient at `parameters` `[width + 1, classes]`.
    pub fn at(&self, parameters: &[f64], l2: f64) -> Point {
        let width = self.vectors.width();
        let starts: Vec<usize> = (0..self.labels.len()).step_by(BLOCK).collect();
        // Groups of blocks share one gradient; their number depends on the size alone.
        let group = starts.len().div_ceil(64).max(1);
        let partial: Vec<Point> = starts
            .par_chunks(group)
            .map(|starts| {
                let mut sum =
                    Point { loss: 0.0, gradient: vec![0.0; parameters.len()], curvature: 0.0 };
                starts.iter().for_each(|&start| self.add_block(start, parameters, &mut sum));
                sum
            })
            .collect();
        let count = self.labels.len() as f64;
        let mut total = Point { loss: 0.0, gradient: vec![0.0; parameters.len()], curvature: 0.0 };
        for part in partial {
            total.loss += part.loss / count;
            total.curvature += part.curvature / (count * self.classes as f64);
            let sums = total.gradient.iter_mut().zip(part.gradient);
            sums.for_each(|(all, sum)| *all += sum / count);
        }
        let weights = width * self.classes;
        for (slope, weight) in total.gradient[..weights].iter_mut().zip(parameters) {
            *slope += l2 * weight;
            total.loss += 0.5 * l2 * weight * weight;
        }
        total
    }

    fn add_block(&self, start: usize, parameters: &[f64], sum: &mut Point) {
        let (width, classes) = (self.vectors.width(), self.classes);
        let labels = &self.labels[start..(start + BLOCK).min(self.labels.len())];
        let rows = &self.vectors.values()[start * width..(start + labels.len()) * width];
        let mut scaled = Vec::new();
        self.scaling.apply(rows, &mut scaled);
        let mut residual = logits(&scaled, parameters, labels.len(), width, classes);
        for (row, &label) in residual.chunks_exact_mut(classes).zip(labels) {
            let own = row[label as usize];
            sum.loss += softmax(row) - own;
            sum.curvature += row.iter().map(|p| p * (1.0 - p)).sum::<f64>();
            row[label as usize] -= 1.0;
        }
        let (weights, intercepts) = sum.gradient.split_at_mut(width * classes);
        let left = MatRef::from_row_major_slice(&scaled, labels.len(), width).transpose();
        let right = MatRef::from_row_major_slice(&residual, labels.len(), classes);
        let into = MatMut::from_row_major_slice_mut(weights, width, classes);
        matmul(into, Accum::Add, left, right, 1.0, Par::Seq); // [width, classes]
        for row in residual.chunks_exact(classes) {
            intercepts.iter_mut().zip(row).for_each(|(sum, r)| *sum += r);
        }
    }
}

/// Class probabilities `[rows, classes]`.
pub(super) fn probabilities(
    vectors: &Matrix,
    scaling: &Scaling,
    parameters: &[f64],
    classes: usize,
) -> Vec<f64> {
    let width = vectors.width();
    let blocks: Vec<Vec<f64>> = vectors
        .values()
        .par_chunks((BLOCK * width).max(1))
        .map(|rows| {
            let mut scaled = Vec::new();
            scaling.apply(rows, &mut scaled);
            let count = rows.len() / width;
            let mut block = logits(&scaled, parameters, count, width, classes);
            block.chunks_exact_mut(classes).for_each(|row| {
                softmax(row);
            });
            block
        })
        .collect();
    blocks.concat()
}

/// `x W + b`, `[rows, classes]`.
fn logits(
    scaled: &[f64],
    parameters: &[f64],
    rows: usize,
    width: usize,
    classes: usize,
) -> Vec<f64> {
    let (weights, intercepts) = parameters.split_at(width * classes);
    let mut logits = intercepts.repeat(rows);
    let left = MatRef::from_row_major_slice(scaled, rows, width);
    let right = MatRef::from_row_major_slice(weights, width, classes);
    let into = MatMut::from_row_major_slice_mut(&mut logits, rows, classes);
    matmul(into, Accum::Add, left, right, 1.0, Par::Seq);
    logits
}

/// Turns logits into probabilities; returns the logarithm of their normalizer.
fn softmax(row: &mut [f64]) -> f64 {
    let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    row.iter_mut().for_each(|v| *v = (*v - largest).exp());
    let sum: f64 = row.iter().sum();
    row.iter_mut().for_each(|v| *v /= sum);
    largest + sum.ln()
}
