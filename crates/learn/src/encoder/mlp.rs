//! A multilayer perceptron over the raw numbers of a sample: table rows, or small pictures as a
//! baseline for encoders that know of space.

use burn::module::Module;
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
}

impl Default for Config {
    fn default() -> Self {
        Self { hidden: vec![512, 256], width: 64, norm: true }
    }
}

impl Config {
    pub(super) fn init(&self, shape: Shape, init: &mut Init) -> Result<Mlp, Error> {
        positive("encoder.mlp.width", &[self.width])?;
        let widths: Vec<usize> =
            [shape.size()].iter().chain(&self.hidden).chain([&self.width]).copied().collect();
        positive("encoder.mlp.hidden", &widths)?;
        Ok(Mlp { layers: nn::Mlp::new(&widths, self.norm, init), width: self.width })
    }
}

/// The module.
#[derive(Module, Debug)]
pub struct Mlp {
    layers: nn::Mlp,
    width: usize,
}

impl Encode for Mlp {
    fn encode(&self, input: &Input) -> Latent {
        Latent { pooled: self.layers.forward(input.rows()), tokens: None } // [n, width]
    }

    fn width(&self) -> usize {
        self.width
    }
}
