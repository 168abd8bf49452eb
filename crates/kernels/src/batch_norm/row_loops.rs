//! The inner loops over one row, where every value has its own channel.

use super::loops::{Affine, Gradient, above, pass};
use crate::simd::{dispatch, multiply_add};

dispatch! {
    /// Adds `x - shift` and `(x - shift)²`, channel by channel.
    fn add_moments(x: &[f32], shift: &[f32], first: &mut [f32], second: &mut [f32])
        = add_moments_body
}

#[inline(always)]
pub(super) fn add_moments_body<const FUSED: bool>(
    x: &[f32],
    shift: &[f32],
    first: &mut [f32],
    second: &mut [f32],
) {
    let sums = first.iter_mut().zip(second);
    for ((x, shift), (first, second)) in x.iter().zip(shift).zip(sums) {
        let value = x - shift;
        *first += value;
        *second = multiply_add::<FUSED>(value, value, *second);
    }
}

dispatch! {
    /// `y = x · scale + shift (+ residual)`, then the ReLU if asked for.
    fn affine(x: &[f32], residual: Option<&[f32]>, maps: &[Affine], y: &mut [f32]) = affine_body
}

#[inline(always)]
pub(super) fn affine_body<const FUSED: bool>(
    x: &[f32],
    residual: Option<&[f32]>,
    maps: &[Affine],
    y: &mut [f32],
) {
    for ((y, x), map) in y.iter_mut().zip(x).zip(maps) {
        *y = multiply_add::<FUSED>(*x, map.scale, map.shift);
    }
    for (y, r) in y.iter_mut().zip(residual.unwrap_or_default()) {
        *y += r;
    }
    if maps.first().is_some_and(|map| map.relu) {
        for y in y {
            *y = above(*y, 0.0);
        }
    }
}

dispatch! {
    /// Adds `g` and `g · (x - mean)`, channel by channel, where `g` is the gradient where the
    /// output is positive (everywhere when there is no output given).
    fn add_gradients(
        gradient: &[f32], output: Option<&[f32]>, x: &[f32], mean: &[f32],
        first: &mut [f32], second: &mut [f32],
    ) = add_gradients_body
}

#[inline(always)]
pub(super) fn add_gradients_body<const FUSED: bool>(
    gradient: &[f32],
    output: Option<&[f32]>,
    x: &[f32],
    mean: &[f32],
    first: &mut [f32],
    second: &mut [f32],
) {
    let width = first.len();
    let (gradient, x, mean, second) =
        (&gradient[..width], &x[..width], &mean[..width], &mut second[..width]);
    let output = output.map(|output| &output[..width]);
    for i in 0..width {
        let g = output.map_or(gradient[i], |output| pass(gradient[i], output[i]));
        first[i] += g;
        second[i] = multiply_add::<FUSED>(g, x[i] - mean[i], second[i]);
    }
}

dispatch! {
    /// Replaces the output gradient by the input gradient, with `g` masked as in
    /// [`add_gradients`].
    fn input_gradient(
        gradient: &mut [f32], output: Option<&[f32]>, x: &[f32], maps: &[Gradient],
    ) = input_gradient_body
}

#[inline(always)]
pub(super) fn input_gradient_body<const FUSED: bool>(
    gradient: &mut [f32],
    output: Option<&[f32]>,
    x: &[f32],
    maps: &[Gradient],
) {
    let width = gradient.len();
    let (x, maps) = (&x[..width], &maps[..width]);
    let output = output.map(|output| &output[..width]);
    for i in 0..width {
        let g = output.map_or(gradient[i], |output| pass(gradient[i], output[i]));
        let Gradient { gain, slope, offset } = maps[i];
        gradient[i] = multiply_add::<FUSED>(gain, g, multiply_add::<FUSED>(slope, x[i], offset));
    }
}
