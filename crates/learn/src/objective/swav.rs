//! SwAV: each view of a sample must tell which prototypes the other was assigned to, where the
//! assignments of a batch use all prototypes evenly.
//!
//! Equations 1 to 6 of Caron, Misra, Mairal, Goyal, Bojanowski, Joulin: Unsupervised learning of
//! visual features by contrasting cluster assignments, NeurIPS 2020:
//!
//! `L = mean over pairs of crops of -sum_k q_k(other view) log softmax(z C / tau)_k`, with `z` a
//! unit vector, `C` prototypes of unit length and `q` the assignments of [`sinkhorn`].
//!
//! Departures: fewer prototypes, for small pictures; shares of the training stand where the paper
//! counts epochs, and the queue fills from the first step. Choose it when batches are small and
//! clusters are wanted; local crops help as much as more steps.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use pith_kernels::{normalize_rows, softmax};
use serde::{Deserialize, Serialize};

use super::assignment::across_crops;
use super::dino::local_latents;
use super::limits;
use super::sinkhorn::sinkhorn;
use super::{Context, Learn, Loss};
use crate::Error;
use crate::encoder::Encoder;
use crate::input::{Input, Views};
use crate::method::About;
use crate::moment::Moment;
use crate::nn::{Init, Mlp};

pub(super) const ABOUT: About = About {
    summary: "clusters while it learns: a view tells the prototypes that the other view was evenly assigned to",
    citation: "Caron, Misra, Mairal, Goyal, Bojanowski, Joulin: Unsupervised learning of visual features by contrasting cluster assignments, NeurIPS 2020",
};

/// Settings; temperature, epsilon and iterations are the paper's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Widths of the projector's layers; the last is compared with the prototypes (paper: 2048,
    /// 128).
    pub projector: Vec<usize>,
    /// Prototypes (paper: 3000).
    pub prototypes: usize,
    /// `tau`: the lower, the surer of its prototype a view must be.
    pub temperature: f64,
    /// How soft assignments are.
    pub epsilon: f64,
    /// Of Sinkhorn-Knopp.
    pub iterations: usize,
    /// Share of the training in which the prototypes stay as they are.
    pub freeze_prototypes: f64,
    /// Past samples that are assigned together with those of the batch; 0 for none. Wanted where a
    /// batch has fewer samples than there are prototypes (paper: 3840).
    pub queue: usize,
    /// Share of the training after which the queue is used.
    pub queue_start: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            projector: vec![256, 128],
            prototypes: 300,
            temperature: 0.1,
            epsilon: 0.05,
            iterations: 3,
            freeze_prototypes: 0.01,
            queue: 0,
            queue_start: 0.1,
        }
    }
}

const VIEWS: usize = 2;

impl Config {
    pub(super) fn init(&self, context: Context, init: &mut Init) -> Result<SwAv, Error> {
        limits::at_least("objective.swav.prototypes", self.prototypes, 2)?;
        limits::at_least("objective.swav.iterations", self.iterations, 1)?;
        limits::above_zero("objective.swav.temperature", self.temperature)?;
        limits::above_zero("objective.swav.epsilon", self.epsilon)?;
        limits::share("objective.swav.freeze-prototypes", self.freeze_prototypes)?;
        limits::share("objective.swav.queue-start", self.queue_start)?;
        let widths = super::projector("objective.swav.projector", context, &self.projector)?;
        let width = widths[widths.len() - 1];
        let empty = || init.fixed([self.queue, width], vec![0.0; self.queue * width]);
        let queues = match self.queue {
            0 => Vec::new(),
            _ => (0..VIEWS).map(|_| empty()).collect(),
        };
        Ok(SwAv {
            projector: Mlp::new(&widths, true, init),
            prototypes: on_sphere(init.normal([self.prototypes, width], 1.0)),
            queues,
            temperature: self.temperature,
            epsilon: self.epsilon,
            iterations: self.iterations,
            freeze: self.freeze_prototypes,
            queue_start: self.queue_start,
        })
    }
}

