//! A multilayer perceptron over the raw numbers of a sample: table rows, or small pictures as a
//! baseline for encoders that know of space.

use burn::module::Module;
use burn::tensor::activation;
use pith_data::sample::Shape;
use serde::{Deserialize, Serialize};

use super::{Encode, Latent, positive};
use crate::Error;
use crate::input::Input;
use crate::method::About;
use crate::nn::{self, Init};

pub(super) const ABOUT: About = About {
    summary: "fully connected layers over the raw numbers of a sample",
    citation: "Rumelhart, Hinton, Williams: Learning representations by back-propagating errors, Nature 1986",
};

/// Settings, with defaults for tables of tens of columns and for MNIST.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Widths of the hidden layers.
    pub hidden: Vec<usize>,
    /// Numbers per latent.
    pub width: usize,
    /// Batch norm after every hidden layer.
    pub norm: bool,
    /// A ReLU behind the last layer too, for objectives that put linear heads on it, as variational
    /// autoencoders do: two linear maps in a row learn no more than one, and slower.
    pub activated: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self { hidden: vec![512, 256], width: 64, norm: true, activated: false }
    }
}

impl Config {
    pub(super) fn init(&self, shape: Shape, init: &mut Init) -> Result<Mlp, Error> {
        positive("encoder.mlp.width", &[self.width])?;
        let widths: Vec<usize> =
            [shape.size()].iter().chain(&self.hidden).chain([&self.width]).copied().collect();
        positive("encoder.mlp.hidden", &widths)?;
        let layers = nn::Mlp::new(&widths, self.norm, init);
        Ok(Mlp { layers, inputs: shape.size(), width: self.width, activated: self.activated })
    }
}

/// The module.
#[derive(Module, Debug)]
pub struct Mlp {
    layers: nn::Mlp,
    inputs: usize,
    width: usize,
    activated: bool,
}

impl Encode for Mlp {
    fn encode(&self, input: &Input) -> Latent {
        let pooled = self.layers.forward(input.rows()); // [n, width]
        let pooled = if self.activated { activation::relu(pooled) } else { pooled };
        Latent { pooled, tokens: None }
    }

    fn width(&self) -> usize {
        self.width
    }

    fn accepts(&self, shape: Shape) -> Result<(), Error> {
        if shape.size() == self.inputs {
            return Ok(());
        }
        Err(Error::Recipe(format!(
            "encoder `mlp` was made for {} numbers a sample and cannot see {}; take the size out, or \
             use an encoder of pictures",
            self.inputs,
            shape.size()
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, Distribution, Tensor};

    /// The smallest number of latents, of one sign only where the last layer is activated.
    #[test]
    fn an_activated_encoder_ends_in_a_relu() {
        let lowest = |activated| {
            let mut init = Init::new(1, &Device::flex());
            let config = Config { activated, ..Config::default() };
            let encoder = config.init(Shape::Features { width: 5 }, &mut init).expect("an encoder");
            let rows = Tensor::random([16, 5], Distribution::Default, &Device::flex());
            encoder.encode(&Input::Features(rows)).pooled.min().into_scalar::<f64>()
        };
        assert!(lowest(false) < 0.0);
        assert_eq!(lowest(true), 0.0);
    }
}
