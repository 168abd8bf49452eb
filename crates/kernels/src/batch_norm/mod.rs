//! Batch normalization, with the ReLU and the residual sum that usually follow it.

mod extension;
mod loops;
mod planes;
mod row_loops;
mod rows;
mod statistics;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod twins;

use crate::fast_path;
use burn::backend::flex::FlexTensor;
use burn::backend::{Dispatch, Flex};
use burn::tensor::{Tensor, activation};
use extension::FusedBatchNorm;

/// Constants of a batch normalization.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchNormOptions {
    /// Added to the variance.
    pub epsilon: f64,
    /// Whether a ReLU follows, after the residual sum.
    pub relu: bool,
}

impl Default for BatchNormOptions {
    fn default() -> Self {
        Self { epsilon: 1e-5, relu: false }
    }
}

/// Mean and variance of each channel over a batch; gradients do not flow through them.
#[derive(Clone, Debug)]
pub struct BatchMoments {
    /// Mean `[c]`.
    pub mean: Tensor<1>,
    /// Variance `[c]`, divided by the number of values: what the normalization used.
    pub variance: Tensor<1>,
    /// Values per channel.
    pub count: usize,
}

impl BatchMoments {
    /// Running mean and variance after this batch, as PyTorch keeps them:
    /// `running + momentum · (batch - running)`, the batch's variance divided by `count - 1`.
    pub fn update(
        &self,
        running_mean: Tensor<1>,
        running_variance: Tensor<1>,
        momentum: f64,
    ) -> (Tensor<1>, Tensor<1>) {
        let unbiased = self.count as f64 / (self.count.max(2) - 1) as f64;
        let mix = |running: Tensor<1>, batch: Tensor<1>, factor: f64| {
            running * (1.0 - momentum) + batch * (momentum * factor)
        };
        (
            mix(running_mean, self.mean.clone(), 1.0),
            mix(running_variance, self.variance.clone(), unbiased),
        )
    }
}

/// A normalized batch and the moments it was normalized by.
#[derive(Clone, Debug)]
pub struct Normalized<const D: usize> {
    /// Same shape as the input.
    pub output: Tensor<D>,
    /// For the running statistics.
    pub moments: BatchMoments,
}

/// Batch normalization in training, Ioffe and Szegedy 2015, algorithm 1:
///
/// `output = relu?((input - mean) / √(variance + ε) · gamma + beta (+ residual))`
///
/// with mean and (biased) variance over everything but the channels.
///
/// # Shapes
/// - input, residual and output `[n, c, ..]`: images `[n, c, h, w]` or vectors `[n, c]`
/// - gamma, beta `[c]`
///
/// Differentiable in input, gamma, beta and residual.
///
/// # Panics
/// When shapes do not fit, or there is nothing to take a mean of.
pub fn batch_norm<const D: usize>(
    input: Tensor<D>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    residual: Option<Tensor<D>>,
    options: BatchNormOptions,
) -> Normalized<D> {
    let count = check(&input, [&gamma, &beta], residual.as_ref());
    assert!(count > 0, "a batch of {:?} has no values to take a mean of", input.dims());
    if !(accepts(&input, [&gamma, &beta], residual.as_ref())) {
        return composed(input, gamma, beta, residual, options);
    }
    let device = input.device();
    let residual = residual
        .map_or_else(|| Tensor::<1>::empty([0], &device).into_dispatch(), Tensor::into_dispatch);
    let (output, mean, variance) = <Dispatch as FusedBatchNorm>::fused_batch_norm(
        input.into_dispatch(),
        gamma.into_dispatch(),
        beta.into_dispatch(),
        residual,
        options,
    );
    let [mean, variance] = [mean, variance].map(Tensor::from_dispatch);
    Normalized {
        output: Tensor::from_dispatch(output),
        moments: BatchMoments { mean, variance, count },
    }
}

