//! Wasserstein autoencoder: all latents together must look like draws from a normal distribution,
//! and each must say what is needed to draw its input.
//!
//! Algorithm 2 of Tolstikhin, Bousquet, Gelly, Schoelkopf: Wasserstein auto-encoders, ICLR 2018:
//! `L = mean (decode(z) - x)² + lambda MMD²(q(z), N(0, deviation² I))`, with the unbiased estimate
//! of the maximum mean discrepancy (Gretton et al. 2012, equation 3) under the sum of the kernels
//! `C / (C + |a - b|²)`, `C = 2 d deviation² s` for seven scales `s`.
//!
//! Departures: the error is a mean over the numbers of an input, where the paper's is a sum, and the
//! weight is as much smaller. Choose it before a variational autoencoder where drawings should be
//! sharp and no likelihood is wanted: a latent is a point, not a distribution.

use burn::module::Module;
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::autoencoder::mean_squared_error;
use super::{Context, Learn, Loss, limits, variational};
use crate::Error;
use crate::encoder::Encoder;
use crate::input::Views;
use crate::method::About;
use crate::moment::Moment;
use crate::nn::{Decoder, Init, Linear, decoder};
use crate::sheet::{self, HeldOut, Path, Sheet};

pub(super) const ABOUT: About = About {
    summary: "reconstruction by latents that together look normally distributed (MMD)",
    citation: "Tolstikhin, Bousquet, Gelly, Schoelkopf: Wasserstein auto-encoders, ICLR 2018",
};

/// The draw from the prior.
const PRIOR: u64 = 1;
/// Of the kernels, as in the authors' code.
const SCALES: [f64; 7] = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0];

/// Settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Dimensions of the latent.
    pub latents: usize,
    /// `lambda`: what looking otherwise costs.
    pub weight: f64,
    /// Standard deviation that every dimension should have.
    pub deviation: f64,
    /// From latent to input; convolutional for pictures and fully connected for rows where none is
    /// named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decoder: Option<decoder::Config>,
}

impl Default for Config {
    fn default() -> Self {
        Self { latents: 16, weight: 0.1, deviation: 1.0, decoder: None }
    }
}

impl Config {
    pub(super) fn init(&self, context: Context, init: &mut Init) -> Result<WaeMmd, Error> {
        limits::weight("objective.wae-mmd.weight", self.weight)?;
        limits::at_least("objective.wae-mmd.latents", self.latents, 1)?;
        limits::above_zero("objective.wae-mmd.deviation", self.deviation)?;
        let named = self.decoder.as_ref();
        Ok(WaeMmd {
            latent: Linear::new(context.encoder.width(), self.latents, true, init),
            decoder: Decoder::new(named, "wae-mmd", self.latents, context.shape, init)?,
            weight: self.weight,
            deviation: self.deviation,
        })
    }
}

/// The module.
#[derive(Module, Debug)]
pub struct WaeMmd {
    latent: Linear,
    decoder: Decoder,
    weight: f64,
    deviation: f64,
}

impl Learn for WaeMmd {
    fn views(&self) -> usize {
        1
    }

    fn neck(&self) -> Option<&Linear> {
        Some(&self.latent)
    }

    fn show(&self, encoder: &Encoder, held_out: &HeldOut) -> Vec<Sheet> {
        let latents = self.latent.forward(encoder.encode(&held_out.input).pooled);
        let decode = |latent| self.decoder.forward(latent);
        vec![
            sheet::reconstructions(held_out, None, decode(latents.clone())),
            sheet::samples(held_out, latents.dims()[1], self.deviation, decode),
            sheet::interpolations(held_out, latents, Path::Arc, decode),
        ]
    }

    fn loss(&self, encoder: &Encoder, views: &Views, moment: &Moment) -> Loss {
        let input = &views.inputs[0];
        let latent = self.latent.forward(encoder.encode(input).pooled); // [n, latents]
        let random = &mut moment.random(PRIOR);
        let prior = variational::noise(latent.dims(), random, &latent.device()) * self.deviation;
        let error = mean_squared_error(self.decoder.forward(latent.clone()), input.rows());
        let discrepancy = discrepancy(&latent, &prior, self.deviation);
        Loss {
            total: error.clone() + discrepancy.clone() * self.weight,
            terms: vec![("error", error), ("discrepancy", discrepancy)],
            seen: Vec::new(),
        }
    }
}

/// The unbiased estimate of the squared discrepancy of two samples, `[n, d]` each; `[1]`. Below
/// zero where they are more alike than two draws of one distribution on average.
pub fn discrepancy(a: &Tensor<2>, b: &Tensor<2>, deviation: f64) -> Tensor<1> {
    let [n, width] = a.dims();
    let scale = 2.0 * width as f64 * deviation * deviation;
    let within = |points: &Tensor<2>| {
        let all = kernel(points, points, scale).sum_dim(1).sum();
        (all - (n * SCALES.len()) as f64) / (n * (n - 1)) as f64 // a point with itself counts 1
    };
    let between = kernel(a, b, scale).sum_dim(1).sum() / (n * n) as f64;
    within(a) + within(b) - between * 2.0
}

/// The sum of the kernels of every pair, `[n, n]`.
fn kernel(a: &Tensor<2>, b: &Tensor<2>, scale: f64) -> Tensor<2> {
    let lengths = |points: &Tensor<2>| points.clone().square().sum_dim(1); // [n, 1]
    let inner = a.clone().matmul(b.clone().transpose());
    let distances = (lengths(a) + lengths(b).transpose() - inner * 2.0).clamp_min(0.0);
    let one = |s: f64| (distances.clone() + scale * s).recip() * (scale * s);
    SCALES[1..].iter().fold(one(SCALES[0]), |sum, &s| sum + one(s))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objective::golden;
    use burn::tensor::Device;
    use pith_data::random::Random;

    /// The definition, pair by pair.
    fn by_pairs() -> f64 {
        let (a, b) = (golden::a(), golden::b());
        let kernel = |x: &[f64], y: &[f64]| -> f64 {
            let distance: f64 = x.iter().zip(y).map(|(x, y)| (x - y).powi(2)).sum();
            SCALES.iter().map(|s| 8.0 * s / (8.0 * s + distance)).sum()
        };
        let mut value = 0.0;
        for (i, x) in a.chunks(4).enumerate() {
            for (j, y) in a.chunks(4).enumerate().filter(|(j, _)| *j != i) {
                value += kernel(x, y) / 56.0 + kernel(&b[i * 4..][..4], &b[j * 4..][..4]) / 56.0;
            }
            value -= b.chunks(4).map(|y| kernel(x, y)).sum::<f64>() * 2.0 / 64.0;
        }
        value
    }

    #[test]
    fn discrepancy_is_the_sum_over_pairs_with_its_gradient() {
        golden::check(by_pairs(), |a, b| discrepancy(&a, &b, 1.0));
    }

    #[test]
    fn draws_of_one_distribution_agree_and_others_do_not() {
        let draw =
            |key: u64| variational::noise([400, 3], &mut Random::keyed(&[key]), &Device::flex());
        let same: f64 = discrepancy(&draw(1), &draw(2), 1.0).into_scalar();
        let moved: f64 = discrepancy(&draw(1), &(draw(2) + 1.0), 1.0).into_scalar();
        assert!(same.abs() < 0.02 && moved > 0.2, "{same} {moved}");
    }
}
