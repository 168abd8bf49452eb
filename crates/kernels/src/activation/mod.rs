//! Activations, with the bias that usually comes before them.

mod extension;
pub(crate) mod loops;
#[cfg(test)]
mod tests;

use crate::fast_path;
use burn::backend::Dispatch;
use burn::tensor::{Tensor, activation as stock};
use extension::FusedActivation;

/// A nonlinearity applied to each value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// `max(x, 0)`.
    Relu,
    /// `x Φ(x)` with the normal distribution function `Φ(x) = (1 + erf(x / √2)) / 2`; Hendrycks and
    /// Gimpel 2016, "Gaussian error linear units".
    Gelu,
    /// `x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2`, the approximation in the same paper.
    GeluTanh,
    /// `x σ(x)`, from the same paper; also called swish.
    Silu,
}

/// `output = activation(input + bias)`, without a bias `activation(input)`.
///
/// # Shapes
/// - input and output `[.., d]`
/// - bias `[d]`
///
/// Differentiable in input and bias.
///
/// # Panics
/// When shapes do not fit.
pub fn activate<const D: usize>(
    input: Tensor<D>,
    bias: Option<Tensor<1>>,
    activation: Activation,
) -> Tensor<D> {
    if let Some(bias) = &bias {
        let dims = input.dims();
        assert_eq!(Some(&bias.dims()[0]), dims.last(), "one bias per column of {dims:?}");
    }
    if !fast_path::accepts(&input) || !bias.as_ref().is_none_or(fast_path::accepts) {
        return composed(input, bias, activation);
    }
    let bias = bias.unwrap_or_else(|| Tensor::empty([0], &input.device()));
    Tensor::from_dispatch(<Dispatch as FusedActivation>::fused_activation(
        input.into_dispatch(),
        bias.into_dispatch(),
        activation,
    ))
}

/// The same by Burn's own operations.
pub(crate) fn composed<const D: usize>(
    input: Tensor<D>,
    bias: Option<Tensor<1>>,
    activation: Activation,
) -> Tensor<D> {
    let input = match bias {
        Some(bias) => input + bias.unsqueeze(),
        None => input,
    };
    match activation {
        Activation::Relu => stock::relu(input),
        Activation::Gelu => stock::gelu(input),
        Activation::GeluTanh => stock::gelu_approximate(input),
        Activation::Silu => stock::silu(input),
    }
}
