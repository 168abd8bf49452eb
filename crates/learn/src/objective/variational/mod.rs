//! What the variational autoencoders share: the posterior's two heads, the decoder, the likelihood
//! of an input, and the bound that measures them all.

mod bound;
mod gaussian;
mod likelihood;

use burn::module::Module;
use burn::tensor::Tensor;
use pith_space::Matrix;
use pith_space::health;

pub use bound::{bits_per_number, log_mean_exp};
pub use gaussian::{Gaussian, log_prior, log_sum_exp, noise};
pub use likelihood::Likelihood;

use super::{Context, Finding, limits};
use crate::Error;
use crate::encoder::Encoder;
use crate::input::Input;
use crate::moment::Moment;
use crate::nn::{Decoder, Init, Linear, decoder};
use crate::sheet::{self, HeldOut, Path, Sheet};

/// The draw that makes a latent of its posterior.
const LATENT: u64 = 1;
/// Dimensions whose divergence is logged one by one.
const LOGGED: usize = 64;

/// The heads of a variational autoencoder.
#[derive(Module, Debug)]
pub struct Variational {
    /// From the pooled vector to the mean of its posterior, `[width, latents]`.
    pub mean: Linear,
    log_variance: Linear,
    decoder: Decoder,
    #[module(skip)]
    likelihood: Likelihood,
}

/// What heads are asked for, in the words of `objective`.
pub(super) struct Plan<'a> {
    /// The objective's keyword, for messages.
    pub objective: &'static str,
    /// Dimensions of the posterior.
    pub latents: usize,
    pub likelihood: Likelihood,
    pub decoder: Option<&'a decoder::Config>,
}

/// A batch on its way through encoder and decoder.
#[derive(Clone, Debug)]
pub struct Pass {
    /// `q(z | x)`.
    pub posterior: Gaussian,
    /// A draw from it, `[n, latents]`.
    pub latent: Tensor<2>,
    /// `-log p(x | z)` in nats, mean over the batch, `[1]`.
    pub distortion: Tensor<1>,
}

impl Variational {
    pub(super) fn new(plan: &Plan, context: Context, init: &mut Init) -> Result<Self, Error> {
        let Plan { objective, latents, likelihood, decoder } = *plan;
        limits::at_least(&format!("objective.{objective}.latents"), latents, 1)?;
        likelihood.check(objective)?;
        let width = context.encoder.width();
        Ok(Self {
            mean: Linear::new(width, latents, true, init),
            log_variance: Linear::new(width, latents, true, init),
            decoder: Decoder::new(decoder, objective, latents, context.shape, init)?,
            likelihood,
        })
    }

    /// `q(z | x)` from pooled vectors, `[n, width]`.
    pub fn posterior(&self, pooled: Tensor<2>) -> Gaussian {
        Gaussian {
            mean: self.mean.forward(pooled.clone()),
            log_variance: self.log_variance.forward(pooled),
        }
    }

    /// What latents, `[n, latents]`, are drawn as: means or log-odds, `[n, size]`.
    pub fn decode(&self, latent: Tensor<2>) -> Tensor<2> {
        self.decoder.forward(latent)
    }

    /// The mean of the inputs that latents, `[n, latents]`, make likely, `[n, size]`.
    pub fn draw(&self, latent: Tensor<2>) -> Tensor<2> {
        self.likelihood.mean(self.decode(latent))
    }

    /// Reconstructions from the mean of the posterior, samples, traversals, interpolations.
    pub fn show(&self, encoder: &Encoder, held_out: &HeldOut) -> Vec<Sheet> {
        let posterior = self.posterior(encoder.encode(&held_out.input).pooled);
        let means = posterior.mean.clone();
        let draw = |latent| self.draw(latent);
        vec![
            sheet::reconstructions(held_out, None, draw(means.clone())),
            sheet::samples(held_out, means.dims()[1], 1.0, draw),
            sheet::traversals(held_out, &posterior, draw),
            sheet::interpolations(held_out, means, Path::Arc, draw),
        ]
    }

    /// A batch through encoder and decoder, with one draw per sample.
    pub fn pass(&self, encoder: &Encoder, input: &Input, moment: &Moment) -> Pass {
        let posterior = self.posterior(encoder.encode(input).pooled);
        let (shape, device) = (posterior.mean.dims(), posterior.mean.device());
        let latent = posterior.sample(noise(shape, &mut moment.random(LATENT), &device));
        let likelihood = self.likelihood.log(input.rows(), self.decode(latent.clone()));
        Pass { posterior, latent, distortion: likelihood.mean().neg() }
    }

    /// The divergence of each dimension from the prior on these inputs, and whether the posterior has
    /// collapsed to it.
    pub fn examine(&self, encoder: &Encoder, input: &Input) -> Finding {
        let posterior = self.posterior(encoder.encode(input).pooled);
        let [rows, width] = posterior.mean.dims();
        let divergence = numbers(posterior.divergence().mean_dim(0));
        let means = Matrix::new(rows, width, numbers(posterior.mean));
        let diagnosis = health::diagnose_posterior(&means, &divergence);
        let nats = divergence.into_iter().map(f64::from).enumerate().take(LOGGED);
        let mut values: Vec<(String, f64)> =
            nats.map(|(dimension, nats)| (format!("kl/{dimension}"), nats)).collect();
        values.push(("active-units".into(), health::active_units(&means) as f64));
        Finding { values, diagnosis }
    }
}

fn numbers(tensor: Tensor<2>) -> Vec<f32> {
    match tensor.without_autodiff().into_data().try_into_vec() {
        Ok(values) => values,
        Err(error) => panic!("latents are f32: {error:?}"),
    }
}
