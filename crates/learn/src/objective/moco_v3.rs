//! MoCo v3: a prediction must find what a slow copy of the network says of the other view, among
//! what it says of the other samples.
//!
//! Algorithm 1 of Chen, Xie, He: An empirical study of training self-supervised vision transformers,
//! ICCV 2021: `L = 2 tau (CE(q1 k2' / tau) + CE(q2 k1' / tau))`, where keys `k` come from the
//! momentum encoder, which follows with a momentum that rises to 1 by half a cosine.
//!
//! With `queue` above zero, keys of earlier batches are negatives too (He, Fan, Wu, Xie, Girshick:
//! Momentum contrast, CVPR 2020, section 3.2).
//!
//! Departures: narrower heads; the predictor's last layer has a bias; the patch projection of a
//! vision transformer is trained. MoCo v1 and v2 take negatives from the queue alone, here the batch
//! gives some as well. Choose it over SimCLR where batches are small: keys are cheap to remember.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use pith_kernels::normalize_rows;
use serde::{Deserialize, Serialize};

use super::siamese::{self, Target, symmetric};
use super::simclr::info_nce;
use super::{Context, Learn, Loss, limits};
use crate::Error;
use crate::encoder::Encoder;
use crate::input::Views;
use crate::method::About;
use crate::moment::Moment;
use crate::nn::{Init, Mlp};

pub(super) const ABOUT: About = About {
    summary: "contrastive with a momentum encoder and a predictor; a queue of negatives if wanted",
    citation: "Chen, Xie, He: An empirical study of training self-supervised vision transformers, ICCV 2021",
};

/// Settings; temperature and momentum as for small pictures (solo-learn), with narrower heads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Widths of the projector's layers.
    pub projector: Vec<usize>,
    /// Width of the predictor's hidden layer.
    pub predictor: usize,
    /// `tau`: the lower, the more the hardest negatives count.
    pub temperature: f64,
    /// How much of the momentum encoder stays, at the first step.
    pub momentum: f64,
    /// Keys of earlier batches that are negatives too.
    pub queue: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            projector: vec![512, 128],
            predictor: 512,
            temperature: 0.2,
            momentum: 0.99,
            queue: 0,
        }
    }
}

impl Config {
    pub(super) fn init(&self, context: Context, init: &mut Init) -> Result<MocoV3, Error> {
        let temperature = self.temperature;
        limits::above_zero("objective.moco-v3.temperature", temperature)?;
        limits::share("objective.moco-v3.momentum", self.momentum)?;
        let widths = super::projector("objective.moco-v3.projector", context, &self.projector)?;
        let projector = Mlp::standardized(&widths, init);
        let key = "objective.moco-v3.predictor";
        let predictor = siamese::predictor(key, &widths, self.predictor, init)?;
        let target = Target::of(context.encoder, &projector);
        let key_width = widths[widths.len() - 1];
        let queue = (self.queue > 0)
            .then(|| init.normal([self.queue, key_width], 1.0).set_require_grad(false));
        Ok(MocoV3 { projector, predictor, target, queue, temperature, momentum: self.momentum })
    }
}

/// The module.
#[derive(Module, Debug)]
pub struct MocoV3 {
    projector: Mlp,
    predictor: Mlp,
    target: Target,
    /// Keys of any length, the newest first, `[keys, d]`.
    queue: Option<Param<Tensor<2>>>,
    temperature: f64,
    momentum: f64,
}

impl Learn for MocoV3 {
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
        let queries = [0, 1].map(|view| {
            let z = self.projector.forward(encoder.encode(&views.inputs[view]).pooled);
            self.predictor.forward(z)
        });
        let keys = [0, 1].map(|view| self.target.project(&views.inputs[view]));
        let queue = self.queue.as_ref().map(Param::val);
        let loss = |q, k| contrast(q, k, queue.clone(), self.temperature);
        let seen = if queue.is_some() { keys.to_vec() } else { Vec::new() };
        let total = symmetric(queries, keys, loss);
        Loss { total, terms: Vec::new(), seen }
    }

    fn remember(&mut self, seen: Vec<Tensor<2>>) {
        self.queue = self.queue.take().map(|queue| queue.map(|old| enqueue(seen, old)));
    }

    fn follow(&mut self, encoder: &Encoder, moment: &Moment) {
        self.target.follow(encoder, &self.projector, moment.cosine(self.momentum, 1.0));
    }
}

