//! Softmax and its logarithm over the last axis.

mod extension;
pub(crate) mod loops;
#[cfg(test)]
mod tests;

use crate::fast_path;
use burn::backend::Dispatch;
use burn::tensor::{Tensor, activation as stock};
use extension::FusedSoftmax;

/// `output = e^input / Σ e^input` over the last axis. Differentiable.
pub fn softmax<const D: usize>(input: Tensor<D>) -> Tensor<D> {
    if !fast_path::accepts(&input) {
        return stock::softmax(input, D - 1);
    }
    Tensor::from_dispatch(<Dispatch as FusedSoftmax>::fused_softmax(input.into_dispatch(), false))
}

/// `output = input - log Σ e^input` over the last axis. Differentiable.
pub fn log_softmax<const D: usize>(input: Tensor<D>) -> Tensor<D> {
    if !fast_path::accepts(&input) {
        return stock::log_softmax(input, D - 1);
    }
    Tensor::from_dispatch(<Dispatch as FusedSoftmax>::fused_softmax(input.into_dispatch(), true))
}
