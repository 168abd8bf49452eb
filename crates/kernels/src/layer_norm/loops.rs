//! The inner loops, over the rows of a block: each row is read again while in the nearest cache.

use crate::lanes::{self, LANES};
use crate::simd::{dispatch, multiply_add};

/// What one row was normalized by.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Moments {
    pub(super) mean: f32,
    /// `1 / √(variance + ε)`.
    pub(super) inverse: f32,
}

dispatch! {
    /// `y = (x - mean) / √(variance + ε) · γ + β`; without β (then empty), the mean is taken to be
    /// zero.
    fn forward(
        x: &[f32], gamma: &[f32], beta: &[f32], epsilon: f32, y: &mut [f32],
        moments: &mut [Moments],
    ) = forward_body
}

#[inline(always)]
pub(super) fn forward_body<const FUSED: bool>(
    x: &[f32],
    gamma: &[f32],
    beta: &[f32],
    epsilon: f32,
    y: &mut [f32],
    moments: &mut [Moments],
) {
    let width = gamma.len();
    let share = 1.0 / width as f32;
    let centred = !beta.is_empty();
    let rows = x.chunks_exact(width).zip(y.chunks_exact_mut(width)).zip(moments);
    for ((x, y), moments) in rows {
        let mut mean = 0.0;
        if centred {
            let mut sums = [0.0; LANES];
            lanes::each([x], |lane, [x]| sums[lane] += x);
            mean = lanes::total(sums) * share;
        }
        let mut squares = [0.0; LANES];
        lanes::each([x], |lane, [x]| {
            squares[lane] = multiply_add::<FUSED>(x - mean, x - mean, squares[lane]);
        });
        let variance = lanes::total(squares) * share;
        let inverse = 1.0 / (variance + epsilon).sqrt();
        *moments = Moments { mean, inverse };
        if centred {
            for (((y, x), gamma), beta) in y.iter_mut().zip(x).zip(gamma).zip(beta) {
                *y = multiply_add::<FUSED>((x - mean) * inverse, *gamma, *beta);
            }
        } else {
            for ((y, x), gamma) in y.iter_mut().zip(x).zip(gamma) {
                *y = x * inverse * gamma;
            }
        }
    }
}

dispatch! {
    /// Replaces the output gradient by the input gradient, and adds the gradients of γ and of β
    /// (empty where there is none). With `x̂ = (x - mean) / √(variance + ε)` and means over a row:
    ///
    /// `∂γ = Σ g x̂`, `∂β = Σ g`, `∂x = (g γ - mean(g γ) - x̂ mean(g γ x̂)) / √(variance + ε)`,
    ///
    /// without `mean(g γ)` where there is no β.
    fn backward(
        x: &[f32], gamma: &[f32], moments: &[Moments], gradient: &mut [f32],
        by_gamma: &mut [f32], by_beta: &mut [f32],
    ) = backward_body
}

#[inline(always)]
pub(super) fn backward_body<const FUSED: bool>(
    x: &[f32],
    gamma: &[f32],
    moments: &[Moments],
    gradient: &mut [f32],
    by_gamma: &mut [f32],
    by_beta: &mut [f32],
) {
    let width = gamma.len();
    let share = 1.0 / width as f32;
    let centred = !by_beta.is_empty();
    let rows = x.chunks_exact(width).zip(gradient.chunks_exact_mut(width)).zip(moments);
    for ((x, gradient), &Moments { mean, inverse }) in rows {
        let (mut sums, mut products) = ([0.0; LANES], [0.0; LANES]);
        lanes::each([gradient, x, gamma], |lane, [g, x, gamma]| {
            sums[lane] = multiply_add::<FUSED>(g, gamma, sums[lane]);
            products[lane] = multiply_add::<FUSED>(g * gamma, x - mean, products[lane]);
        });
        let along = lanes::total(products) * share * inverse;
        let gamma_sums = by_gamma.iter_mut().zip(x).zip(&*gradient);
        for ((sum, x), g) in gamma_sums {
            *sum = multiply_add::<FUSED>(*g, (x - mean) * inverse, *sum);
        }
        let mut common = 0.0;
        if centred {
            common = lanes::total(sums) * share;
            for (sum, g) in by_beta.iter_mut().zip(&*gradient) {
                *sum += g;
            }
        }
        for ((g, x), gamma) in gradient.iter_mut().zip(x).zip(gamma) {
            let normal = (x - mean) * inverse;
            let rest = multiply_add::<FUSED>(*g, *gamma, -common);
            *g = inverse * multiply_add::<FUSED>(-normal, along, rest);
        }
    }
}
