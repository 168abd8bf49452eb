//! VQ-VAE: a picture is a map of codes out of a codebook.
//!
//! Equation 3 of van den Oord, Vinyals, Kavukcuoglu: Neural discrete representation learning,
//! NeurIPS 2017, and its appendix A.1 for the moving averages:
//!
//! `L = mean (decode(e) - x)² + |sg[z] - e|² + beta |z - sg[e]|²`,
//!
//! where `e` is the code nearest to `z`, through which the gradient passes unchanged. The second
//! term falls away where codes follow moving averages of what they stand for.
//!
//! There is a code for each cell of the encoder's feature map. Where the encoder has none, or `parts`
//! are named, it is the pooled vector that is cut into as many parts and drawn from their codes.
//!
//! Departures: all terms are means over numbers; no prior is learned over the codes. Codes that
//! hardly anything uses begin anew at a vector of the batch (Dhariwal et al. 2020, appendix B.1).
//! What the model gives is the pooled vector, before any code. Choose it where the latent should be
//! symbols: for counting, for compression, for a language model on top. The cells of a map keep
//! what lies where. With `parts` the pooled vector itself must say all of the picture: choose them
//! where it is what will be used.

use burn::module::Module;
use burn::tensor::{Int, Tensor, TensorData};
use pith_data::random::Random;
use pith_space::health;
use serde::{Deserialize, Serialize};

use super::autoencoder::mean_squared_error;
use super::{Context, Finding, Learn, Loss, limits};
use crate::Error;
use crate::encoder::{Encoder, Latent};
use crate::input::{Input, Views};
use crate::method::About;
use crate::moment::Moment;
use crate::nn::upsampler::Source;
use crate::nn::{Codebook, Decoder, Init, codebook, decoder};
use crate::sheet::{self, HeldOut, Sheet};

pub(super) const ABOUT: About = About {
    summary: "reconstruction from codes out of a codebook, one for each cell of the feature map",
    citation: "van den Oord, Vinyals, Kavukcuoglu: Neural discrete representation learning, NeurIPS 2017",
};

/// The draw of vectors at which dead codes begin anew.
const CANDIDATES: u64 = 1;
/// Memory of the use of codes that learn by gradient.
const DECAY: f64 = 0.99;
/// Parts of a pooled vector where none are named.
const PARTS: usize = 8;

/// Settings; `beta` and the averages are the paper's, the codebook is for small sets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Codes to choose from.
    pub codes: usize,
    /// Codes of a sample, cut out of its pooled vector, whose width must be a multiple. Where left
    /// out, a code for each cell of the feature map, or 8 where the encoder has no map whose average
    /// it pools.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parts: Option<usize>,
    /// `beta`: what a vector away from its code costs.
    pub commitment: f64,
    /// How codes learn.
    pub update: Update,
    /// Codes that stand for fewer vectors per batch, by a moving average, begin anew; 0 for never.
    pub restart: f64,
    /// From codes to input; convolutional for pictures and fully connected for rows where none is
    /// named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decoder: Option<decoder::Config>,
}

/// How codes learn.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Update {
    /// As moving averages of the vectors for which they stand.
    Average {
        /// Their memory.
        decay: f64,
        /// Added to the counts.
        epsilon: f64,
    },
    /// By the gradient of the second term.
    Gradient,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            codes: 128,
            parts: None,
            commitment: 0.25,
            update: Update::Average { decay: DECAY, epsilon: 1e-5 },
            restart: 0.1,
            decoder: None,
        }
    }
}

impl Config {
    pub(super) fn init(&self, context: Context, init: &mut Init) -> Result<VqVae, Error> {
        let width = context.encoder.width();
        let cells = context.encoder.cells(context.shape).filter(|_| self.parts.is_none());
        let parts = self.parts.unwrap_or(PARTS);
        if self.codes < 2 || (cells.is_none() && (parts == 0 || !width.is_multiple_of(parts))) {
            return Err(Error::Recipe(format!(
                "objective.vq-vae needs 2 codes or more, and parts that divide the encoder's width \
                 of {width}; received {} codes and {parts} parts",
                self.codes
            )));
        }
        let (source, of_each, width) = match cells {
            Some(cells) => (Source::Map { cells, width }, cells.iter().product(), width),
            None => (Source::Vector(width), parts, width / parts),
        };
        let amounts = [("commitment", self.commitment), ("restart", self.restart)];
        limits::weights("objective.vq-vae", &amounts)?;
        if let Update::Average { decay, epsilon } = self.update
            && !((0.0..1.0).contains(&decay) && epsilon.is_finite() && epsilon > 0.0)
        {
            return Err(Error::Recipe(format!(
                "objective.vq-vae.update.average needs a decay from 0 to below 1 and an epsilon \
                 above zero, received {decay} and {epsilon}"
            )));
        }
        let learned = self.update == Update::Gradient;
        let named = self.decoder.as_ref();
        Ok(VqVae {
            codebook: Codebook::new(self.codes, width, learned, init),
            decoder: Decoder::new(named, "vq-vae", source, context.shape, init)?,
            cells: cells.is_some(),
            of_each,
            settings: self.clone(),
        })
    }
}

