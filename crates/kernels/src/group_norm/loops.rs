//! The inner loops over one group of one image: its channels one after the other, each a plane.

use crate::lanes::{self, LANES};
use crate::simd::{dispatch, multiply_add};

/// Values added in `f32` before the sum moves to `f64`.
const FLUSH: usize = 8192;

/// What one group was normalized by.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Moments {
    pub(super) mean: f32,
    /// `1 / √(variance + ε)`.
    pub(super) inverse: f32,
}

dispatch! {
    /// `y = (x - mean) / √(variance + ε) · γ + β`, with one γ and one β for each plane.
    fn forward(x: &[f32], gamma: &[f32], beta: &[f32], epsilon: f32, y: &mut [f32]) -> Moments
        = forward_body
}

#[inline(always)]
pub(super) fn forward_body<const FUSED: bool>(
    x: &[f32],
    gamma: &[f32],
    beta: &[f32],
    epsilon: f32,
    y: &mut [f32],
) -> Moments {
    let (mut first, mut second) = (0.0f64, 0.0f64);
    for x in x.chunks(FLUSH) {
        let mut sums = [0.0; LANES];
        lanes::each([x], |lane, [x]| sums[lane] += x);
        first += f64::from(lanes::total(sums));
    }
    let mean = (first / x.len() as f64) as f32;
    for x in x.chunks(FLUSH) {
        let mut squares = [0.0; LANES];
        lanes::each([x], |lane, [x]| {
            squares[lane] = multiply_add::<FUSED>(x - mean, x - mean, squares[lane]);
        });
        second += f64::from(lanes::total(squares));
    }
    let variance = (second / x.len() as f64) as f32;
    let inverse = 1.0 / (variance + epsilon).sqrt();
    let plane = x.len() / gamma.len();
    let planes = x.chunks_exact(plane).zip(y.chunks_exact_mut(plane));
    for ((x, y), (gamma, beta)) in planes.zip(gamma.iter().zip(beta)) {
        let scale = gamma * inverse;
        for (y, x) in y.iter_mut().zip(x) {
            *y = multiply_add::<FUSED>(x - mean, scale, *beta);
        }
    }
    Moments { mean, inverse }
}

dispatch! {
    /// Replaces the output gradient by the input gradient, and gives this group's part of the
    /// gradients of each plane's γ and β. With `x̂ = (x - mean) / √(variance + ε)`, sums over a
    /// plane and means over the group:
    ///
    /// `∂γ = Σ g x̂`, `∂β = Σ g`, `∂x = (g γ - mean(g γ) - x̂ mean(g γ x̂)) / √(variance + ε)`.
    fn backward(
        x: &[f32], gamma: &[f32], moments: Moments, gradient: &mut [f32],
        by_gamma: &mut [f32], by_beta: &mut [f32],
    ) = backward_body
}

#[inline(always)]
pub(super) fn backward_body<const FUSED: bool>(
    x: &[f32],
    gamma: &[f32],
    Moments { mean, inverse }: Moments,
    gradient: &mut [f32],
    by_gamma: &mut [f32],
    by_beta: &mut [f32],
) {
    let plane = x.len() / gamma.len();
    let (mut common, mut along) = (0.0f64, 0.0f64);
    let planes = x.chunks_exact(plane).zip(gradient.chunks_exact(plane)).zip(gamma);
    let sums = by_gamma.iter_mut().zip(by_beta);
    for (((x, gradient), gamma), (by_gamma, by_beta)) in planes.zip(sums) {
        let (mut total, mut product) = (0.0f64, 0.0f64);
        for (x, gradient) in x.chunks(FLUSH).zip(gradient.chunks(FLUSH)) {
            let (mut sums, mut products) = ([0.0; LANES], [0.0; LANES]);
            lanes::each([gradient, x], |lane, [g, x]| {
                sums[lane] += g;
                products[lane] = multiply_add::<FUSED>(g, x - mean, products[lane]);
            });
            total += f64::from(lanes::total(sums));
            product += f64::from(lanes::total(products)) * f64::from(inverse);
        }
        *by_beta = total as f32;
        *by_gamma = product as f32;
        common += f64::from(*gamma) * total;
        along += f64::from(*gamma) * product;
    }
    let common = (common / x.len() as f64) as f32;
    let along = (along / x.len() as f64) as f32;
    let planes = x.chunks_exact(plane).zip(gradient.chunks_exact_mut(plane)).zip(gamma);
    for ((x, gradient), gamma) in planes {
        for (g, x) in gradient.iter_mut().zip(x) {
            let normal = (x - mean) * inverse;
            let rest = multiply_add::<FUSED>(*g, *gamma, -common);
            *g = inverse * multiply_add::<FUSED>(-normal, along, rest);
        }
    }
}
