//! Residual networks (He et al. 2016, figures 2 and 5 and table 1).
//!
//! Departures: none for the 18 and 34 layer networks with the standard stem. In bottleneck blocks
//! the 3x3 convolution halves the picture, not the 1x1 before it, as every library has it (ResNet
//! v1.5). The `cifar` stem is
//! the one of contrastive learning on 32x32 pictures (Chen et al. 2020, appendix B.9): a 3x3
//! convolution of stride 1 and no pooling.

use burn::module::Module;
use burn::tensor::Tensor;
use pith_data::sample::Shape;
use serde::{Deserialize, Serialize};

use super::{Encode, Latent, channels, positive, sides};
use crate::Error;
use crate::input::Input;
use crate::method::About;
use crate::nn::batch_norm::After;
use crate::nn::{BatchNorm, Conv2d, Init, pool};

pub(super) const ABOUT: About = About {
    summary: "residual network: 18, 34 or 50 layers, or narrow; for pictures",
    citation: "He, Zhang, Ren, Sun: Deep residual learning for image recognition, CVPR 2016",
};

/// Settings; the defaults are ResNet-18 with the stem for small pictures.
///
/// ResNet-34 is `blocks = [3, 4, 6, 3]`, ResNet-50 the same with `block = "bottleneck"`; a narrow network for a plain CPU is `widths = [32, 64,
/// 128]`, `blocks = [1, 1, 1]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// How the picture enters.
    pub stem: Stem,
    /// Channels of each stage; the last is the width of the latent, or a quarter of it where blocks
    /// are bottlenecks.
    pub widths: Vec<usize>,
    /// Blocks of each stage; every stage after the first halves the picture.
    pub blocks: Vec<usize>,
    /// What a block is.
    pub block: Kind,
}

/// What a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Two 3x3 convolutions.
    Basic,
    /// A 3x3 convolution between two of 1x1, the last to four times the channels.
    Bottleneck,
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
        let (widths, blocks) = (vec![64, 128, 256, 512], vec![2, 2, 2, 2]);
        Self { stem: Stem::Cifar, widths, blocks, block: Kind::Basic }
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
                let block = Block::new(self.block, inputs, width, stride, init);
                inputs = block.outputs();
                blocks.push(block);
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

/// `relu(F(x) + x)`, `F` two or three convolutions; `x` is projected where the shape changes.
#[derive(Module, Debug)]
struct Block {
    conv1: Conv2d,
    norm1: BatchNorm,
    conv2: Conv2d,
    norm2: BatchNorm,
    /// Of a bottleneck.
    conv3: Option<Conv2d>,
    norm3: Option<BatchNorm>,
    shortcut: Option<Entry>,
}

/// Channels that leave a bottleneck for one inside.
const EXPANSION: usize = 4;

impl Block {
    fn new(kind: Kind, inputs: usize, width: usize, stride: usize, init: &mut Init) -> Self {
        let narrow = kind == Kind::Bottleneck;
        let outputs = if narrow { EXPANSION * width } else { width };
        let shortcut = (stride != 1 || inputs != outputs).then(|| Entry {
            conv: Conv2d::new(inputs, outputs, 1, stride, init),
            norm: BatchNorm::new(outputs, init),
        });
        let [first, second] = if narrow { [(1, 1), (3, stride)] } else { [(3, stride), (3, 1)] };
        Self {
            conv1: Conv2d::new(inputs, width, first.0, first.1, init),
            norm1: BatchNorm::new(width, init),
            conv2: Conv2d::new(width, width, second.0, second.1, init),
            norm2: BatchNorm::new(width, init),
            conv3: narrow.then(|| Conv2d::new(width, outputs, 1, 1, init)),
            norm3: narrow.then(|| BatchNorm::new(outputs, init)),
            shortcut,
        }
    }

    /// Channels that leave.
    fn outputs(&self) -> usize {
        self.conv3.as_ref().unwrap_or(&self.conv2).weight.dims()[0]
    }

    fn forward(&self, pixels: Tensor<4>) -> Tensor<4> {
        let identity = match &self.shortcut {
            Some(entry) => entry.norm.forward(entry.conv.forward(pixels.clone()), After::Nothing),
            None => pixels.clone(),
        };
        let hidden = self.norm1.forward(self.conv1.forward(pixels), After::Relu);
        let hidden = self.conv2.forward(hidden);
        match (&self.conv3, &self.norm3) {
            (Some(conv), Some(norm)) => {
                let hidden = self.norm2.forward(hidden, After::Relu);
                norm.forward_residual(conv.forward(hidden), identity)
            }
            _ => self.norm2.forward_residual(hidden, identity),
        }
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

    fn cells(&self, shape: Shape) -> Option<[usize; 2]> {
        let blocks = self.blocks.iter().map(|block| block.conv1.stride * block.conv2.stride);
        let entry = self.stem.conv.stride * if self.pool { 2 } else { 1 };
        let stride = entry * blocks.product::<usize>();
        Some(sides(shape)?.map(|side| side.div_ceil(stride)))
    }

    fn width(&self) -> usize {
        self.width
    }
}
