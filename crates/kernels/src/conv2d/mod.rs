//! Two-dimensional convolution.

mod bed;
mod columns;
mod depthwise;
mod extension;
mod geometry;
mod kernels;
mod lanes;
#[cfg(target_arch = "x86_64")]
mod lanes_x86;
mod patches;
#[cfg(test)]
mod tests;
mod winograd;

use crate::fast_path;
use burn::backend::Dispatch;
use burn::tensor::Tensor;
use burn::tensor::module;
use burn::tensor::ops;
use extension::FusedConv2d;

/// How the kernel moves over the input. The first of each pair is the vertical axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConvOptions {
    /// Steps between neighbouring output places.
    pub stride: [usize; 2],
    /// Zeros added on both sides.
    pub padding: [usize; 2],
    /// Groups of channels that do not see each other.
    pub groups: usize,
}

impl Default for ConvOptions {
    fn default() -> Self {
        Self { stride: [1, 1], padding: [0, 0], groups: 1 }
    }
}

/// Convolution (cross-correlation, as in every deep-learning library):
///
/// `output[n, o, y, x] = bias[o] + Σ_{c, a, b} weight[o, c, a, b] ·
///  input[n, c + first(o), y · stride + a - padding, x · stride + b - padding]`
///
/// where `first(o)` is the first channel of the group of `o`, and values outside are zero.
///
/// # Shapes
/// - input `[n, ci, h, w]`, weight `[co, ci / groups, kh, kw]`, bias `[co]`
/// - output `[n, co, (h + 2·padding - kh) / stride + 1, (w + 2·padding - kw) / stride + 1]`
///
/// Differentiable in input, weight and bias.
///
/// # Panics
/// When channels and groups do not fit, the kernel is larger than the padded input, or a stride
/// is zero.
pub fn conv2d(
    input: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    options: ConvOptions,
) -> Tensor<4> {
    let fast = fast_path::accepts(&input)
        && fast_path::accepts(&weight)
        && bias.as_ref().is_none_or(fast_path::accepts);
    if !fast {
        return composed(input, weight, bias, options);
    }
    let bias = bias.unwrap_or_else(|| Tensor::empty([0], &input.device()));
    Tensor::from_dispatch(<Dispatch as FusedConv2d>::fused_conv2d(
        input.into_dispatch(),
        weight.into_dispatch(),
        bias.into_dispatch(),
        options,
    ))
}

/// The same by Burn's own operation.
fn composed(
    input: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    options: ConvOptions,
) -> Tensor<4> {
    let ConvOptions { stride, padding, groups } = options;
    module::conv2d(input, weight, bias, ops::ConvOptions::new(stride, padding, [1, 1], groups))
}
