//! Triplet loss: a sample is nearer to the samples of its class than to all others.
//!
//! `l = f(d(a, p) - d(a, n))` with Euclidean distances, `p` of the anchor's class and `n` of another,
//! and `f` a hinge `max(0, x + margin)` or soft, `log(1 + exp(x))`. Which triplets of a batch count:
//! the hardest of every anchor or all that are not zero (Hermans, Beyer, Leibe: In defense of the
//! triplet loss for person re-identification, 2017, equations 5 and 6), or for every pair the nearest
//! negative that is farther than the positive (Schroff, Kalenichenko, Philbin: FaceNet, CVPR 2015,
//! equation 4).
//!
//! Batches of P classes and K samples of each (Hermans et al., section 2) are the recipe's
//! `train.classes-per-batch = P`.
//!
//! Departures: two views of a sample give every anchor a positive, the only one for samples without a
//! class. Where no negative is farther than the positive, semi-hard takes the farthest. Choose it for
//! distances that mean something by themselves; SupCon needs less care.

use burn::module::Module;
use burn::tensor::{Int, Tensor};
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
    summary: "metric learning: nearer to samples of the same class than to all others",
    citation: "Hermans, Beyer, Leibe: In defense of the triplet loss for person re-identification, 2017",
};

/// The shortest squared distance, so that the root has a gradient.
const SHORTEST: f64 = 1e-12;

/// Settings; the hardest triplets with a soft margin, as the paper found best.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Widths of the projector's layers; the last is where the loss is measured.
    pub projector: Vec<usize>,
    /// Which triplets of a batch count.
    pub mining: Mining,
    /// How much nearer.
    pub margin: Margin,
}

impl Default for Config {
    fn default() -> Self {
        Self { projector: vec![256, 128], mining: Mining::Hard, margin: Margin::Soft }
    }
}

/// Which triplets of a batch count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mining {
    /// The farthest positive and the nearest negative of every anchor.
    Hard,
    /// For every anchor and positive the nearest negative that is farther.
    SemiHard,
    /// All that are not zero; with a soft margin all there are, up to the cube of the batch.
    All,
}

/// How much nearer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Margin {
    /// The more the better, with less and less gain.
    Soft,
    /// By a distance, and no more.
    Hinge(f64),
}

impl Config {
    pub(super) fn init(&self, context: Context, init: &mut Init) -> Result<Triplet, Error> {
        classes("triplet", context)?;
        if let Margin::Hinge(margin) = self.margin {
            limits::above_zero("objective.triplet.margin.hinge", margin)?;
        }
        let widths = super::projector("objective.triplet.projector", context, &self.projector)?;
        let projector = Mlp::new(&widths, true, init);
        Ok(Triplet { projector, rule: Rule { mining: self.mining, margin: self.margin } })
    }
}

/// The module.
#[derive(Module, Debug)]
pub struct Triplet {
    projector: Mlp,
    #[module(skip)]
    rule: Rule,
}

/// Which triplets count, and how.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Which.
    pub mining: Mining,
    /// How.
    pub margin: Margin,
}

impl Rule {
    /// Whether a triplet of this excess `d(a, p) - d(a, n)` has a loss.
    fn counts(self, excess: f64) -> bool {
        match self.margin {
            Margin::Soft => true,
            Margin::Hinge(margin) => excess + margin > 0.0,
        }
    }
}

impl Learn for Triplet {
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
        Loss::whole(triplet(a, b, &views.labels, self.rule))
    }
}

/// The mean over the triplets of two views, `[n, d]` each, and the classes of the `n` samples; `[1]`,
/// zero where there is no triplet.
pub fn triplet(a: Tensor<2>, b: Tensor<2>, labels: &[Option<u32>], rule: Rule) -> Tensor<1> {
    let distances = distances(Tensor::cat(vec![a, b], 0)).flatten::<1>(0, 1); // [2n * 2n]
    let values: Vec<f64> = distances.clone().without_autodiff().into_data().iter().collect();
    let chosen = mine(&values, &groups(labels), rule);
    if chosen.is_empty() {
        return distances.sum() * 0.0;
    }
    let (positives, negatives): (Vec<i64>, Vec<i64>) = chosen.into_iter().unzip();
    let [near, far] = [positives, negatives].map(|places| {
        let places = Tensor::<1, Int>::from_data(places.as_slice(), &distances.device());
        distances.clone().select(0, places)
    });
    let excess = near - far; // [triplets]
    match rule.margin {
        Margin::Soft => softplus(excess).mean(),
        Margin::Hinge(margin) => (excess + margin).clamp_min(0.0).mean(),
    }
}

/// `log(1 + exp(x))`, for any `x`.
fn softplus(x: Tensor<1>) -> Tensor<1> {
    x.clone().clamp_min(0.0) + x.abs().neg().exp().log1p()
}

