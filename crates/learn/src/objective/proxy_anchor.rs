//! Proxy Anchor: every class has a learned proxy, which pulls its samples and pushes all others, the
//! hardest most.
//!
//! Equation 4 of Kim, Kim, Cho, Kwak: Proxy anchor loss for deep metric learning, CVPR 2020, with
//! `s` the cosine of a sample `x` and a proxy `p`:
//!
//! `L = 1/|P+| sum_{p in P+} log(1 + sum_{x of p} exp(-alpha (s(x, p) - delta)))`
//! `  + 1/|P| sum_{p in P} log(1 + sum_{x not of p} exp(alpha (s(x, p) + delta)))`
//!
//! where `P+` are the proxies whose class is in the batch.
//!
//! Departures: the proxies learn at the rate of everything else, where the paper's learn a hundred
//! times faster; samples without a class are skipped. Choose it over the triplet loss where classes
//! are many: no triplets to find, and every sample sees every class.

use burn::module::{Module, Param};
use burn::tensor::{Bool, Int, Tensor};
use pith_kernels::normalize_rows;
use serde::{Deserialize, Serialize};

use super::labels::{classes, known};
use super::{Context, Learn, Loss, limits};
use crate::Error;
use crate::encoder::Encoder;
use crate::input::Views;
use crate::method::About;
use crate::moment::Moment;
use crate::nn::{Init, Mlp};

pub(super) const ABOUT: About = About {
    summary: "metric learning: a learned proxy of every class pulls its samples, pushes others",
    citation: "Kim, Kim, Cho, Kwak: Proxy anchor loss for deep metric learning, CVPR 2020",
};

/// Settings; scale and margin are the paper's, and the projector is linear as there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Widths of the projector's layers; the last is where the loss is measured.
    pub projector: Vec<usize>,
    /// `alpha`: the higher, the more the hardest samples count.
    pub scale: f64,
    /// `delta`: the cosine that samples of a proxy should exceed, and others stay below negative.
    pub margin: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self { projector: vec![128], scale: 32.0, margin: 0.1 }
    }
}

impl Config {
    pub(super) fn init(&self, context: Context, init: &mut Init) -> Result<ProxyAnchor, Error> {
        let classes = classes("proxy-anchor", context)?;
        limits::above_zero("objective.proxy-anchor.scale", self.scale)?;
        limits::below_one("objective.proxy-anchor.margin", self.margin)?;
        let key = "objective.proxy-anchor.projector";
        let widths = super::projector(key, context, &self.projector)?;
        let projector = Mlp::new(&widths, true, init);
        let width = widths[widths.len() - 1];
        // About unit length, so that a step turns a proxy as much as it turns a sample.
        let proxies = init.normal([classes, width], 1.0 / (width as f32).sqrt());
        Ok(ProxyAnchor { projector, proxies, scale: self.scale, margin: self.margin })
    }
}

/// The module.
#[derive(Module, Debug)]
pub struct ProxyAnchor {
    projector: Mlp,
    /// `[classes, d]`.
    proxies: Param<Tensor<2>>,
    scale: f64,
    margin: f64,
}

impl Learn for ProxyAnchor {
    fn views(&self) -> usize {
        1
    }

    fn any_size(&self) -> bool {
        true
    }

    fn project(&self, latent: Tensor<2>) -> Option<Tensor<2>> {
        Some(self.projector.forward(latent))
    }

    fn loss(&self, encoder: &Encoder, views: &Views, _moment: &Moment) -> Loss {
        let rows = self.projector.forward(encoder.encode(&views.inputs[0]).pooled);
        let proxies = self.proxies.val();
        Loss::whole(proxy_anchor(rows, proxies, &views.labels, self.scale, self.margin))
    }
}

/// The loss of samples, `[n, d]`, and proxies, `[classes, d]`, of any length, and the samples'
/// classes; `[1]`, zero where no sample has one.
pub fn proxy_anchor(
    rows: Tensor<2>,
    proxies: Tensor<2>,
    labels: &[Option<u32>],
    scale: f64,
    margin: f64,
) -> Tensor<1> {
    let (samples, of) = known(labels);
    if samples.is_empty() {
        return (rows.sum() + proxies.sum()) * 0.0;
    }
    let (device, classes) = (rows.device(), proxies.dims()[0] as i64);
    let [samples, of] =
        [samples, of].map(|values| Tensor::<1, Int>::from_data(values.as_slice(), &device));
    let rows = normalize_rows(rows.select(0, samples)); // [m, d]
    let cosines = rows.matmul(normalize_rows(proxies).transpose()); // [m, classes]
    let class = Tensor::<1, Int>::arange(0..classes, &device).unsqueeze_dim::<2>(0);
    let own = of.unsqueeze_dim::<2>(1).equal(class); // [m, classes]

    let present = own.clone().any_dim(0).int().sum().into_scalar::<f64>();
    let pull = log_one_plus_sum((cosines.clone() - margin) * -scale, own.clone().bool_not());
    let push = log_one_plus_sum((cosines + margin) * scale, own);
    pull / present + push / classes as f64
}

/// `sum over columns of log(1 + sum over rows of exp(x))`, without the rows left out; `[m, c]` each
/// to `[1]`.
fn log_one_plus_sum(x: Tensor<2>, left_out: Tensor<2, Bool>) -> Tensor<1> {
    let x = x.mask_fill(left_out, f32::NEG_INFINITY);
    let largest = x.clone().detach().max_dim(0).clamp_min(0.0); // [1, c]
    let terms = (x - largest.clone()).exp();
    ((terms.sum_dim(0) + largest.clone().neg().exp()).log() + largest).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objective::golden;

    fn labels(classes: u32) -> Vec<Option<u32>> {
        (0..8).map(|sample| Some(sample % classes)).collect()
    }

    /// The second of these agrees with pytorch-metric-learning 2.9; of three proxies, the last has no
    /// sample.
    #[test]
    fn the_loss_is_golden() {
        golden::check(61.488163288403, |a, b| {
            proxy_anchor(a, b.narrow(0, 0, 4), &labels(4), 32.0, 0.1)
        });
        golden::check(15.358273093018, |a, b| {
            proxy_anchor(a, b.narrow(0, 0, 3), &labels(2), 8.0, 0.1)
        });
    }

    #[test]
    fn samples_of_no_class_are_skipped() {
        let device = burn::tensor::Device::flex();
        let (a, b) = (golden::tensor(golden::a(), &device), golden::tensor(golden::b(), &device));
        let mut known = labels(4);
        known[6..].fill(None);
        let found: f64 = proxy_anchor(a.clone(), b.clone(), &known, 32.0, 0.1).into_scalar();
        let alone: f64 = proxy_anchor(a.narrow(0, 0, 6), b, &known[..6], 32.0, 0.1).into_scalar();
        assert_eq!(found, alone);
        golden::check(0.0, |a, b| proxy_anchor(a, b, &[None; 8], 32.0, 0.1));
    }

    #[test]
    fn a_high_scale_does_not_overflow() {
        let device = burn::tensor::Device::flex();
        let rows = golden::tensor_f32(golden::a(), &device);
        let loss: f64 = proxy_anchor(rows.clone(), rows, &labels(8), 500.0, 0.1).into_scalar();
        assert!(loss.is_finite(), "{loss}");
    }
}
