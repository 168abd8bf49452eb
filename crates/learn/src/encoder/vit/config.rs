//! The settings of a vision transformer, and its first parameters.

use pith_data::sample::Shape;
use serde::{Deserialize, Serialize};

use super::super::{channels, positive};
use super::Vit;
use crate::Error;
use crate::nn::positions::sin_cos;
use crate::nn::{Init, Transformer, transformer};

/// Added to the variance in every normalization, as the authors do.
const EPSILON: f64 = 1e-6;
/// Deviation of the first positions and of the tokens without a place.
const DEVIATION: f32 = 0.02;

/// Settings; the defaults are a narrow network for pictures of 32 pixels.
///
/// ViT-S/16 is `patch = 16, width = 384, depth = 12, heads = 6`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Pixels on a side of a patch.
    pub patch: usize,
    /// Numbers per token.
    pub width: usize,
    /// Blocks one after the other.
    pub depth: usize,
    /// Attention heads of each block.
    pub heads: usize,
    /// Hidden width of each perceptron, as a multiple of the width.
    pub mlp_ratio: usize,
    /// How tokens know where their patch lies.
    pub positions: Positions,
    /// What becomes the latent.
    pub pool: Pool,
    /// Tokens without a place beside the class token.
    pub registers: usize,
    /// Initial scale of what each part of a block adds, learned per channel; 0 leaves it out.
    pub layer_scale: f32,
    /// Probability that a sample goes past a part of the last block in training (stochastic depth);
    /// it falls to zero at the first block.
    pub drop_path: f64,
}

/// How tokens know where their patch lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Positions {
    /// A vector per place.
    Learned,
    /// Sines and cosines of the row and the column.
    SinCos,
}

/// What becomes the latent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pool {
    /// The class token.
    Class,
    /// The mean of the patch tokens.
    Mean,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            patch: 4,
            width: 192,
            depth: 6,
            heads: 3,
            mlp_ratio: 4,
            positions: Positions::Learned,
            pool: Pool::Class,
            registers: 0,
            layer_scale: 0.0,
            drop_path: 0.0,
        }
    }
}

impl Config {
    pub(in super::super) fn init(&self, shape: Shape, init: &mut Init) -> Result<Vit, Error> {
        let Self { patch, width, depth, heads, .. } = *self;
        let mlp_ratio = ("mlp-ratio", self.mlp_ratio);
        for (key, value) in
            [("patch", patch), ("width", width), ("depth", depth), ("heads", heads), mlp_ratio]
        {
            positive(&format!("encoder.vit.{key}"), &[value])?;
        }
        if !(0.0..1.0).contains(&self.drop_path) {
            return Err(Error::Recipe(format!(
                "encoder.vit.drop-path must be at least 0 and below 1, received {}",
                self.drop_path
            )));
        }
        let channels = channels("vit", shape)?;
        let Shape::Pixels { height, width: across, .. } = shape else {
            unreachable!("`channels` accepts pictures only")
        };
        if height % patch != 0 || across % patch != 0 {
            return Err(Error::Recipe(format!(
                "encoder.vit.patch must divide the picture of {height}x{across}, received {patch}"
            )));
        }
        if width % heads != 0 || (self.positions == Positions::SinCos && width % 4 != 0) {
            return Err(Error::Recipe(format!(
                "encoder.vit.width must be a multiple of the {heads} heads (and of 4 with sin-cos \
                 positions), received {width}"
            )));
        }
        let grid = [height / patch, across / patch];
        let fan = channels * patch * patch;
        let bound = (6.0 / (fan + width) as f32).sqrt();
        let shape = transformer::Shape {
            width,
            depth,
            heads,
            hidden: width * self.mlp_ratio,
            causal: false,
            layer_scale: (self.layer_scale > 0.0).then_some(self.layer_scale),
            epsilon: EPSILON,
        };
        let positions = match self.positions {
            Positions::Learned => init.normal([grid[0] * grid[1], width], DEVIATION),
            Positions::SinCos => init.fixed([grid[0] * grid[1], width], sin_cos(grid, width)),
        };
        Ok(Vit {
            embed: init.uniform([width, channels, patch, patch], bound),
            bias: init.constant([width], 0.0),
            positions,
            class: init.normal([1, width], DEVIATION),
            registers: (self.registers > 0)
                .then(|| init.normal([self.registers, width], DEVIATION)),
            transformer: Transformer::new(shape, init),
            patch,
            rows: grid[0],
            mean: self.pool == Pool::Mean,
            drop_path: self.drop_path,
            draws: None,
            packed: None,
        })
    }
}
