//! Encoders: view to latent.
//!
//! Adding one is a file here and a line in the list below.

use burn::tensor::{Bool, Int, Tensor};
use pith_data::sample::Shape;
use pith_kernels::Precision;

use crate::Error;
use crate::input::Input;
use crate::method::methods;
use crate::moment::Moment;
use crate::nn::Linear;

methods! {
    /// Maps a view to its latent; see [`Encode`].
    Encoder: Encode(Shape) {
        mlp::Mlp = "mlp",
        cnn::Cnn = "cnn",
        resnet::ResNet = "resnet",
        convnext::ConvNext = "convnext",
        vit::Vit = "vit",
    }
}

/// What an encoder makes of a batch of `n` inputs.
#[derive(Clone, Debug)]
pub struct Latent {
    /// One vector per sample, `[n, width]`.
    pub pooled: Tensor<2>,
    /// One vector per place, `[n, places, width]`, where the encoder has places: patches in reading
    /// order, or the cells of a feature map.
    pub tokens: Option<Tensor<3>>,
}

/// The patches that a picture is cut into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patches {
    /// From top to bottom.
    pub rows: usize,
    /// From left to right.
    pub columns: usize,
    /// Pixels on a side of one.
    pub side: usize,
}

impl Patches {
    /// All of them.
    pub fn count(&self) -> usize {
        self.rows * self.columns
    }

    /// The pixels of each patch, `[n, channels, height, width]` to `[n, patches, values]`: patches
    /// in reading order, in each the rows, in a row the pixels, in a pixel the channels.
    pub fn cut(&self, pixels: Tensor<4>) -> Tensor<3> {
        let Self { rows, columns, side } = *self;
        let [n, channels, _, _] = pixels.dims();
        let cut = pixels.reshape([n, channels, rows, side, columns, side]);
        let cut = cut.permute([0, 2, 4, 3, 5, 1]); // [n, rows, columns, side, side, channels]
        cut.reshape([n, rows * columns, side * side * channels])
    }

    /// What [`Patches::cut`] took apart: `[n, patches, values]` to `[n, channels, height, width]`.
    pub fn join(&self, patches: Tensor<3>) -> Tensor<4> {
        let Self { rows, columns, side } = *self;
        let [n, _, values] = patches.dims();
        let channels = values / (side * side);
        let cut = patches.reshape([n, rows, columns, side, side, channels]);
        let pixels = cut.permute([0, 5, 1, 3, 2, 4]); // [n, channels, rows, side, columns, side]
        pixels.reshape([n, channels, rows * side, columns * side])
    }
}

/// What an encoder of patches is shown of a picture.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "one exists in a step")]
pub enum Sight {
    /// All of it.
    Whole,
    /// Only these patches, as many of each picture: their numbers in reading order, `[n, visible]`.
    Visible(Tensor<2, Int>),
    /// All, with a learned token in the place of some.
    Replaced {
        /// Which patches, `[n, patches]`.
        hidden: Tensor<2, Bool>,
        /// What stands in their place, `[width]`.
        token: Tensor<1>,
    },
}

/// What every encoder can do.
pub trait Encode {
    /// A batch of inputs to their latents. On an autodiff device as in training; elsewhere without
    /// randomness and without effect of one sample on another.
    fn encode(&self, input: &Input) -> Latent;
    /// Numbers per pooled vector.
    fn width(&self) -> usize;
    /// Rows and columns of the feature map that is made of an input of that shape and whose cells are
    /// the tokens; none where the pooled vector is not made of its average.
    fn cells(&self, _shape: Shape) -> Option<[usize; 2]> {
        None
    }
    /// The patches of a picture, where the encoder can be shown some of them only.
    fn patches(&self) -> Option<Patches> {
        None
    }
    /// Whether inputs of another shape than it was built for fit: the small crops of a sample.
    ///
    /// # Errors
    /// Says what would fit.
    fn accepts(&self, _shape: Shape) -> Result<(), Error> {
        Ok(())
    }
    /// As [`Encode::encode`], of a part of each picture.
    ///
    /// # Panics
    /// Where [`Encode::patches`] gives none.
    fn look(&self, _input: &Input, _sight: Sight) -> Latent {
        panic!("this encoder has no patches and sees a picture whole")
    }
    /// The vectors per place after each block, first to last, `[n, places, width]` each, without
    /// what follows the last block; none where the encoder is no stack of such blocks.
    fn layers(&self, _input: &Input, _sight: Sight) -> Vec<Tensor<3>> {
        Vec::new()
    }
    /// How much the class token attends to each patch in the last block, `[n, heads, patches]`,
    /// where the encoder has one; on no tape.
    fn attention(&self, _input: &Input) -> Option<Tensor<3>> {
        None
    }
    /// The linear maps that LoRA adapts; none where the encoder is no stack of them.
    fn maps(&mut self) -> Vec<&mut Linear> {
        Vec::new()
    }
    /// From here on computes what is off the tape in this precision, with the weights as they are now.
    /// Whether it can.
    fn pack(&mut self, _precision: Precision) -> bool {
        false
    }
    /// Takes up the random numbers of a batch of training, for encoders that are random inside. Its
    /// views draw one after the other: apart, and the same whenever the batch is taken again.
    fn prepare(&mut self, _moment: &Moment) {}
}

/// A feature map, `[n, width, rows, columns]`, as a latent: its average, and its cells as tokens.
fn of_map(map: Tensor<4>) -> Latent {
    let tokens = map.clone().flatten::<3>(2, 3).swap_dims(1, 2); // [n, cells, width]
    Latent { pooled: crate::nn::pool::global_average(map), tokens: Some(tokens) }
}

/// The channels of a picture, for encoders that take nothing else.
fn channels(encoder: &str, shape: Shape) -> Result<usize, Error> {
    match shape {
        Shape::Pixels { channels, .. } => Ok(channels),
        other => Err(Error::Recipe(format!(
            "encoder `{encoder}` takes pictures, and the data gives {other:?}; use `mlp`"
        ))),
    }
}

/// Height and width, of pictures.
fn sides(shape: Shape) -> Option<[usize; 2]> {
    match shape {
        Shape::Pixels { height, width, .. } => Some([height, width]),
        _ => None,
    }
}

/// Refuses settings that must be whole numbers above zero.
fn positive(key: &str, values: &[usize]) -> Result<(), Error> {
    match values.iter().all(|&value| value > 0) && !values.is_empty() {
        true => Ok(()),
        false => {
            Err(Error::Recipe(format!("{key} must be numbers above zero, received {values:?}")))
        }
    }
}
