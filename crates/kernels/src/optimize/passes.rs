//! The passes over memory: blocks of a fixed size, one after the other where there is only one.

use super::{AdamW, Sgd, loops};
use rayon::prelude::*;

/// Values of one task: four arrays of them fit into a core's own cache.
const BLOCK: usize = 1 << 14;

pub(super) fn adamw(
    weights: &mut [f32],
    gradient: &[f32],
    [mean, square]: [&mut [f32]; 2],
    step: AdamW,
) {
    let map = loops::AdamW::new(step);
    if weights.len() <= BLOCK {
        return loops::adamw(weights, gradient, mean, square, map);
    }
    let state = mean.par_chunks_mut(BLOCK).zip(square.par_chunks_mut(BLOCK));
    weights
        .par_chunks_mut(BLOCK)
        .zip(gradient.par_chunks(BLOCK))
        .zip(state)
        .for_each(|((w, g), (mean, square))| loops::adamw(w, g, mean, square, map));
}

pub(super) fn sgd(weights: &mut [f32], gradient: &[f32], velocity: &mut [f32], step: Sgd) {
    let map = loops::Momentum::new(step);
    if weights.len() <= BLOCK {
        return loops::momentum(weights, gradient, velocity, map);
    }
    weights
        .par_chunks_mut(BLOCK)
        .zip(gradient.par_chunks(BLOCK))
        .zip(velocity.par_chunks_mut(BLOCK))
        .for_each(|((w, g), v)| loops::momentum(w, g, v, map));
}

pub(super) fn average(average: &mut [f32], values: &[f32], decay: f64) {
    let shares = [decay as f32, (1.0 - decay) as f32];
    if average.len() <= BLOCK {
        return loops::mix(average, values, shares);
    }
    let blocks = average.par_chunks_mut(BLOCK).zip(values.par_chunks(BLOCK));
    blocks.for_each(|(average, values)| loops::mix(average, values, shares));
}

/// The blocks are added in order, whoever computed them.
pub(super) fn squared_norm(values: &[f32]) -> f64 {
    if values.len() <= BLOCK {
        return loops::squares(values);
    }
    let sums: Vec<f64> = values.par_chunks(BLOCK).map(loops::squares).collect();
    sums.iter().sum()
}
