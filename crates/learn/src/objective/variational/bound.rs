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

/// Nats per sample as bits per number of it, by which sets of other sizes can be compared.
pub fn bits_per_number(nats: f64, size: usize) -> f64 {
    nats / (size as f64 * std::f64::consts::LN_2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Init, decoder};
    use crate::objective::Context;
    use crate::objective::variational::{Likelihood, Plan};
    use crate::{encoder, weights};
    use burn::tensor::{Device, TensorData};
    use pith_data::sample::Shape;
    use std::f64::consts::TAU;

    const SIZE: usize = 6;
    const DEVIATION: f64 = 0.5;

    #[test]
    fn log_mean_exp_of_equal_numbers_is_that_number() {
        assert!((log_mean_exp(&[-800.0, -800.0, -800.0]) + 800.0).abs() < 1e-9);
        let expected = ((1f64.exp() + 3f64.exp()) / 2.0).ln();
        assert!((log_mean_exp(&[1.0, 3.0]) - expected).abs() < 1e-12);
    }

    #[test]
    fn bits_are_golden() {
        for (nats, bits) in
            [(86.76, 0.15965), (84.78, 0.15601), (97.10, 0.17868), (103.31, 0.19010)]
        {
            assert!((bits_per_number(nats, 784) - bits).abs() < 1e-5, "{nats}");
        }
    }

    /// One latent and a linear decoder: `x` is normal with covariance `w wᵀ + deviation² I`.
    fn exact(x: &[f32], w: &[f32], mean: &[f32]) -> f64 {
        let rest: Vec<f64> = x.iter().zip(mean).map(|(x, m)| f64::from(x - m)).collect();
        let squares: f64 = rest.iter().map(|r| r * r).sum();
        let along: f64 = rest.iter().zip(w).map(|(r, &w)| r * f64::from(w)).sum();
        let length: f64 = w.iter().map(|&w| f64::from(w).powi(2)).sum();
        let variance = DEVIATION * DEVIATION;
        let distance = (squares - along * along / (variance + length)) / variance;
        let volume = SIZE as f64 * (variance * TAU).ln() + (1.0 + length / variance).ln();
        -0.5 * (distance + volume)
    }

    #[test]
    fn the_bound_rises_to_the_likelihood_where_that_is_known() {
        let mut init = Init::new(2, &Device::flex());
        let shape = Shape::Features { width: SIZE };
        let encoder = encoder::Config::default_of("mlp").expect("a listed method");
        let encoder = encoder.init(shape, &mut init).expect("an encoder of rows");
        let linear = decoder::Config::Mlp { hidden: Vec::new(), norm: false };
        let plan = Plan {
            objective: "vae",
            latents: 1,
            likelihood: Likelihood::Gaussian { deviation: DEVIATION },
            decoder: Some(&linear),
        };
        let context = Context { encoder: &encoder, shape, classes: 0 };
        let heads = Variational::new(&plan, context, &mut init).expect("heads");
        let saved = weights::collect(&heads);
        let saved = |name: &str| saved[name].clone().try_into_vec::<f32>().expect("f32");
        let (w, mean) = (saved("decoder.output.weight"), saved("decoder.output.bias"));

        let x: Vec<f32> = (0..4 * SIZE).map(|place| (place as f32 * 0.7).sin()).collect();
        let rows = Tensor::from_data(TensorData::new(x.clone(), [4, SIZE]), &Device::flex());
        let input = Input::Features(rows);
        let bound =
            |draws| heads.bound(&encoder, &input, draws, &mut Random::keyed(&[draws as u64]));
        let (few, many) = (bound(20), bound(20_000));
        let single: f64 = (0..40)
            .map(|seed| {
                heads.bound(&encoder, &input, 1, &mut Random::keyed(&[1, seed])).iter().sum::<f64>()
            })
            .sum::<f64>()
            / 40.0;
        for (x, found) in x.chunks(SIZE).zip(&many) {
            let exact = exact(x, &w, &mean);
            assert!((found - exact).abs() < 0.03, "{found} is not {exact}");
        }
        assert!(
            single < few.iter().sum::<f64>() && single < many.iter().sum::<f64>() - 0.1,
            "{single}"
        );
    }
}
