//! Sheets: pictures of what was learned, for people to look at after a training.
//!
//! [`gather`] asks the objective, which knows what it can draw ([`Learn::show`]), and the encoder
//! for what it attends to. Everything is made of held-out pictures. Data that are no pictures have
//! no sheets.
//!
//! [`Learn::show`]: crate::objective::Learn::show

mod attention;
mod decoder;
mod held_out;
mod latent;
mod masked;

use pith_data::preprocess::Preprocess;
use pith_data::sample::Image;

pub use attention::{attention, shares};
pub use decoder::{autoencoder, reconstructions, samples};
pub use held_out::HeldOut;
pub use latent::{Path, interpolations, traversals};
pub use masked::masked;

use crate::Error;
use crate::train::{Learner, Setting};

/// Small pictures of one size in rows, with what they show.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    /// Keyword, also of its file.
    pub name: &'static str,
    /// What it is.
    pub title: String,
    /// What one sees, and how healthy differs from sick.
    pub caption: String,
    /// What stands above each column; none where there is nothing to say.
    pub columns: Vec<String>,
    /// From top to bottom.
    pub rows: Vec<Row>,
}

/// A row of pictures.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What stands before it.
    pub label: String,
    /// From left to right.
    pub cells: Vec<Image>,
}

impl Row {
    fn new(label: impl Into<String>, cells: Vec<Image>) -> Self {
        Self { label: label.into(), cells }
    }
}

/// All sheets of a learner that is off the tape, from the test split, or from the validation split
/// where that is empty. Draws come from the recipe's seed.
///
/// # Errors
/// Where samples do not fit the recipe.
pub fn gather(learner: &Learner, setting: &Setting) -> Result<Vec<Sheet>, Error> {
    let collection = setting.collection;
    let subset = [&collection.test, &collection.validation].into_iter().find(|s| !s.is_empty());
    let (Preprocess::Image(_), Some(subset)) = (setting.preprocess, subset) else {
        return Ok(Vec::new());
    };
    let Some(held_out) = HeldOut::read(subset, setting)? else { return Ok(Vec::new()) };
    let mut sheets = learner.objective.show(&learner.encoder, &held_out);
    sheets.extend(attention(learner.kept(), &held_out));
    Ok(sheets)
}

#[cfg(test)]
mod tests;