/// The module.
#[derive(Module, Debug)]
pub struct VqVae {
    codebook: Codebook,
    decoder: Decoder,
    /// Whether a code stands for a cell and not for a part of the pooled vector.
    cells: bool,
    /// Codes of a sample.
    of_each: usize,
    #[module(skip)]
    settings: Config,
}

impl VqVae {
    /// What codes are chosen for, `[n, d]`: a feature map cell by cell, or the pooled vector.
    pub fn latents(&self, encoder: &Encoder, input: &Input) -> Tensor<2> {
        match encoder.encode(input) {
            Latent { tokens: Some(cells), .. } if self.cells => cells.flatten(1, 2),
            latent => latent.pooled,
        }
    }

    /// The codes of latents, `[n, d]` to `[n * codes of each]`, and the cells or parts for which they
    /// stand, `[n * codes of each, width of a code]`.
    pub fn codes(&self, latents: Tensor<2>) -> (Tensor<1, Int>, Tensor<2>) {
        let [samples, numbers] = latents.dims();
        let places = latents.reshape([samples * self.of_each, numbers / self.of_each]);
        (self.codebook.nearest(places.clone()), places)
    }
}

impl Learn for VqVae {
    fn views(&self) -> usize {
        1
    }

    fn examine(&self, _encoder: &Encoder, _input: &Input) -> Finding {
        let alive = self.codebook.alive(self.settings.restart.max(1e-2));
        Finding { diagnosis: health::diagnose_codes("codes", &alive), ..Finding::default() }
    }

    fn show(&self, encoder: &Encoder, held_out: &HeldOut) -> Vec<Sheet> {
        let latents = self.latents(encoder, &held_out.input);
        sheet::autoencoder(held_out, latents, |latents| {
            let shape = latents.dims();
            let chosen = self.codebook.look_up(self.codes(latents).0); // [n * codes of each, width]
            self.decoder.forward(chosen.reshape(shape))
        })
    }

    fn loss(&self, encoder: &Encoder, views: &Views, moment: &Moment) -> Loss {
        let input = &views.inputs[0];
        let latents = self.latents(encoder, input);
        let shape = latents.dims();
        let (codes, places) = self.codes(latents);
        let chosen = self.codebook.look_up(codes.clone()); // [n * codes of each, width]
        let passed = straight_through(places.clone(), chosen.clone());
        let error = mean_squared_error(self.decoder.forward(passed.reshape(shape)), input.rows());
        let commitment = mean_squared_error(places.clone(), chosen.clone().detach());
        let mut total = error.clone() + commitment.clone() * self.settings.commitment;
        if self.settings.update == Update::Gradient {
            total = total + mean_squared_error(places.clone().detach(), chosen);
        }
        let (counts, sums) = codebook::usage(places.clone(), codes, self.settings.codes);
        let candidates = candidates(&places, self.settings.codes, &mut moment.random(CANDIDATES));
        Loss {
            total,
            terms: vec![
                ("error", error),
                ("commitment", commitment),
                ("perplexity", perplexity(&counts)),
            ],
            seen: vec![counts, sums, candidates],
        }
    }

    fn remember(&mut self, seen: Vec<Tensor<2>>) {
        let Ok([counts, sums, candidates]) = <[Tensor<2>; 3]>::try_from(seen) else { return };
        match self.settings.update {
            Update::Average { decay, epsilon } => {
                self.codebook.count(counts, sums, decay);
                self.codebook.follow(epsilon);
            }
            Update::Gradient => self.codebook.count(counts, sums, DECAY),
        }
        if self.settings.restart > 0.0 {
            self.codebook.restart(candidates, self.settings.restart);
        }
    }
}

