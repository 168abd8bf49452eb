//! The inner loops over the rows of a block.

use crate::lanes::{self, LANES};
use crate::math::{exp, flushed, log, sigmoid};
use crate::simd::dispatch;

/// Odds beyond which `log(1 + e^odds)` is the larger of 0 and `odds`.
const CERTAIN: f32 = 60.0;
/// Gradients that no weight would notice.
const NOTHING: f32 = 1e-20;

dispatch! {
    /// For each row `Σ value · odds - log(1 + e^odds)`.
    fn forward(values: &[f32], odds: &[f32], sums: &mut [f32]) = forward_body
}

#[inline(always)]
pub(super) fn forward_body<const FUSED: bool>(values: &[f32], odds: &[f32], sums: &mut [f32]) {
    let width = odds.len() / sums.len();
    let rows = values.chunks_exact(width).zip(odds.chunks_exact(width));
    for ((values, odds), total) in rows.zip(sums) {
        let mut sums = [0.0; LANES];
        lanes::each([values, odds], |lane, [value, odds]| {
            // `log(1 + e^odds)`, where nothing can overflow.
            let above = if odds > 0.0 { odds } else { 0.0 };
            let softplus = above + log::<FUSED>(1.0 + exp::<FUSED>(-odds.abs().min(CERTAIN)));
            sums[lane] += value * odds - softplus;
        });
        *total = lanes::total(sums);
    }
}

dispatch! {
    /// Replaces the odds by their gradient, `gradient · (value - sigmoid(odds))` in each row. Where a
    /// pixel is surely empty that would be a number below the normal ones, and the products after it
    /// several times slower.
    fn backward(values: &[f32], odds: &mut [f32], gradient: &[f32]) = backward_body
}

#[inline(always)]
pub(super) fn backward_body<const FUSED: bool>(values: &[f32], odds: &mut [f32], gradient: &[f32]) {
    let width = odds.len() / gradient.len();
    let rows = values.chunks_exact(width).zip(odds.chunks_exact_mut(width));
    for ((values, odds), gradient) in rows.zip(gradient) {
        for (value, odds) in values.iter().zip(odds) {
            let missed = value - sigmoid::<FUSED>(odds.clamp(-CERTAIN, CERTAIN));
            *odds = gradient * flushed(missed, NOTHING);
        }
    }
}
