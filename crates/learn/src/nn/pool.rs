//! Pooling over the picture.

use burn::tensor::Tensor;
use burn::tensor::ops::MaxPoolOptions;

/// Mean over all pixels, `[n, c, h, w]` to `[n, c]`.
pub fn global_average(pixels: Tensor<4>) -> Tensor<2> {
    pixels.flatten::<3>(2, 3).mean_dim(2).squeeze_dim(2)
}

/// Largest of every 3x3 window, stride 2, one pixel of padding: half the size.
pub fn max_3x3(pixels: Tensor<4>) -> Tensor<4> {
    burn::tensor::module::max_pool2d(
        pixels,
        MaxPoolOptions::new([3, 3]).with_stride([2, 2]).with_padding([1, 1]),
    )
}
