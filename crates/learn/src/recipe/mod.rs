//! Recipes: a TOML file that names data, views, encoder, objective and schedule.
//!
//! ```toml
//! [data]
//! path = "photos/"
//!
//! [encoder.resnet]
//! widths = [32, 64, 128]
//! blocks = [1, 1, 1]
//!
//! [objective.simclr]
//! temperature = 0.2
//! ```
//!
//! What is left out has a default; [`Recipe::resolved`] writes all of them out.

mod default;
mod mistake;
mod overlay;

use std::path::Path;

use pith_data::{config, preprocess, view};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::nn::lora;
use crate::{Error, encoder, objective, optimizer, train};

/// All that a run depends on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Recipe {
    /// Where the samples are and how they are divided.
    pub data: config::Config,
    /// How a sample becomes an input of one size.
    #[serde(default)]
    pub input: preprocess::Config,
    /// Changes that keep a sample's meaning, in the order they are made.
    #[serde(default)]
    pub views: Vec<view::Config>,
    /// Small crops of each sample beside its views; none where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_crops: Option<view::LocalCrops>,
    /// View to latent.
    pub encoder: encoder::Config,
    /// What the latent space is asked to make true.
    pub objective: objective::Config,
    /// How a gradient becomes a step.
    #[serde(default)]
    pub optimizer: optimizer::Config,
    /// How long and how.
    #[serde(default)]
    pub train: train::Config,
    /// What the proof may cost.
    #[serde(default)]
    pub proof: Proof,
    /// A finished run whose encoder is where this one starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfer: Option<Transfer>,
}

/// The recipe's `[transfer]` table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Transfer {
    /// The folder of a run or of a model; its encoder and its preparation of samples are taken.
    pub from: String,
    /// Share of the learning rate that a layer of the encoder keeps of the next one's, in `(0, 1]`; where
    /// left out 0.75 of a vision transformer (BEiT, MAE), and 1 of other encoders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer_decay: Option<f64>,
    /// Leaves the encoder as it is but for a change of low rank of its linear maps, all of which learn
    /// at the whole rate; the whole encoder learns where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lora: Option<lora::Config>,
}

impl Transfer {
    /// From a folder, all else by default.
    pub fn new(from: impl Into<String>) -> Self {
        Self { from: from.into(), layer_decay: None, lora: None }
    }

    /// What a layer of this encoder keeps of the next one's rate.
    pub fn layer_decay(&self, encoder: &encoder::Config) -> f64 {
        let usual = if matches!(encoder, encoder::Config::Vit(_)) { 0.75 } else { 1.0 };
        self.layer_decay.unwrap_or(usual)
    }

    fn check(&self) -> Result<(), Error> {
        match self.layer_decay {
            Some(decay) if !(decay > 0.0 && decay <= 1.0) => Err(Error::Recipe(format!(
                "transfer.layer-decay must be above 0 and at most 1, received {decay}"
            ))),
            _ => self.lora.as_ref().map_or(Ok(()), lora::Config::check),
        }
    }
}

/// The recipe's `[proof]` table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Proof {
    /// Training samples that probes learn from, at most.
    pub train_limit: usize,
    /// Test samples that they are asked about, at most.
    pub test_limit: usize,
}

impl Default for Proof {
    fn default() -> Self {
        Self { train_limit: 50_000, test_limit: 10_000 }
    }
}

impl Recipe {
    /// Reads a recipe; each override is a TOML line such as `train.epochs = 5`.
    ///
    /// # Errors
    /// Names the file, the line, the key and the nearest valid one.
    pub fn read(file: &Path, overrides: &[String]) -> Result<Self, Error> {
        let text = fs_err::read_to_string(file)?;
        Self::parse(&text, &file.display().to_string(), overrides)
    }

    /// Reads a recipe from text; `name` stands for it in errors.
    ///
    /// # Errors
    /// As [`Recipe::read`].
    pub fn parse(text: &str, name: &str, overrides: &[String]) -> Result<Self, Error> {
        let recipe: Recipe = parse(text, name, overrides)?;
        recipe.check()?;
        Ok(recipe)
    }

    /// Something good for so many training images or table rows, where no recipe is given.
    ///
    /// # Errors
    /// Where an override cannot be read.
    pub fn default_for(
        path: &Path,
        kind: Kind,
        samples: usize,
        overrides: &[String],
    ) -> Result<Self, Error> {
        Self::parse(&default::text(path, kind, samples), "default recipe", overrides)
    }

    /// Something good for teaching the encoder of a finished run the classes of other samples.
    ///
    /// # Errors
    /// Where an override cannot be read.
    pub fn transfer_for(
        path: &Path,
        kind: Kind,
        samples: usize,
        from: &Path,
        encoder: &encoder::Config,
        overrides: &[String],
    ) -> Result<Self, Error> {
        let encoder = match toml::Table::try_from(encoder) {
            Ok(encoder) => encoder,
            Err(error) => panic!("settings are tables, numbers and strings: {error}"),
        };
        let text = default::transfer(path, kind, samples, from, &encoder);
        Self::parse(&text, "default recipe for a transfer", overrides)
    }

    /// The recipe with every default written out.
    pub fn resolved(&self) -> String {
        match toml::to_string(self) {
            Ok(text) => text,
            Err(error) => panic!("a recipe is made of tables, numbers and strings: {error}"),
        }
    }

    fn check(&self) -> Result<(), Error> {
        let as_they_are = |values: &Option<Vec<f32>>, value: f32| {
            values.as_ref().is_some_and(|values| values.iter().all(|&given| given == value))
        };
        let probabilities = as_they_are(&self.input.mean, 0.0) && as_they_are(&self.input.std, 1.0);
        if self.objective.reads_probabilities() && !probabilities {
            return Err(Error::Recipe(format!(
                "objective.{} with a bernoulli likelihood reads pixels as probabilities; set \
                 input.mean = [0.0] and input.std = [1.0] (one number per channel), received mean \
                 {:?} and std {:?}",
                self.objective.keyword(),
                self.input.mean,
                self.input.std
            )));
        }
        self.train.check()?;
        if self.train.lidar_views.is_some() && self.views.is_empty() {
            return Err(Error::Recipe(
                "train.lidar-views compares changed views of a sample, and `views` has no change; name \
                 some, or leave lidar-views out"
                    .into(),
            ));
        }
        self.transfer.as_ref().map_or(Ok(()), Transfer::check)?;
        self.optimizer.check()
    }
}

/// Reads a recipe of any kind from text, the overrides laid over it; `name` stands for it in errors.
///
/// # Errors
/// Names the line, the key and the nearest valid one.
pub fn parse<T: DeserializeOwned>(
    text: &str,
    name: &str,
    overrides: &[String],
) -> Result<T, Error> {
    let mut table: toml::Table =
        text.parse().map_err(|error| mistake::syntax(name, text, &error))?;
    for line in overrides {
        overlay::lay(&mut table, line)?;
    }
    overlay::spell_out(&mut table);
    serde_path_to_error::deserialize(toml::Value::Table(table))
        .map_err(|error| mistake::value(name, text, &error))
}

/// What kind of data a default recipe is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Pictures; whether most of them are larger than 64 pixels.
    Pictures {
        /// Larger than 64 pixels.
        large: bool,
    },
    /// Table rows.
    Rows,
}

#[cfg(test)]
mod tests;
