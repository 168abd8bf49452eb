//! Stochastic gradient descent with momentum, as PyTorch writes it: `v = mu v + g`, `w = w - rate v`.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::Slot;

/// Settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Step size at the top of the schedule.
    pub learning_rate: f64,
    /// Share of the last step that is taken again.
    pub momentum: f64,
    /// Added to the gradient, times the weight; biases and norms are left alone.
    pub weight_decay: f64,
    /// Looks ahead along the momentum (Nesterov).
    pub nesterov: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self { learning_rate: 0.06, momentum: 0.9, weight_decay: 5e-4, nesterov: false }
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
    ) -> (Tensor<1>, Slot) {
        let gradient = match decay {
            true => gradient + value.clone() * self.weight_decay,
            false => gradient,
        };
        let velocity = match slot {
            Some(slot) => slot.first * self.momentum + gradient.clone(),
            None => gradient.clone(),
        };
        let step = match self.nesterov {
            true => gradient + velocity.clone() * self.momentum,
            false => velocity.clone(),
        };
        (value - step * rate, Slot { first: velocity, second: None })
    }
}
