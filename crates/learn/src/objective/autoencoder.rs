//! Autoencoder: the latent must hold what is needed to draw the input again.
//!
//! `L = mean (decode(encode(x)) - x)²` over all numbers of the batch. Hinton, Salakhutdinov:
//! Reducing the dimensionality of data with neural networks, Science 2006.
//!
//! Departures: trained end to end with batch norm, no layer-wise pre-training. Choose it for table
//! rows and for compression; expect weaker classes than from contrastive learning on pictures.

use burn::module::Module;
use burn::tensor::Tensor;
use pith_data::sample::Shape;
use serde::{Deserialize, Serialize};

use super::{Context, Learn, Loss};
use crate::Error;
use crate::encoder::Encoder;
use crate::input::{Input, Views};
use crate::method::About;
use crate::moment::Moment;
use crate::nn::{Init, Mlp, Upsampler};

pub(super) const ABOUT: About = About {
    summary: "reconstruction: the latent must hold what is needed to draw the input again",
    citation: "Hinton, Salakhutdinov: Reducing the dimensionality of data with neural networks, Science 2006",
};

/// Settings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// From latent to input; convolutional for pictures and fully connected for rows where none is
    /// named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decoder: Option<DecoderConfig>,
}

/// A decoder and its settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum DecoderConfig {
    /// Fully connected layers.
    Mlp {
        /// Widths of the hidden layers.
        hidden: Vec<usize>,
    },
    /// A linear layer, then doubling and 3x3 convolutions.
    Convolutional {
        /// Channels of each stage; every stage but the first doubles the picture.
        widths: Vec<usize>,
    },
}

impl Config {
    pub(super) fn init(&self, context: Context, init: &mut Init) -> Result<Autoencoder, Error> {
        let chosen = self.decoder.clone().unwrap_or_else(|| match context.shape {
            Shape::Pixels { .. } => DecoderConfig::Convolutional { widths: vec![128, 64, 32] },
            _ => DecoderConfig::Mlp { hidden: vec![256, 512] },
        });
        let decoder = match (chosen, context.shape) {
            (DecoderConfig::Mlp { hidden }, shape) => {
                let widths: Vec<usize> = [context.encoder.width()]
                    .into_iter()
                    .chain(hidden)
                    .chain([shape.size()])
                    .collect();
                Decoder::Mlp(Mlp::new(&widths, true, init))
            }
            (
                DecoderConfig::Convolutional { widths },
                Shape::Pixels { channels, height, width },
            ) => Decoder::Convolutional(Upsampler::new(
                context.encoder.width(),
                &widths,
                [channels, height, width],
                init,
            )?),
            (DecoderConfig::Convolutional { .. }, other) => {
                return Err(Error::Recipe(format!(
                    "objective.autoencoder.decoder: a convolutional decoder draws pictures, and \
                     the data gives {other:?}; use mlp"
                )));
            }
        };
        Ok(Autoencoder { decoder })
    }
}

/// The module.
#[derive(Module, Debug)]
pub struct Autoencoder {
    decoder: Decoder,
}

#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant, reason = "one of them exists in a run")]
enum Decoder {
    Mlp(Mlp),
    Convolutional(Upsampler),
}

impl Autoencoder {
    /// What the latent is drawn back to: `[n, width]` to `[n, size]`.
    pub fn decode(&self, latent: Tensor<2>) -> Tensor<2> {
        match &self.decoder {
            Decoder::Mlp(decoder) => decoder.forward(latent),
            Decoder::Convolutional(decoder) => decoder.forward(latent).flatten(1, 3),
        }
    }
}

impl Learn for Autoencoder {
    fn views(&self) -> usize {
        1
    }

    fn loss(&self, encoder: &Encoder, views: &Views, _moment: &Moment) -> Loss {
        let input: &Input = &views.inputs[0];
        let drawn = self.decode(encoder.encode(input).pooled);
        Loss::whole(mean_squared_error(drawn, input.rows()))
    }
}

/// `mean (a - b)²` over all numbers; `[1]`.
pub fn mean_squared_error(a: Tensor<2>, b: Tensor<2>) -> Tensor<1> {
    (a - b).square().mean_dim(1).mean()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objective::golden;

    #[test]
    fn mean_squared_error_is_the_mean_over_all_numbers() {
        let difference = golden::a().into_iter().zip(golden::b()).map(|(a, b)| (a - b).powi(2));
        golden::check(difference.sum::<f64>() / 32.0, mean_squared_error);
    }
}