/// The Euclidean distance of every row to every other, `[n, d]` to `[n, n]`.
fn distances(rows: Tensor<2>) -> Tensor<2> {
    let squares = rows.clone().square().sum_dim(1); // [n, 1]
    let products = rows.clone().matmul(rows.transpose()); // [n, n]
    (squares.clone() + squares.transpose() - products * 2.0).clamp_min(SHORTEST).sqrt()
}

/// The places of `d(a, p)` and `d(a, n)` in a matrix of distances, for every triplet that counts.
fn mine(distances: &[f64], groups: &[i64], rule: Rule) -> Vec<(i64, i64)> {
    let rows = groups.len();
    let mut chosen = Vec::new();
    for anchor in 0..rows {
        let others = |same: bool| -> Vec<usize> {
            (0..rows)
                .filter(|&other| other != anchor && (groups[other] == groups[anchor]) == same)
                .map(|other| anchor * rows + other)
                .collect()
        };
        chosen.extend(of_anchor(distances, &others(true), &others(false), rule));
    }
    chosen.into_iter().map(|(near, far)| (near as i64, far as i64)).collect()
}

/// The triplets of one anchor, whose positives and negatives are at these places.
fn of_anchor(
    distances: &[f64],
    positives: &[usize],
    negatives: &[usize],
    rule: Rule,
) -> Vec<(usize, usize)> {
    let order = |a: &usize, b: &usize| distances[*a].total_cmp(&distances[*b]);
    let (near, far) = (positives.iter().copied(), negatives.iter().copied());
    match rule.mining {
        Mining::Hard => near.max_by(order).zip(far.min_by(order)).into_iter().collect(),
        Mining::SemiHard => near
            .filter_map(|positive| Some((positive, semi_hard(distances, positive, negatives)?)))
            .collect(),
        Mining::All => near
            .flat_map(|positive| far.clone().map(move |negative| (positive, negative)))
            .filter(|&(positive, negative)| rule.counts(distances[positive] - distances[negative]))
            .collect(),
    }
}

/// The nearest negative that is farther than the positive, or the farthest of all.
fn semi_hard(distances: &[f64], positive: usize, negatives: &[usize]) -> Option<usize> {
    let order = |a: &usize, b: &usize| distances[*a].total_cmp(&distances[*b]);
    let farther = |place: &usize| distances[*place] > distances[positive];
    let negatives = negatives.iter().copied();
    negatives.clone().filter(farther).min_by(order).or_else(|| negatives.max_by(order))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objective::golden;

    fn labels(unknown: &[u32]) -> Vec<Option<u32>> {
        (0..8).map(|sample| (!unknown.contains(&sample)).then_some(sample % 3)).collect()
    }

    /// Values written out triplet by triplet in NumPy; those of `hard`, and of `all` with a hinge,
    /// agree with pytorch-metric-learning 2.9.
    #[test]
    fn every_rule_is_golden() {
        let hinge = Margin::Hinge(0.2);
        let cases = [
            (Mining::Hard, Margin::Soft, 1.921314378315),
            (Mining::Hard, hinge, 1.957625162231),
            (Mining::SemiHard, Margin::Soft, 0.543785132561),
            (Mining::SemiHard, hinge, 0.029796281834),
            (Mining::All, Margin::Soft, 0.878859760610),
            (Mining::All, hinge, 1.115107336408),
        ];
        for (mining, margin, expected) in cases {
            let rule = Rule { mining, margin };
            golden::check(expected, |a, b| triplet(a, b, &labels(&[]), rule));
        }
    }

    #[test]
    fn samples_of_no_class_have_their_other_view_alone() {
        let cases = [(Mining::Hard, 1.378547675426), (Mining::SemiHard, 0.541887624507)];
        for (mining, expected) in cases {
            let rule = Rule { mining, margin: Margin::Soft };
            golden::check(expected, |a, b| triplet(a, b, &labels(&[1, 4]), rule));
        }
    }

    #[test]
    fn a_batch_of_one_class_has_no_triplet() {
        for mining in [Mining::Hard, Mining::SemiHard, Mining::All] {
            let rule = Rule { mining, margin: Margin::Soft };
            golden::check(0.0, |a, b| triplet(a, b, &[Some(2); 8], rule));
        }
    }

    #[test]
    fn equal_rows_have_a_gradient_that_is_a_number() {
        let device = burn::tensor::Device::flex().autodiff();
        let rows = Tensor::<2>::ones([4, 3], &device).require_grad();
        let rule = Rule { mining: Mining::Hard, margin: Margin::Soft };
        let labels = [Some(0), Some(0), Some(1), Some(1)];
        let gradients = triplet(rows.clone(), rows.clone(), &labels, rule).backward();
        let gradient = rows.grad(&gradients).expect("a gradient");
        assert!(gradient.into_data().iter::<f64>().all(f64::is_finite));
    }
}