/// Batch normalization by given moments, as used once training is over:
///
/// `output = relu?((input - mean) / √(variance + ε) · gamma + beta (+ residual))`
///
/// Shapes as in [`batch_norm`]; mean and variance `[c]`. Differentiable in all arguments, but
/// fused only for tensors without autodiff.
///
/// # Panics
/// When shapes do not fit.
pub fn batch_norm_evaluate<const D: usize>(
    input: Tensor<D>,
    [gamma, beta]: [Tensor<1>; 2],
    [mean, variance]: [Tensor<1>; 2],
    residual: Option<Tensor<D>>,
    options: BatchNormOptions,
) -> Tensor<D> {
    let vectors = [&gamma, &beta, &mean, &variance];
    check(&input, vectors, residual.as_ref());
    let taped = vectors.iter().any(|vector| vector.device().is_autodiff())
        || input.device().is_autodiff()
        || residual.as_ref().is_some_and(|residual| residual.device().is_autodiff());
    if taped || !accepts(&input, vectors, residual.as_ref()) {
        let [mean, variance] = [mean, variance].map(across);
        return apply(input, mean, variance, [gamma, beta], residual, options);
    }
    let residual = residual.map(primitive);
    let output = extension::evaluate(
        &primitive(input),
        [gamma, beta, mean, variance].map(primitive),
        residual.as_ref(),
        options,
    );
    Tensor::from_primitive::<Flex>(output)
}

fn primitive<const D: usize>(tensor: Tensor<D>) -> FlexTensor {
    tensor.try_into_primitive::<Flex>().expect("`accepts` has checked the backend")
}

/// Checks extents; the number of values per channel.
fn check<const D: usize, const V: usize>(
    input: &Tensor<D>,
    vectors: [&Tensor<1>; V],
    residual: Option<&Tensor<D>>,
) -> usize {
    let dims = input.dims();
    assert!(D >= 2, "batch normalization needs [n, c, ..], received {dims:?}");
    for vector in vectors {
        let [channels] = vector.dims();
        assert_eq!(channels, dims[1], "one value per channel of {dims:?}");
    }
    if let Some(residual) = residual {
        assert_eq!(residual.dims(), dims, "the residual must have the shape of the input");
    }
    dims.iter().enumerate().map(|(axis, &extent)| if axis == 1 { 1 } else { extent }).product()
}

fn accepts<const D: usize, const V: usize>(
    input: &Tensor<D>,
    vectors: [&Tensor<1>; V],
    residual: Option<&Tensor<D>>,
) -> bool {
    fast_path::accepts(input)
        && vectors.iter().all(|vector| fast_path::accepts(vector))
        && residual.is_none_or(fast_path::accepts)
}

/// A vector over channels as `[1, c, 1]`.
fn across(vector: Tensor<1>) -> Tensor<3> {
    let [channels] = vector.dims();
    vector.reshape([1, channels, 1])
}

/// The same by Burn's own operations.
fn composed<const D: usize>(
    input: Tensor<D>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    residual: Option<Tensor<D>>,
    options: BatchNormOptions,
) -> Normalized<D> {
    let (images, channels) = (input.dims()[0], input.dims()[1]);
    let plane = input.dims()[2..].iter().product::<usize>();
    let flat = input.clone().reshape([images, channels, plane]);
    let mean = flat.clone().mean_dim(2).mean_dim(0);
    let variance = (flat - mean.clone()).powi_scalar(2).mean_dim(2).mean_dim(0);
    let moments = BatchMoments {
        mean: mean.clone().detach().reshape([channels]),
        variance: variance.clone().detach().reshape([channels]),
        count: images * plane,
    };
    let output = apply(input, mean, variance, [gamma, beta], residual, options);
    Normalized { output, moments }
}

fn apply<const D: usize>(
    input: Tensor<D>,
    mean: Tensor<3>,
    variance: Tensor<3>,
    [gamma, beta]: [Tensor<1>; 2],
    residual: Option<Tensor<D>>,
    options: BatchNormOptions,
) -> Tensor<D> {
    let dims = input.dims();
    let flat = input.reshape([dims[0], dims[1], dims[2..].iter().product()]);
    let normal = (flat - mean) / (variance + options.epsilon).sqrt();
    let output = (normal * across(gamma) + across(beta)).reshape(dims);
    let output = match residual {
        Some(residual) => output + residual,
        None => output,
    };
    if options.relu { activation::relu(output) } else { output }
}
