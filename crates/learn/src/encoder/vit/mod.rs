//! Vision transformer: a picture as a sequence of patches (Dosovitskiy et al. 2021, figure 1).
//!
//! Departures: positions may be sines and cosines of the row and column (as MAE fixes them), and
//! register tokens may be added (Darcet et al. 2024): tokens without a place that the others use
//! to compute and that are thrown away after. For a picture of another size the positions are
//! interpolated between the nearest, bilinearly where the authors take splines. Choose it for the
//! methods that mask or match patches; on few small pictures without labels a residual network
//! learns faster.

mod config;

use std::sync::Arc;

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use pith_data::sample::Shape;
use pith_kernels::{ConvOptions, Interpolation, Precision, Sequences, resize};

pub use config::{Config, Pool, Positions};

use super::{Encode, Latent, Patches, Sight, sides};
use crate::Error;
use crate::input::Input;
use crate::mask::take;
use crate::method::About;
use crate::moment::{Draws, Moment};
use crate::nn::{DropPath, Linear, Packed, Transformer};

pub(super) const ABOUT: About = About {
    summary: "vision transformer: a picture as a sequence of patches",
    citation: "Dosovitskiy et al.: An image is worth 16x16 words: transformers for image recognition at scale, ICLR 2021",
};

/// The module.
#[derive(Module, Debug)]
pub struct Vit {
    /// `[width, channels, patch, patch]`.
    embed: Param<Tensor<4>>,
    bias: Param<Tensor<1>>,
    /// One per patch, `[patches, width]`.
    positions: Param<Tensor<2>>,
    /// `[1, width]`.
    class: Param<Tensor<2>>,
    /// `[registers, width]`.
    registers: Option<Param<Tensor<2>>>,
    transformer: Transformer,
    patch: usize,
    /// Patches from top to bottom.
    rows: usize,
    mean: bool,
    drop_path: f64,
    /// Of the batch that the loss is measured on.
    #[module(skip)]
    draws: Option<Draws>,
    #[module(skip)]
    packed: Option<Arc<Packed>>,
}

impl Vit {
    /// `[n, channels, height, width]` to the tokens of the patches in sight with their positions,
    /// `[n, visible, width]`.
    fn tokens(&self, pixels: Tensor<4>, sight: Sight) -> Tensor<3> {
        let options = ConvOptions { stride: [self.patch; 2], ..Default::default() };
        let (weight, bias) = (self.embed.val(), self.bias.val());
        let grid = pith_kernels::conv2d(pixels, weight, Some(bias), options); // [n, width, y, x]
        let [.., rows, columns] = grid.dims();
        let tokens = grid.flatten::<3>(2, 3).swap_dims(1, 2); // [n, patches, width]
        let tokens = match &sight {
            Sight::Replaced { hidden, token } => {
                let hidden = hidden.clone().float().unsqueeze_dim::<3>(2); // [n, patches, 1]
                let token = token.clone().unsqueeze::<3>(); // [1, 1, width]
                tokens * (hidden.clone().neg() + 1.0) + hidden * token
            }
            _ => tokens,
        };
        let tokens = tokens + self.positions([rows, columns]).unsqueeze();
        match sight {
            Sight::Visible(visible) => take(tokens, visible),
            _ => tokens,
        }
    }

    /// The tokens that enter the blocks, class and registers first: `[n * length, width]`, and `n`
    /// and `length`.
    fn sequence(&self, input: &Input, sight: Sight) -> (Tensor<2>, [usize; 2]) {
        let Input::Pixels(pixels) = input else {
            panic!("a vit was built for pictures and received {} table rows", input.samples())
        };
        let patches = self.tokens(pixels.clone(), sight);
        let [n, count, width] = patches.dims();
        let leading = self.leading();
        let before = leading.dims()[0];
        let leading = leading.unsqueeze::<3>().expand([n, before, width]);
        let tokens = Tensor::cat(vec![leading, patches], 1); // [n, before + patches, width]
        let length = before + count;
        (tokens.reshape([n * length, width]), [n, length])
    }

    /// The tokens of the patches among all, `[n, length, width]` to `[n, patches, width]`.
    fn of_patches(&self, tokens: Tensor<3>) -> Tensor<3> {
        let before = 1 + self.registers.as_ref().map_or(0, |registers| registers.dims()[0]);
        let count = tokens.dims()[1] - before;
        tokens.narrow(1, before, count)
    }

