//! VQ-VAE: the latent is a handful of codes out of a codebook.
//!
//! Equation 3 of van den Oord, Vinyals, Kavukcuoglu: Neural discrete representation learning,
//! NeurIPS 2017, and its appendix A.1 for the moving averages:
//!
//! `L = mean (decode(e) - x)² + |sg[z] - e|² + beta |z - sg[e]|²`,
//!
//! where `e` is the code nearest to `z`, through which the gradient passes unchanged. The second
//! term falls away where codes follow moving averages of what they stand for.
//!
//! Departures: the paper has a code for each place of a feature map; here the pooled vector is cut
//! into `parts`, because it is what the model gives. All terms are means over numbers. Codes that
//! hardly anything uses begin anew at a vector of the batch (Dhariwal et al. 2020, appendix B.1).
//! Choose it where the latent should be symbols: for counting, for compression, for a language
//! model on top.

use burn::module::Module;
use burn::tensor::{Int, Tensor, TensorData};
use pith_data::random::Random;
use pith_space::health;
use serde::{Deserialize, Serialize};

use super::autoencoder::mean_squared_error;
use super::{Context, Finding, Learn, Loss, limits};
use crate::Error;
use crate::encoder::Encoder;
use crate::input::{Input, Views};
use crate::method::About;
use crate::moment::Moment;
use crate::nn::{Codebook, Decoder, Init, codebook, decoder};
use crate::sheet::{self, HeldOut, Sheet};

pub(super) const ABOUT: About = About {
    summary: "reconstruction from a handful of codes out of a codebook",
    citation: "van den Oord, Vinyals, Kavukcuoglu: Neural discrete representation learning, NeurIPS 2017",
};

/// The draw of vectors at which dead codes begin anew.
const CANDIDATES: u64 = 1;
/// Memory of the use of codes that learn by gradient.
const DECAY: f64 = 0.99;

/// Settings; `beta` and the averages are the paper's, the codebook is for small sets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Codes to choose from.
    pub codes: usize,
    /// Codes of a sample; the encoder's width must be a multiple.
    pub parts: usize,
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
            parts: 8,
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
        if self.codes < 2 || self.parts == 0 || !width.is_multiple_of(self.parts) {
            return Err(Error::Recipe(format!(
                "objective.vq-vae needs 2 codes or more, and parts that divide the encoder's width \
                 of {width}; received {} codes and {} parts",
                self.codes, self.parts
            )));
        }
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
            codebook: Codebook::new(self.codes, width / self.parts, learned, init),
            decoder: Decoder::new(named, "vq-vae", width, context.shape, init)?,
            settings: self.clone(),
        })
    }
}

/// The module.
#[derive(Module, Debug)]
pub struct VqVae {
    codebook: Codebook,
    decoder: Decoder,
    #[module(skip)]
    settings: Config,
}

impl VqVae {
    /// The codes of pooled vectors, `[n, width]` to `[n * parts]`, and the vectors cut into their
    /// parts, `[n * parts, width / parts]`.
    pub fn codes(&self, pooled: Tensor<2>) -> (Tensor<1, Int>, Tensor<2>) {
        let [samples, width] = pooled.dims();
        let parts = self.settings.parts;
        let parts = pooled.reshape([samples * parts, width / parts]);
        (self.codebook.nearest(parts.clone()), parts)
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
        sheet::autoencoder(encoder, held_out, |latent| {
            let shape = latent.dims();
            let chosen = self.codebook.look_up(self.codes(latent).0); // [n * parts, width / parts]
            self.decoder.forward(chosen.reshape(shape))
        })
    }

    fn loss(&self, encoder: &Encoder, views: &Views, moment: &Moment) -> Loss {
        let input = &views.inputs[0];
        let pooled = encoder.encode(input).pooled; // [n, width]
        let shape = pooled.dims();
        let (codes, parts) = self.codes(pooled);
        let chosen = self.codebook.look_up(codes.clone()); // [n * parts, width / parts]
        let passed = parts.clone() + (chosen.clone() - parts.clone()).detach();
        let error = mean_squared_error(self.decoder.forward(passed.reshape(shape)), input.rows());
        let commitment = mean_squared_error(parts.clone(), chosen.clone().detach());
        let mut total = error.clone() + commitment.clone() * self.settings.commitment;
        if self.settings.update == Update::Gradient {
            total = total + mean_squared_error(parts.clone().detach(), chosen);
        }
        let (counts, sums) = codebook::usage(parts.clone(), codes, self.settings.codes);
        let candidates = candidates(&parts, self.settings.codes, &mut moment.random(CANDIDATES));
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

    fn objective(settings: &str) -> Result<VqVae, Error> {
        let mut init = Init::new(0, &Device::flex().autodiff());
        let shape = Shape::Features { width: 6 };
        let encoder: encoder::Config = toml::from_str("[mlp]\nwidth = 8").expect("settings");
        let encoder = encoder.init(shape, &mut init)?;
        let config: Config = toml::from_str(settings).expect("settings");
        config.init(Context { encoder: &encoder, shape, classes: 0 }, &mut init)
    }

    /// What the decoder is given is a code; what the encoder is told is as if it were not.
    #[test]
    fn the_gradient_passes_a_code_unchanged() {
        let objective = objective("codes = 4\nparts = 2").expect("an objective");
        let device = Device::flex().autodiff();
        let pooled = Tensor::<2>::ones([3, 8], &device).require_grad();
        let (codes, parts) = objective.codes(pooled.clone());
        let chosen = objective.codebook.look_up(codes);
        let passed = parts.clone() + (chosen.clone() - parts).detach();
        let difference = (passed.clone() - chosen).without_autodiff().abs().max();
        let difference: f64 = difference.into_scalar();
        assert!(difference < 1e-6);
        let gradients = (passed * 3.0).sum().backward();
        let gradient = pooled.grad(&gradients).expect("a gradient");
        assert!(gradient.into_data().iter::<f32>().all(|value| value == 3.0));
    }

    #[test]
    fn parts_must_divide_the_width() {
        let told = objective("parts = 3").expect_err("3 parts of 8").to_string();
        assert!(told.contains("width of 8") && told.contains("3 parts"), "{told}");
    }
}
