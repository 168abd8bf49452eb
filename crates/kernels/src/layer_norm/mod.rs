//! Layer normalization, and RMS normalization, which is the same without mean and shift.

mod extension;
pub(crate) mod loops;
#[cfg(test)]
mod tests;

use crate::fast_path;
use burn::backend::Dispatch;
use burn::tensor::Tensor;
use extension::FusedLayerNorm;

/// Layer normalization, Ba, Kiros and Hinton 2016, over the last axis:
///
/// `output = (input - mean) / √(variance + ε) · gamma + beta`
///
/// with the mean and the (biased) variance of each row.
///
/// # Shapes
/// - input and output `[.., d]`
/// - gamma, beta `[d]`
///
/// Differentiable in input, gamma and beta.
///
/// # Panics
/// When shapes do not fit.
pub fn layer_norm<const D: usize>(
    input: Tensor<D>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    epsilon: f64,
) -> Tensor<D> {
    check(&input, [&gamma, &beta]);
    if ![&gamma, &beta].into_iter().all(fast_path::accepts) || !fast_path::accepts(&input) {
        return composed_layer_norm(input, gamma, beta, epsilon);
    }
    fused(input, gamma, beta, epsilon)
}

/// Root mean square normalization, Zhang and Sennrich 2019, over the last axis:
///
/// `output = input / √(mean(input²) + ε) · gamma`
///
/// # Shapes
/// - input and output `[.., d]`
/// - gamma `[d]`
///
/// Differentiable in input and gamma.
///
/// # Panics
/// When shapes do not fit.
pub fn rms_norm<const D: usize>(input: Tensor<D>, gamma: Tensor<1>, epsilon: f64) -> Tensor<D> {
    check(&input, [&gamma]);
    if !fast_path::accepts(&input) || !fast_path::accepts(&gamma) {
        return composed_rms_norm(input, gamma, epsilon);
    }
    let none = Tensor::empty([0], &input.device());
    fused(input, gamma, none, epsilon)
}

fn fused<const D: usize>(
    input: Tensor<D>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    epsilon: f64,
) -> Tensor<D> {
    Tensor::from_dispatch(<Dispatch as FusedLayerNorm>::fused_layer_norm(
        input.into_dispatch(),
        gamma.into_dispatch(),
        beta.into_dispatch(),
        epsilon,
    ))
}

fn check<const D: usize, const V: usize>(input: &Tensor<D>, vectors: [&Tensor<1>; V]) {
    let dims = input.dims();
    for vector in vectors {
        assert_eq!(Some(&vector.dims()[0]), dims.last(), "one value per column of {dims:?}");
    }
}

/// The same by Burn's own operations.
fn composed_layer_norm<const D: usize>(
    input: Tensor<D>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    epsilon: f64,
) -> Tensor<D> {
    let centred = input.clone() - input.mean_dim(D - 1);
    composed_rms_norm(centred, gamma, epsilon) + beta.unsqueeze()
}

/// The same by Burn's own operations.
fn composed_rms_norm<const D: usize>(
    input: Tensor<D>,
    gamma: Tensor<1>,
    epsilon: f64,
) -> Tensor<D> {
    let square = (input.clone() * input.clone()).mean_dim(D - 1);
    input / (square + epsilon).sqrt() * gamma.unsqueeze()
}
