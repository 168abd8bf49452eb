//! SimMIM: draw the hidden part of a picture from all of it, by one linear layer.
//!
//! Xie, Zhang, Cao, Lin, Bao, Yao, Dai, Hu: SimMIM: A simple framework for masked image modeling,
//! CVPR 2022, section 3 and equation 1:
//!
//! `L = Σ over hidden pixels |W encode(x, a learned token where it is hidden) - x| / their count`.
//!
//! Departures: squares that do not fill the picture are cut at its edge. Choose it over MAE where
//! what reads the picture later must be at home with all its places, and no decoder is wanted; the
//! encoder sees all tokens, so that a step costs more than twice MAE's.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::{Context, Learn, Loss, limits, mae};
use crate::Error;
use crate::encoder::{Encoder, Sight};
use crate::input::{Input, Views};
use crate::mask::{self, Mask};
use crate::method::About;
use crate::moment::Moment;
use crate::nn::{Init, Linear};
use crate::sheet::{self, HeldOut, Sheet};

pub(super) const ABOUT: About = About {
    summary: "masked pictures: a learned token in hidden squares, which a linear layer draws (L1)",
    citation: "Xie, Zhang, Cao, Lin, Bao, Yao, Dai, Hu: SimMIM: A simple framework for masked image modeling, CVPR 2022",
};

/// Deviation of the first token that stands for what is hidden.
const DEVIATION: f32 = 0.02;

/// Settings; the paper's, with its squares of 32 in 224 pixels as two patches of a small picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Share of the squares that is hidden.
    pub ratio: f64,
    /// Patches on a side of a square.
    pub square: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self { ratio: 0.6, square: 2 }
    }
}

impl Config {
    pub(super) fn init(&self, context: Context, init: &mut Init) -> Result<SimMim, Error> {
        let patches = mask::patches("simmim", context.encoder)?;
        mask::share("objective.simmim.ratio", self.ratio, patches.count())?;
        limits::at_least("objective.simmim.square", self.square, 1)?;
        let width = context.encoder.width();
        Ok(SimMim {
            token: init.normal([width], DEVIATION),
            head: Linear::glorot(width, context.shape.size() / patches.count(), 1, init),
            ratio: self.ratio,
            square: self.square,
        })
    }
}

/// The module.
#[derive(Module, Debug)]
pub struct SimMim {
    /// Stands for what is hidden, `[width]`.
    token: Param<Tensor<1>>,
    head: Linear,
    ratio: f64,
    square: usize,
}

impl SimMim {
    /// What the linear layer draws at every patch, `[n, patches, values]`, values in the order of
    /// [`Patches::cut`](crate::encoder::Patches::cut).
    fn draw(&self, encoder: &Encoder, input: &Input, mask: &Mask) -> Tensor<3> {
        let hidden = mask.flags(&input.device());
        let sight = Sight::Replaced { hidden, token: self.token.val() };
        let tokens = encoder.look(input, sight).tokens.expect("an encoder of patches gives tokens");
        self.head.forward(tokens)
    }
}

impl Learn for SimMim {
    fn views(&self) -> usize {
        1
    }

    fn show(&self, encoder: &Encoder, held_out: &HeldOut) -> Vec<Sheet> {
        let input = held_out.first();
        let patches = encoder.patches().expect("asked for when the objective was built");
        let random = &mut held_out.random(0);
        let mask = Mask::squares(input.samples(), patches, self.square, self.ratio, random);
        let drawn = self.draw(encoder, &input, &mask);
        vec![sheet::masked(held_out, patches, &mask, drawn, false)]
    }

    fn loss(&self, encoder: &Encoder, views: &Views, moment: &Moment) -> Loss {
        let input = &views.inputs[0];
        let patches = encoder.patches().expect("asked for when the objective was built");
        let random = &mut moment.random(0);
        let mask = Mask::squares(input.samples(), patches, self.square, self.ratio, random);
        let hidden = mask.flags(&input.device()).float();
        let drawn = self.draw(encoder, input, &mask);
        Loss::whole(hidden_difference(drawn, mae::targets(input, patches, false), hidden))
    }
}

/// Mean of `|a - b|` over the patches that are hidden (1, not 0): `[n, patches, values]` twice and
/// `[n, patches]`; `[1]`.
fn hidden_difference(a: Tensor<3>, b: Tensor<3>, hidden: Tensor<2>) -> Tensor<1> {
    let each = (a - b).abs().mean_dim(2).squeeze_dim::<2>(2); // [n, patches]
    (each * hidden.clone()).sum() / hidden.sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objective::golden;

    #[test]
    fn only_hidden_patches_count() {
        // Rows 0, 2, 3 and 7 of both matrices are hidden.
        let (a, b) = (golden::a(), golden::b());
        let hidden = [1., 0., 1., 1., 0., 0., 0., 1.];
        let rows = a.chunks(4).zip(b.chunks(4)).zip(hidden);
        let expected: f64 = rows
            .map(|((a, b), hidden)| {
                hidden * a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f64>()
            })
            .sum();
        golden::check(expected / 16.0, |a, b| {
            let flags = Tensor::<1>::from_data(hidden, (&a.device(), a.dtype())).reshape([2, 4]);
            hidden_difference(a.reshape([2, 4, 4]), b.reshape([2, 4, 4]), flags)
        });
    }
}
