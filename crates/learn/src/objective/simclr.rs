//! SimCLR: two views of a sample must find each other among all views of the batch.
//!
//! NT-Xent, equation 1 of Chen, Kornblith, Norouzi, Hinton: A simple framework for contrastive
//! learning of visual representations, ICML 2020:
//!
//! `l_i = -log( exp(s_ij / tau) / sum_{k != i} exp(s_ik / tau) )`, mean over the `2n` views, where
//! `s` is the cosine and `j` the other view of `i`'s sample.
//!
//! Departures: a narrower projector; each view goes through the network by itself, so that batch norm
//! sees one view at a time. Choose it when batches of a few hundred fit: the other samples of the
//! batch are what keeps the space from collapsing.

use burn::module::Module;
use burn::tensor::Tensor;
use pith_kernels::normalize_rows;
use serde::{Deserialize, Serialize};

use super::{Context, Learn, Loss, limits};
use crate::Error;
use crate::encoder::Encoder;
use crate::input::Views;
use crate::method::About;
use crate::moment::Moment;
use crate::nn::{Init, Mlp};

pub(super) const ABOUT: About = About {
    summary: "contrastive: two views of a sample find each other in the batch (NT-Xent, InfoNCE)",
    citation: "Chen, Kornblith, Norouzi, Hinton: A simple framework for contrastive learning of visual representations, ICML 2020",
};

/// Settings; the temperature is solo-learn's on CIFAR-10, whose projector is wider (2048, 256).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Widths of the projector's layers; the last is where the loss is measured.
    pub projector: Vec<usize>,
    /// `tau`: the lower, the more the hardest negatives count.
    pub temperature: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self { projector: vec![256, 128], temperature: 0.2 }
    }
}

impl Config {
    pub(super) fn init(&self, context: Context, init: &mut Init) -> Result<SimClr, Error> {
        limits::above_zero("objective.simclr.temperature", self.temperature)?;
        let widths = super::projector("objective.simclr.projector", context, &self.projector)?;
        let projector = Mlp::new(&widths, true, init);
        Ok(SimClr { projector, temperature: self.temperature })
    }
}

/// The module.
#[derive(Module, Debug)]
pub struct SimClr {
    projector: Mlp,
    temperature: f64,
}

impl Learn for SimClr {
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
        let project = |view| self.projector.forward(encoder.encode(&views.inputs[view]).pooled);
        Loss::whole(nt_xent(project(0), project(1), self.temperature))
    }
}

/// NT-Xent of two views, `[n, d]` each, of any length; `[1]`.
pub fn nt_xent(a: Tensor<2>, b: Tensor<2>, temperature: f64) -> Tensor<1> {
    pith_kernels::nt_xent(normalize_rows(a), normalize_rows(b), temperature)
}

/// InfoNCE in one direction, `[n, d]` each, of any length: row `i` of `a` must find row `i` of `b`
/// among all rows of `b` (van den Oord, Li, Vinyals 2018, equation 4); `[1]`.
pub fn info_nce(a: Tensor<2>, b: Tensor<2>, temperature: f64) -> Tensor<1> {
    pith_kernels::info_nce(normalize_rows(a), normalize_rows(b), temperature)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objective::golden;

    #[test]
    fn nt_xent_is_golden() {
        golden::check(1.448143336334, |a, b| nt_xent(a, b, 0.5));
        golden::check(0.433117541421, |a, b| nt_xent(a, b, 0.1));
    }

    #[test]
    fn info_nce_is_golden() {
        golden::check(0.506359165421, |a, b| info_nce(a, b, 0.2));
    }

    #[test]
    fn the_order_of_samples_does_not_matter() {
        let device = burn::tensor::Device::flex();
        let (a, b) = (golden::tensor(golden::a(), &device), golden::tensor(golden::b(), &device));
        let straight: f64 = nt_xent(a.clone(), b.clone(), 0.2).into_scalar();
        let turned: f64 = nt_xent(a.flip([0]), b.flip([0]), 0.2).into_scalar();
        assert!((straight - turned).abs() < 1e-12);
    }
}
