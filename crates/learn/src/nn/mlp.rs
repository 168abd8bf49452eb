//! A multilayer perceptron: linear, batch norm, ReLU, repeated, and a linear layer at the end.

use burn::module::Module;
use burn::tensor::Tensor;
use pith_kernels::Activation;

use super::batch_norm::After;
use super::{BatchNorm, Init, Linear};

/// Hidden layers with ReLU and, if wanted, batch norm; a plain linear layer at the end.
#[derive(Module, Debug)]
pub struct Mlp {
    hidden: Vec<Hidden>,
    output: Linear,
}

#[derive(Module, Debug)]
struct Hidden {
    linear: Linear,
    norm: Option<BatchNorm>,
}

impl Mlp {
    /// Layers of the widths given: `[inputs, hidden.., outputs]`.
    ///
    /// # Panics
    /// Where fewer than two widths are given.
    pub fn new(widths: &[usize], norm: bool, init: &mut Init) -> Self {
        assert!(widths.len() >= 2, "a perceptron has inputs and outputs, got widths {widths:?}");
        let layers = widths.len() - 1;
        let hidden = widths[..layers]
            .windows(2)
            .map(|pair| Hidden {
                linear: Linear::new(pair[0], pair[1], !norm, init),
                norm: norm.then(|| BatchNorm::new(pair[1], init)),
            })
            .collect();
        let output = Linear::new(widths[layers - 1], widths[layers], true, init);
        Self { hidden, output }
    }

    /// `[n, inputs]` to `[n, outputs]`.
    pub fn forward(&self, rows: Tensor<2>) -> Tensor<2> {
        let hidden = self.hidden.iter().fold(rows, |rows, layer| match &layer.norm {
            Some(norm) => norm.forward(layer.linear.forward(rows), After::Relu),
            None => layer.linear.activated(rows, Activation::Relu),
        });
        self.output.forward(hidden)
    }
}
