//! Variational autoencoder: the latent is a distribution that must stay near a standard normal one
//! and still say what is needed to draw the input again.
//!
//! Equation 3 of Kingma, Welling: Auto-encoding variational Bayes, ICLR 2014; the weight `beta` is
//! that of Higgins et al.: beta-VAE, ICLR 2017, equation 4:
//!
//! `L = -E_q log p(x | z) + beta KL(q(z | x) || N(0, I))`, in nats per sample, one draw of `z`.
//!
//! Against posterior collapse, `beta` may rise from zero over a share of training (Bowman et al.
//! 2016), every dimension may have nats for free (Kingma et al. 2016, equation 15), and the
//! divergence may be held at a capacity that grows: `L = -E_q log p(x | z) + gamma |KL - C|`
//! (Burgess et al. 2018, equation 8).
//!
//! Departures: none. The model gives the mean of the posterior. Choose it for a likelihood of
//! samples, for drawing new ones, and for a latent without holes; classes are told apart better by
//! contrastive learning.

use burn::module::Module;
use burn::tensor::Tensor;
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
    summary: "variational autoencoder: a distribution per sample, near the standard normal one",
    citation: "Kingma, Welling: Auto-encoding variational Bayes, ICLR 2014",
};

/// Settings; `beta = 1` is the bound on the likelihood.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Dimensions of the latent.
    pub latents: usize,
    /// How likely an input is, given what was drawn.
    pub likelihood: Likelihood,
    /// What a nat of divergence costs.
    pub beta: f64,
    /// Share of training over which `beta` rises from zero.
    pub anneal: f64,
    /// Nats that each dimension has for free.
    pub free_bits: f64,
    /// Holds the divergence at a capacity, in place of `beta`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity: Option<Capacity>,
    /// From latent to input; convolutional for pictures and fully connected for rows where none is
    /// named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decoder: Option<decoder::Config>,
}

/// A divergence that grows from zero, and what it costs to miss it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Capacity {
    /// Nats per sample at the end.
    pub nats: f64,
    /// Share of training over which it grows.
    pub share: f64,
    /// `gamma`: what a nat too much or too few costs.
    pub weight: f64,
}

impl Default for Capacity {
    /// As Burgess et al. on dSprites, who take a third of their steps.
    fn default() -> Self {
        Self { nats: 25.0, share: 0.33, weight: 1000.0 }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            latents: 32,
            likelihood: Likelihood::default(),
            beta: 1.0,
            anneal: 0.0,
            free_bits: 0.0,
            capacity: None,
            decoder: None,
        }
    }
}

impl Config {
    pub(super) fn init(&self, context: Context, init: &mut Init) -> Result<Vae, Error> {
        let amounts = [("beta", self.beta), ("free-bits", self.free_bits)];
        let capacity = self.capacity.unwrap_or_default();
        let of_capacity = [("capacity.nats", capacity.nats), ("capacity.weight", capacity.weight)];
        limits::weights("objective.vae", &[amounts, of_capacity].concat())?;
        limits::share("objective.vae.anneal", self.anneal)?;
        limits::share("objective.vae.capacity.share", capacity.share)?;
        let plan = Plan {
            objective: "vae",
            latents: self.latents,
            likelihood: self.likelihood,
            decoder: self.decoder.as_ref(),
        };
        Ok(Vae { heads: Variational::new(&plan, context, init)?, settings: self.clone() })
    }
}

/// The module.
#[derive(Module, Debug)]
pub struct Vae {
    heads: Variational,
    #[module(skip)]
    settings: Config,
}

impl Vae {
    /// What the divergence of a batch costs, `[1]`.
    fn rate(&self, dimensions: Tensor<2>, moment: &Moment) -> Tensor<1> {
        let Config { beta, anneal, free_bits, capacity, .. } = self.settings;
        match capacity {
            Some(Capacity { nats, share, weight }) => {
                let wanted = nats * risen(moment, share);
                (dimensions.sum() - wanted).abs() * weight
            }
            None => dimensions.clamp_min(free_bits).sum() * (beta * risen(moment, anneal)),
        }
    }
}

impl Learn for Vae {
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
        let Pass { posterior, distortion, .. } = self.heads.pass(encoder, &views.inputs[0], moment);
        let dimensions = posterior.divergence().mean_dim(0); // [1, latents]
        let terms = vec![("distortion", distortion.clone()), ("kl", dimensions.clone().sum())];
        let total = distortion + self.rate(dimensions, moment);
        Loss { total, terms, seen: Vec::new() }
    }
}

/// From 0 at the first step to 1 after a share of training, in a line.
fn risen(moment: &Moment, share: f64) -> f64 {
    if share > 0.0 { (moment.progress() / share).min(1.0) } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder;
    use burn::tensor::Device;
    use pith_data::sample::Shape;

    fn vae(settings: &str) -> Result<Vae, Error> {
        let mut init = Init::new(0, &Device::flex());
        let shape = Shape::Features { width: 6 };
        let encoder = encoder::Config::default_of("mlp").expect("a listed method");
        let encoder = encoder.init(shape, &mut init)?;
        let config: Config = toml::from_str(settings).expect("settings");
        config.init(Context { encoder: &encoder, shape, classes: 0 }, &mut init)
    }

    fn rate(settings: &str, step: usize) -> f64 {
        let dimensions = Tensor::<2>::from_floats([[0.05, 3.0, 1.0]], &Device::flex());
        let moment = Moment { step, ..Moment::first(0, 100) };
        vae(settings).expect("a vae").rate(dimensions, &moment).into_scalar()
    }

    #[test]
    fn the_weight_rises_and_stays() {
        let settings = "beta = 2.0\nanneal = 0.5";
        let found = [0, 25, 50, 99].map(|step| rate(settings, step));
        for (found, expected) in found.into_iter().zip([0.0, 4.05, 8.1, 8.1]) {
            assert!((found - expected).abs() < 1e-5, "{found} is not {expected}");
        }
    }

    #[test]
    fn free_bits_cost_the_same_used_or_not() {
        assert!((rate("free-bits = 0.5", 0) - 4.5).abs() < 1e-6);
    }

    #[test]
    fn a_capacity_is_missed_from_both_sides() {
        let settings = "capacity = { nats = 8.1, share = 1.0, weight = 10.0 }";
        assert!((rate(settings, 0) - 40.5).abs() < 1e-4);
        assert!(rate(settings, 50).abs() < 1e-4);
        assert!((rate(settings, 99) - 39.69).abs() < 1e-3);
    }

    #[test]
    fn settings_out_of_range_are_named() {
        for (settings, key) in [
            ("latents = 0", "latents"),
            ("beta = -1.0", "beta"),
            ("anneal = 2.0", "anneal"),
            ("likelihood = { gaussian = { deviation = 0.0 } }", "deviation"),
            ("decoder = { convolutional = { widths = [8] } }", "use mlp"),
        ] {
            let told = vae(settings).expect_err(settings).to_string();
            assert!(told.contains("objective.vae") && told.contains(key), "{told}");
        }
    }
}
