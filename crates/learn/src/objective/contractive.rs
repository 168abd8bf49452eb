//! Contractive autoencoder: the latent must hold what is needed to draw the input, and move as
//! little as it can where the input moves.
//!
//! Rifai, Vincent, Muller, Glorot, Bengio: Contractive auto-encoders: explicit invariance during
//! feature extraction, ICML 2011, equation 7: `L = mean (decode(encode(x)) - x)² + lambda |J(x)|²`
//! with the Frobenius norm of the encoder's Jacobian.
//!
//! Departures: the paper's closed form is that of one sigmoid layer; here `|J|² = E |J v|²` over
//! normal `v`, one draw a sample, with `J v` from a small step, so that any encoder will do. The
//! paper ties the decoder's weights to the encoder's, without which a smaller latent looks like a
//! contraction; here the norm is divided by the latent's variance over the batch instead. Choose it
//! for a latent that ignores small changes; denoising asks nearly the same for half the work.

use burn::module::Module;
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::autoencoder::mean_squared_error;
use super::{Context, Learn, Loss, limits, variational};
use crate::Error;
use crate::encoder::Encoder;
use crate::input::Views;
use crate::method::About;
use crate::moment::Moment;
use crate::nn::{Decoder, Init, decoder};
use crate::sheet::{self, HeldOut, Sheet};

pub(super) const ABOUT: About = About {
    summary: "reconstruction by a latent that moves little where the input moves",
    citation: "Rifai, Vincent, Muller, Glorot, Bengio: Contractive auto-encoders, ICML 2011",
};

/// The draw of directions.
const DIRECTION: u64 = 1;
/// The step along a direction of normal numbers: short beside inputs of variance 1, long beside the
/// precision of their latents.
const STEP: f64 = 1e-2;
/// Added to the latent's variance.
const EPSILON: f64 = 1e-6;

/// Settings; the paper's weight.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// `lambda`: what moving costs.
    pub weight: f64,
    /// From latent to input; convolutional for pictures and fully connected for rows where none is
    /// named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decoder: Option<decoder::Config>,
}

impl Default for Config {
    fn default() -> Self {
        Self { weight: 0.1, decoder: None }
    }
}

impl Config {
    pub(super) fn init(&self, context: Context, init: &mut Init) -> Result<Contractive, Error> {
        limits::weight("objective.contractive.weight", self.weight)?;
        let width = context.encoder.width();
        let named = self.decoder.as_ref();
        let decoder = Decoder::new(named, "contractive", width, context.shape, init)?;
        Ok(Contractive { decoder, weight: self.weight })
    }
}

/// The module.
#[derive(Module, Debug)]
pub struct Contractive {
    decoder: Decoder,
    weight: f64,
}

impl Learn for Contractive {
    fn views(&self) -> usize {
        1
    }

    fn show(&self, encoder: &Encoder, held_out: &HeldOut) -> Vec<Sheet> {
        let latents = encoder.encode(&held_out.input).pooled;
        sheet::autoencoder(held_out, latents, |latent| self.decoder.forward(latent))
    }

    fn loss(&self, encoder: &Encoder, views: &Views, moment: &Moment) -> Loss {
        let input = &views.inputs[0];
        let rows = input.rows();
        let random = &mut moment.random(DIRECTION);
        let direction = variational::noise(rows.dims(), random, &rows.device());
        let encode = |rows| encoder.encode(&input.with_rows(rows)).pooled;
        let (latent, moved) = along(encode, rows.clone(), direction);
        let error = mean_squared_error(self.decoder.forward(latent.clone()), rows);
        let contraction = moved.square().sum_dim(1).mean() / (variance(latent) + EPSILON);
        Loss {
            total: error.clone() + contraction.clone() * self.weight,
            terms: vec![("error", error), ("contraction", contraction)],
            seen: Vec::new(),
        }
    }
}

/// `f(x)` and the derivative of `f` along a direction, `[n, d]` each, in one pass so that batch
/// norm treats both ends of the step alike.
fn along(
    f: impl Fn(Tensor<2>) -> Tensor<2>,
    rows: Tensor<2>,
    direction: Tensor<2>,
) -> (Tensor<2>, Tensor<2>) {
    let samples = rows.dims()[0];
    let ends = f(Tensor::cat(vec![rows.clone(), rows + direction * STEP], 0)); // [2n, d]
    let (here, there) = (ends.clone().narrow(0, 0, samples), ends.narrow(0, samples, samples));
    let derivative = (there - here.clone()) / STEP;
    (here, derivative)
}

/// The variance over the batch, summed over dimensions; `[1]`.
fn variance(latent: Tensor<2>) -> Tensor<1> {
    let centred = latent.clone() - latent.mean_dim(0);
    centred.square().mean_dim(0).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objective::golden;
    use burn::tensor::{Device, activation};
    use pith_data::random::Random;

    /// One sigmoid layer from 4 to 3: the paper's closed form is
    /// `sum_j (h_j (1 - h_j))² sum_i W_ij²`.
    #[test]
    fn the_mean_over_directions_is_the_closed_form() {
        let device = Device::flex();
        let weights = golden::tensor(golden::b(), &device).narrow(0, 0, 4).narrow(1, 0, 3);
        let layer = |rows: Tensor<2>| activation::sigmoid(rows.matmul(weights.clone()));
        let rows = golden::tensor(golden::a(), &device);
        let hidden = layer(rows.clone());
        let slope = hidden.clone() * (hidden.neg() + 1.0);
        let lengths = weights.clone().square().sum_dim(0); // [1, 3]
        let exact: f64 = (slope.square() * lengths).sum_dim(1).mean().into_scalar();

        let many = rows.repeat_dim(0, 4000);
        let direction = variational::noise(many.dims(), &mut Random::keyed(&[1]), &device);
        let direction = direction.cast(burn::tensor::DType::F64);
        let (_, moved) = along(layer, many, direction);
        let found: f64 = moved.square().sum_dim(1).mean().into_scalar();
        assert!((found - exact).abs() < 0.03 * exact, "{found} is not {exact}");
    }

    #[test]
    fn a_smaller_latent_is_no_contraction() {
        let rows = golden::tensor(golden::a(), &Device::flex());
        let direction = golden::tensor(golden::b(), &Device::flex());
        let relative = |scale: f64| -> f64 {
            let (latent, moved) = along(|rows| rows * scale, rows.clone(), direction.clone());
            (moved.square().sum_dim(1).mean() / variance(latent)).into_scalar()
        };
        assert!((relative(1.0) - relative(1e-3)).abs() < 1e-6);
    }
}
