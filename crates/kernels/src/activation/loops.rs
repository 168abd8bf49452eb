//! The inner loops: one value in, one value out.

use super::Activation;
use crate::math::{erf, exp, sigmoid, tanh};
use crate::simd::{dispatch, multiply_add};
use std::f32::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

/// `y = act(x)`.
pub(crate) fn forward(activation: Activation, x: &[f32], y: &mut [f32]) {
    biased_forward(activation, x, None, y);
}

/// `g ← g · act'(x)`.
pub(crate) fn backward(activation: Activation, x: &[f32], gradient: &mut [f32]) {
    biased_backward(activation, x, None, gradient);
}

dispatch! {
    /// `y = act(x + bias)` for rows as long as the bias.
    fn biased_forward(activation: Activation, x: &[f32], bias: Option<&[f32]>, y: &mut [f32])
        = forward_body
}

#[inline(always)]
pub(super) fn forward_body<const FUSED: bool>(
    activation: Activation,
    x: &[f32],
    bias: Option<&[f32]>,
    y: &mut [f32],
) {
    match activation {
        Activation::Relu => map(x, bias, y, relu),
        Activation::Gelu => map(x, bias, y, gelu::<FUSED>),
        Activation::GeluTanh => map(x, bias, y, gelu_tanh::<FUSED>),
        Activation::Silu => map(x, bias, y, silu::<FUSED>),
    }
}

dispatch! {
    /// `g ← g · act'(x + bias)` for rows as long as the bias.
    fn biased_backward(
        activation: Activation, x: &[f32], bias: Option<&[f32]>, gradient: &mut [f32]
    ) = backward_body
}

#[inline(always)]
pub(super) fn backward_body<const FUSED: bool>(
    activation: Activation,
    x: &[f32],
    bias: Option<&[f32]>,
    gradient: &mut [f32],
) {
    match activation {
        Activation::Relu => scale(x, bias, gradient, relu_slope),
        Activation::Gelu => scale(x, bias, gradient, gelu_slope::<FUSED>),
        Activation::GeluTanh => scale(x, bias, gradient, gelu_tanh_slope::<FUSED>),
        Activation::Silu => scale(x, bias, gradient, silu_slope::<FUSED>),
    }
}

#[inline(always)]
fn map(x: &[f32], bias: Option<&[f32]>, y: &mut [f32], activation: impl Fn(f32) -> f32) {
    assert_eq!(x.len(), y.len(), "one output per input");
    let Some(bias) = bias else {
        for (y, x) in y.iter_mut().zip(x) {
            *y = activation(*x);
        }
        return;
    };
    for (y, x) in y.chunks_exact_mut(bias.len()).zip(x.chunks_exact(bias.len())) {
        for ((y, x), bias) in y.iter_mut().zip(x).zip(bias) {
            *y = activation(x + bias);
        }
    }
}

#[inline(always)]
fn scale(x: &[f32], bias: Option<&[f32]>, gradient: &mut [f32], slope: impl Fn(f32) -> f32) {
    assert_eq!(x.len(), gradient.len(), "one gradient per input");
    let Some(bias) = bias else {
        for (gradient, x) in gradient.iter_mut().zip(x) {
            *gradient *= slope(*x);
        }
        return;
    };
    for (gradient, x) in gradient.chunks_exact_mut(bias.len()).zip(x.chunks_exact(bias.len())) {
        for ((gradient, x), bias) in gradient.iter_mut().zip(x).zip(bias) {
            *gradient *= slope(x + bias);
        }
    }
}

/// A value that is not a number stays so, to be seen in the loss.
#[inline(always)]
fn relu(x: f32) -> f32 {
    if x < 0.0 { 0.0 } else { x }
}

#[inline(always)]
fn relu_slope(x: f32) -> f32 {
    if x > 0.0 { 1.0 } else { 0.0 }
}

#[inline(always)]
fn gelu<const FUSED: bool>(x: f32) -> f32 {
    x * normal_below::<FUSED>(x)
}

/// `Φ(x) + x φ(x)`.
#[inline(always)]
fn gelu_slope<const FUSED: bool>(x: f32) -> f32 {
    let density = 0.5 * FRAC_1_SQRT_2 * FRAC_2_SQRT_PI * exp::<FUSED>(-0.5 * x * x);
    multiply_add::<FUSED>(x, density, normal_below::<FUSED>(x))
}

/// `Φ(x)`, how often a standard normal variable lies below `x`.
#[inline(always)]
fn normal_below<const FUSED: bool>(x: f32) -> f32 {
    multiply_add::<FUSED>(0.5, erf::<FUSED>(x * FRAC_1_SQRT_2), 0.5)
}

#[inline(always)]
fn gelu_tanh<const FUSED: bool>(x: f32) -> f32 {
    let half = 0.5 * x;
    multiply_add::<FUSED>(half, tanh::<FUSED>(bent::<FUSED>(x)), half)
}

/// `s + x s (1 - s) 2u'` with `s = σ(2u) = (1 + tanh u) / 2`: the product of the two from the
/// exponential, because `1 - tanh²` would lose its digits where `x u'` is large.
#[inline(always)]
fn gelu_tanh_slope<const FUSED: bool>(x: f32) -> f32 {
    let u = bent::<FUSED>(x);
    let small = exp::<FUSED>(-2.0 * u.abs());
    let large = 1.0 / (1.0 + small);
    let s = if u < 0.0 { small * large } else { large };
    let bent_slope = SQRT_2_OVER_PI * multiply_add::<FUSED>(3.0 * CUBIC, x * x, 1.0);
    multiply_add::<FUSED>(x * (small * large * large), 2.0 * bent_slope, s)
}

/// `u = √(2/π) (x + 0.044715 x³)`, whose tanh is nearly `2 Φ(x) - 1`.
#[inline(always)]
fn bent<const FUSED: bool>(x: f32) -> f32 {
    SQRT_2_OVER_PI * x * multiply_add::<FUSED>(CUBIC, x * x, 1.0)
}

const SQRT_2_OVER_PI: f32 = FRAC_2_SQRT_PI * FRAC_1_SQRT_2;
const CUBIC: f32 = 0.044715;

#[inline(always)]
fn silu<const FUSED: bool>(x: f32) -> f32 {
    x * sigmoid::<FUSED>(x)
}

/// `s + x s (1 - s)` with `s = σ(x)`.
#[inline(always)]
fn silu_slope<const FUSED: bool>(x: f32) -> f32 {
    let s = sigmoid::<FUSED>(x);
    multiply_add::<FUSED>(x * s, 1.0 - s, s)
}
