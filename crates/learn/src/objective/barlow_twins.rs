//! Barlow Twins: over the batch, a dimension of one view goes with the same dimension of the other
//! view, and with no other dimension.
//!
//! Equations 1 and 2 of Zbontar, Jing, Misra, LeCun, Deny: Barlow Twins: Self-supervised learning
//! via redundancy reduction, ICML 2021:
//!
//! `L = sum_i (1 - C_ii)² + lambda sum_{i != j} C_ij²`, with `C` the cross-correlation of the two
//! views' projections.
//!
//! Departures: a narrower projector. Choose it as VICReg, with one weight in the place of three.
//! Without the second term all dimensions may say the same.

use burn::module::Module;
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::{Context, Learn, Loss, limits};
use crate::Error;
use crate::encoder::Encoder;
use crate::input::Views;
use crate::method::About;
use crate::moment::Moment;
use crate::nn::{Init, Mlp};

pub(super) const ABOUT: About = About {
    summary: "the cross-correlation of two views becomes the identity; no negatives",
    citation: "Zbontar, Jing, Misra, LeCun, Deny: Barlow Twins: Self-supervised learning via redundancy reduction, ICML 2021",
};

/// Settings; `lambda` is the paper's, the projector for small pictures (the paper's is 8192 wide).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Widths of the projector's layers; the last is where the loss is measured.
    pub projector: Vec<usize>,
    /// `lambda`: how much dimensions must differ.
    pub redundancy: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self { projector: vec![512, 512], redundancy: 0.0051 }
    }
}

impl Config {
    pub(super) fn init(&self, context: Context, init: &mut Init) -> Result<BarlowTwins, Error> {
        limits::weight("objective.barlow-twins.redundancy", self.redundancy)?;
        let key = "objective.barlow-twins.projector";
        let widths = super::projector(key, context, &self.projector)?;
        Ok(BarlowTwins { projector: Mlp::standardized(&widths, init), redundancy: self.redundancy })
    }
}

/// The module.
#[derive(Module, Debug)]
pub struct BarlowTwins {
    projector: Mlp,
    redundancy: f64,
}

impl Learn for BarlowTwins {
    fn views(&self) -> usize {
        2
    }

    fn any_size(&self) -> bool {
        true
    }

    fn project(&self, latent: Tensor<2>) -> Option<Tensor<2>> {
        Some(self.projector.forward(latent))
    }

    fn loss(&self, encoder: &Encoder, views: &Views, _moment: &Moment) -> Loss {
        let [a, b] =
            [0, 1].map(|view| self.projector.forward(encoder.encode(&views.inputs[view]).pooled));
        let [invariance, redundancy] = terms(a, b);
        Loss {
            total: invariance.clone() + redundancy.clone() * self.redundancy,
            terms: vec![("invariance", invariance), ("redundancy", redundancy)],
            seen: Vec::new(),
        }
    }
}

/// `sum_i (1 - C_ii)²` and `sum_{i != j} C_ij²` of two views, `[n, d]` each, whose columns have mean
/// zero and variance one; `[1]` each.
pub fn terms(a: Tensor<2>, b: Tensor<2>) -> [Tensor<1>; 2] {
    let [samples, width] = a.dims();
    let same = (a.clone() * b.clone()).sum_dim(0) / samples as f64; // [1, d]
    let all = a.transpose().matmul(b) / samples as f64; // [d, d]
    let itself = Tensor::<2>::eye(width, &all.device()).bool();
    let others = all.mask_fill(itself, 0.0);
    [(same.neg() + 1.0).square().sum(), others.square().sum_dim(1).sum()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objective::golden;
    use pith_kernels::batch_norm;

    /// What the last layer of the projector does.
    fn standardized(rows: Tensor<2>) -> Tensor<2> {
        let options = (&rows.device(), rows.dtype());
        let (gamma, beta) = (Tensor::ones([4], options), Tensor::zeros([4], options));
        batch_norm(rows, gamma, beta, None, Default::default()).output
    }

    #[test]
    fn terms_are_golden() {
        golden::check(0.000554673058, |a, b| terms(standardized(a), standardized(b))[0].clone());
        golden::check(4.413441195268, |a, b| terms(standardized(a), standardized(b))[1].clone());
    }

    #[test]
    fn the_sum_with_the_papers_weight_is_golden() {
        golden::check(0.023063223154, |a, b| {
            let [invariance, redundancy] = terms(standardized(a), standardized(b));
            invariance + redundancy * Config::default().redundancy
        });
    }
}
