//! From the tokens of some patches to what belongs at others: the decoder of MAE (He et al. 2022,
//! section 3) and the predictor of I-JEPA (Assran et al. 2023, section 3).
//!
//! Tokens are narrowed, a learned token asks at every place that is wanted, all know their place by
//! sines and cosines, and transformer blocks fill in. As blocks do not see the order of tokens, the
//! places asked for stand after those seen.

use burn::module::{Module, Param};
use burn::tensor::{Int, Tensor};
use pith_kernels::{Sequences, embedding};

use super::positions::sin_cos;
use super::{Init, Linear, Transformer, transformer};
use crate::Error;
use crate::encoder::Patches;

/// Added to the variance in every normalization, as the authors of both do.
const EPSILON: f64 = 1e-6;
/// Deviation of the first token that asks.
const DEVIATION: f32 = 0.02;

/// Width, depth and heads of a decoder, and what an error calls them.
#[derive(Clone, Copy, Debug)]
pub struct Size<'a> {
    /// The recipe's keys up to the names of the three.
    pub key: &'a str,
    /// Numbers per token.
    pub width: usize,
    /// Blocks one after the other.
    pub depth: usize,
    /// Attention heads of each block.
    pub heads: usize,
}

/// Fills in places of a picture.
#[derive(Module, Debug)]
pub struct PatchDecoder {
    embed: Linear,
    /// Asks at a place, `[1, width]`.
    token: Param<Tensor<2>>,
    /// One per patch, `[patches, width]`.
    positions: Param<Tensor<2>>,
    transformer: Transformer,
    output: Linear,
}

impl PatchDecoder {
    /// Initial parameters, from tokens of `inputs` numbers to `outputs` numbers per place.
    ///
    /// # Errors
    /// Where width, depth and heads do not fit together.
    pub fn new(
        size: Size,
        grid: Patches,
        [inputs, outputs]: [usize; 2],
        init: &mut Init,
    ) -> Result<Self, Error> {
        let Size { key, width, depth, heads } = size;
        if [width, depth, heads].contains(&0) || width % heads != 0 || width % 4 != 0 {
            return Err(Error::Recipe(format!(
                "{key}-width, -depth and -heads must be above zero, the width a multiple of 4 and \
                 of the heads; received {width}, {depth}, {heads}"
            )));
        }
        let shape = transformer::Shape {
            width,
            depth,
            heads,
            hidden: 4 * width,
            causal: false,
            layer_scale: None,
            epsilon: EPSILON,
        };
        let places = sin_cos([grid.rows, grid.columns], width);
        Ok(Self {
            embed: Linear::glorot(inputs, width, 1, init),
            token: init.normal([1, width], DEVIATION),
            positions: init.fixed([grid.count(), width], places),
            transformer: Transformer::new(shape, init),
            output: Linear::glorot(width, outputs, 1, init),
        })
    }

    /// Tokens of the patches `seen`, `[n, s, inputs]` at `[n, s]`, and perhaps one without a place,
    /// `[n, inputs]`, to what belongs at the patches `asked`, `[n, a]`: `[n, a, outputs]`.
    pub fn forward(
        &self,
        tokens: Tensor<3>,
        seen: Tensor<2, Int>,
        placeless: Option<Tensor<2>>,
        asked: Tensor<2, Int>,
    ) -> Tensor<3> {
        let [n, wanted] = asked.dims();
        let known = self.embed.forward(tokens) + self.at(seen);
        let asking = self.at(asked) + self.token.val().unsqueeze(); // [n, a, width]
        let mut parts = vec![known, asking];
        if let Some(token) = placeless {
            parts.insert(0, self.embed.forward(token).unsqueeze_dim(1)); // [n, 1, width]
        }
        let all = Tensor::cat(parts, 1);
        let [_, length, width] = all.dims();
        let all = all.reshape([n * length, width]);
        let filled = self.transformer.forward(all, &Sequences::Uniform(length));
        let filled = filled.reshape([n, length, width]).narrow(1, length - wanted, wanted);
        self.output.forward(filled)
    }

    /// Positions of patches, `[n, k]` to `[n, k, width]`.
    fn at(&self, places: Tensor<2, Int>) -> Tensor<3> {
        embedding(self.positions.val(), places)
    }
}
