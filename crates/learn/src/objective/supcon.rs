//! SupCon: a view must find all views of its class among all views of the batch.
//!
//! Equation 2 (`L_out`) of Khosla et al.: Supervised contrastive learning, NeurIPS 2020:
//!
//! `l_i = -1/|P(i)| sum_{p in P(i)} log( exp(s_ip / tau) / sum_{a != i} exp(s_ia / tau) )`, mean over
//! the `2n` views, where `s` is the cosine and `P(i)` are the other views of `i`'s class.
//!
//! Departures: a sample without a class has its other view as the only positive, as in SimCLR; the
//! authors' code also multiplies by `tau / 0.07`. Choose it over cross-entropy where the space itself
//! is wanted: for search, for few labels per class, for data that is labelled in part.

use burn::module::Module;
use burn::tensor::{Int, Tensor};
use pith_kernels::{log_softmax, normalize_rows};
use serde::{Deserialize, Serialize};

use super::labels::{classes, groups};
use super::{Context, Learn, Loss, limits};
use crate::Error;
use crate::encoder::Encoder;
use crate::input::Views;
use crate::method::About;
use crate::moment::Moment;
use crate::nn::{Init, Mlp};

pub(super) const ABOUT: About = About {
    summary: "contrastive with classes: a view finds all views of its class in the batch",
    citation: "Khosla et al.: Supervised contrastive learning, NeurIPS 2020",
};

/// Settings; the temperature is the paper's, the projector for small pictures.
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
        Self { projector: vec![256, 128], temperature: 0.1 }
    }
}

impl Config {
    pub(super) fn init(&self, context: Context, init: &mut Init) -> Result<SupCon, Error> {
        classes("supcon", context)?;
        limits::above_zero("objective.supcon.temperature", self.temperature)?;
        let widths = super::projector("objective.supcon.projector", context, &self.projector)?;
        let projector = Mlp::new(&widths, true, init);
        Ok(SupCon { projector, temperature: self.temperature })
    }
}

/// The module.
#[derive(Module, Debug)]
pub struct SupCon {
    projector: Mlp,
    temperature: f64,
}

impl Learn for SupCon {
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
        Loss::whole(supcon(a, b, &views.labels, self.temperature))
    }
}

/// `L_out` of two views, `[n, d]` each, of any length, and the classes of the `n` samples; `[1]`.
pub fn supcon(a: Tensor<2>, b: Tensor<2>, labels: &[Option<u32>], temperature: f64) -> Tensor<1> {
    let rows = normalize_rows(Tensor::cat(vec![a, b], 0)); // [2n, d]
    let (count, device) = (rows.dims()[0], rows.device());
    let group = Tensor::<1, Int>::from_data(groups(labels).as_slice(), &device);
    let group = group.unsqueeze_dim::<2>(1); // [2n, 1]
    let itself = Tensor::<2>::eye(count, &device).bool();
    let positive = group.clone().equal(group.transpose()).bool_and(itself.clone().bool_not());

    let similarity = rows.clone().matmul(rows.transpose()) / temperature; // [2n, 2n]
    let logarithms = log_softmax(similarity.mask_fill(itself, f32::NEG_INFINITY));
    let found = logarithms.mask_fill(positive.clone().bool_not(), 0.0).sum_dim(1); // [2n, 1]
    let wanted = positive.int().sum_dim(1).float().cast(found.dtype());
    (found / wanted).mean().neg()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objective::{golden, simclr::nt_xent};

    fn labels(unknown: &[u32]) -> Vec<Option<u32>> {
        (0..8).map(|sample| (!unknown.contains(&sample)).then_some(sample % 2)).collect()
    }

    #[test]
    fn the_loss_is_golden() {
        golden::check(11.372832251721, |a, b| supcon(a, b, &labels(&[]), 0.1));
    }

    #[test]
    fn the_loss_with_samples_of_no_class_is_golden() {
        // Written out sample by sample in NumPy.
        golden::check(8.522519830334, |a, b| supcon(a, b, &labels(&[1, 4]), 0.1));
    }

    #[test]
    fn without_any_class_it_is_nt_xent() {
        let device = burn::tensor::Device::flex();
        let (a, b) = (golden::tensor(golden::a(), &device), golden::tensor(golden::b(), &device));
        let found: f64 = supcon(a.clone(), b.clone(), &[None; 8], 0.1).into_scalar();
        let expected: f64 = nt_xent(a, b, 0.1).into_scalar();
        assert!((found - expected).abs() < 1e-12, "{found} and {expected}");
    }
}
