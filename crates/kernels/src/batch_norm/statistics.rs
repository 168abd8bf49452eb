//! What both layouts share: from sums to the maps applied to each value.

use super::loops::{Affine, Gradient};

/// What a normalization needs to know besides its input.
#[derive(Clone, Copy)]
pub(super) struct Parameters<'a> {
    pub(super) gamma: &'a [f32],
    pub(super) beta: &'a [f32],
    pub(super) epsilon: f64,
    pub(super) relu: bool,
}

/// Mean and biased variance of one channel.
#[derive(Clone, Copy)]
pub(super) struct Moments {
    pub(super) mean: f64,
    pub(super) variance: f64,
}

impl Moments {
    /// From `Σ (x - shift)` and `Σ (x - shift)²` over `count` values.
    ///
    /// The shift, any value of the channel, keeps a large mean from drowning a small variance.
    pub(super) fn from_sums(shift: f32, [first, second]: [f64; 2], count: usize) -> Self {
        let offset = first / count as f64;
        let variance = second / count as f64 - offset * offset;
        // `max` would drop what is not a number.
        let variance = if variance < 0.0 { 0.0 } else { variance };
        Self { mean: f64::from(shift) + offset, variance }
    }

    /// `(x - mean) / √(variance + ε) · γ + β` as one multiplication and one addition.
    pub(super) fn affine(self, channel: usize, parameters: Parameters<'_>) -> Affine {
        let Parameters { gamma, beta, epsilon, relu } = parameters;
        let scale = f64::from(gamma[channel]) / (self.variance + epsilon).sqrt();
        let shift = f64::from(beta[channel]) - self.mean * scale;
        Affine { scale: scale as f32, shift: shift as f32, relu }
    }
}

/// The result of a forward pass.
pub(super) struct Forward {
    pub(super) output: Vec<f32>,
    pub(super) moments: Vec<Moments>,
}

/// What the forward pass leaves for the backward pass.
#[derive(Clone, Copy)]
pub(super) struct Saved<'a> {
    pub(super) x: &'a [f32],
    /// The output, whose sign tells where the ReLU let values pass; empty without a ReLU.
    pub(super) output: &'a [f32],
    pub(super) mean: &'a [f32],
    pub(super) variance: &'a [f32],
    pub(super) gamma: &'a [f32],
    pub(super) epsilon: f64,
}

impl Saved<'_> {
    /// Gradients of `γ` and `β` and the map of the input gradient, for one channel of `count`
    /// values, from `Σ g` and `Σ g · (x - mean)`. With `s = 1 / √(variance + ε)` and
    /// `x̂ = (x - mean) · s`:
    ///
    /// `∂β = Σ g`, `∂γ = Σ g · x̂`, `∂x = γ · s · (g - ∂β / count - x̂ · ∂γ / count)`.
    pub(super) fn gradients(
        &self,
        channel: usize,
        [sum, product]: [f64; 2],
        count: usize,
    ) -> ([f32; 2], Gradient) {
        let count = count as f64;
        let inverse = 1.0 / (f64::from(self.variance[channel]) + self.epsilon).sqrt();
        let [gamma, beta] = [product * inverse, sum];
        let gain = f64::from(self.gamma[channel]) * inverse;
        let slope = -gain * gamma / count * inverse;
        let offset = -gain * beta / count - slope * f64::from(self.mean[channel]);
        let map = Gradient { gain: gain as f32, slope: slope as f32, offset: offset as f32 };
        ([gamma as f32, beta as f32], map)
    }
}
