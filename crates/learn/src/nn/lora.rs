//! LoRA: a layer learns a change of low rank and stays as it is besides.
//!
//! Equation 3 of Hu, Shen, Wallis, Allen-Zhu, Li, Wang, Wang, Chen: LoRA: Low-rank adaptation of
//! large language models, ICLR 2022: `W' = W + (alpha / r) A B`, `A` `[inputs, r]` drawn at random,
//! `B` `[r, outputs]` zero, so that training begins where the layer was.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::Init;
use crate::Error;

/// The recipe's `transfer.lora`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// `r`.
    pub rank: usize,
    /// `alpha`: how much the change counts, as a multiple of the rank.
    pub alpha: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self { rank: 8, alpha: 16.0 }
    }
}

impl Config {
    /// Refuses what changes nothing.
    ///
    /// # Errors
    /// Names the setting and what was received.
    pub fn check(&self) -> Result<(), Error> {
        match self.rank > 0 && self.alpha.is_finite() && self.alpha > 0.0 {
            true => Ok(()),
            false => Err(Error::Recipe(format!(
                "transfer.lora.rank and alpha must be above zero, received {} and {}",
                self.rank, self.alpha
            ))),
        }
    }
}

/// The change of one layer.
#[derive(Module, Debug)]
pub struct Lora {
    /// `A`, `[inputs, r]`.
    pub down: Param<Tensor<2>>,
    /// `B`, `[r, outputs]`.
    pub up: Param<Tensor<2>>,
    /// `alpha / r`.
    scale: f64,
}

impl Lora {
    /// No change yet. `A` is drawn as the weights of a layer of so many inputs.
    pub fn new([inputs, outputs]: [usize; 2], config: Config, init: &mut Init) -> Self {
        Self {
            down: init.uniform([inputs, config.rank], 1.0 / (inputs as f32).sqrt()),
            up: init.constant([config.rank, outputs], 0.0),
            scale: config.alpha / config.rank as f64,
        }
    }

    /// `(alpha / r) A B`, `[inputs, outputs]`.
    pub fn change(&self) -> Tensor<2> {
        self.down.val().matmul(self.up.val()) * self.scale
    }
}