/// The module.
#[derive(Module, Debug)]
pub struct SwAv {
    projector: Mlp,
    /// Of unit length, `[k, d]`.
    prototypes: Param<Tensor<2>>,
    /// The newest projections of each view, newest first, `[queue, d]`; zeros at first.
    queues: Vec<Param<Tensor<2>>>,
    temperature: f64,
    epsilon: f64,
    iterations: usize,
    freeze: f64,
    queue_start: f64,
}

impl SwAv {
    /// Latents, `[n, width]`, to unit vectors, `[n, d]`.
    fn embed(&self, latents: Tensor<2>) -> Tensor<2> {
        normalize_rows(self.projector.forward(latents))
    }

    /// The assignments of a view's projections, `[n, d]`, off the tape, `[n, k]`.
    fn assign(&self, view: usize, embedded: Tensor<2>, moment: &Moment) -> Tensor<2> {
        let embedded = embedded.detach();
        let samples = embedded.dims()[0];
        let together = match self.queues.get(view).map(Param::val) {
            Some(queue) if moment.progress() >= self.queue_start && full(&queue) => {
                Tensor::cat(vec![embedded, queue], 0)
            }
            _ => embedded,
        };
        let scores = together.matmul(self.prototypes.val().detach().transpose());
        sinkhorn(scores, self.epsilon, self.iterations).narrow(0, 0, samples)
    }
}

/// Whether the oldest place of a queue is taken.
fn full(queue: &Tensor<2>) -> bool {
    let last = queue.dims()[0] - 1;
    queue.clone().without_autodiff().narrow(0, last, 1).abs().sum().into_scalar::<f32>() > 0.0
}

impl Learn for SwAv {
    fn views(&self) -> usize {
        VIEWS
    }

    fn any_size(&self) -> bool {
        true
    }

    fn local_crops(&self) -> bool {
        true
    }

    fn project(&self, latent: Tensor<2>) -> Option<Tensor<2>> {
        Some(self.embed(latent))
    }

    fn assignments(&self, latent: Tensor<2>) -> Option<Tensor<2>> {
        let scores = self.embed(latent).matmul(self.prototypes.val().transpose());
        Some(softmax(scores / self.temperature))
    }

    fn loss(&self, encoder: &Encoder, views: &Views, moment: &Moment) -> Loss {
        let samples = views.samples();
        let whole = self.embed(encoder.encode(&Input::cat(&views.inputs)).pooled);
        let local = local_latents(encoder, views).map(|latents| self.embed(latents));
        let embedded = whole.clone().split(samples, 0);
        let targets: Vec<_> = embedded
            .iter()
            .enumerate()
            .map(|(view, embedded)| self.assign(view, embedded.clone(), moment))
            .collect();
        let prototypes = self.prototypes.val();
        let frozen = moment.progress() < self.freeze;
        let prototypes = if frozen { prototypes.detach() } else { prototypes };
        let crops = Tensor::cat([whole].into_iter().chain(local).collect(), 0);
        let logits = crops.matmul(prototypes.transpose()).split(samples, 0);
        let seen = match self.queues.is_empty() {
            true => Vec::new(),
            false => embedded.into_iter().map(Tensor::detach).collect(),
        };
        Loss { seen, ..Loss::whole(across_crops(&targets, &logits, self.temperature)) }
    }

    fn remember(&mut self, seen: Vec<Tensor<2>>) {
        for (queue, newest) in self.queues.iter_mut().zip(seen) {
            let length = queue.dims()[0];
            *queue = changed(queue.clone(), |old| {
                Tensor::cat(vec![newest.without_autodiff(), old], 0).narrow(0, 0, length)
            });
        }
    }

    fn follow(&mut self, _encoder: &Encoder, _moment: &Moment) {
        self.prototypes = on_sphere(self.prototypes.clone());
    }
}

/// Every row scaled to unit length.
fn on_sphere(rows: Param<Tensor<2>>) -> Param<Tensor<2>> {
    changed(rows, normalize_rows)
}

