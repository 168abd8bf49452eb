//! Residual networks of basic blocks (He et al. 2016, figure 2 and table 1).
//!
//! Departures: none for the 18 and 34 layer networks with the standard stem. The `cifar` stem is
//! the one of contrastive learning on 32x32 pictures (Chen et al. 2020, appendix B.9): a 3x3
//! convolution of stride 1 and no pooling.

use burn::module::Module;
use burn::tensor::Tensor;
use pith_data::sample::Shape;
use serde::{Deserialize, Serialize};

use super::{Encode, Latent, channels, positive};
use crate::Error;
use crate::input::Input;
use crate::method::About;
use crate::nn::batch_norm::After;
use crate::nn::{BatchNorm, Conv2d, Init, pool};

pub(super) const ABOUT: About = About {
    summary: "residual network of basic blocks: 18 or 34 layers, or narrow; for pictures",
    citation: "He, Zhang, Ren, Sun: Deep residual learning for image recognition, CVPR 2016",
};

/// Settings; the defaults are ResNet-18 with the stem for small pictures.
///
/// ResNet-34 is `blocks = [3, 4, 6, 3]`; a narrow network for a plain CPU is `widths = [32, 64,
/// 128]`, `blocks = [1, 1, 1]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// How the picture enters.
    pub stem: Stem,
    /// Channels of each stage; the last is the width of the latent.
    pub widths: Vec<usize>,
    /// Basic blocks of each stage; every stage after the first halves the picture.
    pub blocks: Vec<usize>,
}

/// How the picture enters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stem {
    /// 3x3 convolution of stride 1: pictures of up to 64 pixels.
    Cifar,
    /// 7x7 convolution of stride 2 and 3x3 max pooling of stride 2: larger pictures.
    Standard,
}

impl Default for Config {
    fn default() -> Self {
        Self { stem: Stem::Cifar, widths: vec![64, 128, 256, 512], blocks: vec![2, 2, 2, 2] }
    }
}

impl Config {
    pub(super) fn init(&self, shape: Shape, init: &mut Init) -> Result<ResNet, Error> {
        positive("encoder.resnet.widths", &self.widths)?;
        positive("encoder.resnet.blocks", &self.blocks)?;
        if self.widths.len() != self.blocks.len() {
            return Err(Error::Recipe(format!(
                "encoder.resnet: widths has {} stages and blocks has {}; give one number per \
                 stage in both",
                self.widths.len(),
                self.blocks.len()
            )));
        }
        let mut inputs = self.widths[0];
        let (kernel, stride) = match self.stem {
            Stem::Cifar => (3, 1),
            Stem::Standard => (7, 2),
        };
        let stem = Entry {
            conv: Conv2d::new(channels("resnet", shape)?, inputs, kernel, stride, init),
            norm: BatchNorm::new(inputs, init),
        };
        let mut blocks = Vec::new();
        for (stage, (&width, &count)) in self.widths.iter().zip(&self.blocks).enumerate() {
            for place in 0..count {
                let stride = if stage > 0 && place == 0 { 2 } else { 1 };
                blocks.push(Block::new(inputs, width, stride, init));
                inputs = width;
            }
        }
        Ok(ResNet { stem, pool: self.stem == Stem::Standard, blocks, width: inputs })
    }
}

/// The module.
#[derive(Module, Debug)]
pub struct ResNet {
    stem: Entry,
    pool: bool,
    blocks: Vec<Block>,
    width: usize,
}

/// A convolution and its normalization.
#[derive(Module, Debug)]
struct Entry {
    conv: Conv2d,
    norm: BatchNorm,
}

/// `relu(F(x) + x)`, `F` two 3x3 convolutions; `x` is projected where the shape changes.
#[derive(Module, Debug)]
struct Block {
    conv1: Conv2d,
    norm1: BatchNorm,
    conv2: Conv2d,
    norm2: BatchNorm,
    shortcut: Option<Entry>,
}

impl Block {
    fn new(inputs: usize, outputs: usize, stride: usize, init: &mut Init) -> Self {
        let shortcut = (stride != 1 || inputs != outputs).then(|| Entry {
            conv: Conv2d::new(inputs, outputs, 1, stride, init),
            norm: BatchNorm::new(outputs, init),
        });
        Self {
            conv1: Conv2d::new(inputs, outputs, 3, stride, init),
            norm1: BatchNorm::new(outputs, init),
            conv2: Conv2d::new(outputs, outputs, 3, 1, init),
            norm2: BatchNorm::new(outputs, init),
            shortcut,
        }
    }

    fn forward(&self, pixels: Tensor<4>) -> Tensor<4> {
        let identity = match &self.shortcut {
            Some(entry) => entry.norm.forward(entry.conv.forward(pixels.clone()), After::Nothing),
            None => pixels.clone(),
        };
        let hidden = self.norm1.forward(self.conv1.forward(pixels), After::Relu);
        self.norm2.forward_residual(self.conv2.forward(hidden), identity)
    }
}

impl ResNet {
    fn forward(&self, pixels: Tensor<4>) -> Tensor<4> {
        let entered = self.stem.norm.forward(self.stem.conv.forward(pixels), After::Relu);
        let entered = if self.pool { pool::max_3x3(entered) } else { entered };
        self.blocks.iter().fold(entered, |pixels, block| block.forward(pixels))
    }
}

impl Encode for ResNet {
    fn encode(&self, input: &Input) -> Latent {
        let Input::Pixels(pixels) = input else {
            panic!("a resnet was built for pictures and received {} table rows", input.samples())
        };
        super::of_map(self.forward(pixels.clone()))
    }

    fn width(&self) -> usize {
        self.width
    }
}
