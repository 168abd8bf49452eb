//! `y = x W + b`.

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use super::Init;

/// A linear map of rows.
#[derive(Module, Debug)]
pub struct Linear {
    /// `[inputs, outputs]`.
    pub weight: Param<Tensor<2>>,
    /// `[outputs]`.
    pub bias: Option<Param<Tensor<1>>>,
}

impl Linear {
    /// Weights and bias uniform on `±1 / sqrt(inputs)`, as PyTorch draws them.
    pub fn new(inputs: usize, outputs: usize, bias: bool, init: &mut Init) -> Self {
        let bound = 1.0 / (inputs as f32).sqrt();
        let weight = init.uniform([inputs, outputs], bound);
        let bias = bias.then(|| init.uniform([outputs], bound));
        Self { weight, bias }
    }

    /// `[n, inputs]` to `[n, outputs]`.
    pub fn forward(&self, rows: Tensor<2>) -> Tensor<2> {
        let bias = self.bias.as_ref().map(Param::val);
        burn::tensor::module::linear(rows, self.weight.val(), bias)
    }
}