/// The codes chosen, with the gradient of the places for which they stand; `[rows, width]` each.
fn straight_through(places: Tensor<2>, chosen: Tensor<2>) -> Tensor<2> {
    places.clone() + (chosen - places).detach()
}

/// Rows drawn from a batch, `[count, d]`.
fn candidates(rows: &Tensor<2>, count: usize, random: &mut Random) -> Tensor<2> {
    let all = rows.dims()[0];
    let places: Vec<i64> = (0..count).map(|_| random.below(all) as i64).collect();
    let places = Tensor::from_data(TensorData::new(places, [count]), &rows.device());
    rows.clone().detach().select(0, places)
}

/// How many codes are in even use, from their counts, `[codes, 1]`; `[1]`.
fn perplexity(counts: &Tensor<2>) -> Tensor<1> {
    let values: Vec<f32> = counts.clone().without_autodiff().into_data().iter::<f32>().collect();
    Tensor::from_floats([health::perplexity(&values) as f32], &counts.device())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder;
    use burn::tensor::Device;
    use pith_data::sample::Shape;

    const ROWS: (Shape, &str) = (Shape::Features { width: 6 }, "[mlp]\nwidth = 8");
    const PICTURES: (Shape, &str) =
        (Shape::Pixels { channels: 1, height: 8, width: 12 }, "[cnn]\nwidths = [4, 8]");

    fn built((shape, encoder): (Shape, &str), settings: &str) -> Result<(Encoder, VqVae), Error> {
        let mut init = Init::new(0, &Device::flex().autodiff());
        let encoder: encoder::Config = toml::from_str(encoder).expect("settings");
        let encoder = encoder.init(shape, &mut init)?;
        let config: Config = toml::from_str(settings).expect("settings");
        let objective = config.init(Context { encoder: &encoder, shape, classes: 0 }, &mut init)?;
        Ok((encoder, objective))
    }

    /// What the decoder is given is a code; what the encoder is told is as if it were not.
    #[test]
    fn the_gradient_passes_a_code_unchanged() {
        let device = Device::flex().autodiff();
        for (data, settings, size) in [(ROWS, "codes = 4\nparts = 2", 8), (PICTURES, "", 2 * 3 * 8)]
        {
            let (_, objective) = built(data, settings).expect("an objective");
            let latents = Tensor::<2>::ones([3, size], &device).require_grad();
            let (codes, places) = objective.codes(latents.clone());
            let chosen = objective.codebook.look_up(codes);
            let passed = straight_through(places, chosen.clone());
            let difference = (passed.clone() - chosen).without_autodiff().abs().max();
            let difference: f64 = difference.into_scalar();
            assert!(difference < 1e-6);
            let gradients = (passed * 3.0).sum().backward();
            let gradient = latents.grad(&gradients).expect("a gradient");
            assert!(gradient.into_data().iter::<f32>().all(|value| value == 3.0));
        }
    }

    #[test]
    fn every_cell_has_a_code_of_its_own() {
        let (encoder, objective) = built(PICTURES, "").expect("an objective");
        let pixels = Tensor::<1, Int>::arange(0..192, &Device::flex()).float().sin();
        let input = Input::Pixels(pixels.reshape([2, 1, 8, 12]));
        let (encoder, objective) = (encoder.valid(), objective.valid());
        let (codes, cells) = objective.codes(objective.latents(&encoder, &input));
        assert_eq!((codes.dims(), cells.dims()), ([2 * 6], [2 * 6, 8]));
        let pooled = encoder.encode(&input).pooled; // the mean of the cells
        let mean = cells.reshape([2, 6, 8]).mean_dim(1).reshape([2, 8]);
        let difference: f64 = (pooled - mean).abs().max().into_scalar();
        assert!(difference < 1e-5, "{difference}");
        let (_, parts) = built(PICTURES, "parts = 4").expect("parts are named");
        let (codes, _) = parts.valid().codes(parts.valid().latents(&encoder, &input));
        assert_eq!(codes.dims(), [2 * 4]);
    }

    #[test]
    fn parts_must_divide_the_width() {
        let told = built(ROWS, "parts = 3").expect_err("3 parts of 8").to_string();
        assert!(told.contains("width of 8") && told.contains("3 parts"), "{told}");
        let narrow = (ROWS.0, "[mlp]\nwidth = 4");
        let told = built(narrow, "").expect_err("8 parts of 4").to_string();
        assert!(told.contains("width of 4") && told.contains("8 parts"), "{told}");
    }
}
