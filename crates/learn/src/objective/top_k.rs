//! TopK sparse autoencoder: of many features, the `k` that a sample answers to most draw it.
//!
//! Gao et al.: Scaling and evaluating sparse autoencoders, 2024, equations 1 to 3 and appendix A.2:
//! `z = relu(top_k(W x + b))`, `x^ = D z + c` with atoms `D` of unit length, and
//!
//! `L = |x - x^|² / |x - mean|² + alpha |e - D z_dead|² / |e|²`,
//!
//! where `e = x - x^` and `z_dead` are the most active of the dead features: those that answered to
//! no sample for long. They learn what the living leave over, and so come back.
//!
//! Departures: the encoder of the recipe gives what the features are given, so that pictures can be
//! read too; the paper's is `[encoder.mlp] hidden = []`, whose bias takes in the paper's centre.
//! Inputs are standardized by column, not by sample. A feature counts as dead after 20 000 samples, for
//! small sets (the paper: 10 million tokens). Choose it to take the vectors of another model
//! apart into features that can be named.

use burn::module::{Module, Param};
use burn::tensor::{Tensor, activation};
use pith_space::health;
use serde::{Deserialize, Serialize};

use super::{Context, Finding, Learn, Loss, limits};
use crate::Error;
use crate::encoder::Encoder;
use crate::input::{Input, Views};
use crate::method::About;
use crate::moment::Moment;
use crate::nn::held::hold;
use crate::nn::{Dictionary, Init};
use crate::sheet::{self, HeldOut, Sheet};

pub(super) const ABOUT: About = About {
    summary: "sparse autoencoder of features: the k most active draw the input, the dead come back",
    citation: "Gao et al.: Scaling and evaluating sparse autoencoders, 2024",
};

/// Added where a squared length is divided by.
const EPSILON: f64 = 1e-8;

/// Settings; the weight of the auxiliary loss is the paper's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Features that draw a sample; there are as many as the encoder is wide.
    pub k: usize,
    /// `alpha`: what the auxiliary loss weighs.
    pub auxiliary: f64,
    /// Dead features that take part in it; half of the encoder's width where left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auxiliary_k: Option<usize>,
    /// Samples without an answer after which a feature is dead.
    pub patience: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self { k: 8, auxiliary: 1.0 / 32.0, auxiliary_k: None, patience: 20_000.0 }
    }
}

impl Config {
    pub(super) fn init(&self, context: Context, init: &mut Init) -> Result<TopK, Error> {
        let features = context.encoder.width();
        let auxiliary_k = self.auxiliary_k.unwrap_or(features.div_ceil(2));
        for (key, count) in [("k", self.k), ("auxiliary-k", auxiliary_k)] {
            if !(1..=features).contains(&count) {
                return Err(Error::Recipe(format!(
                    "objective.top-k.{key} must be from 1 to the {features} features that the \
                     encoder gives, received {count}; widen the encoder or lower it"
                )));
            }
        }
        let amounts = [("auxiliary", self.auxiliary), ("patience", self.patience)];
        limits::weights("objective.top-k", &amounts)?;
        Ok(TopK {
            dictionary: Dictionary::new(features, context.shape.size(), init),
            idle: init.fixed([features], vec![0.0; features]),
            k: self.k,
            auxiliary_k,
            auxiliary: self.auxiliary,
            patience: self.patience,
        })
    }
}

/// The module.
#[derive(Module, Debug)]
pub struct TopK {
    dictionary: Dictionary,
    /// Samples since each feature's last answer, `[features]`.
    idle: Param<Tensor<1>>,
    k: usize,
    auxiliary_k: usize,
    auxiliary: f64,
    patience: f64,
}

impl TopK {
    /// Where features point in the input, at unit length, `[features, size]`.
    pub fn atoms(&self) -> Tensor<2> {
        self.dictionary.atoms()
    }

    /// Which features are dead, 1 or 0, `[1, features]`.
    fn dead(&self) -> Tensor<2> {
        self.idle.val().detach().greater_equal_elem(self.patience.max(1.0)).float().unsqueeze()
    }

    /// How well the dead features draw what is left over, `[1]`; zero where none is dead.
    fn revival(&self, given: Tensor<2>, left: Tensor<2>) -> Tensor<1> {
        let dead = self.dead();
        let any = dead.clone().max().detach();
        let codes = strongest(given * dead, self.auxiliary_k);
        share_left(left, codes.matmul(self.dictionary.atoms())) * any
    }
}

impl Learn for TopK {
    fn views(&self) -> usize {
        1
    }

    fn examine(&self, _encoder: &Encoder, _input: &Input) -> Finding {
        let idle = self.idle.val().without_autodiff().into_data();
        let alive: Vec<bool> =
            idle.iter::<f32>().map(|samples| f64::from(samples) < self.patience).collect();
        Finding { diagnosis: health::diagnose_codes("features", &alive), ..Finding::default() }
    }

