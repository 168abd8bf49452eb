//! Dropout whose mask is computed again instead of stored.

mod extension;
mod mask;
#[cfg(test)]
mod tests;

use crate::fast_path;
use burn::backend::Dispatch;
use burn::tensor::{Tensor, TensorData};
use extension::FusedDropout;
use mask::Mask;

/// Dropout, Srivastava et al. 2014, scaled so that the expectation stays:
///
/// `output = input · keep / (1 - p)`, each `keep` 0 with the given probability and 1 otherwise.
///
/// The mask depends on the seed and the place of a value, in row-major order, and on nothing else.
/// Same shape as the input. Differentiable in the input.
///
/// # Panics
/// When the probability is not at least 0 and below 1.
pub fn dropout<const D: usize>(input: Tensor<D>, probability: f64, seed: u64) -> Tensor<D> {
    assert!(
        (0.0..1.0).contains(&probability),
        "the probability of dropout must be at least 0 and below 1, received {probability}"
    );
    if probability == 0.0 {
        return input;
    }
    let mask = Mask::new(probability, seed);
    if !fast_path::accepts(&input) {
        return composed(input, mask);
    }
    Tensor::from_dispatch(<Dispatch as FusedDropout>::fused_dropout(input.into_dispatch(), mask))
}

/// The same by Burn's own operations.
fn composed<const D: usize>(input: Tensor<D>, mask: Mask) -> Tensor<D> {
    let shape = input.shape();
    let factors: Vec<f32> =
        (0..shape.num_elements()).map(|index| mask.factor(index as u64)).collect();
    let options = (&input.device(), input.dtype());
    input * Tensor::from_data(TensorData::new(factors, shape), options)
}
