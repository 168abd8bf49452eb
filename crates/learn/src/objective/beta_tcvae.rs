//! beta-TCVAE: a variational autoencoder whose latent dimensions must not depend on each other.
//!
//! Equations 2 and 4 of Chen, Li, Grosse, Duvenaud: Isolating sources of disentanglement in
//! variational autoencoders, NeurIPS 2018: the divergence is cut into what the latent says of the
//! sample (the index-code mutual information), the total correlation of the dimensions, and the
//! divergence of each dimension, of which the middle one is weighed by `beta`:
//!
//! `L = -E_q log p(x | z) + alpha I(x; z) + beta KL(q(z) || prod q(z_j)) + gamma sum_j KL(q(z_j) || p(z_j))`.
//!
//! `q(z)` is estimated from the batch, weighted (equation S3) or stratified (equation S6).
//!
//! Departures: the weighted estimate leaves out the size of the data set, which adds a constant
//! without gradient: logged mutual information is at most the logarithm of the batch size. Choose
//! it where single dimensions should mean something and there are no labels; look at several seeds.

use burn::module::Module;
use burn::tensor::{DType, Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use super::variational::{Gaussian, Likelihood, Pass, Plan, Variational, log_prior, log_sum_exp};
use super::{Context, Finding, Learn, Loss, limits};
use crate::Error;
use crate::encoder::Encoder;
use crate::input::{Input, Views};
use crate::method::About;
use crate::moment::Moment;
use crate::nn::{Init, Linear, decoder};

pub(super) const ABOUT: About = About {
    summary: "variational autoencoder whose dimensions must not depend on each other (total correlation)",
    citation: "Chen, Li, Grosse, Duvenaud: Isolating sources of disentanglement in variational autoencoders, NeurIPS 2018",
};

/// Settings; the paper weighs total correlation by 6 on dSprites, which a bound of 4096 pixels bears;
/// a few table columns do not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Dimensions of the latent.
    pub latents: usize,
    /// How likely an input is, given what was drawn.
    pub likelihood: Likelihood,
    /// What a nat of mutual information costs.
    pub alpha: f64,
    /// What a nat of total correlation costs.
    pub beta: f64,
    /// What a nat of each dimension's own divergence costs.
    pub gamma: f64,
    /// How the aggregate posterior is estimated.
    pub estimate: Estimate,
    /// From latent to input; convolutional for pictures and fully connected for rows where none is
    /// named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decoder: Option<decoder::Config>,
}

/// How the aggregate posterior is estimated from a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Estimate {
    /// Every sample of the batch counts the same.
    Weighted,
    /// A latent's own sample counts as one of the data set.
    Stratified {
        /// Samples of the data set.
        samples: usize,
    },
}

impl Default for Config {
    fn default() -> Self {
        Self {
            latents: 10,
            likelihood: Likelihood::default(),
            alpha: 1.0,
            beta: 3.0,
            gamma: 1.0,
            estimate: Estimate::Weighted,
            decoder: None,
        }
    }
}

impl Config {
    pub(super) fn init(&self, context: Context, init: &mut Init) -> Result<BetaTcVae, Error> {
        let weights = [("alpha", self.alpha), ("beta", self.beta), ("gamma", self.gamma)];
        limits::weights("objective.beta-tcvae", &weights)?;
        if self.estimate == (Estimate::Stratified { samples: 0 }) {
            let why = "objective.beta-tcvae.estimate.stratified.samples must be the size of the \
                       training split, received 0";
            return Err(Error::Recipe(why.into()));
        }
        let plan = Plan {
            objective: "beta-tcvae",
            latents: self.latents,
            likelihood: self.likelihood,
            decoder: self.decoder.as_ref(),
        };
        let heads = Variational::new(&plan, context, init)?;
        Ok(BetaTcVae { heads, weights: weights.map(|(_, weight)| weight), estimate: self.estimate })
    }
}

/// The module.
#[derive(Module, Debug)]
pub struct BetaTcVae {
    heads: Variational,
    weights: [f64; 3],
    #[module(skip)]
    estimate: Estimate,
}

impl Learn for BetaTcVae {
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
        let [information, correlation, own] = decompose(&posterior, &latent, self.estimate);
        let [alpha, beta, gamma] = self.weights;
        let terms = vec![
            ("distortion", distortion.clone()),
            ("mutual-information", information.clone()),
            ("total-correlation", correlation.clone()),
            ("dimension-wise-kl", own.clone()),
        ];
        let total = distortion + information * alpha + correlation * beta + own * gamma;
        Loss { total, terms, seen: Vec::new() }
    }
}

