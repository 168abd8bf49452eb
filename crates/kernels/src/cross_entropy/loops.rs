//! The inner loops over the rows of a block.

use crate::lanes::{self, LANES};
use crate::math::exp;
use crate::simd::dispatch;
use crate::softmax::loops::log_sum_exp;

/// A target distribution: most of it at one class, the rest spread evenly over all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    /// What the target's own class gets besides its share of the rest.
    pub(super) own: f32,
    /// The share of every class.
    pub(super) every: f32,
}

dispatch! {
    /// The sum of the losses of the rows of `x`, one row a target; keeps `log Σ e^x` of each.
    fn forward(x: &[f32], targets: &[usize], target: Target, normalizers: &mut [f32]) -> f64
        = forward_body
}

#[inline(always)]
pub(super) fn forward_body<const FUSED: bool>(
    x: &[f32],
    targets: &[usize],
    Target { own, every }: Target,
    normalizers: &mut [f32],
) -> f64 {
    let mut loss = 0.0f64;
    let rows = x.chunks_exact(x.len() / targets.len());
    for ((x, &class), normalizer) in rows.zip(targets).zip(normalizers) {
        *normalizer = log_sum_exp::<FUSED>(x);
        loss += f64::from(own * (*normalizer - x[class]));
        if every > 0.0 {
            let mut sums = [0.0; LANES];
            lanes::each([x], |lane, [x]| sums[lane] += *normalizer - x);
            loss += f64::from(every * lanes::total(sums));
        }
    }
    loss
}

dispatch! {
    /// Replaces the logits by their gradient, `factor · (e^(x - log Σ e^x) - target)`.
    fn backward(
        x: &mut [f32], targets: &[usize], target: Target, normalizers: &[f32], factor: f32,
    ) = backward_body
}

#[inline(always)]
pub(super) fn backward_body<const FUSED: bool>(
    x: &mut [f32],
    targets: &[usize],
    Target { own, every }: Target,
    normalizers: &[f32],
    factor: f32,
) {
    let rows = x.chunks_exact_mut(x.len() / targets.len());
    for ((x, &class), normalizer) in rows.zip(targets).zip(normalizers) {
        for x in x.iter_mut() {
            *x = factor * (exp::<FUSED>(*x - normalizer) - every);
        }
        x[class] -= factor * own;
    }
}