/// `2 tau InfoNCE` of queries and keys, `[n, d]` each, with the keys of a queue, `[m, d]`, as further
/// negatives; `[1]`.
pub fn contrast(
    queries: Tensor<2>,
    keys: Tensor<2>,
    queue: Option<Tensor<2>>,
    temperature: f64,
) -> Tensor<1> {
    let keys = match queue {
        Some(queue) => Tensor::cat(vec![keys, queue], 0), // [n + m, d]
        None => keys,
    };
    info_nce(queries, keys, temperature) * (2.0 * temperature)
}

/// New keys before the old ones, as many as the queue holds.
fn enqueue(new: Vec<Tensor<2>>, old: Tensor<2>) -> Tensor<2> {
    let length = old.dims()[0];
    let all = Tensor::cat(new.into_iter().chain([old]).collect(), 0);
    normalize_rows(all.narrow(0, 0, length)).detach()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objective::{golden, trial};
    use crate::weights;
    use burn::tensor::{Device, TensorData};

    fn both_ways(a: Tensor<2>, b: Tensor<2>, queue: Option<&Tensor<2>>) -> Tensor<1> {
        let contrast = |q, k| contrast(q, k, queue.cloned(), 0.2);
        symmetric([a.clone(), b.clone()], [a, b], contrast)
    }

    #[test]
    fn the_symmetric_loss_is_golden() {
        golden::check(0.404415144540, |a, b| both_ways(a, b, None));
    }

    #[test]
    fn the_loss_with_a_queue_is_golden() {
        // cos of 0 to 11, row by row.
        let values: Vec<f64> = (0..12).map(|place| f64::from(place).cos()).collect();
        golden::check(0.605491336984, |a, b| {
            let options = (&b.device(), b.dtype());
            let queue = Tensor::from_data(TensorData::new(values.clone(), [3, 4]), options);
            both_ways(a, b, Some(&queue))
        });
    }

    #[test]
    fn the_queue_forgets_its_oldest_keys() {
        let rows = |values: &[f32]| {
            let rows: Vec<f32> = values.iter().flat_map(|&v| [v, 0.0]).collect();
            Tensor::<2>::from_data(TensorData::new(rows, [values.len(), 2]), &Device::flex())
        };
        let first = |queue: Tensor<2>| -> Vec<f32> {
            queue.narrow(1, 0, 1).into_data().try_into_vec().expect("f32")
        };
        let queue = enqueue(vec![rows(&[2.0]), rows(&[-3.0])], rows(&[1.0, 1.0, -1.0]));
        assert_eq!(first(queue.clone()), [1.0, -1.0, 1.0]);
        assert_eq!(first(enqueue(vec![rows(&[-1.0; 4])], queue)), [-1.0; 3]);
    }

    #[test]
    fn the_queue_takes_in_the_keys_of_both_views_and_is_saved() {
        let mut init = trial::init();
        let encoder = trial::encoder(&mut init);
        let views = trial::views(&mut init);
        let config = Config { queue: 132, ..Config::default() };
        let mut objective = config.init(trial::context(&encoder), &mut init).expect("an objective");
        let queue = |objective: &MocoV3| -> Vec<f32> {
            let mut saved = weights::collect(&objective.valid());
            saved.remove("queue").expect("the queue").try_into_vec().expect("f32")
        };
        let before = queue(&objective);
        let loss = objective.loss(&encoder, &views, &trial::MOMENT);
        let gradients = weights::gradients(&objective, loss.total.backward());
        assert!(gradients.get("queue").is_none(), "the queue is not trained");
        objective.remember(loss.seen);
        let after = queue(&objective);
        // 128 new keys, then the first four of the old ones, at unit length.
        assert_eq!(after.len(), before.len());
        for (new, old) in after[128 * 128..].chunks(128).zip(before.chunks(128)) {
            let length = old.iter().map(|value| value * value).sum::<f32>().sqrt();
            let same = new.iter().zip(old).all(|(new, old)| (new - old / length).abs() < 1e-6);
            assert!(same, "an old key is gone");
        }
        let next = objective.loss(&encoder, &views, &trial::MOMENT);
        let first: Vec<f32> =
            normalize_rows(next.seen[0].clone()).into_data().try_into_vec().expect("f32");
        assert_eq!(first, after[..64 * 128], "the newest keys stand first");
        let gradients = weights::gradients(&objective, next.total.backward());
        assert!(gradients.norm() > 0.0, "the next batch learns");
    }
}