/// Mutual information, total correlation and dimension-wise divergence of a batch, from its
/// posteriors and a draw from each, `[n, d]`; `[1]` each. Their sum is the draw's estimate of the
/// divergence, whatever the estimate of `q(z)`.
pub fn decompose(posterior: &Gaussian, z: &Tensor<2>, estimate: Estimate) -> [Tensor<1>; 3] {
    let own = posterior.log_density(z.clone()).sum_dim(1); // log q(z | x), [n, 1]
    let prior = log_prior(z.clone()).sum_dim(1); // [n, 1]
    let pairs = pairs(posterior, z); // log q(z_i | x_j) by dimension, [n, n, d]
    let weights = log_weights(pairs.dims()[0], estimate, (&pairs.device(), pairs.dtype())); // [n, n]
    let joint = pairs.clone().sum_dim(2).squeeze_dim::<2>(2) + weights.clone();
    let joint = log_sum_exp(joint, 1); // log q(z), [n, 1]
    let product = log_sum_exp(pairs + weights.unsqueeze_dim(2), 1).sum_dim(2); // [n, 1, 1]
    let product = product.squeeze_dim::<2>(2); // log prod q(z_j), [n, 1]
    [(own - joint.clone()).mean(), (joint - product.clone()).mean(), (product - prior).mean()]
}

/// `log q(z_i | x_j)` of every draw under every posterior, dimension by dimension, `[n, n, d]`.
fn pairs(posterior: &Gaussian, z: &Tensor<2>) -> Tensor<3> {
    let [n, d] = z.dims();
    let each = |tensor: &Tensor<2>, at: usize| {
        tensor.clone().unsqueeze_dim::<3>(at).expand([n, n, d]).reshape([n * n, d])
    };
    let under =
        Gaussian { mean: each(&posterior.mean, 0), log_variance: each(&posterior.log_variance, 0) };
    under.log_density(each(z, 1)).reshape([n, n, d])
}

/// The logarithms of what posterior `j` counts for draw `i`, `[n, n]`; every row of what they are
/// logarithms of sums to one.
fn log_weights(n: usize, estimate: Estimate, place: (&Device, DType)) -> Tensor<2> {
    let weight = |i: usize, j: usize| match estimate {
        Estimate::Weighted => 1.0 / n as f64,
        Estimate::Stratified { samples } => {
            // Of the others, all but one count the same; that one stands for the rest of the data.
            let (all, others) = (samples.max(n) as f64, (n - 1) as f64);
            match (j + n - i) % n {
                0 => 1.0 / all,
                1 => (all - others) / (all * others),
                _ => 1.0 / others,
            }
        }
    };
    let logarithms: Vec<f64> = (0..n * n).map(|place| weight(place / n, place % n).ln()).collect();
    Tensor::from_data(TensorData::new(logarithms, [n, n]), place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objective::golden;
    use std::f64::consts::TAU;

    const BOTH: [Estimate; 2] = [Estimate::Weighted, Estimate::Stratified { samples: 1000 }];

    /// Means `a`, variances one, draws `b`, by loops.
    fn by_loops() -> [f64; 3] {
        let (means, draws) = (golden::a(), golden::b());
        let log = |i: usize, j: usize, k: usize| {
            -0.5 * ((draws[i * 4 + k] - means[j * 4 + k]).powi(2) + TAU.ln())
        };
        let mut terms = [0.0; 3];
        for i in 0..8 {
            let own: f64 = (0..4).map(|k| log(i, i, k)).sum();
            let prior: f64 = (0..4).map(|k| -0.5 * (draws[i * 4 + k].powi(2) + TAU.ln())).sum();
            let joint: f64 =
                (0..8).map(|j| (0..4).map(|k| log(i, j, k)).sum::<f64>().exp() / 8.0).sum();
            let product: f64 =
                (0..4).map(|k| (0..8).map(|j| log(i, j, k).exp() / 8.0).sum::<f64>().ln()).sum();
            terms[0] += (own - joint.ln()) / 8.0;
            terms[1] += (joint.ln() - product) / 8.0;
            terms[2] += (product - prior) / 8.0;
        }
        terms
    }

    #[test]
    fn terms_are_those_of_the_definition_with_their_gradients() {
        for (which, expected) in by_loops().into_iter().enumerate() {
            golden::check(expected, |mean, z| {
                let posterior = Gaussian { log_variance: mean.zeros_like(), mean };
                decompose(&posterior, &z, Estimate::Weighted)[which].clone()
            });
        }
    }

    #[test]
    fn the_terms_add_up_to_the_divergence_of_the_draw() {
        for estimate in BOTH {
            let device = Device::flex();
            let (mean, z) = (golden::a(), golden::tensor(golden::b(), &device));
            let mean = golden::tensor(mean, &device);
            let posterior = Gaussian { log_variance: mean.clone() * 0.3, mean };
            let [a, b, c] = decompose(&posterior, &z, estimate);
            let divergence = posterior.log_density(z.clone()) - log_prior(z);
            let expected: f64 = divergence.sum_dim(1).mean().into_scalar();
            let found: f64 = (a + b + c).into_scalar();
            assert!((found - expected).abs() < 1e-9, "{estimate:?}: {found} is not {expected}");
        }
    }

    #[test]
    fn weights_of_a_draw_sum_to_one() {
        for estimate in BOTH {
            let sums = log_weights(6, estimate, (&Device::flex(), DType::F64))
                .exp()
                .sum_dim(1)
                .into_data();
            assert!(sums.iter::<f64>().all(|sum| (sum - 1.0).abs() < 1e-9), "{estimate:?}");
        }
    }
}