/// A parameter with another value, made off the tape, that wants a gradient if it did.
fn changed(
    param: Param<Tensor<2>>,
    change: impl FnOnce(Tensor<2>) -> Tensor<2>,
) -> Param<Tensor<2>> {
    let (id, value, mapper) = param.consume();
    let (autodiff, trained) = (value.is_autodiff(), value.is_require_grad());
    let value = change(value.without_autodiff());
    let value = if autodiff { value.autodiff() } else { value };
    Param::from_mapped_value(id, if trained { value.require_grad() } else { value }, mapper)
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;
    use pith_data::sample::Shape;

    use super::*;
    use crate::encoder;
    use crate::objective::golden;

    // q as sinkhorn of a·b[:3]ᵀ and of b·b[:3]ᵀ (eps .05, 3 iterations), the same scores / .1 as
    // logits: -.5 * ((q(a) * ls(s(b) / .1)).sum(1).mean() + (q(b) * ls(s(a) / .1)).sum(1).mean())
    #[test]
    fn swapped_prediction_is_golden() {
        golden::check(0.1747052623964555, |a, b| {
            let (a, b) = (normalize_rows(a), normalize_rows(b));
            let prototypes = b.clone().narrow(0, 0, 3).transpose();
            let scores = [a, b].map(|view| view.matmul(prototypes.clone()));
            let targets = scores.clone().map(|scores| sinkhorn(scores, 0.05, 3));
            across_crops(&targets, &scores, 0.1)
        });
    }

    fn swav(queue: usize) -> SwAv {
        let device = Device::flex().autodiff();
        let mut init = Init::new(1, &device);
        let shape = Shape::Features { width: 6 };
        let encoder: encoder::Config = toml::from_str("[mlp]\nwidth = 4").expect("settings");
        let encoder = encoder.init(shape, &mut init).expect("an encoder");
        let context = Context { encoder: &encoder, shape, classes: 0 };
        let config = Config { projector: vec![3], prototypes: 5, queue, ..Config::default() };
        config.init(context, &mut init).expect("an objective")
    }

    #[test]
    fn prototypes_stay_on_the_sphere_and_go_on_learning() {
        let back = on_sphere(changed(swav(0).prototypes, |rows| rows * 2.0)).val();
        assert!(back.is_require_grad());
        let lengths = back.square().sum_dim(1).without_autodiff();
        assert!((lengths - 1.0).abs().max().into_scalar::<f32>() < 1e-6);
    }

    #[test]
    fn the_queue_holds_the_newest_first_and_is_used_once_full_and_due() {
        let mut swav = swav(3);
        let device = Device::flex().autodiff();
        let batch = |value: f32| {
            let row = Tensor::<2>::from_floats([[value, 1.0, 0.5], [1.0, value, -0.5]], &device);
            vec![row.clone(), row * -1.0]
        };
        let late = Moment { step: 9, ..Moment::first(0, 10) };
        let assign = |swav: &SwAv, moment: &Moment| -> Vec<f32> {
            let assigned = swav.assign(0, batch(0.3).remove(0), moment);
            assert_eq!(assigned.dims(), [2, 5]);
            assigned.into_data().try_into_vec().expect("f32")
        };
        let alone = assign(&swav, &late);
        swav.remember(batch(7.0));
        assert_eq!(assign(&swav, &late), alone, "a queue that is not full");
        swav.remember(batch(9.0));
        let first = |view: usize| -> Vec<f32> {
            swav.queues[view].val().narrow(1, 0, 1).into_data().try_into_vec().expect("f32")
        };
        assert_eq!((first(0), first(1)), (vec![9.0, 1.0, 7.0], vec![-9.0, -1.0, -7.0]));
        assert!(!swav.queues[0].val().is_require_grad());
        assert_eq!(assign(&swav, &Moment::first(0, 10)), alone, "a queue that is not due");
        assert_ne!(assign(&swav, &late), alone);
    }
}
