//! AdamW: Loshchilov, Hutter: Decoupled weight decay regularization, ICLR 2019, algorithm 2.

use burn::tensor::Tensor;
use pith_kernels::optimize;
use serde::{Deserialize, Serialize};

use super::{Parameter, Slot, Step, Update};
use crate::method::About;

pub(super) const ABOUT: About = About {
    summary: "adaptive moments with decoupled weight decay",
    citation: "Loshchilov, Hutter: Decoupled weight decay regularization, ICLR 2019",
};

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

impl Update for Config {
    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn update(&self, parameter: Parameter, step: Step) -> (Tensor<1>, Slot) {
        let Parameter { value, gradient, slot, matrix } = parameter;
        let zeros = || gradient.zeros_like();
        let state = match slot {
            Some(Slot { first, second }) => [first, second.unwrap_or_else(zeros)],
            None => [zeros(), zeros()],
        };
        let step = optimize::AdamW {
            rate: step.rate,
            betas: self.betas,
            epsilon: self.epsilon,
            weight_decay: if matrix { self.weight_decay } else { 0.0 },
            step: step.number,
            gradient_scale: step.gradient_scale,
        };
        let (value, [first, second]) = optimize::adamw(value, gradient, state, step);
        (value, Slot { first, second: Some(second) })
    }
}
