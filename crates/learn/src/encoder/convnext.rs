//! ConvNeXt: a convolutional network built like a transformer: wide kernels channel by channel, then
//! a perceptron in every pixel.
//!
//! Liu, Mao, Wu, Feichtenhofer, Darrell, Xie: A ConvNet for the 2020s, CVPR 2022, section 2 and
//! figure 4: `x = x + scale * perceptron(norm(depthwise 7x7(x)))`.
//!
//! Departures: none in the network. Choose it where a vision transformer is too hungry for data and
//! batch statistics are unwanted: it has none.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
use pith_data::sample::Shape;
use pith_kernels::{Activation, ConvOptions};
use serde::{Deserialize, Serialize};

use super::{Encode, Latent, channels, positive, sides};
use crate::Error;
use crate::input::Input;
use crate::method::About;
use crate::moment::{Draws, Moment};
use crate::nn::{DropPath, Init, LayerNorm, Linear, pool};

pub(super) const ABOUT: About = About {
    summary: "wide kernels channel by channel and a perceptron in every pixel; for pictures",
    citation: "Liu, Mao, Wu, Feichtenhofer, Darrell, Xie: A ConvNet for the 2020s, CVPR 2022",
};

/// Added to the variance in every normalization, as the authors do.
const EPSILON: f64 = 1e-6;
/// Deviation of the first weights, as the authors do.
const DEVIATION: f32 = 0.02;
/// Pixels on a side of the wide kernels.
const KERNEL: usize = 7;

/// Settings; the defaults are a narrow network for pictures of 32 pixels.
///
/// ConvNeXt-T is `patch = 4`, `widths = [96, 192, 384, 768]`, `blocks = [3, 3, 9, 3]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Pixels on a side of the patches in which the picture enters.
    pub patch: usize,
    /// Channels of each stage; the last is the width of the latent.
    pub widths: Vec<usize>,
    /// Blocks of each stage; every stage after the first halves the picture.
    pub blocks: Vec<usize>,
    /// Initial scale of what a block adds, learned per channel.
    pub layer_scale: f32,
    /// Probability that a sample goes past the last block in training (stochastic depth; ConvNeXt-T:
    /// 0.1); it falls to zero at the first block.
    pub drop_path: f64,
}

impl Default for Config {
    fn default() -> Self {
        let (widths, blocks) = (vec![48, 96, 192], vec![2, 2, 4]);
        Self { patch: 2, widths, blocks, layer_scale: 1e-6, drop_path: 0.0 }
    }
}

impl Config {
    pub(super) fn init(&self, shape: Shape, init: &mut Init) -> Result<ConvNext, Error> {
        positive("encoder.convnext.patch", &[self.patch])?;
        positive("encoder.convnext.widths", &self.widths)?;
        positive("encoder.convnext.blocks", &self.blocks)?;
        if !(0.0..1.0).contains(&self.drop_path) {
            return Err(Error::Recipe(format!(
                "encoder.convnext.drop-path must be at least 0 and below 1, received {}",
                self.drop_path
            )));
        }
        let mut inputs = channels("convnext", shape)?;
        let Shape::Pixels { height, width, .. } = shape else {
            unreachable!("`channels` accepts pictures only")
        };
        let stages = self.widths.len();
        let shortest = height.min(width) / self.patch;
        if stages != self.blocks.len() || shortest >> (stages - 1) == 0 {
            return Err(Error::Recipe(format!(
                "encoder.convnext: widths and blocks need one number per stage, and a picture of \
                 {height}x{width} in patches of {} at most {} stages; received widths {:?} and \
                 blocks {:?}",
                self.patch,
                shortest.checked_ilog2().map_or(0, |halvings| halvings + 1),
                self.widths,
                self.blocks
            )));
        }
        let stem = Reduction::new([inputs, self.widths[0]], self.patch, self.widths[0], init);
        inputs = self.widths[0];
        let mut parts = Vec::new();
        for (stage, (&width, &count)) in self.widths.iter().zip(&self.blocks).enumerate() {
            let reduction = (stage > 0).then(|| Reduction::new([inputs, width], 2, inputs, init));
            let blocks = (0..count).map(|_| Block::new(width, self.layer_scale, init)).collect();
            parts.push(Stage { reduction, blocks });
            inputs = width;
        }
        Ok(ConvNext {
            stem,
            stages: parts,
            norm: LayerNorm::new(inputs, EPSILON, init),
            drop_path: self.drop_path,
            draws: None,
        })
    }
}

