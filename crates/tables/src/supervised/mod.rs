//! Text classification as fastText does it: a text is the mean of the vectors of its words and
//! n-grams, and a linear layer tells its label (Joulin, Grave, Bojanowski and Mikolov, "Bag of
//! tricks for efficient text classification", 2017).
//!
//! A line holds labels, which begin with `__label__`, and words. Words, their order, the numbers of
//! n-grams and the end-of-line word `</s>` are fastText's, so that a classifier written by
//! [`format::fasttext`](crate::format::fasttext) says the same there. Departures:
//!
//! - words of equal count stand in the order in which they were first seen (fastText: in whatever
//!   order its sort leaves them); a last line without a line end has its `</s>`;
//! - lines are learned from in an order drawn for the epoch, as they stand in the text in fastText;
//! - σ is computed, where fastText looks it up in a table of 512 steps, and probabilities are given
//!   as they are, where fastText adds 1e-5 to each: 1.00001 there is 1 here.
//!
//! [`Examples`] reads labelled text, [`train`] learns a [`Classifier`] from it, [`Training`] epoch by
//! epoch, [`autotune`](mod@autotune) looks for the settings, [`Classifier::test`] judges, [`Classifier::quantize`] makes it small.

pub mod autotune;
mod classifier;
mod config;
mod dictionary;
mod examples;
mod features;
mod quantize;
mod report;
mod train;
mod tree;
mod worker;

pub use autotune::autotune;
pub use classifier::{Classifier, Prediction};
pub use config::{Config, Loss};
pub use dictionary::Dictionary;
pub use examples::{Examples, is_held_out, lines};
pub(crate) use features::Features;
pub use quantize::Quantization;
pub use report::{Answer, LabelScore, Report};
pub use train::{Training, train};

#[cfg(test)]
mod tests;
