//! `y = x W + b`, with the activation that follows it.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use pith_kernels::Activation;

use super::Init;
use super::lora::{self, Lora};

/// A linear map of rows.
#[derive(Module, Debug)]
pub struct Linear {
    /// `[inputs, outputs]`.
    pub weight: Param<Tensor<2>>,
    /// `[outputs]`.
    pub bias: Option<Param<Tensor<1>>>,
    /// What is added to the weight while the layer is adapted.
    pub lora: Option<Lora>,
}

impl Linear {
    /// Weights and bias uniform on `±1 / sqrt(inputs)`, as PyTorch draws them.
    pub fn new(inputs: usize, outputs: usize, bias: bool, init: &mut Init) -> Self {
        let bound = 1.0 / (inputs as f32).sqrt();
        let weight = init.uniform([inputs, outputs], bound);
        let bias = bias.then(|| init.uniform([outputs], bound));
        Self { weight, bias, lora: None }
    }

    /// `parts` maps side by side, each with weights uniform on `±sqrt(6 / (inputs + outputs))`
    /// (Glorot, Bengio 2010, equation 16) and biases zero: what transformers start from.
    pub fn glorot(inputs: usize, outputs: usize, parts: usize, init: &mut Init) -> Self {
        let bound = (6.0 / (inputs + outputs) as f32).sqrt();
        let weight = init.uniform([inputs, parts * outputs], bound);
        Self { weight, bias: Some(init.constant([parts * outputs], 0.0)), lora: None }
    }

    /// From here on a change of low rank is added to the weight.
    pub fn adapt(&mut self, config: lora::Config, init: &mut Init) {
        self.lora = Some(Lora::new(self.weight.dims(), config, init));
    }

    /// Makes the change part of the weight.
    pub fn merge(&mut self) {
        if let Some(lora) = self.lora.take() {
            let change = lora.change().detach();
            self.weight = self.weight.clone().map(|weight| weight + change);
        }
    }

    /// `[.., inputs]` to `[.., outputs]`.
    pub fn forward<const D: usize>(&self, rows: Tensor<D>) -> Tensor<D> {
        self.map(rows, None)
    }

    /// The same, through an activation.
    pub fn activated<const D: usize>(&self, rows: Tensor<D>, activation: Activation) -> Tensor<D> {
        self.map(rows, Some(activation))
    }

    fn map<const D: usize>(&self, rows: Tensor<D>, activation: Option<Activation>) -> Tensor<D> {
        let bias = self.bias.as_ref().map(Param::val);
        let weight = match &self.lora {
            Some(lora) => self.weight.val() + lora.change(),
            None => self.weight.val(),
        };
        pith_kernels::linear(rows, weight, bias, activation)
    }
}