/// The module.
#[derive(Module, Debug)]
pub struct ConvNext {
    /// Normalizes after its convolution.
    stem: Reduction,
    stages: Vec<Stage>,
    norm: LayerNorm,
    drop_path: f64,
    /// Of the batch that the loss is measured on.
    #[module(skip)]
    draws: Option<Draws>,
}

#[derive(Module, Debug)]
struct Stage {
    /// Normalizes before its convolution.
    reduction: Option<Reduction>,
    blocks: Vec<Block>,
}

/// Patches without overlap to pixels, and a normalization of every pixel.
#[derive(Module, Debug)]
struct Reduction {
    conv: Convolution,
    norm: LayerNorm,
}

/// A convolution with a bias, since no batch norm follows.
#[derive(Module, Debug)]
struct Convolution {
    /// `[outputs, inputs / groups, kernel, kernel]`.
    weight: Param<Tensor<4>>,
    /// `[outputs]`.
    bias: Param<Tensor<1>>,
    stride: usize,
    padding: usize,
    groups: usize,
}

#[derive(Module, Debug)]
struct Block {
    depthwise: Convolution,
    norm: LayerNorm,
    up: Linear,
    down: Linear,
    /// `[width]`.
    scale: Param<Tensor<1>>,
}

impl Convolution {
    fn new(shape: [usize; 4], stride: usize, init: &mut Init) -> Self {
        let [outputs, _, kernel, _] = shape;
        let whole = stride == kernel; // patches side by side, all channels
        Self {
            weight: init.normal(shape, DEVIATION),
            bias: init.constant([outputs], 0.0),
            stride,
            padding: if whole { 0 } else { kernel / 2 },
            groups: if whole { 1 } else { outputs },
        }
    }

    fn forward(&self, pixels: Tensor<4>) -> Tensor<4> {
        let (stride, padding) = ([self.stride; 2], [self.padding; 2]);
        let options = ConvOptions { stride, padding, groups: self.groups };
        pith_kernels::conv2d(pixels, self.weight.val(), Some(self.bias.val()), options)
    }
}

impl Reduction {
    fn new([inputs, outputs]: [usize; 2], side: usize, normal: usize, init: &mut Init) -> Self {
        Self {
            conv: Convolution::new([outputs, inputs, side, side], side, init),
            norm: LayerNorm::new(normal, EPSILON, init),
        }
    }
}

impl Block {
    fn new(width: usize, scale: f32, init: &mut Init) -> Self {
        let linear = |inputs: usize, outputs: usize, init: &mut Init| Linear {
            weight: init.normal([inputs, outputs], DEVIATION),
            bias: Some(init.constant([outputs], 0.0)),
            lora: None,
        };
        Self {
            depthwise: Convolution::new([width, 1, KERNEL, KERNEL], 1, init),
            norm: LayerNorm::new(width, EPSILON, init),
            up: linear(width, 4 * width, init),
            down: linear(4 * width, width, init),
            scale: init.constant([width], scale),
        }
    }

    /// What the block adds is multiplied by `keep`, `[n, 1]`, where there is such.
    fn forward(&self, pixels: Tensor<4>, keep: Option<Tensor<2>>) -> Tensor<4> {
        let rows = channels_last(self.depthwise.forward(pixels.clone())); // [n, h, w, width]
        let hidden = self.up.activated(self.norm.forward(rows), Activation::Gelu);
        let added = self.down.forward(hidden) * self.scale.val().unsqueeze();
        let added = match keep {
            Some(keep) => added * keep.unsqueeze_dims::<4>(&[2, 3]),
            None => added,
        };
        pixels + channels_first(added)
    }
}

impl ConvNext {
    fn forward(&self, pixels: Tensor<4>) -> Tensor<4> {
        let mut keep = self.keep(pixels.dims()[0], &pixels.device()).into_iter();
        let entered = normalize(&self.stem.norm, self.stem.conv.forward(pixels));
        self.stages.iter().fold(entered, |pixels, stage| {
            let pixels = match &stage.reduction {
                Some(reduction) => reduction.conv.forward(normalize(&reduction.norm, pixels)),
                None => pixels,
            };
            stage
                .blocks
                .iter()
                .fold(pixels, |pixels, block| block.forward(pixels, keep.next().flatten()))
        })
    }

