//! data2vec: from a masked picture, foretell what a teacher makes of the whole picture.
//!
//! Baevski, Hsu, Xu, Babu, Gu, Auli: data2vec: A general framework for self-supervised learning in
//! speech, vision and language, ICML 2022, sections 3.2 to 3.4, for pictures:
//!
//! `L = mean over hidden patches of smooth_l1(W student(masked x), mean of the teacher's top K layers
//! of x, each normalized)`, `smooth_l1(d) = d² / 2β` where `|d| < β` and `|d| - β / 2` beyond; the
//! teacher is the moving average of the student.
//!
//! Departures: all hidden patches are counted, as many in every picture; the momentum rises over the
//! whole training. Choose it where pixels hold much that does not matter. The target is made of what
//! the network itself found, so watch the rank: with a low momentum it may shrink.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::{Context, Learn, Loss, limits};
use crate::Error;
use crate::encoder::{Encoder, Sight};
use crate::input::{Input, Views};
use crate::mask::{self, Blocks, Mask, take};
use crate::method::About;
use crate::moment::Moment;
use crate::nn::layer_norm::standardize;
use crate::nn::{Init, Linear, Teacher};

pub(super) const ABOUT: About = About {
    summary: "from a masked picture, foretell the layers of a teacher that sees all of it",
    citation: "Baevski, Hsu, Xu, Babu, Gu, Auli: data2vec: A general framework for self-supervised learning in speech, vision and language, ICML 2022",
};

/// Deviation of the first token that stands for what is hidden.
const DEVIATION: f32 = 0.02;

/// Settings; the paper's for pictures, with half of six layers for its half of twelve, and a
/// momentum for trainings of thousands of steps (the paper: 0.999 to 0.9998).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Share of the patches that is hidden, in blocks.
    pub ratio: f64,
    /// `K`: top layers of the teacher that are averaged; all where the encoder has fewer.
    pub layers: usize,
    /// `β`: where squares go over into absolute differences.
    pub beta: f64,
    /// How much of the teacher stays at a step: at the first, and at the last.
    pub momentum: [f64; 2],
}

impl Default for Config {
    fn default() -> Self {
        Self { ratio: 0.6, layers: 3, beta: 2.0, momentum: [0.996, 0.9998] }
    }
}

impl Config {
    pub(super) fn init(&self, context: Context, init: &mut Init) -> Result<Data2Vec, Error> {
        let patches = mask::patches("data2vec", context.encoder)?;
        let hidden = mask::share("objective.data2vec.ratio", self.ratio, patches.count())?;
        limits::at_least("objective.data2vec.layers", self.layers, 1)?;
        limits::above_zero("objective.data2vec.beta", self.beta)?;
        limits::momentum("objective.data2vec.momentum", self.momentum)?;
        let width = context.encoder.width();
        Ok(Data2Vec {
            teacher: Teacher::of(context.encoder),
            token: init.normal([width], DEVIATION),
            head: Linear::glorot(width, width, 1, init),
            hidden,
            layers: self.layers,
            beta: self.beta,
            momentum: self.momentum,
        })
    }
}

/// The module.
#[derive(Module, Debug)]
pub struct Data2Vec {
    teacher: Teacher<Encoder>,
    /// Stands for what is hidden, `[width]`.
    token: Param<Tensor<1>>,
    head: Linear,
    /// Patches of a picture.
    hidden: usize,
    layers: usize,
    beta: f64,
    momentum: [f64; 2],
}

impl Data2Vec {
    /// What is to be foretold at every patch, `[n, patches, width]`, off the tape.
    fn target(&self, input: &Input) -> Tensor<3> {
        let layers = self.teacher.module.layers(input, Sight::Whole);
        let top = layers.len().saturating_sub(self.layers);
        average(layers.into_iter().skip(top).map(Tensor::detach).collect())
    }
}

impl Learn for Data2Vec {
    fn views(&self) -> usize {
        1
    }

    fn loss(&self, encoder: &Encoder, views: &Views, moment: &Moment) -> Loss {
        let input = &views.inputs[0];
        let device = input.device();
        let patches = encoder.patches().expect("asked for when the objective was built");
        let counts = vec![self.hidden; input.samples()];
        let mask = Mask::blocks(patches, &counts, &Blocks::default(), &mut moment.random(0));
        let (flags, hidden) = (mask.flags(&device), mask.hidden().tensor(&device));
        let sight = Sight::Replaced { hidden: flags, token: self.token.val() };
        let tokens = encoder.look(input, sight).tokens.expect("an encoder of patches gives tokens");
        let foretold = self.head.forward(take(tokens, hidden.clone())); // [n, hidden, width]
        Loss::whole(smooth_l1(foretold, take(self.target(input), hidden), self.beta))
    }

    fn follow(&mut self, encoder: &Encoder, moment: &Moment) {
        let [start, end] = self.momentum;
        self.teacher.follow(encoder, start + (end - start) * moment.progress());
    }
}

/// Mean of layers, each token of each brought to mean zero and variance one.
fn average(layers: Vec<Tensor<3>>) -> Tensor<3> {
    let count = layers.len() as f64;
    let sum = layers.into_iter().map(standardize).reduce(|sum, layer| sum + layer);
    sum.expect("an encoder of patches has blocks") / count
}

/// `d² / 2β` where `|d| < β` and `|d| - β / 2` beyond, the mean over all numbers; `[1]`.
pub fn smooth_l1(a: Tensor<3>, b: Tensor<3>, beta: f64) -> Tensor<1> {
    let size = (a - b).abs();
    let small = size.clone().clamp_max(beta);
    (small.clone().square() / (2.0 * beta) + (size - small)).mean_dim(2).mean()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objective::golden;

    #[test]
    fn smooth_l1_is_golden() {
        // torch.nn.functional.smooth_l1_loss(A, B, beta=..)
        for (beta, expected) in [(2.0, 0.002831949797), (0.1, 0.053084027436)] {
            golden::check(expected, |a, b| smooth_l1(a.unsqueeze(), b.unsqueeze(), beta));
        }
    }

    #[test]
    fn averaged_layers_are_golden() {
        // (F.layer_norm(A, (4,)) + F.layer_norm(B, (4,))) / 2, the mean of its cubes
        golden::check(-0.018983928765, |a, b| {
            average(vec![a.unsqueeze(), b.unsqueeze()]).powi_scalar(3).mean()
        });
    }
}
