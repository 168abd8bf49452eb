//! Vision transformer: a picture as a sequence of patches (Dosovitskiy et al. 2021, figure 1).
//!
//! Departures: positions may be sines and cosines of the row and column (as MAE fixes them), and
//! register tokens may be added (Darcet et al. 2024): tokens without a place that the others use
//! to compute and that are thrown away after. For a picture of another size the positions are
//! interpolated between the nearest, bilinearly where the authors take splines. Choose it for the methods that mask or match patches;
//! on few small pictures without labels a residual network learns faster.

use std::sync::Arc;

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use pith_data::sample::Shape;
use pith_kernels::{ConvOptions, Interpolation, Precision, Sequences, resize};
use serde::{Deserialize, Serialize};

use super::{Encode, Latent, Patches, Sight, positive};
use crate::Error;
use crate::input::Input;
use crate::mask::take;
use crate::method::About;
use crate::moment::{Draws, Moment};
use crate::nn::positions::sin_cos;
use crate::nn::{DropPath, Init, Linear, Packed, Transformer, transformer};

pub(super) const ABOUT: About = About {
    summary: "vision transformer: a picture as a sequence of patches",
    citation: "Dosovitskiy et al.: An image is worth 16x16 words: transformers for image recognition at scale, ICLR 2021",
};

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
    pub(super) fn init(&self, shape: Shape, init: &mut Init) -> Result<Vit, Error> {
        let Self { patch, width, depth, heads, .. } = *self;
        positive("encoder.vit patch, width, depth, heads", &[patch, width, depth, heads])?;
        positive("encoder.vit.mlp-ratio", &[self.mlp_ratio])?;
        if !(0.0..1.0).contains(&self.drop_path) {
            return Err(Error::Recipe(format!(
                "encoder.vit.drop-path must be at least 0 and below 1, received {}",
                self.drop_path
            )));
        }
        let channels = super::channels("vit", shape)?;
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

    fn patches(&self) -> Option<Patches> {
        let columns = self.positions.dims()[0] / self.rows;
        Some(Patches { rows: self.rows, columns, side: self.patch })
    }

    fn width(&self) -> usize {
        self.class.dims()[1]
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, TensorData};

    use super::*;

    fn vit(device: &Device, positions: Vec<f32>) -> Vit {
        let config = Config { width: 4, depth: 1, heads: 1, patch: 2, ..Config::default() };
        let shape = Shape::Pixels { channels: 1, height: 4, width: 6 };
        let mut init = Init::new(1, device);
        let vit = config.init(shape, &mut init).expect("a vit");
        let old = vit.positions.clone();
        let data = TensorData::new(positions, [6, 4]);
        Vit { positions: old.map(|_| Tensor::from_data(data, device).require_grad()), ..vit }
    }

    fn values(tensor: Tensor<2>) -> Vec<f32> {
        tensor.into_data().try_into_vec().expect("f32")
    }

    #[test]
    fn positions_of_another_grid_lie_between_the_learned_ones() {
        let device = Device::flex().autodiff();
        // Channel 0 counts rows, channel 1 columns, the others are the same everywhere.
        let places = (0..2).flat_map(|row| (0..3).map(move |column| [row, column, 7, -2]));
        let vit = vit(&device, places.flatten().map(|value| value as f32).collect());
        assert_eq!(values(vit.positions([2, 3])), values(vit.positions.val()));
        for grid in [[1, 1], [4, 6], [3, 2]] {
            let found = vit.positions(grid);
            assert_eq!(found.dims(), [grid[0] * grid[1], 4]);
            for place in values(found).chunks(4) {
                assert!((place[2] - 7.0).abs() < 1e-5 && (place[3] + 2.0).abs() < 1e-5);
            }
        }
        let centre = values(vit.positions([1, 1]));
        assert!((centre[0] - 0.5).abs() < 1e-6 && (centre[1] - 1.0).abs() < 1e-6, "{centre:?}");
        let larger = values(vit.positions([4, 3]));
        let rows: Vec<f32> = larger.chunks(4).step_by(3).map(|place| place[0]).collect();
        assert_eq!(rows, [0.0, 0.25, 0.75, 1.0]);
    }

    #[test]
    fn a_small_crop_teaches_the_positions_around_it() {
        let device = Device::flex().autodiff();
        let vit = vit(&device, vec![0.1; 24]);
        let gradients = vit.positions([1, 3]).sum().backward();
        let gradient = vit.positions.val().grad(&gradients).expect("positions learn");
        let gradient: Vec<f32> = gradient.into_data().try_into_vec().expect("f32");
        assert_eq!(gradient, [0.5; 24]);
        let crop = Input::Pixels(Tensor::ones([2, 1, 2, 4], &device));
        assert_eq!(vit.encode(&crop).pooled.dims(), [2, 4]);
        let refused = vit.accepts(Shape::Pixels { channels: 1, height: 3, width: 4 });
        assert!(refused.expect_err("half a patch").to_string().contains("multiple of 2"));
    }
}
