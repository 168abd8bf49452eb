//! Two-dimensional convolution without a bias: a batch norm follows.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use pith_kernels::ConvOptions;

use super::Init;

/// A square convolution.
#[derive(Module, Debug)]
pub struct Conv2d {
    /// `[outputs, inputs, kernel, kernel]`.
    pub weight: Param<Tensor<4>>,
    /// Pixels between two applications of the kernel.
    pub stride: usize,
    /// Zeros around the picture.
    pub padding: usize,
}

impl Conv2d {
    /// Weights normal with variance `2 / (outputs * kernel²)` (He et al. 2015, fan out), padded so
    /// that stride 1 keeps the size.
    pub fn new(
        inputs: usize,
        outputs: usize,
        kernel: usize,
        stride: usize,
        init: &mut Init,
    ) -> Self {
        let deviation = (2.0 / (outputs * kernel * kernel) as f32).sqrt();
        let weight = init.normal([outputs, inputs, kernel, kernel], deviation);
        Self { weight, stride, padding: kernel / 2 }
    }

    /// `[n, inputs, h, w]` to `[n, outputs, h / stride, w / stride]`, rounded up.
    pub fn forward(&self, pixels: Tensor<4>) -> Tensor<4> {
        let options =
            ConvOptions { stride: [self.stride; 2], padding: [self.padding; 2], groups: 1 };
        pith_kernels::conv2d(pixels, self.weight.val(), None, options)
    }
}
