//! Layer normalization (Ba, Kiros, Hinton 2016).

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use super::Init;

/// Added to the variance where nothing is learned, as PyTorch does.
const EPSILON: f64 = 1e-5;

/// Normalizes every row over its last axis.
#[derive(Module, Debug)]
pub struct LayerNorm {
    /// Scale, `[width]`.
    pub gamma: Param<Tensor<1>>,
    /// Shift, `[width]`.
    pub beta: Param<Tensor<1>>,
    /// Added to the variance.
    pub epsilon: f64,
}

impl LayerNorm {
    /// Scale one and shift zero.
    pub fn new(width: usize, epsilon: f64, init: &Init) -> Self {
        Self { gamma: init.constant([width], 1.0), beta: init.constant([width], 0.0), epsilon }
    }

    /// `[.., width]` to the same shape.
    pub fn forward<const D: usize>(&self, rows: Tensor<D>) -> Tensor<D> {
        pith_kernels::layer_norm(rows, self.gamma.val(), self.beta.val(), self.epsilon)
    }
}

/// Every row with mean zero and variance one, `[.., width]` to the same shape, nothing learned.
pub fn standardize<const D: usize>(rows: Tensor<D>) -> Tensor<D> {
    let (width, device, number) = (rows.dims()[D - 1], rows.device(), rows.dtype());
    let gamma = Tensor::ones([width], (&device, number));
    let beta = Tensor::zeros([width], (&device, number));
    pith_kernels::layer_norm(rows, gamma, beta, EPSILON)
}