    fn show(&self, encoder: &Encoder, held_out: &HeldOut) -> Vec<Sheet> {
        let latents = encoder.encode(&held_out.input).pooled;
        sheet::autoencoder(held_out, latents, |latent| {
            self.dictionary.forward(strongest(latent, self.k))
        })
    }

    fn loss(&self, encoder: &Encoder, views: &Views, _moment: &Moment) -> Loss {
        let input = &views.inputs[0];
        let rows = input.rows(); // [n, size]
        let given = encoder.encode(input).pooled; // [n, features]
        let codes = strongest(given.clone(), self.k);
        let drawn = self.dictionary.forward(codes.clone());
        let left = (rows.clone() - drawn.clone()).detach();
        let spread = rows.clone() - rows.clone().mean_dim(0);
        let error = (rows - drawn).square().sum_dim(1).mean()
            / (spread.square().sum_dim(1).mean() + EPSILON);
        let revival = self.revival(given, left);
        let answered = codes.detach().greater_elem(0.0).float(); // [n, features]
        let samples = Tensor::full([1, 1], answered.dims()[0] as f64, &answered.device());
        Loss {
            total: error.clone() + revival.clone() * self.auxiliary,
            terms: vec![
                ("error", error),
                ("auxiliary", revival),
                ("active", answered.clone().sum_dim(1).mean()),
                ("dead", self.dead().mean()),
            ],
            seen: vec![answered.max_dim(0), samples],
        }
    }

    fn remember(&mut self, seen: Vec<Tensor<2>>) {
        let [answered, samples] = &seen[..] else { return };
        let waited = self.idle.val().unsqueeze::<2>() + samples.clone();
        let idle = waited * (answered.clone().neg() + 1.0);
        hold(&mut self.idle, idle.flatten(0, 1));
    }
}

/// The positive part of the `k` largest numbers of each row, zero elsewhere; `[n, features]`.
pub fn strongest(given: Tensor<2>, k: usize) -> Tensor<2> {
    let answers = activation::relu(given);
    let least = answers.clone().detach().topk(k, 1).min_dim(1); // [n, 1]
    let kept = answers.clone().detach().greater_equal(least.expand(answers.dims())).float();
    answers * kept
}

/// `|wanted - drawn|² / |wanted|²` over a batch; `[1]`.
fn share_left(wanted: Tensor<2>, drawn: Tensor<2>) -> Tensor<1> {
    let all = wanted.clone().square().sum_dim(1).mean();
    (wanted - drawn).square().sum_dim(1).mean() / (all + EPSILON)
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    #[test]
    fn the_strongest_positive_answers_are_kept() {
        let given = Tensor::<2>::from_floats(
            [[3.0, 1.0, 2.0, -1.0], [-3.0, -1.0, 0.5, -2.0]],
            &Device::flex(),
        );
        let kept: Vec<f32> = strongest(given, 2).into_data().try_into_vec().expect("f32");
        assert_eq!(kept, [3.0, 0.0, 2.0, 0.0, 0.0, 0.0, 0.5, 0.0]);
    }

    #[test]
    fn a_feature_without_an_answer_is_counted_and_comes_back_by_the_auxiliary_loss() {
        let device = Device::flex().autodiff();
        let mut init = Init::new(0, &device);
        let mut objective = TopK {
            dictionary: Dictionary::new(3, 4, &mut init),
            idle: init.fixed([3], vec![0.0; 3]),
            k: 1,
            auxiliary_k: 2,
            auxiliary: 1.0,
            patience: 6.0,
        };
        let given = Tensor::<2>::from_floats([[2.0, 1.0, 0.1]], &device).require_grad();
        let left = Tensor::<2>::ones([1, 4], &device);
        let none = objective.revival(given.clone(), left.clone()).without_autodiff();
        let none: f64 = none.into_scalar();
        assert_eq!(none, 0.0);
        for _ in 0..2 {
            let answered = Tensor::<2>::from_floats([[1.0, 0.0, 0.0]], &device);
            objective.remember(vec![answered, Tensor::full([1, 1], 3.0, &device)]);
        }
        let idle: Vec<f32> =
            objective.idle.val().without_autodiff().into_data().try_into_vec().expect("f32");
        assert_eq!(idle, [0.0, 6.0, 6.0]);
        let gradients = objective.revival(given.clone(), left).backward();
        let gradient: Vec<f32> =
            given.grad(&gradients).expect("reached").into_data().try_into_vec().expect("f32");
        assert!(gradient[0] == 0.0 && gradient[1] != 0.0 && gradient[2] != 0.0, "{gradient:?}");
    }
}
