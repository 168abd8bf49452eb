//! Linear layers, with the activation that usually follows them.

mod extension;
pub(crate) mod products;
#[cfg(test)]
mod tests;

use crate::{Activation, activation, fast_path};
use burn::backend::Dispatch;
use burn::tensor::{Tensor, module};
use extension::FusedLinear;

/// An affine map of the last axis, and the activation if there is one:
///
/// `output = act(input · weight + bias)`
///
/// # Shapes
/// - input `[.., inputs]`, weight `[inputs, outputs]`, bias `[outputs]`
/// - output `[.., outputs]`
///
/// Differentiable in input, weight and bias.
///
/// # Panics
/// When the last axis of the input, the weight and the bias do not fit.
pub fn linear<const D: usize>(
    input: Tensor<D>,
    weight: Tensor<2>,
    bias: Option<Tensor<1>>,
    activation: Option<Activation>,
) -> Tensor<D> {
    let ([inputs, outputs], dims) = (weight.dims(), input.dims());
    assert_eq!(dims.last(), Some(&inputs), "the weight {:?} maps {dims:?}", weight.dims());
    if let Some(bias) = &bias {
        assert_eq!(bias.dims(), [outputs], "one bias per output of {:?}", weight.dims());
    }
    let fast = fast_path::accepts(&input)
        && fast_path::accepts(&weight)
        && bias.as_ref().is_none_or(fast_path::accepts);
    let empty = outputs == 0 || dims.contains(&0);
    if !fast || empty {
        return composed(input, weight, bias, activation);
    }
    let bias = bias.unwrap_or_else(|| Tensor::empty([0], &input.device()));
    Tensor::from_dispatch(<Dispatch as FusedLinear>::fused_linear(
        input.into_dispatch(),
        weight.into_dispatch(),
        bias.into_dispatch(),
        activation,
    ))
}

/// The same by Burn's own operations.
fn composed<const D: usize>(
    input: Tensor<D>,
    weight: Tensor<2>,
    bias: Option<Tensor<1>>,
    activation: Option<Activation>,
) -> Tensor<D> {
    let sums = module::linear(input, weight, bias);
    match activation {
        None => sums,
        Some(kind) => activation::composed(sums, None, kind),
    }
}
