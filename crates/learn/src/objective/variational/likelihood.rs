//! How likely an input is, given what the decoder drew.

use std::f64::consts::TAU;

use burn::tensor::{Tensor, activation};
use serde::{Deserialize, Serialize};

use crate::Error;

/// The distribution of an input around what the decoder drew.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Likelihood {
    /// Every number is normal around the drawn one.
    Gaussian {
        /// Its standard deviation, the same everywhere.
        deviation: f64,
    },
    /// Every number is 1 with the drawn log-odds, else 0. Inputs must lie in `[0, 1]`: set
    /// `input.mean = [0.0]` and `input.std = [1.0]`, and binarize them where nats should be those of
    /// a likelihood.
    Bernoulli,
}

impl Default for Likelihood {
    /// Under a deviation of 0.4 an exact drawing costs (nearly) 0 nats per number.
    fn default() -> Self {
        Likelihood::Gaussian { deviation: 0.4 }
    }
}

impl Likelihood {
    /// Refuses a deviation that is none.
    pub(super) fn check(self, objective: &str) -> Result<(), Error> {
        match self {
            Likelihood::Gaussian { deviation } if !(deviation.is_finite() && deviation > 0.0) => {
                Err(Error::Recipe(format!(
                    "objective.{objective}.likelihood.gaussian.deviation must be above zero, \
                     received {deviation}"
                )))
            }
            _ => Ok(()),
        }
    }

    /// The mean of the distribution around drawings, `[n, size]`.
    pub fn mean(self, drawn: Tensor<2>) -> Tensor<2> {
        match self {
            Likelihood::Gaussian { .. } => drawn,
            Likelihood::Bernoulli => activation::sigmoid(drawn),
        }
    }

    /// `log p(x | z)` in nats, from inputs and drawings, `[n, size]` each, to `[n, 1]`.
    pub fn log(self, input: Tensor<2>, drawn: Tensor<2>) -> Tensor<2> {
        match self {
            Likelihood::Gaussian { deviation } => {
                let constant = (deviation * deviation * TAU).ln();
                let distance = ((input - drawn) / deviation).square();
                ((distance + constant) / -2.0).sum_dim(1)
            }
            Likelihood::Bernoulli => pith_kernels::bernoulli_log_likelihood(input, drawn),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objective::golden;

    #[test]
    fn gaussian_is_the_density() {
        let one = |x: f64, y: f64| -0.5 * ((x - y).powi(2) / 0.25 + (0.25 * TAU).ln());
        let value = golden::a().into_iter().zip(golden::b()).map(|(x, y)| one(x, y)).sum::<f64>();
        golden::check(value / 8.0, |x, drawn| {
            Likelihood::Gaussian { deviation: 0.5 }.log(x, drawn).mean()
        });
    }

    #[test]
    fn bernoulli_is_the_cross_entropy_of_the_log_odds() {
        let one = |x: f64, odds: f64| x * odds - (1.0 + odds.exp()).ln();
        let value = golden::a().into_iter().zip(golden::b()).map(|(x, y)| one(x, y)).sum::<f64>();
        golden::check(value / 8.0, |x, drawn| Likelihood::Bernoulli.log(x, drawn).mean());
    }

    #[test]
    fn certain_drawings_cost_nothing_and_do_not_overflow() {
        let device = burn::tensor::Device::flex();
        let input = Tensor::<2>::from_floats([[1.0, 0.0]], &device);
        let drawn = Tensor::<2>::from_floats([[500.0, -500.0]], &device);
        let cost: f64 = Likelihood::Bernoulli.log(input, drawn).sum().into_scalar();
        assert_eq!(cost, 0.0);
    }
}
