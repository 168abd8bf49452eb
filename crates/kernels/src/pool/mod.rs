//! Pooling of pictures: the largest or the mean of every window, or the mean of the whole plane.

mod extension;
mod planes;
#[cfg(test)]
mod tests;
mod windows;

use crate::{fast_path, operation};
use burn::tensor::Tensor;
use burn::tensor::module;
use burn::tensor::ops::{AvgPoolOptions, MaxPoolOptions};
use extension::{AveragePool, GlobalAverage, MaxPool};

/// The windows of a pooling. The first of each pair is the vertical axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolOptions {
    /// Extent of a window.
    pub kernel: [usize; 2],
    /// Steps between neighbouring windows.
    pub stride: [usize; 2],
    /// Places added on both sides; at most half a window.
    pub padding: [usize; 2],
}

impl PoolOptions {
    /// Places of the output on each axis.
    fn output(&self, input: [usize; 2]) -> [usize; 2] {
        let Self { kernel, stride, padding } = *self;
        [0, 1].map(|axis| {
            assert!(
                kernel[axis] > 0 && stride[axis] > 0 && 2 * padding[axis] <= kernel[axis],
                "a window and its stride must be above zero and the padding at most half a \
                 window, received {self:?}"
            );
            let padded = input[axis] + 2 * padding[axis];
            assert!(kernel[axis] <= padded, "{self:?} does not fit into {input:?}");
            (padded - kernel[axis]) / stride[axis] + 1
        })
    }
}

/// The largest value of every window; what the padding adds is never the largest.
///
/// Of equal values the first in row-major order gets the gradient. A value that is not a number
/// wins, to be seen in the loss.
///
/// # Shapes
/// - `[n, c, h, w]` to `[n, c, (h + 2·padding - kernel) / stride + 1, ..]`
///
/// # Panics
/// When the options do not fit the input.
pub fn max_pool2d(input: Tensor<4>, options: PoolOptions) -> Tensor<4> {
    let [_, _, height, width] = input.dims();
    options.output([height, width]);
    if !fast_path::accepts(&input) {
        return composed_max_pool2d(input, options);
    }
    operation::unary(input, MaxPool(options))
}

fn composed_max_pool2d(input: Tensor<4>, options: PoolOptions) -> Tensor<4> {
    let PoolOptions { kernel, stride, padding } = options;
    module::max_pool2d(input, MaxPoolOptions::new(kernel).with_stride(stride).with_padding(padding))
}

/// The mean of every window; padding counts as zeros.
///
/// # Shapes
/// - `[n, c, h, w]` to `[n, c, (h + 2·padding - kernel) / stride + 1, ..]`
///
/// # Panics
/// When the options do not fit the input.
pub fn average_pool2d(input: Tensor<4>, options: PoolOptions) -> Tensor<4> {
    let [_, _, height, width] = input.dims();
    options.output([height, width]);
    if !fast_path::accepts(&input) {
        return composed_average_pool2d(input, options);
    }
    operation::unary(input, AveragePool(options))
}

fn composed_average_pool2d(input: Tensor<4>, options: PoolOptions) -> Tensor<4> {
    let PoolOptions { kernel, stride, padding } = options;
    module::avg_pool2d(input, AvgPoolOptions::new(kernel).with_stride(stride).with_padding(padding))
}

/// The mean of every plane, `[n, c, h, w]` to `[n, c]`.
///
/// # Panics
/// When a plane is empty.
pub fn global_average_pool(input: Tensor<4>) -> Tensor<2> {
    let [_, _, height, width] = input.dims();
    assert!(height * width > 0, "planes of {height}×{width} have no mean");
    if !fast_path::accepts(&input) {
        return composed_global_average_pool(input);
    }
    operation::unary(input, GlobalAverage)
}

fn composed_global_average_pool(input: Tensor<4>) -> Tensor<2> {
    input.flatten::<3>(2, 3).mean_dim(2).squeeze_dim(2)
}
