//! Stochastic gradient descent with momentum, as PyTorch writes it: `v = mu v + g`, `w = w - rate v`.

use burn::tensor::Tensor;
use pith_kernels::optimize;
use serde::{Deserialize, Serialize};

use super::{Parameter, Slot, Step, Update};
use crate::method::About;

pub(super) const ABOUT: About = About {
    summary: "stochastic gradient descent with momentum",
    citation: "Sutskever, Martens, Dahl, Hinton: On the importance of initialization and momentum in deep learning, ICML 2013",
};

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

impl Update for Config {
    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn update(&self, parameter: Parameter, step: Step) -> (Tensor<1>, Slot) {
        let Parameter { value, gradient, slot, matrix } = parameter;
        let velocity = slot.map_or_else(|| gradient.zeros_like(), |slot| slot.first);
        let step = optimize::Sgd {
            rate: step.rate,
            momentum: self.momentum,
            weight_decay: if matrix { self.weight_decay } else { 0.0 },
            nesterov: self.nesterov,
            gradient_scale: step.gradient_scale,
        };
        let (value, first) = optimize::sgd(value, gradient, velocity, step);
        (value, Slot { first, second: None })
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    /// Two steps on `w = 1` with gradients 0.5 and -0.2, rate 0.1, decay 0.01.
    ///
    /// ```python
    /// w = torch.nn.Parameter(torch.tensor([1.0]))
    /// o = torch.optim.SGD([w], lr=0.1, momentum=0.9, weight_decay=0.01, nesterov=NESTEROV)
    /// for g in (0.5, -0.2): w.grad = torch.tensor([g]); o.step()
    /// ```
    fn two_steps(nesterov: bool) -> f64 {
        let config = Config { momentum: 0.9, weight_decay: 0.01, nesterov, ..Config::default() };
        let device = Device::flex();
        let tensor = |value: f32| Tensor::<1>::from_floats([value], &device);
        let step = Step { rate: 0.1, number: 1, gradient_scale: 1.0 };
        let step = |value, gradient, slot| {
            let gradient = tensor(gradient);
            config.update(Parameter { value, gradient, slot, matrix: true }, step)
        };
        let (value, slot) = step(tensor(1.0), 0.5, None);
        step(value, -0.2, Some(slot)).0.into_scalar()
    }

    #[test]
    fn momentum_and_decay_as_pytorch() {
        // v1 = 0.51, w1 = 0.949; v2 = 0.9 * 0.51 - 0.2 + 0.00949 = 0.26849, w2 = 0.922151
        assert!((two_steps(false) - 0.922151).abs() < 1e-6, "{}", two_steps(false));
    }

    #[test]
    fn nesterov_as_pytorch() {
        // w1 = 1 - 0.1 (0.51 + 0.459) = 0.9031; g2 = -0.190969, v2 = 0.268031;
        // w2 = 0.9031 - 0.1 (-0.190969 + 0.9 * 0.268031) = 0.8980741
        assert!((two_steps(true) - 0.8980741).abs() < 1e-6, "{}", two_steps(true));
    }
}
