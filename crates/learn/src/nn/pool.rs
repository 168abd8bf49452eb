//! Pooling over the picture.

use burn::tensor::Tensor;
use pith_kernels::PoolOptions;

/// Mean over all pixels, `[n, c, h, w]` to `[n, c]`.
pub fn global_average(pixels: Tensor<4>) -> Tensor<2> {
    pith_kernels::global_average_pool(pixels)
}

/// Largest of every 3x3 window, stride 2, one pixel of padding: half the size.
pub fn max_3x3(pixels: Tensor<4>) -> Tensor<4> {
    let windows = PoolOptions { kernel: [3, 3], stride: [2, 2], padding: [1, 1] };
    pith_kernels::max_pool2d(pixels, windows)
}
