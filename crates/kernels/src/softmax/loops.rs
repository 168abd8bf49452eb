//! The inner loops over the rows of a block. Each row is taken sixteen values at a time, the last
//! ones filled up with `-∞`, whose exponential is nothing.

use crate::lanes::{self, LANES};
use crate::math::{exp, log};
use crate::simd::{dispatch, multiply_add};

/// Values taken at a time.
const WIDTH: usize = 16;

/// What is left of a row after whole steps, filled up.
#[inline(always)]
fn filled(rest: &[f32]) -> [f32; WIDTH] {
    let mut block = [f32::NEG_INFINITY; WIDTH];
    block[..rest.len()].copy_from_slice(rest);
    block
}

/// Halves combined with halves until one value is left.
#[inline(always)]
fn fold(mut lanes: [f32; WIDTH], combine: impl Fn(f32, f32) -> f32) -> f32 {
    let mut half = WIDTH / 2;
    while half > 0 {
        for lane in 0..half {
            lanes[lane] = combine(lanes[lane], lanes[lane + half]);
        }
        half /= 2;
    }
    lanes[0]
}

#[inline(always)]
fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

#[inline(always)]
fn largest(x: &[f32]) -> f32 {
    let (blocks, rest) = x.as_chunks::<WIDTH>();
    let mut most = filled(rest);
    for block in blocks {
        for lane in 0..WIDTH {
            most[lane] = larger(most[lane], block[lane]);
        }
    }
    fold(most, larger)
}

/// `Σ e^(x - shift)`, each exponential handed to `keep` with the place of its block.
#[inline(always)]
fn exponentials<const FUSED: bool>(
    x: &[f32],
    shift: f32,
    mut keep: impl FnMut(usize, &[f32; WIDTH]),
) -> f32 {
    let (blocks, rest) = x.as_chunks::<WIDTH>();
    let (mut sums, mut values) = ([0.0; WIDTH], [0.0; WIDTH]);
    for (index, block) in blocks.iter().enumerate() {
        for lane in 0..WIDTH {
            values[lane] = exp::<FUSED>(block[lane] - shift);
            sums[lane] += values[lane];
        }
        keep(index * WIDTH, &values);
    }
    if !rest.is_empty() {
        let block = filled(rest);
        for lane in 0..WIDTH {
            values[lane] = exp::<FUSED>(block[lane] - shift);
            sums[lane] += values[lane];
        }
        keep(x.len() - rest.len(), &values);
    }
    fold(sums, |a, b| a + b)
}

/// `log Σ e^x`.
#[inline(always)]
pub(crate) fn log_sum_exp<const FUSED: bool>(x: &[f32]) -> f32 {
    let most = largest(x);
    most + log::<FUSED>(exponentials::<FUSED>(x, most, |_, _| ()))
}

dispatch! {
    /// `y = e^x / Σ e^x` for rows of the given width.
    fn softmax(x: &[f32], width: usize, y: &mut [f32]) = softmax_body
}

#[inline(always)]
pub(super) fn softmax_body<const FUSED: bool>(x: &[f32], width: usize, y: &mut [f32]) {
    for (x, y) in x.chunks_exact(width).zip(y.chunks_exact_mut(width)) {
        let most = largest(x);
        let sum = exponentials::<FUSED>(x, most, |place, values| {
            let y = &mut y[place..];
            match y.first_chunk_mut::<WIDTH>() {
                Some(y) => *y = *values,
                None => y.copy_from_slice(&values[..y.len()]),
            }
        });
        let scale = 1.0 / sum;
        y.iter_mut().for_each(|y| *y *= scale);
    }
}

dispatch! {
    /// `y = x - log Σ e^x` for rows of the given width.
    fn log_softmax(x: &[f32], width: usize, y: &mut [f32]) = log_softmax_body
}

#[inline(always)]
pub(super) fn log_softmax_body<const FUSED: bool>(x: &[f32], width: usize, y: &mut [f32]) {
    for (x, y) in x.chunks_exact(width).zip(y.chunks_exact_mut(width)) {
        // The maximum goes first: their difference is exact where the sum is not.
        let most = largest(x);
        let rest = log::<FUSED>(exponentials::<FUSED>(x, most, |_, _| ()));
        for (y, x) in y.iter_mut().zip(x) {
            *y = (x - most) - rest;
        }
    }
}

dispatch! {
    /// `g ← y (g - Σ g y)`, row by row.
    fn softmax_backward(y: &[f32], width: usize, gradient: &mut [f32]) = softmax_backward_body
}

#[inline(always)]
pub(super) fn softmax_backward_body<const FUSED: bool>(
    y: &[f32],
    width: usize,
    gradient: &mut [f32],
) {
    for (y, gradient) in y.chunks_exact(width).zip(gradient.chunks_exact_mut(width)) {
        let mut sums = [0.0; LANES];
        lanes::each([gradient, y], |lane, [g, y]| {
            sums[lane] = multiply_add::<FUSED>(g, y, sums[lane]);
        });
        let sum = lanes::total(sums);
        for (g, y) in gradient.iter_mut().zip(y) {
            *g = y * (*g - sum);
        }
    }
}

dispatch! {
    /// `g ← g - e^y Σ g`, row by row.
    fn log_softmax_backward(y: &[f32], width: usize, gradient: &mut [f32])
        = log_softmax_backward_body
}

#[inline(always)]
pub(super) fn log_softmax_backward_body<const FUSED: bool>(
    y: &[f32],
    width: usize,
    gradient: &mut [f32],
) {
    for (y, gradient) in y.chunks_exact(width).zip(gradient.chunks_exact_mut(width)) {
        let mut sums = [0.0; LANES];
        lanes::each([gradient], |lane, [g]| sums[lane] += g);
        let sum = lanes::total(sums);
        for (g, y) in gradient.iter_mut().zip(y) {
            *g = multiply_add::<FUSED>(-sum, exp::<FUSED>(*y), *g);
        }
    }
}
