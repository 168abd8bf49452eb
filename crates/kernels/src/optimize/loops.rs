//! The inner loops over one block of weights.

use crate::math::flushed;
use crate::simd::{dispatch, multiply_add};

/// Averages are never below the normal numbers.
const LEAST: f32 = f32::MIN_POSITIVE;
/// Gradients whose squares nothing would notice, and which would be below the normal numbers.
const SQUARED: f32 = 1e-15;

/// The constants of an AdamW step, gathered so that a weight costs one root and one division.
#[derive(Clone, Copy, Debug)]
pub(super) struct AdamW {
    /// `w = kept · w - rate · m / (root · √v + ε)`.
    kept: f32,
    rate: f32,
    root: f32,
    epsilon: f32,
    /// `m = memory · m + share · g`, `v = memory · v + share · g²`.
    memory: [f32; 2],
    share: [f32; 2],
}

impl AdamW {
    pub(super) fn new(step: super::AdamW) -> Self {
        let [beta1, beta2] = step.betas;
        let scale = step.gradient_scale;
        let unbiased = |beta: f64| 1.0 - beta.powf(step.step as f64);
        Self {
            kept: (1.0 - step.rate * step.weight_decay) as f32,
            rate: (step.rate / unbiased(beta1)) as f32,
            root: unbiased(beta2).sqrt().recip() as f32,
            epsilon: step.epsilon as f32,
            memory: step.betas.map(|beta| beta as f32),
            share: [((1.0 - beta1) * scale) as f32, ((1.0 - beta2) * scale * scale) as f32],
        }
    }
}

dispatch! {
    /// One step of AdamW.
    fn adamw(
        weights: &mut [f32], gradient: &[f32], mean: &mut [f32], square: &mut [f32], map: AdamW
    ) = adamw_body
}

#[inline(always)]
pub(super) fn adamw_body<const FUSED: bool>(
    weights: &mut [f32],
    gradient: &[f32],
    mean: &mut [f32],
    square: &mut [f32],
    map: AdamW,
) {
    let state = mean.iter_mut().zip(square);
    for ((w, &g), (m, v)) in weights.iter_mut().zip(gradient).zip(state) {
        let squared = flushed(g, SQUARED);
        let mean = multiply_add::<FUSED>(map.memory[0], *m, map.share[0] * g);
        let square = multiply_add::<FUSED>(map.memory[1], *v, map.share[1] * squared * squared);
        (*m, *v) = (flushed(mean, LEAST), flushed(square, LEAST));
        let deviation = multiply_add::<FUSED>(map.root, v.sqrt(), map.epsilon);
        *w = multiply_add::<FUSED>(map.kept, *w, -(map.rate * *m / deviation));
    }
}

/// The constants of a momentum step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Momentum {
    /// `g' = scale · g + decay · w`, `v = momentum · v + g'`.
    scale: f32,
    decay: f32,
    momentum: f32,
    /// `w = w - by_velocity · v - by_gradient · g'`.
    by_velocity: f32,
    by_gradient: f32,
}

impl Momentum {
    pub(super) fn new(step: super::Sgd) -> Self {
        let [by_velocity, by_gradient] = match step.nesterov {
            true => [step.rate * step.momentum, step.rate],
            false => [step.rate, 0.0],
        };
        Self {
            scale: step.gradient_scale as f32,
            decay: step.weight_decay as f32,
            momentum: step.momentum as f32,
            by_velocity: by_velocity as f32,
            by_gradient: by_gradient as f32,
        }
    }
}

dispatch! {
    /// One step of gradient descent with momentum.
    fn momentum(
        weights: &mut [f32], gradient: &[f32], velocity: &mut [f32], map: Momentum
    ) = momentum_body
}

#[inline(always)]
pub(super) fn momentum_body<const FUSED: bool>(
    weights: &mut [f32],
    gradient: &[f32],
    velocity: &mut [f32],
    map: Momentum,
) {
    for ((w, &g), v) in weights.iter_mut().zip(gradient).zip(velocity) {
        let g = multiply_add::<FUSED>(map.scale, g, map.decay * *w);
        *v = flushed(multiply_add::<FUSED>(map.momentum, *v, g), LEAST);
        let w_after = multiply_add::<FUSED>(-map.by_velocity, *v, *w);
        *w = multiply_add::<FUSED>(-map.by_gradient, g, w_after);
    }
}

dispatch! {
    /// `average = shares[0] · average + shares[1] · values`.
    fn mix(average: &mut [f32], values: &[f32], shares: [f32; 2]) = mix_body
}

#[inline(always)]
pub(super) fn mix_body<const FUSED: bool>(average: &mut [f32], values: &[f32], shares: [f32; 2]) {
    for (average, value) in average.iter_mut().zip(values) {
        let sum = multiply_add::<FUSED>(shares[0], *average, shares[1] * value);
        *average = flushed(sum, LEAST);
    }
}

/// Partial sums kept side by side, so that additions need not wait for each other.
const LANES: usize = 32;

dispatch! {
    /// `Σ x²`, in double precision: large gradients must not overflow the norm that tells of them.
    fn squares(values: &[f32]) -> f64 = squares_body
}

#[inline(always)]
pub(super) fn squares_body<const FUSED: bool>(values: &[f32]) -> f64 {
    let mut sums = [0.0f64; LANES];
    let (blocks, rest) = values.as_chunks::<LANES>();
    for block in blocks {
        for lane in 0..LANES {
            let value = f64::from(block[lane]);
            // The square of an `f32` is exact in `f64`: fused or not is the same.
            sums[lane] += value * value;
        }
    }
    for (sum, &value) in sums.iter_mut().zip(rest) {
        *sum += f64::from(value) * f64::from(value);
    }
    sums.iter().sum()
}