    /// The positions of a grid of patches, `[patches, width]`.
    fn positions(&self, grid: [usize; 2]) -> Tensor<2> {
        let positions = self.positions.val();
        let [patches, width] = positions.dims();
        let own = [self.rows, patches / self.rows];
        if grid == own {
            return positions;
        }
        let map = positions.transpose().reshape([1, width, own[0], own[1]]);
        let map = resize(map, grid, Interpolation::Bilinear); // [1, width, rows, columns]
        map.reshape([width, grid[0] * grid[1]]).transpose()
    }

    /// The tokens that stand before the patches: class and registers, `[leading, width]`.
    fn leading(&self) -> Tensor<2> {
        match &self.registers {
            Some(registers) => Tensor::cat(vec![self.class.val(), registers.val()], 0),
            None => self.class.val(),
        }
    }
}

impl Encode for Vit {
    fn encode(&self, input: &Input) -> Latent {
        self.look(input, Sight::Whole)
    }

    fn look(&self, input: &Input, sight: Sight) -> Latent {
        let (tokens, [n, length]) = self.sequence(input, sight);
        let sequences = Sequences::Uniform(length);
        let draws = self.draws.as_ref().filter(|_| tokens.device().is_autodiff());
        let packed = self.packed.as_ref().filter(|_| !tokens.device().is_autodiff());
        let tokens = match (draws, packed) {
            (Some(draws), _) => {
                let (rate, random) = (self.drop_path, draws.another());
                let drop = DropPath { rate, samples: n, length, random };
                self.transformer.forward_dropping(tokens, &sequences, drop)
            }
            (None, Some(packed)) => packed.forward(tokens, &sequences),
            (None, None) => self.transformer.forward(tokens, &sequences),
        };
        let tokens = tokens.reshape([n, length, self.width()]);
        let patches = self.of_patches(tokens.clone());
        let pooled = match self.mean {
            true => patches.clone().mean_dim(1),
            false => tokens.narrow(1, 0, 1),
        };
        Latent { pooled: pooled.squeeze_dim(1), tokens: Some(patches) } // [n, width]
    }

    fn layers(&self, input: &Input, sight: Sight) -> Vec<Tensor<3>> {
        let (tokens, [n, length]) = self.sequence(input, sight);
        let layers = self.transformer.layers(tokens, &Sequences::Uniform(length));
        let whole = |rows: Tensor<2>| rows.reshape([n, length, self.width()]);
        layers.into_iter().map(|rows| self.of_patches(whole(rows))).collect()
    }

    fn attention(&self, input: &Input) -> Option<Tensor<3>> {
        let (tokens, [n, length]) = self.sequence(input, Sight::Whole);
        let all = self.transformer.last_attention(tokens, &Sequences::Uniform(length))?;
        let [_, heads, _, _] = all.dims(); // [n, heads, length, length]
        let of_class = all.narrow(2, 0, 1).reshape([n * heads, length, 1]);
        let of_patches = self.of_patches(of_class); // [n * heads, patches, 1]
        let count = of_patches.dims()[1];
        Some(of_patches.reshape([n, heads, count]))
    }

    fn prepare(&mut self, moment: &Moment) {
        self.draws = (self.drop_path > 0.0).then(|| Draws::of(moment));
    }

    fn pack(&mut self, precision: Precision) -> bool {
        self.packed = Some(Arc::new(Packed::of(&self.transformer, precision)));
        true
    }

    fn maps(&mut self) -> Vec<&mut Linear> {
        self.transformer.maps().collect()
    }

    fn accepts(&self, shape: Shape) -> Result<(), Error> {
        match shape {
            Shape::Pixels { height, width, .. }
                if height % self.patch == 0 && width % self.patch == 0 =>
            {
                Ok(())
            }
            other => Err(Error::Recipe(format!(
                "encoder `vit` cuts pictures into patches of {}x{0} pixels, which do not fill {other:?}; choose a multiple of {0}",
                self.patch
            ))),
        }
    }

    fn cells(&self, shape: Shape) -> Option<[usize; 2]> {
        sides(shape).filter(|_| self.mean).map(|sides| sides.map(|side| side / self.patch))
    }

    fn patches(&self) -> Option<Patches> {
        let columns = self.positions.dims()[0] / self.rows;
        Some(Patches { rows: self.rows, columns, side: self.patch })
    }

    fn width(&self) -> usize {
        self.class.dims()[1]
    }
}

#[cfg(test)]
mod tests;
