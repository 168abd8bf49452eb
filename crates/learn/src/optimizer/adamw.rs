//! AdamW: Loshchilov, Hutter: Decoupled weight decay regularization, ICLR 2019, algorithm 2.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::Slot;

/// Settings, as PyTorch's but for the weight decay, which leaves biases and norms alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Step size at the top of the schedule.
    pub learning_rate: f64,
    /// Memory of the mean and of the mean square.
    pub betas: [f64; 2],
    /// Added to the root of the mean square.
    pub epsilon: f64,
    /// Share of a weight that a step of rate one takes away.
    pub weight_decay: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self { learning_rate: 1e-3, betas: [0.9, 0.999], epsilon: 1e-8, weight_decay: 1e-4 }
    }
}

impl Config {
    pub(super) fn update(
        &self,
        value: Tensor<1>,
        gradient: Tensor<1>,
        slot: Option<Slot>,
        decay: bool,
        rate: f64,
        steps: usize,
    ) -> (Tensor<1>, Slot) {
        let [beta1, beta2] = self.betas;
        let zeros = || gradient.zeros_like();
        let (mean, square) = match slot {
            Some(Slot { first, second }) => (first, second.unwrap_or_else(zeros)),
            None => (zeros(), zeros()),
        };
        let mean = mean * beta1 + gradient.clone() * (1.0 - beta1);
        let square = square * beta2 + gradient.square() * (1.0 - beta2);
        let unbiased_mean = mean.clone() / (1.0 - beta1.powi(steps as i32));
        let unbiased_square = square.clone() / (1.0 - beta2.powi(steps as i32));
        let kept = if decay { 1.0 - rate * self.weight_decay } else { 1.0 };
        let step = unbiased_mean / (unbiased_square.sqrt() + self.epsilon);
        (value * kept - step * rate, Slot { first: mean, second: Some(square) })
    }
}
