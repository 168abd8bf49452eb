//! The passes over the scores of a tile: softmax, and its gradient.
//!
//! Rows are padded to whole vectors; what a query does not see is set to what makes no difference.

use crate::math::exp;
use crate::simd::dispatch;

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
    /// Replaces each row of scores by `e^(score - largest)`, zero where nothing is visible; notes
    /// the inverse of the row's sum (zero where nothing is visible) and `largest + ln sum`
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
        scores[visible.by(row)..].fill(f32::NEG_INFINITY);
        let (blocks, _) = scores.as_chunks_mut::<LANES>();
        let mut most = [f32::NEG_INFINITY; LANES];
        for block in &*blocks {
            for lane in 0..LANES {
                // A score that is not a number is left to the sum, to be seen in the loss.
                most[lane] = if block[lane] > most[lane] { block[lane] } else { most[lane] };
            }
        }
        let most = most.into_iter().fold(f32::NEG_INFINITY, f32::max);
        if most == f32::NEG_INFINITY && !scores[..visible.by(row)].iter().any(|s| s.is_nan()) {
            scores.fill(0.0);
            (*inverse, *log_sum) = (0.0, f32::INFINITY);
            continue;
        }
        let mut sums = [0.0; LANES];
        for block in scores.as_chunks_mut::<LANES>().0 {
            for lane in 0..LANES {
                block[lane] = exp::<FUSED>(block[lane] - most);
                sums[lane] += block[lane];
            }
        }
        let sum = sums.into_iter().sum::<f32>();
        (*inverse, *log_sum) = (1.0 / sum, most + sum.ln());
    }
}

dispatch! {
    /// Replaces scores by probabilities `p = e^(score - log_sum)`, and the gradients `g` of the
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
        scores[visible.by(row)..].fill(f32::NEG_INFINITY);
        gradients[visible.by(row)..].fill(0.0);
        let (scores, _) = scores.as_chunks_mut::<LANES>();
        let (gradients, _) = gradients.as_chunks_mut::<LANES>();
        let mut sums = [0.0; LANES];
        for (scores, gradients) in scores.iter_mut().zip(&*gradients) {
            for lane in 0..LANES {
                scores[lane] = exp::<FUSED>(scores[lane] - log_sum);
                sums[lane] += scores[lane] * gradients[lane];
            }
        }
        let mean = sums.into_iter().sum::<f32>();
        for (scores, gradients) in scores.iter().zip(gradients) {
            for lane in 0..LANES {
                gradients[lane] = scale * scores[lane] * (gradients[lane] - mean);
            }
        }
    }
}
