//! FactorVAE: a variational autoencoder whose latent dimensions must not depend on each other, as
//! judged by a discriminator.
//!
//! Equation 2 and algorithm 2 of Kim, Mnih: Disentangling by factorising, ICML 2018:
//! `L = -E_q log p(x | z) + KL(q(z | x) || p(z)) + gamma E_q d(z)`, where `d(z)` is the log-odds
//! with which a discriminator takes `z` for a draw of `q(z)` and not of the product of its
//! dimensions, which is made by permuting every dimension over the batch. `E d` estimates the total
//! correlation.
//!
//! Both steps of the algorithm are one loss: the discriminator sees latents without gradient, and
//! the encoder a discriminator without gradient, so that each takes its own.
//!
//! Departures: one batch serves both steps, one optimizer both networks; one log-odds stands for
//! the paper's two logits; the discriminator is smaller than the paper's six layers of 1000. Choose
//! it as `beta-tcvae`, where a batch is too small to estimate `q(z)` from.

use burn::module::Module;
use burn::tensor::{Int, Tensor, TensorData, activation};
use pith_data::random::Random;
use serde::{Deserialize, Serialize};

use super::variational::{Likelihood, Pass, Plan, Variational};
use super::{Context, Finding, Learn, Loss, limits};
use crate::Error;
use crate::encoder::Encoder;
use crate::input::{Input, Views};
use crate::method::About;
use crate::moment::Moment;
use crate::nn::{Init, Linear, decoder};

pub(super) const ABOUT: About = About {
    summary: "variational autoencoder whose dimensions a discriminator must find independent",
    citation: "Kim, Mnih: Disentangling by factorising, ICML 2018",
};

/// The draw of permutations.
const PERMUTATIONS: u64 = 2;
/// Slope of the discriminator's leaky ReLU below zero.
const LEAK: f64 = 0.2;

/// Settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Dimensions of the latent.
    pub latents: usize,
    /// How likely an input is, given what was drawn.
    pub likelihood: Likelihood,
    /// What a nat of total correlation costs.
    pub gamma: f64,
    /// Widths of the discriminator's hidden layers.
    pub discriminator: Vec<usize>,
    /// From latent to input; convolutional for pictures and fully connected for rows where none is
    /// named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decoder: Option<decoder::Config>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            latents: 10,
            likelihood: Likelihood::default(),
            gamma: 10.0,
            discriminator: vec![256, 256, 256],
            decoder: None,
        }
    }
}

impl Config {
    pub(super) fn init(&self, context: Context, init: &mut Init) -> Result<FactorVae, Error> {
        limits::weight("objective.factor-vae.gamma", self.gamma)?;
        if self.discriminator.contains(&0) {
            return Err(Error::Recipe(format!(
                "objective.factor-vae.discriminator must be widths above zero, received {:?}",
                self.discriminator
            )));
        }
        let plan = Plan {
            objective: "factor-vae",
            latents: self.latents,
            likelihood: self.likelihood,
            decoder: self.decoder.as_ref(),
        };
        Ok(FactorVae {
            heads: Variational::new(&plan, context, init)?,
            discriminator: Discriminator::new(self.latents, &self.discriminator, init),
            gamma: self.gamma,
        })
    }
}

/// The module.
#[derive(Module, Debug)]
pub struct FactorVae {
    heads: Variational,
    discriminator: Discriminator,
    gamma: f64,
}

/// Tells draws of the latent from draws of its dimensions one by one.
#[derive(Module, Debug)]
struct Discriminator {
    layers: Vec<Linear>,
}

impl Discriminator {
    fn new(inputs: usize, hidden: &[usize], init: &mut Init) -> Self {
        let widths: Vec<usize> = [inputs].iter().chain(hidden).chain(&[1]).copied().collect();
        let layers = widths.windows(2).map(|pair| Linear::new(pair[0], pair[1], true, init));
        Self { layers: layers.collect() }
    }

    /// The log-odds that latents, `[n, d]`, are draws of the whole, `[n, 1]`.
    fn forward(&self, latents: Tensor<2>) -> Tensor<2> {
        self.judge(latents, |weight| weight, |bias| bias)
    }

    /// The same, without gradient to the discriminator.
    fn frozen(&self, latents: Tensor<2>) -> Tensor<2> {
        self.judge(latents, Tensor::detach, Tensor::detach)
    }

