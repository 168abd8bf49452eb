//! The loops of row normalization.

use super::SHORTEST;
use crate::buffer;
use crate::simd::dispatch;
use rayon::prelude::*;

/// Values of one task.
const BLOCK: usize = 1 << 14;

/// Rows of one task.
fn rows_per_task(width: usize) -> usize {
    (BLOCK / width).max(1)
}

/// Rows of unit length, and what each was multiplied by.
pub(super) fn forward(rows: &[f32], width: usize) -> (Vec<f32>, Vec<f32>) {
    let mut output = buffer::to_overwrite(rows.len());
    if rows.is_empty() {
        return (output, Vec::new());
    }
    let mut scales = buffer::to_overwrite(rows.len() / width);
    let task = rows_per_task(width);
    output
        .par_chunks_mut(task * width)
        .zip(rows.par_chunks(task * width))
        .zip(scales.par_chunks_mut(task))
        .for_each(|((output, rows), scales)| scale_rows(rows, width, output, scales));
    (output, scales)
}

dispatch! {
    /// Scales every row to unit length.
    fn scale_rows(
        rows: &[f32], width: usize, output: &mut [f32], scales: &mut [f32]
    ) = scale_rows_body
}

#[inline(always)]
fn scale_rows_body<const FUSED: bool>(
    rows: &[f32],
    width: usize,
    output: &mut [f32],
    scales: &mut [f32],
) {
    let pairs = rows.chunks_exact(width).zip(output.chunks_exact_mut(width));
    for ((row, output), scale) in pairs.zip(scales) {
        let length = dot::<FUSED>(row, row).sqrt();
        // `max` would drop what is not a number.
        *scale = (if length < SHORTEST { SHORTEST } else { length }).recip() as f32;
        for (output, value) in output.iter_mut().zip(row) {
            *output = value * *scale;
        }
    }
}

/// `∂L/∂x = scale · (g - y (y · g))`; without the second term where the row was too short to have
/// become of unit length. In place of the gradient.
pub(super) fn backward(gradient: &mut [f32], output: &[f32], width: usize, scales: &[f32]) {
    if gradient.is_empty() {
        return;
    }
    let task = rows_per_task(width);
    gradient
        .par_chunks_mut(task * width)
        .zip(output.par_chunks(task * width))
        .zip(scales.par_chunks(task))
        .for_each(|((gradient, output), scales)| pull_rows(gradient, output, width, scales));
}

dispatch! {
    /// The input gradient of every row.
    fn pull_rows(
        gradient: &mut [f32], output: &[f32], width: usize, scales: &[f32]
    ) = pull_rows_body
}

#[inline(always)]
fn pull_rows_body<const FUSED: bool>(
    gradient: &mut [f32],
    output: &[f32],
    width: usize,
    scales: &[f32],
) {
    let pairs = gradient.chunks_exact_mut(width).zip(output.chunks_exact(width));
    for ((gradient, output), &scale) in pairs.zip(scales) {
        let clamped = scale >= SHORTEST.recip() as f32;
        let along = if clamped { 0.0 } else { dot::<FUSED>(gradient, output) as f32 };
        for (gradient, value) in gradient.iter_mut().zip(output) {
            *gradient = scale * (*gradient - along * value);
        }
    }
}

const LANES: usize = 16;

/// `Σ aᵢ bᵢ` in double precision.
#[inline(always)]
fn dot<const FUSED: bool>(a: &[f32], b: &[f32]) -> f64 {
    let mut sums = [0.0f64; LANES];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            // The product of two `f32` is exact in `f64`: fused or not is the same.
            sums[lane] += f64::from(a[lane]) * f64::from(b[lane]);
        }
    }
    for ((sum, &a), &b) in sums.iter_mut().zip(a_rest).zip(b_rest) {
        *sum += f64::from(a) * f64::from(b);
    }
    sums.iter().sum()
}

#[cfg(test)]
mod twins {
    use super::*;
    use crate::testing::values;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn loops_agree_with_their_scalar_twins(rows in 1usize..9, width in 1usize..70) {
            let x = values(rows * width, 1);
            let ([mut y, mut plain], [mut s, mut t]) = ([x.clone(), x.clone()], [vec![0.0; rows], vec![0.0; rows]]);
            scale_rows(&x, width, &mut y, &mut s);
            scale_rows_body::<false>(&x, width, &mut plain, &mut t);
            prop_assert_eq!(&y, &plain);
            let [mut g, mut plain] = [values(rows * width, 2), values(rows * width, 2)];
            pull_rows(&mut g, &y, width, &s);
            pull_rows_body::<false>(&mut plain, &y, width, &t);
            for (fast, plain) in g.iter().zip(&plain) {
                prop_assert!((fast - plain).abs() <= 1e-5 * plain.abs().max(1.0));
            }
        }
    }
}
