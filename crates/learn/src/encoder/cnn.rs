//! A small convolutional network: 3x3 convolutions of stride 2, batch norm, ReLU, global average.
//! For pictures of digits and characters, and wherever a ResNet is more than the data needs.

use burn::module::Module;
use burn::tensor::Tensor;
use pith_data::sample::Shape;
use serde::{Deserialize, Serialize};

use super::{Encode, Latent, channels, positive, sides};
use crate::Error;
use crate::input::Input;
use crate::method::About;
use crate::nn::batch_norm::After;
use crate::nn::{BatchNorm, Conv2d, Init};

pub(super) const ABOUT: About = About {
    summary: "3x3 convolutions of stride 2 and a global average; small and quick",
    citation: "LeCun, Bottou, Bengio, Haffner: Gradient-based learning applied to document recognition, 1998",
};

/// Settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Channels of each stage; the last is the width of the latent. Every stage halves the
    /// picture.
    pub widths: Vec<usize>,
    /// Convolutions per stage; the first of a stage has stride 2.
    pub depth: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self { widths: vec![32, 64, 128], depth: 2 }
    }
}

impl Config {
    pub(super) fn init(&self, shape: Shape, init: &mut Init) -> Result<Cnn, Error> {
        positive("encoder.cnn.widths", &self.widths)?;
        positive("encoder.cnn.depth", &[self.depth])?;
        let mut inputs = channels("cnn", shape)?;
        let mut layers = Vec::new();
        for &width in &self.widths {
            for place in 0..self.depth {
                let stride = if place == 0 { 2 } else { 1 };
                layers.push(Layer {
                    conv: Conv2d::new(inputs, width, 3, stride, init),
                    norm: BatchNorm::new(width, init),
                });
                inputs = width;
            }
        }
        Ok(Cnn { layers, width: inputs })
    }
}

/// The module.
#[derive(Module, Debug)]
pub struct Cnn {
    layers: Vec<Layer>,
    width: usize,
}

#[derive(Module, Debug)]
struct Layer {
    conv: Conv2d,
    norm: BatchNorm,
}

impl Cnn {
    fn forward(&self, pixels: Tensor<4>) -> Tensor<4> {
        self.layers.iter().fold(pixels, |pixels, layer| {
            layer.norm.forward(layer.conv.forward(pixels), After::Relu)
        })
    }
}

impl Encode for Cnn {
    fn encode(&self, input: &Input) -> Latent {
        let Input::Pixels(pixels) = input else {
            panic!("a cnn was built for pictures and received {} table rows", input.samples())
        };
        super::of_map(self.forward(pixels.clone()))
    }

    fn cells(&self, shape: Shape) -> Option<[usize; 2]> {
        let strides = self.layers.iter().map(|layer| layer.conv.stride);
        let stride: usize = strides.product();
        Some(sides(shape)?.map(|side| side.div_ceil(stride)))
    }

    fn width(&self) -> usize {
        self.width
    }
}
