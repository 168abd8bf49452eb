//! LARS: You, Gitman, Ginsburg: Large batch training of convolutional networks, 2017, algorithm 1.
//!
//! Departures: biases and norms take a plain momentum step (Chen et al. 2020), and the layer's rate
//! never exceeds the schedule's (`clip_lr`, solo-learn).

use burn::tensor::Tensor;
use pith_kernels::optimize;
use serde::{Deserialize, Serialize};

use super::{Parameter, Slot, Step, Update};
use crate::method::About;

pub(super) const ABOUT: About = About {
    summary: "layer-wise rates for large batches",
    citation: "You, Gitman, Ginsburg: Large batch training of convolutional networks, 2017",
};

/// Settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Step size at the top of the schedule.
    pub learning_rate: f64,
    /// Share of the last step that is taken again.
    pub momentum: f64,
    /// Added to the gradient, times the weight.
    pub weight_decay: f64,
    /// `eta`: how far a layer may move, as a share of its own norm.
    pub trust: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self { learning_rate: 0.3, momentum: 0.9, weight_decay: 1e-4, trust: 0.02 }
    }
}

impl Update for Config {
    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn update(&self, parameter: Parameter, step: Step) -> (Tensor<1>, Slot) {
        let Parameter { value, gradient, slot, matrix } = parameter;
        let velocity = slot.map_or_else(|| gradient.zeros_like(), |slot| slot.first);
        let Step { rate, gradient_scale, .. } = step;
        let momentum = self.momentum;
        let (value, first) = if matrix {
            let (weight_decay, trust) = (self.weight_decay, self.trust);
            let step = optimize::Lars { rate, momentum, weight_decay, trust, gradient_scale };
            optimize::lars(value, gradient, velocity, step)
        } else {
            let (weight_decay, nesterov) = (0.0, false);
            let step = optimize::Sgd { rate, momentum, weight_decay, nesterov, gradient_scale };
            optimize::sgd(value, gradient, velocity, step)
        };
        (value, Slot { first, second: None })
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    fn step(weights: [f32; 2], gradient: [f32; 2], matrix: bool, rate: f64) -> Vec<f32> {
        let config = Config { trust: 0.02, weight_decay: 0.0, ..Config::default() };
        let device = Device::flex();
        let tensor = |values: [f32; 2]| Tensor::<1>::from_floats(values, &device);
        let (value, gradient) = (tensor(weights), tensor(gradient));
        let parameter = Parameter { value, gradient, slot: None, matrix };
        let step = Step { rate, number: 1, gradient_scale: 1.0 };
        let (value, _) = config.update(parameter, step);
        value.into_data().try_into_vec().expect("f32")
    }

    #[test]
    fn a_layer_moves_by_a_share_of_its_own_norm() {
        // |w| = 5, |g| = 10: the local rate is 0.02 * 5 / 10 = 0.01, below the schedule's 0.3.
        let moved = step([3.0, 4.0], [6.0, -8.0], true, 0.3);
        assert!((moved[0] - 2.94).abs() < 1e-6 && (moved[1] - 4.08).abs() < 1e-6, "{moved:?}");
    }

    #[test]
    fn the_schedule_is_the_largest_rate_and_vectors_are_not_adapted() {
        // |w| = 5, |g| = 0.01: the local rate would be 10.
        for matrix in [true, false] {
            let moved = step([3.0, 4.0], [0.01, 0.0], matrix, 0.3);
            assert!((moved[0] - 2.997).abs() < 1e-6 && moved[1] == 4.0, "{moved:?}");
        }
    }
}
