//! LARS: You, Gitman, Ginsburg: Large batch training of convolutional networks, 2017, algorithm 1.
//!
//! Departures: biases and norms take a plain momentum step (Chen et al. 2020), and the layer's rate
//! never exceeds the schedule's (`clip_lr`, solo-learn).

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

impl Config {
    pub(super) fn update(
        &self,
        value: Tensor<1>,
        gradient: Tensor<1>,
        slot: Option<Slot>,
        matrix: bool,
        rate: f64,
    ) -> (Tensor<1>, Slot) {
        let gradient = match matrix {
            true => self.adapted(&value, gradient, rate),
            false => gradient,
        };
        let velocity = match slot {
            Some(slot) => slot.first * self.momentum + gradient,
            None => gradient,
        };
        (value - velocity.clone() * rate, Slot { first: velocity, second: None })
    }

    /// `min(eta |w| / (|g| + decay |w|) / rate, 1) * (g + decay w)`
    fn adapted(&self, value: &Tensor<1>, gradient: Tensor<1>, rate: f64) -> Tensor<1> {
        let norm = |tensor: &Tensor<1>| tensor.clone().square().sum().into_scalar::<f64>().sqrt();
        let (weight_norm, gradient_norm) = (norm(value), norm(&gradient));
        let decayed = gradient + value.clone() * self.weight_decay;
        if weight_norm == 0.0 || gradient_norm == 0.0 {
            return decayed;
        }
        let local = self.trust * weight_norm / (gradient_norm + self.weight_decay * weight_norm);
        decayed * (local / rate).min(1.0)
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
        let (value, _) = config.update(tensor(weights), tensor(gradient), None, matrix, rate);
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
