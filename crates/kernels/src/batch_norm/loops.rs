//! The inner loops over one plane (a channel of one image).

use crate::simd::{dispatch, multiply_add};

/// Partial sums kept side by side, so that additions need not wait for each other.
pub(super) const LANES: usize = 32;

/// Two sums in `LANES` parts each.
#[derive(Clone, Copy)]
pub(super) struct Sums {
    first: [f32; LANES],
    second: [f32; LANES],
}

impl Sums {
    pub(super) const ZERO: Self = Self { first: [0.0; LANES], second: [0.0; LANES] };

    /// The two totals, added in `f64`.
    pub(super) fn totals(&self) -> [f64; 2] {
        [self.first, self.second].map(|lanes| lanes.iter().map(|&lane| f64::from(lane)).sum())
    }
}

dispatch! {
    /// Adds `Σ (x - shift)` and `Σ (x - shift)²` to the sums.
    fn add_moments(x: &[f32], shift: f32, sums: &mut Sums) = add_moments_body
}

#[inline(always)]
pub(super) fn add_moments_body<const FUSED: bool>(x: &[f32], shift: f32, sums: &mut Sums) {
    let Sums { mut first, mut second } = *sums;
    let (blocks, rest) = x.as_chunks::<LANES>();
    for block in blocks {
        for lane in 0..LANES {
            let value = block[lane] - shift;
            first[lane] += value;
            second[lane] = multiply_add::<FUSED>(value, value, second[lane]);
        }
    }
    for (lane, x) in rest.iter().enumerate() {
        let value = x - shift;
        first[lane] += value;
        second[lane] = multiply_add::<FUSED>(value, value, second[lane]);
    }
    *sums = Sums { first, second };
}

/// What happens to `x · scale + shift` before it becomes the output.
#[derive(Clone, Copy)]
pub(super) struct Affine {
    pub(super) scale: f32,
    pub(super) shift: f32,
    pub(super) relu: bool,
}

dispatch! {
    /// `y = x · scale + shift (+ residual)`, then the ReLU if asked for.
    fn affine(x: &[f32], residual: Option<&[f32]>, map: Affine, y: &mut [f32]) = affine_body
}

#[inline(always)]
pub(super) fn affine_body<const FUSED: bool>(
    x: &[f32],
    residual: Option<&[f32]>,
    Affine { scale, shift, relu }: Affine,
    y: &mut [f32],
) {
    let floor = if relu { 0.0 } else { f32::NEG_INFINITY };
    let x = &x[..y.len()];
    match residual {
        None => {
            for (y, x) in y.iter_mut().zip(x) {
                *y = above(multiply_add::<FUSED>(*x, scale, shift), floor);
            }
        }
        Some(residual) => {
            for ((y, x), r) in y.iter_mut().zip(x).zip(&residual[..x.len()]) {
                *y = above(multiply_add::<FUSED>(*x, scale, shift) + r, floor);
            }
        }
    }
}

/// The larger value; a value that is not a number stays so, to be seen in the loss.
#[inline(always)]
pub(super) fn above(value: f32, floor: f32) -> f32 {
    if value < floor { floor } else { value }
}

dispatch! {
    /// Adds `Σ g` and `Σ g · (x - mean)` to the sums, where `g` is the gradient where the output
    /// is positive (everywhere when there is no output given).
    fn add_gradients(
        gradient: &[f32], output: Option<&[f32]>, x: &[f32], mean: f32, sums: &mut Sums
    ) = add_gradients_body
}

#[inline(always)]
pub(super) fn add_gradients_body<const FUSED: bool>(
    gradient: &[f32],
    output: Option<&[f32]>,
    x: &[f32],
    mean: f32,
    sums: &mut Sums,
) {
    let Sums { mut first, mut second } = *sums;
    let mut add = |lane: usize, g: f32, x: f32| {
        first[lane] += g;
        second[lane] = multiply_add::<FUSED>(g, x - mean, second[lane]);
    };
    let (gradients, gradient_rest) = gradient.as_chunks::<LANES>();
    let (xs, x_rest) = x[..gradient.len()].as_chunks::<LANES>();
    match output {
        None => {
            for (g, x) in gradients.iter().zip(xs) {
                (0..LANES).for_each(|lane| add(lane, g[lane], x[lane]));
            }
            for (lane, (g, x)) in gradient_rest.iter().zip(x_rest).enumerate() {
                add(lane, *g, *x);
            }
        }
        Some(output) => {
            let (outputs, output_rest) = output[..gradient.len()].as_chunks::<LANES>();
            for ((g, x), y) in gradients.iter().zip(xs).zip(outputs) {
                (0..LANES).for_each(|lane| add(lane, pass(g[lane], y[lane]), x[lane]));
            }
            for (lane, ((g, x), y)) in gradient_rest.iter().zip(x_rest).zip(output_rest).enumerate()
            {
                add(lane, pass(*g, *y), *x);
            }
        }
    }
    *sums = Sums { first, second };
}

/// The gradient of a ReLU, told by its output.
#[inline(always)]
pub(super) fn pass(gradient: f32, output: f32) -> f32 {
    if output > 0.0 { gradient } else { 0.0 }
}

/// `∂L/∂x = gain · g + slope · x + offset`.
#[derive(Clone, Copy)]
pub(super) struct Gradient {
    pub(super) gain: f32,
    pub(super) slope: f32,
    pub(super) offset: f32,
}

dispatch! {
    /// Replaces the output gradient by the input gradient, with `g` masked as in
    /// [`add_gradients`].
    fn input_gradient(
        gradient: &mut [f32], output: Option<&[f32]>, x: &[f32], map: Gradient
    ) = input_gradient_body
}

#[inline(always)]
pub(super) fn input_gradient_body<const FUSED: bool>(
    gradient: &mut [f32],
    output: Option<&[f32]>,
    x: &[f32],
    Gradient { gain, slope, offset }: Gradient,
) {
    let map =
        |g: f32, x: f32| multiply_add::<FUSED>(gain, g, multiply_add::<FUSED>(slope, x, offset));
    match output {
        None => {
            for (g, x) in gradient.iter_mut().zip(x) {
                *g = map(*g, *x);
            }
        }
        Some(output) => {
            for ((g, x), y) in gradient.iter_mut().zip(x).zip(output) {
                *g = map(pass(*g, *y), *x);
            }
        }
    }
}

dispatch! {
    /// Sets the gradient to zero where the output is not positive.
    fn mask(gradient: &mut [f32], output: &[f32]) = mask_body
}

#[inline(always)]
pub(super) fn mask_body<const FUSED: bool>(gradient: &mut [f32], output: &[f32]) {
    for (g, y) in gradient.iter_mut().zip(output) {
        *g = pass(*g, *y);
    }
}
