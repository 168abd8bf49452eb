//! VICReg: two views of a sample agree (invariance), every dimension keeps spreading (variance), no
//! two dimensions say the same (covariance).
//!
//! Equations 1 to 6 of Bardes, Ponce, LeCun: VICReg: Variance-invariance-covariance regularization
//! for self-supervised learning, ICLR 2022:
//!
//! `L = lambda s(Z, Z') + mu (v(Z) + v(Z')) / 2 + nu (c(Z) + c(Z'))`, with `s` the mean squared
//! difference, `v = mean_j max(0, 1 - sqrt(var_j + eps))` and `c = sum_{i != j} C_ij² / d`.
//!
//! Departures: as in the authors' code, `s` is a mean over dimensions too (the paper sums them) and the
//! variance terms are averaged over the views (the paper adds them); a narrower expander (theirs:
//! 8192, 8192, 8192). Choose it where batches are small or classes are unequal: nothing is pushed
//! apart sample by sample. Without the variance term the space collapses to one point.

use burn::module::Module;
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::{Context, Learn, Loss};
use crate::Error;
use crate::encoder::Encoder;
use crate::input::Views;
use crate::method::About;
use crate::moment::Moment;
use crate::nn::{Init, Mlp};

pub(super) const ABOUT: About = About {
    summary: "views agree, dimensions spread and do not repeat each other; no negatives",
    citation: "Bardes, Ponce, LeCun: VICReg: Variance-invariance-covariance regularization for self-supervised learning, ICLR 2022",
};

/// Added to the variance inside the root, as the authors do.
const EPSILON: f64 = 1e-4;

/// Settings; the weights are the paper's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Widths of the expander's layers; the last is where the loss is measured.
    pub projector: Vec<usize>,
    /// `lambda`: how much views must agree.
    pub invariance: f64,
    /// `mu`: how much dimensions must spread.
    pub variance: f64,
    /// `nu`: how much dimensions must differ.
    pub covariance: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self { projector: vec![512, 512], invariance: 25.0, variance: 25.0, covariance: 1.0 }
    }
}

impl Config {
    pub(super) fn init(&self, context: Context, init: &mut Init) -> Result<VicReg, Error> {
        let weights = [self.invariance, self.variance, self.covariance];
        if !weights.iter().all(|weight| weight.is_finite() && *weight >= 0.0) {
            return Err(Error::Recipe(format!(
                "objective.vicreg weights must be zero or more, received {weights:?}"
            )));
        }
        let widths = super::projector("objective.vicreg.projector", context, &self.projector)?;
        Ok(VicReg { expander: Mlp::new(&widths, true, init), weights })
    }
}

/// The module.
#[derive(Module, Debug)]
pub struct VicReg {
    expander: Mlp,
    weights: [f64; 3],
}

impl Learn for VicReg {
    fn views(&self) -> usize {
        2
    }

    fn any_size(&self) -> bool {
        true
    }

    fn project(&self, latent: Tensor<2>) -> Option<Tensor<2>> {
        Some(self.expander.forward(latent))
    }

    fn spread(&self) -> Option<f64> {
        Some(1.0) // the threshold of the variance term
    }

    fn loss(&self, encoder: &Encoder, views: &Views, _moment: &Moment) -> Loss {
        let expand = |view| self.expander.forward(encoder.encode(&views.inputs[view]).pooled);
        let (a, b) = (expand(0), expand(1)); // [n, d]
        let terms = terms(a, b);
        let [invariance, variance, covariance] = &terms;
        let names = ["invariance", "variance", "covariance"];
        let [lambda, mu, nu] = self.weights;
        Loss {
            total: invariance.clone() * lambda + variance.clone() * mu + covariance.clone() * nu,
            terms: names.into_iter().zip(terms).collect(),
            seen: Vec::new(),
        }
    }
}

/// Invariance, variance and covariance of two views, `[n, d]` each; `[1]` each.
pub fn terms(a: Tensor<2>, b: Tensor<2>) -> [Tensor<1>; 3] {
    let invariance = (a.clone() - b.clone()).square().mean_dim(1).mean();
    let (a, b) = (centred(a), centred(b));
    [invariance, (variance(a.clone()) + variance(b.clone())) / 2.0, covariance(a) + covariance(b)]
}

fn centred(z: Tensor<2>) -> Tensor<2> {
    z.clone() - z.mean_dim(0)
}

/// `mean_j max(0, 1 - sqrt(var_j + eps))` of centred rows.
fn variance(z: Tensor<2>) -> Tensor<1> {
    let degrees = (z.dims()[0] - 1) as f64;
    let deviation = ((z.square().sum_dim(0) / degrees) + EPSILON).sqrt(); // [1, d]
    (deviation.neg() + 1.0).clamp_min(0.0).mean()
}

/// `sum_{i != j} C_ij² / d` of centred rows.
fn covariance(z: Tensor<2>) -> Tensor<1> {
    let [samples, width] = z.dims();
    let matrix = z.clone().transpose().matmul(z) / (samples - 1) as f64; // [d, d]
    let itself = Tensor::<2>::eye(width, &matrix.device()).bool();
    matrix.square().mask_fill(itself, 0.0).sum() / width as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objective::golden;

    #[test]
    fn terms_are_golden() {
        golden::check(0.011327799188, |a, b| terms(a, b)[0].clone());
        golden::check(0.252714712933, |a, b| terms(a, b)[1].clone());
        golden::check(0.666300294677, |a, b| terms(a, b)[2].clone());
    }

    #[test]
    fn the_sum_with_the_papers_weights_is_golden() {
        golden::check(7.267363097692, |a, b| {
            let [invariance, variance, covariance] = terms(a, b);
            invariance * 25.0 + variance * 25.0 + covariance
        });
    }
}
