//! A multilayer perceptron: linear, batch norm, ReLU, repeated, and a linear layer at the end, with
//! or without batch norm of its own.

use burn::module::Module;
use burn::tensor::Tensor;
use pith_kernels::Activation;

use super::batch_norm::After;
use super::{BatchNorm, Init, Linear};

/// Hidden layers with ReLU and, if wanted, batch norm; a linear layer at the end.
#[derive(Module, Debug)]
pub struct Mlp {
    hidden: Vec<Hidden>,
    output: Linear,
    /// After the last layer.
    norm: Option<BatchNorm>,
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
        let (inner, [inputs, outputs]) = split(widths);
        let hidden = hidden(inner, norm, init);
        Self { hidden, output: Linear::new(inputs, outputs, true, init), norm: None }
    }

    /// The same with batch norm after every layer, after the last without scale and shift: every
    /// output has mean zero and variance one over the batch.
    ///
    /// # Panics
    /// Where fewer than two widths are given.
    pub fn standardized(widths: &[usize], init: &mut Init) -> Self {
        let (inner, [inputs, outputs]) = split(widths);
        let hidden = hidden(inner, true, init);
        let output = Linear::new(inputs, outputs, false, init);
        Self { hidden, output, norm: Some(BatchNorm::plain(outputs, init)) }
    }

    /// `[n, inputs]` to `[n, outputs]`.
    pub fn forward(&self, rows: Tensor<2>) -> Tensor<2> {
        let hidden = self.hidden.iter().fold(rows, |rows, layer| match &layer.norm {
            Some(norm) => norm.forward(layer.linear.forward(rows), After::Relu),
            None => layer.linear.activated(rows, Activation::Relu),
        });
        let output = self.output.forward(hidden);
        match &self.norm {
            Some(norm) => norm.forward(output, After::Nothing),
            None => output,
        }
    }
}

/// The widths up to the last layer, and those of the last layer.
fn split(widths: &[usize]) -> (&[usize], [usize; 2]) {
    let [inner @ .., outputs] = widths else { panic!("a perceptron has inputs and outputs") };
    let inputs = inner.last().expect("a perceptron has inputs and outputs");
    (inner, [*inputs, *outputs])
}

fn hidden(widths: &[usize], norm: bool, init: &mut Init) -> Vec<Hidden> {
    let layer = |pair: &[usize]| Hidden {
        linear: Linear::new(pair[0], pair[1], !norm, init),
        norm: norm.then(|| BatchNorm::new(pair[1], init)),
    };
    widths.windows(2).map(layer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    #[test]
    fn a_standardized_output_has_mean_zero_and_variance_one() {
        let device = Device::flex().autodiff();
        let mut init = Init::new(3, &device);
        let mlp = Mlp::standardized(&[4, 8, 5], &mut init);
        let rows = init.normal([32, 4], 2.0).val();
        let output = mlp.forward(rows).without_autodiff();
        let (variance, mean) = output.var_mean_bias(0);
        for value in mean.into_data().iter::<f64>() {
            assert!(value.abs() < 1e-5, "mean {value}");
        }
        for value in variance.into_data().iter::<f64>() {
            assert!((value - 1.0).abs() < 1e-2, "variance {value}");
        }
        let norm = mlp.norm.expect("a norm after the last layer");
        assert!(!norm.gamma.val().is_require_grad() && !norm.beta.val().is_require_grad());
    }
}
