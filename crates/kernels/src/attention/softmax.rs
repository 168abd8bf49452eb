//! The passes over the scores of a tile: softmax, and its gradient.
//!
//! Scores come multiplied by `log₂ e`, because `e^x` is best computed as `2^(x log₂ e)`. Rows are
//! padded to whole vectors; what a query does not see is set to what makes no difference.

use crate::math::polynomial;
use crate::simd::{dispatch, multiply_add};

/// Rows of scores are multiples of this long.
pub(super) const LANES: usize = 16;

/// How many keys the queries of a tile see: row `r` the first `first + r · step`.
#[derive(Clone, Copy)]
pub(super) struct Visible {
    pub(super) first: usize,
    /// One where attention is causal, otherwise zero.
    pub(super) step: usize,
    /// Never more than this.
    pub(super) most: usize,
}

impl Visible {
    pub(super) fn by(self, row: usize) -> usize {
        (self.first + row * self.step).min(self.most)
    }
}

dispatch! {
    /// Replaces each row of scores by `2^(score - largest)`, zero where nothing is visible; notes
    /// the inverse of the row's sum (zero where nothing is visible) and `largest + log₂ sum`
    /// (then infinite).
    fn exponentiate(
        scores: &mut [f32], width: usize, visible: Visible,
        inverses: &mut [f32], log_sums: &mut [f32]
    ) = exponentiate_body
}

#[inline(always)]
pub(super) fn exponentiate_body<const FUSED: bool>(
    scores: &mut [f32],
    width: usize,
    visible: Visible,
    inverses: &mut [f32],
    log_sums: &mut [f32],
) {
    let rows = scores.chunks_exact_mut(width).zip(inverses).zip(log_sums);
    for (row, ((scores, inverse), log_sum)) in rows.enumerate() {
        let (blocks, _) = scores.as_chunks_mut::<LANES>();
        hide(blocks, visible.by(row), f32::NEG_INFINITY);
        let mut most = [f32::NEG_INFINITY; LANES];
        for block in &*blocks {
            for lane in 0..LANES {
                // A score that is not a number is left to the sum, to be seen in the loss.
                most[lane] = larger(most[lane], block[lane]);
            }
        }
        let most = fold(most, larger);
        if most == f32::NEG_INFINITY && !blocks.as_flattened().iter().any(|s| s.is_nan()) {
            scores.fill(0.0);
            (*inverse, *log_sum) = (0.0, f32::INFINITY);
            continue;
        }
        let mut sums = [0.0; LANES];
        for block in blocks {
            for lane in 0..LANES {
                block[lane] = exp2::<FUSED>(block[lane] - most);
                sums[lane] += block[lane];
            }
        }
        let sum = fold(sums, |left, right| left + right);
        (*inverse, *log_sum) = (1.0 / sum, most + sum.log2());
    }
}

dispatch! {
    /// Replaces scores by probabilities `p = 2^(score - log_sum)`, and the gradients `g` of the
    /// probabilities by `scale · p (g - Σ p g)`: the gradient of the score before scaling.
    fn differentiate(
        scores: &mut [f32], gradients: &mut [f32], width: usize, visible: Visible,
        log_sums: &[f32], scale: f32
    ) = differentiate_body
}

#[inline(always)]
pub(super) fn differentiate_body<const FUSED: bool>(
    scores: &mut [f32],
    gradients: &mut [f32],
    width: usize,
    visible: Visible,
    log_sums: &[f32],
    scale: f32,
) {
    let rows = scores.chunks_exact_mut(width).zip(gradients.chunks_exact_mut(width));
    for (row, ((scores, gradients), log_sum)) in rows.zip(log_sums).enumerate() {
        let (scores, _) = scores.as_chunks_mut::<LANES>();
        let (gradients, _) = gradients.as_chunks_mut::<LANES>();
        hide(scores, visible.by(row), f32::NEG_INFINITY);
        hide(gradients, visible.by(row), 0.0);
        let mut sums = [0.0; LANES];
        for (scores, gradients) in scores.iter_mut().zip(&*gradients) {
            for lane in 0..LANES {
                scores[lane] = exp2::<FUSED>(scores[lane] - log_sum);
                sums[lane] = multiply_add::<FUSED>(scores[lane], gradients[lane], sums[lane]);
            }
        }
        let mean = fold(sums, |left, right| left + right);
        for (scores, gradients) in scores.iter().zip(gradients) {
            for lane in 0..LANES {
                gradients[lane] = scale * scores[lane] * (gradients[lane] - mean);
            }
        }
    }
}

/// Sets all from `first` on.
#[inline(always)]
fn hide(blocks: &mut [[f32; LANES]], first: usize, value: f32) {
    let (block, rest) = (first / LANES, (first % LANES) as u32);
    let Some(hidden) = blocks.get_mut(block..) else { return };
    for (index, block) in hidden.iter_mut().enumerate() {
        let kept = if index == 0 { rest } else { 0 };
        for (lane, score) in block.iter_mut().enumerate() {
            *score = if (lane as u32) < kept { *score } else { value };
        }
    }
}

/// One value of sixteen, halving: in turn, each step would wait for the one before.
#[inline(always)]
fn fold(mut lanes: [f32; LANES], combine: impl Fn(f32, f32) -> f32) -> f32 {
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            lanes[lane] = combine(lanes[lane], lanes[lane + half]);
        }
        half /= 2;
    }
    lanes[0]
}

/// The larger; `most` where the other is no number.
#[inline(always)]
fn larger(most: f32, value: f32) -> f32 {
    if value > most { value } else { most }
}

/// Adding this rounds a small number to the nearest integer, which is then in the low bits.
const ROUND: f32 = 12_582_912.0; // 1.5 · 2^23

/// Below this, powers of two are set to zero.
const LEAST: f32 = -126.0;

/// `2^x` within 3e-7 of the value, for `x` up to 127; 0 below -126.
///
/// `x = n + f`, `2^x = 2^n (1 + f q(f))`, the polynomial a minimax fit of relative error.
#[inline(always)]
fn exp2<const FUSED: bool>(x: f32) -> f32 {
    let clamped = if x < LEAST { LEAST } else { x };
    let shifted = clamped + ROUND;
    let f = clamped - (shifted - ROUND);
    let value = multiply_add::<FUSED>(f, polynomial::<FUSED, 5>(f, EXP2), 1.0);
    // The low bits of `ROUND` are zero, those of `shifted` are n: shifted left, its exponent.
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(1f32.to_bits()));
    if x < LEAST { 0.0 } else { value * power }
}

// Fitted: the first is not quite the logarithm of two.
#[allow(clippy::approx_constant)]
const EXP2: [f32; 5] = [0.693_147, 0.240_222_42, 0.055_507_336, 0.009_671_513, 0.001_326_472_7];

#[test]
fn exp2_keeps_its_bound() {
    for index in -126_000..=127_000 {
        let x = index as f32 / 1000.0;
        for ours in [exp2::<false>(x), exp2::<true>(x)] {
            let error = f64::from(ours) / f64::from(x).exp2() - 1.0;
            assert!(error.abs() < 3e-7, "{error:e} at {x}");
        }
    }
    for exp2 in [exp2::<false>, exp2::<true>] {
        assert_eq!([f32::NEG_INFINITY, -127.0, 0.0].map(exp2), [0.0, 0.0, 1.0]);
        assert!(exp2(f32::NAN).is_nan());
    }
}
