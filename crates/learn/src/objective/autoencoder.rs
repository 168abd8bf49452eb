//! Autoencoder: the latent must hold what is needed to draw the input again.
//!
//! `L = mean (decode(encode(x)) - x)²` over all numbers of the batch. Hinton, Salakhutdinov:
//! Reducing the dimensionality of data with neural networks, Science 2006.
//!
//! Departures: trained end to end with batch norm, no layer-wise pre-training. Choose it for table
//! rows and for compression; expect weaker classes than from contrastive learning on pictures.

use burn::module::Module;
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::{Context, Learn, Loss};
use crate::Error;
use crate::encoder::Encoder;
use crate::input::{Input, Views};
use crate::method::About;
use crate::moment::Moment;
use crate::nn::{Decoder, Init, decoder};
use crate::sheet::{self, HeldOut, Sheet};

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
    pub decoder: Option<decoder::Config>,
}

impl Config {
    pub(super) fn init(&self, context: Context, init: &mut Init) -> Result<Autoencoder, Error> {
        let width = context.encoder.width();
        let named = self.decoder.as_ref();
        let decoder = Decoder::new(named, "autoencoder", width, context.shape, init)?;
        Ok(Autoencoder { decoder })
    }
}

/// The module.
#[derive(Module, Debug)]
pub struct Autoencoder {
    decoder: Decoder,
}

impl Learn for Autoencoder {
    fn views(&self) -> usize {
        1
    }

    fn show(&self, encoder: &Encoder, held_out: &HeldOut) -> Vec<Sheet> {
        let latents = encoder.encode(&held_out.input).pooled;
        sheet::autoencoder(held_out, latents, |latent| self.decoder.forward(latent))
    }

    fn loss(&self, encoder: &Encoder, views: &Views, _moment: &Moment) -> Loss {
        let input: &Input = &views.inputs[0];
        let drawn = self.decoder.forward(encoder.encode(input).pooled);
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
