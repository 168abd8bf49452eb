//! Sparse autoencoder: many units, few of them active, together draw the input.
//!
//! `L = mean (decode(h) - x)² + sparsity(h)`, decoded by one linear layer, with either of
//!
//! - `l1`: `h = relu(a)`, `sparsity = weight |h|_1 / size` per sample, and atoms of unit length
//!   (Olshausen, Field: Emergence of simple-cell receptive field properties, Nature 1996);
//! - `kl`: `h = sigmoid(a)`, `sparsity = weight sum_j KL(rate || mean_batch h_j) / size` (Lee,
//!   Ekanadham, Ng: Sparse deep belief net model for visual area V2, 2008; Ng's lecture notes).
//!
//! Departures: both penalties are divided by the numbers of an input, as the error is, so that a
//! weight means the same for any size. The model gives `a`, a linear map of the pooled vector.
//! Choose it for features that can be looked at one by one; `top-k` says how many are active and
//! does not shrink them.

use burn::module::Module;
use burn::tensor::{Tensor, activation};
use serde::{Deserialize, Serialize};

use super::autoencoder::mean_squared_error;
use super::{Context, Learn, Loss, limits};
use crate::Error;
use crate::encoder::Encoder;
use crate::input::Views;
use crate::method::About;
use crate::moment::Moment;
use crate::nn::{Dictionary, Init, Linear};
use crate::sheet::{self, HeldOut, Sheet};

pub(super) const ABOUT: About = About {
    summary: "reconstruction by many units of which few are active",
    citation: "Olshausen, Field: Emergence of simple-cell receptive field properties by learning a sparse code, Nature 1996",
};

/// Settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// How many units there are.
    pub units: usize,
    /// What being active costs.
    pub penalty: Penalty,
}

/// What being active costs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Penalty {
    /// In proportion to the activity.
    L1 {
        /// Per unit of activity.
        weight: f64,
    },
    /// For a mean activity over the batch other than the one wanted.
    Kl {
        /// The mean activity wanted, 0 to 1.
        rate: f64,
        /// Per nat.
        weight: f64,
    },
}

impl Default for Config {
    fn default() -> Self {
        Self { units: 256, penalty: Penalty::L1 { weight: 0.5 } }
    }
}

impl Config {
    pub(super) fn init(&self, context: Context, init: &mut Init) -> Result<Sparse, Error> {
        match self.penalty {
            Penalty::L1 { weight } => limits::weight("objective.sparse.penalty.l1.weight", weight)?,
            Penalty::Kl { weight, .. } => {
                limits::weight("objective.sparse.penalty.kl.weight", weight)?;
            }
        }
        if let Penalty::Kl { rate, .. } = self.penalty
            && !(rate > 0.0 && rate < 1.0)
        {
            return Err(Error::Recipe(format!(
                "objective.sparse.penalty.kl.rate must lie between 0 and 1, received {rate}"
            )));
        }
        limits::at_least("objective.sparse.units", self.units, 1)?;
        let size = context.shape.size();
        let decoder = match self.penalty {
            Penalty::L1 { .. } => Drawing::Atoms(Dictionary::new(self.units, size, init)),
            Penalty::Kl { .. } => Drawing::Weights(Linear::new(self.units, size, true, init)),
        };
        let units = Linear::new(context.encoder.width(), self.units, true, init);
        Ok(Sparse { units, decoder, penalty: self.penalty })
    }
}

/// The module.
#[derive(Module, Debug)]
pub struct Sparse {
    /// From the pooled vector to what the units are given.
    units: Linear,
    decoder: Drawing,
    #[module(skip)]
    penalty: Penalty,
}

#[derive(Module, Debug)]
enum Drawing {
    Atoms(Dictionary),
    Weights(Linear),
}

impl Sparse {
    /// How active each unit is, `[n, width]` to `[n, units]`.
    fn active(&self, pooled: Tensor<2>) -> Tensor<2> {
        let given = self.units.forward(pooled);
        match self.penalty {
            Penalty::L1 { .. } => activation::relu(given),
            Penalty::Kl { .. } => activation::sigmoid(given),
        }
    }

    /// Active units to inputs, `[n, units]` to `[n, size]`.
    fn draw(&self, active: Tensor<2>) -> Tensor<2> {
        match &self.decoder {
            Drawing::Atoms(decoder) => decoder.forward(active),
            Drawing::Weights(decoder) => decoder.forward(active),
        }
    }
}

impl Learn for Sparse {
    fn views(&self) -> usize {
        1
    }

    fn neck(&self) -> Option<&Linear> {
        Some(&self.units)
    }

    fn show(&self, encoder: &Encoder, held_out: &HeldOut) -> Vec<Sheet> {
        let latents = encoder.encode(&held_out.input).pooled;
        sheet::autoencoder(held_out, latents, |latent| self.draw(self.active(latent)))
    }

    fn loss(&self, encoder: &Encoder, views: &Views, _moment: &Moment) -> Loss {
        let input = &views.inputs[0];
        let active = self.active(encoder.encode(input).pooled); // [n, units]
        let cost = match self.penalty {
            Penalty::L1 { weight } => active.clone().sum_dim(1).mean() * weight,
            Penalty::Kl { rate, weight } => divergence(rate, active.clone()) * weight,
        };
        let rows = input.rows();
        let sparsity = cost / rows.dims()[1] as f64;
        let share = active.clone().detach().greater_elem(0.01).float().mean_dim(1).mean();
        let error = mean_squared_error(self.draw(active), rows);
        Loss {
            total: error.clone() + sparsity.clone(),
            terms: vec![("error", error), ("sparsity", sparsity), ("active", share)],
            seen: Vec::new(),
        }
    }
}

/// `sum_j rate ln(rate / r_j) + (1 - rate) ln((1 - rate) / (1 - r_j))` with `r_j` the mean of unit
/// `j` over the batch, from `[n, units]`; `[1]`.
pub fn divergence(rate: f64, active: Tensor<2>) -> Tensor<1> {
    let means = active.mean_dim(0).clamp(1e-6, 1.0 - 1e-6); // [1, units]
    let off = (means.clone().neg() + 1.0).log().neg() + (1.0 - rate).ln();
    let on = means.log().neg() + rate.ln();
    (on * rate + off * (1.0 - rate)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objective::golden;

    #[test]
    fn divergence_is_the_formula_with_its_gradient() {
        let mut expected = 0.0;
        for unit in 0..4 {
            let sum: f64 =
                (0..8).map(|row| 1.0 / (1.0 + (-golden::a()[row * 4 + unit]).exp())).sum();
            let mean = sum / 8.0;
            expected += 0.1 * (0.1f64 / mean).ln() + 0.9 * (0.9 / (1.0 - mean)).ln();
        }
        // The second argument takes part with weight zero: the check asks both for gradients.
        golden::check(expected, |a, b| divergence(0.1, activation::sigmoid(a)) + b.sum() * 0.0);
    }

    #[test]
    fn the_wanted_rate_costs_nothing() {
        let active = Tensor::<2>::full([5, 3], 0.2, &burn::tensor::Device::flex());
        let cost: f64 = divergence(0.2, active).into_scalar();
        assert!(cost.abs() < 1e-6, "{cost}");
    }
}