    /// By what each block multiplies the samples that go through it in training; see [`DropPath`].
    fn keep(&self, samples: usize, device: &Device) -> Vec<Option<Tensor<2>>> {
        let Some(draws) = self.draws.as_ref().filter(|_| device.is_autodiff()) else {
            return Vec::new();
        };
        let blocks = self.stages.iter().map(|stage| stage.blocks.len()).sum();
        let (rate, random) = (self.drop_path, draws.another());
        let mut drop = DropPath { rate, samples, length: 1, random };
        (0..blocks).map(|block| drop.factors(block, blocks, device)).collect()
    }
}

impl Encode for ConvNext {
    fn encode(&self, input: &Input) -> Latent {
        let Input::Pixels(pixels) = input else {
            panic!("a convnext was built for pictures and received {} table rows", input.samples())
        };
        let map = self.forward(pixels.clone()); // [n, width, h, w]
        let pooled = self.norm.forward(pool::global_average(map.clone()));
        let cells = map.flatten::<3>(2, 3).swap_dims(1, 2); // [n, cells, width]
        Latent { pooled, tokens: Some(self.norm.forward(cells)) }
    }

    fn prepare(&mut self, moment: &Moment) {
        self.draws = (self.drop_path > 0.0).then(|| Draws::of(moment));
    }

    fn cells(&self, shape: Shape) -> Option<[usize; 2]> {
        let convolutions = self.stages.iter().filter_map(|stage| stage.reduction.as_ref());
        let strides = convolutions.chain([&self.stem]).map(|reduction| reduction.conv.stride);
        let stride: usize = strides.product();
        Some(sides(shape)?.map(|side| side / stride))
    }

    fn width(&self) -> usize {
        self.norm.gamma.dims()[0]
    }
}

/// Every pixel over its channels, `[n, c, h, w]` to the same shape.
fn normalize(norm: &LayerNorm, pixels: Tensor<4>) -> Tensor<4> {
    channels_first(norm.forward(channels_last(pixels)))
}

/// `[n, c, h, w]` to `[n, h, w, c]`.
fn channels_last(pixels: Tensor<4>) -> Tensor<4> {
    pixels.permute([0, 2, 3, 1])
}

/// `[n, h, w, c]` to `[n, c, h, w]`.
fn channels_first(pixels: Tensor<4>) -> Tensor<4> {
    pixels.permute([0, 3, 1, 2])
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape = Shape::Pixels { channels: 1, height: 8, width: 8 };

    fn network(drop_path: f64, device: &Device) -> Result<ConvNext, Error> {
        let (widths, blocks) = (vec![4, 6], vec![1, 2]);
        let config = Config { widths, blocks, layer_scale: 1.0, drop_path, ..Config::default() };
        config.init(SHAPE, &mut Init::new(2, device))
    }

    /// Of four equal pictures, the difference of each latent from the first.
    fn differences(network: &ConvNext, device: &Device) -> Vec<f32> {
        let pictures = Tensor::ones([4, 1, 8, 8], device);
        let pooled = network.encode(&Input::Pixels(pictures)).pooled.without_autodiff();
        let first = pooled.clone().narrow(0, 0, 1);
        (pooled - first).abs().max_dim(1).into_data().iter().collect()
    }

    #[test]
    fn samples_go_past_blocks_in_training_alone_and_by_the_moment() {
        let device = Device::flex().autodiff();
        let mut network = network(0.9, &device).expect("a network");
        assert!(differences(&network, &device).iter().all(|&d| d < 1e-6), "before any draw");
        let moment = Moment::first(1, 10);
        network.prepare(&moment);
        let first = differences(&network, &device);
        assert!(first.iter().any(|&difference| difference > 1e-3), "{first:?}");
        network.prepare(&moment);
        assert_eq!(differences(&network, &device), first);
        network.prepare(&Moment { step: 1, ..moment });
        assert_ne!(differences(&network, &device), first);
        let network = network.valid();
        assert!(differences(&network, &Device::flex()).iter().all(|&d| d < 1e-6), "in use");
    }

    #[test]
    fn a_rate_is_a_share() {
        let told = network(1.0, &Device::flex()).expect_err("all would be left out").to_string();
        assert!(
            told.contains("encoder.convnext.drop-path") && told.contains("received 1"),
            "{told}"
        );
    }
}