    fn judge(
        &self,
        latents: Tensor<2>,
        weight: impl Fn(Tensor<2>) -> Tensor<2>,
        bias: impl Fn(Tensor<1>) -> Tensor<1>,
    ) -> Tensor<2> {
        let last = self.layers.len() - 1;
        self.layers.iter().enumerate().fold(latents, |rows, (place, layer)| {
            let bias = layer.bias.as_ref().map(|given| bias(given.val()));
            let rows = pith_kernels::linear(rows, weight(layer.weight.val()), bias, None);
            if place < last { activation::leaky_relu(rows, LEAK) } else { rows }
        })
    }

    /// The cross-entropy of telling `whole` from `apart`, `[n, d]` each; `[1]`.
    fn loss(&self, whole: Tensor<2>, apart: Tensor<2>) -> Tensor<1> {
        let (whole, apart) = (self.forward(whole), self.forward(apart));
        let missed = |odds: Tensor<2>| activation::softplus(odds, 1.0).mean();
        (missed(whole.neg()) + missed(apart)) / 2.0
    }
}

impl Learn for FactorVae {
    fn views(&self) -> usize {
        1
    }

    fn neck(&self) -> Option<&Linear> {
        Some(&self.heads.mean)
    }

    fn variational(&self) -> Option<&Variational> {
        Some(&self.heads)
    }

    fn examine(&self, encoder: &Encoder, input: &Input) -> Finding {
        self.heads.examine(encoder, input)
    }

    fn loss(&self, encoder: &Encoder, views: &Views, moment: &Moment) -> Loss {
        let Pass { posterior, latent, distortion } =
            self.heads.pass(encoder, &views.inputs[0], moment);
        let dimensions = posterior.divergence().mean_dim(0); // [1, latents]
        let divergence = dimensions.clone().sum();
        let correlation = self.discriminator.frozen(latent.clone()).mean();
        let whole = latent.detach();
        let apart = permuted(whole.clone(), &mut moment.random(PERMUTATIONS));
        let told = self.discriminator.loss(whole, apart);
        let terms = vec![
            ("distortion", distortion.clone()),
            ("kl", divergence.clone()),
            ("total-correlation", correlation.clone()),
            ("discriminator", told.clone()),
        ];
        let total = distortion + divergence + correlation * self.gamma + told;
        Loss { total, terms, seen: Vec::new() }
    }
}

/// Every dimension in another order over the batch, `[n, d]`.
fn permuted(latents: Tensor<2>, random: &mut Random) -> Tensor<2> {
    let [n, d] = latents.dims();
    let mut places = vec![0i64; n * d];
    let mut order: Vec<i64> = (0..n as i64).collect();
    for dimension in 0..d {
        random.shuffle(&mut order);
        for (row, &from) in order.iter().enumerate() {
            places[row * d + dimension] = from;
        }
    }
    let device = latents.device();
    let places = Tensor::<2, Int>::from_data(TensorData::new(places, [n, d]), &device);
    latents.gather(0, places)
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    #[test]
    fn permutation_keeps_every_dimension_and_breaks_their_ties() {
        let column: Vec<f32> = (0..200).map(|row| (row / 2) as f32).collect();
        let rows = Tensor::<2>::from_data(TensorData::new(column, [100, 2]), &Device::flex());
        let tied: f64 =
            (rows.clone().narrow(1, 0, 1) - rows.clone().narrow(1, 1, 1)).abs().sum().into_scalar();
        assert_eq!(tied, 0.0);
        let apart = permuted(rows.clone(), &mut Random::keyed(&[1]));
        let sorted =
            |rows: &Tensor<2>| rows.clone().sort(0).into_data().iter::<f32>().collect::<Vec<_>>();
        assert_eq!(sorted(&apart), sorted(&rows));
        let broken: f64 =
            (apart.clone().narrow(1, 0, 1) - apart.narrow(1, 1, 1)).abs().mean().into_scalar();
        assert!(broken > 10.0, "{broken}");
    }

    #[test]
    fn each_side_takes_its_own_gradient() {
        let device = Device::flex().autodiff();
        let judge = Discriminator::new(2, &[4], &mut Init::new(0, &device));
        let latents = Tensor::<2>::ones([3, 2], &device).require_grad();
        let weight = judge.layers[0].weight.val();

        let gradients = judge.frozen(latents.clone()).mean().backward();
        assert!(latents.grad(&gradients).is_some() && weight.grad(&gradients).is_none());

        let whole = latents.clone().detach();
        let gradients = judge.loss(whole.clone(), whole * 2.0).backward();
        assert!(latents.grad(&gradients).is_none() && weight.grad(&gradients).is_some());
    }
}
