//! `pith prove`: how good a representation is.

mod classifier;
mod documents;
mod items;
mod samples;
mod words;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;

use crate::arguments::{Common, Data};
use crate::kind::Kind;
use crate::path;

/// What `pith prove` takes.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  pith prove runs/cifar10                             on the data of the run's recipe
  pith prove runs/cifar10 other-photos/ --out proof/  on other data
  pith prove runs/cifar10 --require \"knn >= 0.58\"     exit code 1 where the bar is missed
  pith prove runs/words --data evaluation=word_eval   similarity and analogy files of a folder
  pith prove runs/items                               items that were left out of their baskets
  pith prove runs/letters test.jsonl                  document vectors, inferred and by their labels
  pith prove runs/topics test.txt                     a classifier of text, on labelled lines")]
pub struct Arguments {
    /// A run or a model; of word vectors also a file of word2vec, GloVe or fastText
    pub model: PathBuf,
    /// The samples; those of the run's recipe where left out
    #[command(flatten)]
    pub data: Data,
    /// Folder for proof.json and report.html; the run's own where it is proved on its own data
    #[arg(long, short, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
    /// A bar, such as "knn >= 0.9"; exit code 1 where it is missed
    #[arg(long, value_name = "BAR")]
    pub require: Vec<String>,
    /// Draws resamples, episodes, the untrained encoder
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
}

/// Measures, writes, tells.
pub fn run(arguments: &Arguments, common: &Common) -> Result<ExitCode> {
    path::must_exist(&arguments.model)?;
    match Kind::of_model(&arguments.model) {
        Kind::Samples => samples::run(arguments, common),
        Kind::Words => words::run(arguments, common),
        Kind::Classifier => classifier::run(arguments, common),
        Kind::Documents => documents::run(arguments, common),
    }
}
