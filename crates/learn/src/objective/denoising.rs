//! Denoising autoencoder: the latent of a damaged input must hold what is needed to draw the input
//! as it was.
//!
//! Equation 9 of Vincent, Larochelle, Lajoie, Bengio, Manzagol: Stacked denoising autoencoders,
//! JMLR 2010: `L = mean (decode(encode(x~)) - x)²` with `x~` drawn anew from `q(x~ | x)` each time:
//! noise, masking, or salt and pepper (section 3.3 there).
//!
//! Departures: trained end to end, no layer-wise pre-training. Choose it before the plain
//! autoencoder wherever the latent is wide: damage keeps it from copying.

use burn::module::Module;
use burn::tensor::{Tensor, TensorData};
use pith_data::random::Random;
use serde::{Deserialize, Serialize};

use super::autoencoder::mean_squared_error;
use super::{Context, Learn, Loss, limits, variational};
use crate::Error;
use crate::encoder::Encoder;
use crate::input::Views;
use crate::method::About;
use crate::moment::Moment;
use crate::nn::{Decoder, Init, decoder};
use crate::sheet::{self, HeldOut, Path, Sheet};

pub(super) const ABOUT: About = About {
    summary: "reconstruction of the whole input from a damaged one",
    citation: "Vincent, Larochelle, Lajoie, Bengio, Manzagol: Stacked denoising autoencoders, JMLR 2010",
};

/// The draw that damages a batch.
const DAMAGE: u64 = 1;

/// Settings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// What is done to the input.
    pub corruption: Corruption,
    /// From latent to input; convolutional for pictures and fully connected for rows where none is
    /// named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decoder: Option<decoder::Config>,
}

/// Damage to an input, number by number.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Corruption {
    /// Adds normal noise.
    Gaussian {
        /// Its standard deviation, on the scale that the encoder sees.
        deviation: f64,
    },
    /// Puts zero, the mean of standardized inputs, in the place of some numbers.
    Masking {
        /// Of how many.
        share: f64,
    },
    /// Puts the smallest or the largest number of the batch in the place of some, one as often as
    /// the other.
    SaltAndPepper {
        /// Of how many.
        share: f64,
    },
}

impl Default for Corruption {
    fn default() -> Self {
        Corruption::Masking { share: 0.25 }
    }
}

impl Config {
    pub(super) fn init(&self, context: Context, init: &mut Init) -> Result<Denoising, Error> {
        match self.corruption {
            Corruption::Gaussian { deviation } => {
                limits::weight("objective.denoising.corruption.gaussian.deviation", deviation)?;
            }
            Corruption::Masking { share } => {
                limits::below_one("objective.denoising.corruption.masking.share", share)?;
            }
            Corruption::SaltAndPepper { share } => {
                limits::below_one("objective.denoising.corruption.salt-and-pepper.share", share)?;
            }
        }
        let width = context.encoder.width();
        let named = self.decoder.as_ref();
        let decoder = Decoder::new(named, "denoising", width, context.shape, init)?;
        Ok(Denoising { decoder, corruption: self.corruption })
    }
}

/// The module.
#[derive(Module, Debug)]
pub struct Denoising {
    decoder: Decoder,
    #[module(skip)]
    corruption: Corruption,
}

impl Learn for Denoising {
    fn views(&self) -> usize {
        1
    }

    fn show(&self, encoder: &Encoder, held_out: &HeldOut) -> Vec<Sheet> {
        let decode = |latent| self.decoder.forward(latent);
        let damaged = self.corruption.damage(held_out.input.rows(), &mut held_out.random(DAMAGE));
        let damaged = held_out.input.with_rows(damaged);
        let latents = encoder.encode(&held_out.input).pooled;
        let drawn = decode(encoder.encode(&damaged).pooled);
        vec![
            sheet::reconstructions(held_out, Some(damaged.rows()), drawn),
            sheet::interpolations(held_out, latents, Path::Line, decode),
        ]
    }

    fn loss(&self, encoder: &Encoder, views: &Views, moment: &Moment) -> Loss {
        let input = &views.inputs[0];
        let clean = input.rows();
        let damaged = self.corruption.damage(clean.clone(), &mut moment.random(DAMAGE));
        let drawn = self.decoder.forward(encoder.encode(&input.with_rows(damaged)).pooled);
        Loss::whole(mean_squared_error(drawn, clean))
    }
}

impl Corruption {
    /// Damaged rows, `[n, size]`.
    pub fn damage(self, rows: Tensor<2>, random: &mut Random) -> Tensor<2> {
        let (shape, device) = (rows.dims(), rows.device());
        let mut chosen = |share: f64| {
            let draws = (0..shape[0] * shape[1]).map(|_| random.chance(share as f32));
            let chosen = TensorData::new(draws.collect::<Vec<bool>>(), shape);
            Tensor::<2, burn::tensor::Bool>::from_data(chosen, &device)
        };
        match self {
            Corruption::Gaussian { deviation } => {
                rows + variational::noise(shape, random, &device) * deviation
            }
            Corruption::Masking { share } => rows.mask_fill(chosen(share), 0.0),
            Corruption::SaltAndPepper { share } => {
                let (hit, salt) = (chosen(share), chosen(0.5));
                let extreme = |value: Tensor<1>| value.unsqueeze::<2>().expand(shape);
                let (low, high) = (extreme(rows.clone().min()), extreme(rows.clone().max()));
                rows.mask_where(hit, low.mask_where(salt, high))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    /// Numbers from 1 to 2, damaged.
    fn damaged(corruption: Corruption) -> Vec<f32> {
        let values: Vec<f32> = (0..20_000).map(|place| 1.0 + place as f32 / 19_999.0).collect();
        let rows = Tensor::from_data(TensorData::new(values, [20, 1000]), &Device::flex());
        let damaged = corruption.damage(rows, &mut Random::keyed(&[3]));
        damaged.into_data().try_into_vec().expect("f32")
    }

    fn share(values: &[f32], value: f32) -> f64 {
        values.iter().filter(|&&found| found == value).count() as f64 / values.len() as f64
    }

    #[test]
    fn masking_hits_its_share_and_leaves_the_rest() {
        let values = damaged(Corruption::Masking { share: 0.25 });
        assert!((share(&values, 0.0) - 0.25).abs() < 0.0125); // four standard deviations
        assert!(values.iter().all(|&value| value == 0.0 || value >= 1.0));
    }

    #[test]
    fn salt_and_pepper_come_in_equal_shares() {
        let values = damaged(Corruption::SaltAndPepper { share: 0.4 });
        for extreme in [1.0, 2.0] {
            assert!((share(&values, extreme) - 0.2).abs() < 0.0125, "{extreme}");
        }
    }

    #[test]
    fn noise_has_its_deviation() {
        let values = damaged(Corruption::Gaussian { deviation: 0.5 });
        let squares = values
            .iter()
            .enumerate()
            .map(|(place, &value)| (f64::from(value) - 1.0 - place as f64 / 19_999.0).powi(2));
        let deviation = (squares.sum::<f64>() / 20_000.0).sqrt();
        assert!((deviation - 0.5).abs() < 0.01, "{deviation}");
    }
}
