//! From a vector, or a feature map, back to an input: what reconstruction learns beside the encoder.

use burn::module::Module;
use burn::tensor::Tensor;
use pith_data::sample::Shape;
use serde::{Deserialize, Serialize};

use super::upsampler::Source;
use super::{Init, Mlp, Upsampler};
use crate::Error;

/// A decoder and its settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Config {
    /// Fully connected layers.
    Mlp {
        /// Widths of the hidden layers.
        hidden: Vec<usize>,
        /// Batch norm after every hidden layer.
        #[serde(default = "normed")]
        norm: bool,
    },
    /// A linear layer, then doubling and 3x3 convolutions.
    Convolutional {
        /// Channels of each stage; every stage but the first doubles the picture.
        widths: Vec<usize>,
    },
}

fn normed() -> bool {
    true
}

/// Draws an input from a vector or a feature map.
#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant, reason = "one of them exists in a run")]
pub enum Decoder {
    /// Fully connected layers.
    Mlp(Mlp),
    /// Doubling and convolutions.
    Convolutional(Upsampler),
}

impl Decoder {
    /// The decoder that `objective` names; convolutional for pictures and fully connected for rows
    /// where it names none.
    ///
    /// # Errors
    /// Where it cannot draw inputs of that shape.
    pub fn new(
        named: Option<&Config>,
        objective: &str,
        source: impl Into<Source>,
        shape: Shape,
        init: &mut Init,
    ) -> Result<Self, Error> {
        let source = source.into();
        let chosen = named.cloned().unwrap_or_else(|| match shape {
            Shape::Pixels { height, width, .. } => {
                Config::Convolutional { widths: source.widths([height, width]) }
            }
            _ => Config::Mlp { hidden: vec![256, 512], norm: true },
        });
        match (chosen, shape) {
            (Config::Mlp { hidden, .. }, _) if hidden.contains(&0) => Err(Error::Recipe(format!(
                "objective.{objective}.decoder.mlp.hidden must be widths above zero, received \
                 {hidden:?}"
            ))),
            (Config::Mlp { hidden, norm }, shape) => {
                let widths: Vec<usize> =
                    [source.size()].into_iter().chain(hidden).chain([shape.size()]).collect();
                Ok(Decoder::Mlp(Mlp::new(&widths, norm, init)))
            }
            (Config::Convolutional { widths }, Shape::Pixels { channels, height, width }) => {
                let size = [channels, height, width];
                Ok(Decoder::Convolutional(Upsampler::new(source, &widths, size, init)?))
            }
            (Config::Convolutional { .. }, other) => Err(Error::Recipe(format!(
                "objective.{objective}.decoder: a convolutional decoder draws pictures, and the \
                 data gives {other:?}; use mlp"
            ))),
        }
    }

    /// `[n, numbers of the source]` to inputs as rows, `[n, size]`.
    pub fn forward(&self, vectors: Tensor<2>) -> Tensor<2> {
        match self {
            Decoder::Mlp(decoder) => decoder.forward(vectors),
            Decoder::Convolutional(decoder) => decoder.forward(vectors).flatten(1, 3),
        }
    }
}
