//! How likely a variational autoencoder finds samples: the importance-weighted bound.
//!
//! Burda, Grosse, Salakhutdinov: Importance weighted autoencoders, ICLR 2016, equation 8:
//! `log p(x) >= E log 1/K sum_k p(x, z_k) / q(z_k | x)`, which rises with K towards `log p(x)`.

use burn::tensor::Tensor;
use pith_data::random::Random;

use super::{Gaussian, Variational, log_prior, noise};
use crate::encoder::Encoder;
use crate::input::Input;

/// Draws decoded at a time.
const AT_ONCE: usize = 500;

impl Variational {
    /// The bound on `log p(x)` of every sample in nats, from so many draws. Encoder and heads must
    /// be off the tape.
    ///
    /// # Panics
    /// Where no draw is asked for.
    pub fn bound(
        &self,
        encoder: &Encoder,
        input: &Input,
        draws: usize,
        random: &mut Random,
    ) -> Vec<f64> {
        assert!(draws > 0, "a bound takes at least one draw");
        let posterior = self.posterior(encoder.encode(input).pooled);
        let rows = input.rows();
        (0..input.samples())
            .map(|sample| {
                let own = |tensor: &Tensor<2>| tensor.clone().narrow(0, sample, 1); // [1, ..]
                let of_one = Gaussian {
                    mean: own(&posterior.mean),
                    log_variance: own(&posterior.log_variance),
                };
                let mut weights = Vec::with_capacity(draws);
                while weights.len() < draws {
                    let count = AT_ONCE.min(draws - weights.len());
                    weights.extend(self.log_weights(&own(&rows), &of_one, count, random));
                }
                log_mean_exp(&weights)
            })
            .collect()
    }

    /// `log p(x, z) - log q(z | x)` of draws for one sample.
    fn log_weights(
        &self,
        row: &Tensor<2>,
        posterior: &Gaussian,
        draws: usize,
        random: &mut Random,
    ) -> Vec<f64> {
        let (size, width) = (row.dims()[1], posterior.mean.dims()[1]);
        let posterior = Gaussian {
            mean: posterior.mean.clone().expand([draws, width]),
            log_variance: posterior.log_variance.clone().expand([draws, width]),
        };
        let z = posterior.sample(noise([draws, width], random, &row.device())); // [draws, width]
        let ratio = log_prior(z.clone()) - posterior.log_density(z.clone());
        let likelihood = self.likelihood.log(row.clone().expand([draws, size]), self.decode(z));
        let weights = (likelihood + ratio.sum_dim(1)).into_data();
        match weights.try_into_vec::<f32>() {
            Ok(weights) => weights.into_iter().map(f64::from).collect(),
            Err(error) => panic!("likelihoods are f32: {error:?}"),
        }
    }
}

/// `log 1/K sum exp`.
pub fn log_mean_exp(logarithms: &[f64]) -> f64 {
    let largest = logarithms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = logarithms.iter().map(|value| (value - largest).exp()).sum();
    largest + (sum / logarithms.len() as f64).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_mean_exp_of_equal_numbers_is_that_number() {
        assert!((log_mean_exp(&[-800.0, -800.0, -800.0]) + 800.0).abs() < 1e-9);
        let expected = ((1f64.exp() + 3f64.exp()) / 2.0).ln();
        assert!((log_mean_exp(&[1.0, 3.0]) - expected).abs() < 1e-12);
    }
}
