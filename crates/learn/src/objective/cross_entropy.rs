//! Cross-entropy: a linear layer must tell the class from the latent.
//!
//! `L = mean -sum_c q_c log softmax(W h + b)_c`, with `q = (1 - s) [c is the class] + s / classes`:
//! label smoothing as in section 7 of Szegedy, Vanhoucke, Ioffe, Shlens, Wojna: Rethinking the
//! Inception architecture for computer vision, CVPR 2016.
//!
//! Departures: samples without a class are skipped. Choose it where every sample has a class and the
//! classes are the question; it is also the mark that methods without labels are measured against.

use burn::module::Module;
use burn::tensor::{Int, Tensor};
use serde::{Deserialize, Serialize};

use super::labels::{classes, known};
use super::{Context, Learn, Loss, limits};
use crate::Error;
use crate::encoder::Encoder;
use crate::input::Views;
use crate::method::About;
use crate::moment::Moment;
use crate::nn::{Init, Linear};

pub(super) const ABOUT: About = About {
    summary: "supervised: a linear layer tells the class from the latent",
    citation: "Szegedy, Vanhoucke, Ioffe, Shlens, Wojna: Rethinking the Inception architecture for computer vision, CVPR 2016",
};

/// Settings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Label smoothing: the share of every target that is spread over all classes (the paper: 0.1).
    /// It costs the latents some of what separates samples within a class.
    pub smoothing: f64,
}

impl Config {
    pub(super) fn init(&self, context: Context, init: &mut Init) -> Result<CrossEntropy, Error> {
        let classes = classes("cross-entropy", context)?;
        limits::below_one("objective.cross-entropy.smoothing", self.smoothing)?;
        let classifier = Linear::new(context.encoder.width(), classes, true, init);
        Ok(CrossEntropy { classifier, smoothing: self.smoothing })
    }
}

/// The module.
#[derive(Module, Debug)]
pub struct CrossEntropy {
    classifier: Linear,
    smoothing: f64,
}

impl Learn for CrossEntropy {
    fn views(&self) -> usize {
        1
    }

    fn any_size(&self) -> bool {
        true
    }

    fn scores(&self, latent: Tensor<2>) -> Option<Tensor<2>> {
        Some(self.classifier.forward(latent))
    }

    fn loss(&self, encoder: &Encoder, views: &Views, _moment: &Moment) -> Loss {
        let logits = self.classifier.forward(encoder.encode(&views.inputs[0]).pooled);
        Loss::whole(cross_entropy(logits, &views.labels, self.smoothing))
    }
}

/// The mean over the samples that have a class, of logits `[n, classes]`; `[1]`, zero where none has
/// one.
pub fn cross_entropy(logits: Tensor<2>, labels: &[Option<u32>], smoothing: f64) -> Tensor<1> {
    let (samples, classes) = known(labels);
    if samples.is_empty() {
        return logits.sum() * 0.0;
    }
    let device = logits.device();
    let [samples, classes] =
        [samples, classes].map(|rows| Tensor::<1, Int>::from_data(rows.as_slice(), &device));
    pith_kernels::cross_entropy(logits.select(0, samples), classes, smoothing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objective::golden;

    fn labels(unknown: &[u32]) -> Vec<Option<u32>> {
        (0..8).map(|sample| (!unknown.contains(&sample)).then_some(sample % 4)).collect()
    }

    /// The loss of the first view, and a second that changes nothing.
    fn first(loss: impl Fn(Tensor<2>) -> Tensor<1>) -> impl Fn(Tensor<2>, Tensor<2>) -> Tensor<1> {
        move |a, b| loss(a) + b.sum() * 0.0
    }

    #[test]
    fn the_loss_is_that_of_pytorch() {
        golden::check(1.613371040989, first(|a| cross_entropy(a, &labels(&[]), 0.0)));
        golden::check(1.613112463210, first(|a| cross_entropy(a, &labels(&[]), 0.1)));
    }

    #[test]
    fn samples_of_no_class_are_skipped() {
        golden::check(1.817116198151, first(|a| cross_entropy(a, &labels(&[1, 4]), 0.1)));
    }

    #[test]
    fn a_batch_without_classes_asks_nothing() {
        golden::check(0.0, first(|a| cross_entropy(a, &[None; 8], 0.1)));
    }
}
