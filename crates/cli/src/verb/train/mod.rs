//! `pith train`: from raw data to a proven, searchable representation.

mod classifier;
mod documents;
mod epochs;
mod samples;
mod transfer;
mod words;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;

use crate::arguments::Common;
use crate::kind::Kind;
use crate::path;

/// What `pith train` takes.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  pith train photos/                         a folder of images; classes are its sub-folders
  pith train recipes/cifar10.toml --out runs/cifar10
  pith train photos/ --set objective=vicreg --set train.epochs=50
  pith train corpus.txt                      word vectors of a text (.txt, .jsonl, .tar; .gz, .zst)
  pith train recipes/words.toml --set words.dimensions=200
  pith train --from runs/photos birds/       fine-tunes on the classes of birds/, beside a twin from scratch
  pith train corpus.txt --set glove.dimensions=100 --set phrases.passes=2
  pith train ratings.csv --set baskets.basket=user --set baskets.item=film     item2vec
  pith train links.txt --set walks.return=0.5 --set walks.in-out=2             node2vec
  pith train letters.jsonl --set documents.epochs=20 --set data.label=group    a vector a document
  pith train labelled.txt                    a classifier of lines that begin with __label__...
  pith train --resume runs/cifar10           goes on bit for bit where it was stopped; of text behind the last whole epoch; of [ppmi], [documents] and [autotune] anew")]
pub struct Arguments {
    /// A recipe (.toml), or data to train on with a recipe that suits it
    #[arg(required_unless_present = "resume")]
    pub what: Option<PathBuf>,
    /// Folder of the run; runs/NAME where left out
    #[arg(long, short, value_name = "FOLDER", conflicts_with = "resume")]
    pub out: Option<PathBuf>,
    /// Changes a line of the recipe: train.epochs=5, objective.simclr.temperature=0.1
    #[arg(long, value_name = "KEY=VALUE", conflicts_with = "resume")]
    pub set: Vec<String>,
    /// Short for --set train.seed=N
    #[arg(long, value_name = "N", conflicts_with = "resume")]
    pub seed: Option<u64>,
    /// Starts from the encoder of this run and learns the classes of other samples
    #[arg(long, value_name = "RUN", conflicts_with = "resume")]
    pub from: Option<PathBuf>,
    /// Goes on with an interrupted run
    #[arg(long, value_name = "RUN")]
    pub resume: Option<PathBuf>,
    /// Replaces a run that is in the way
    #[arg(long)]
    pub force: bool,
    /// Trains only: no proof, no report, no index
    #[arg(long)]
    pub no_proof: bool,
    /// A bar for the proof, such as "knn >= 0.9" or "ws353 >= 0.5"; exit code 1 where it is missed
    #[arg(long, value_name = "BAR", conflicts_with = "no_proof")]
    pub require: Vec<String>,
}

/// Trains and proves.
pub fn run(arguments: &Arguments, common: &Common) -> Result<ExitCode> {
    let kind = match (&arguments.resume, &arguments.what) {
        (Some(run), _) => Kind::of_model(run),
        (None, Some(what)) if is_recipe(what) => Kind::of_recipe(what),
        (None, Some(data)) => {
            path::must_exist(data)?;
            Kind::of_changes(&arguments.set).unwrap_or_else(|| Kind::of_data(data))
        }
        (None, None) => Kind::Samples,
    };
    let samples = matches!(kind, Kind::Samples);
    anyhow::ensure!(
        samples || arguments.from.is_none(),
        "--from takes a run of pictures or rows, and this is text"
    );
    match kind {
        Kind::Samples => samples::run(arguments, common),
        Kind::Words => words::run(arguments, common),
        Kind::Classifier => classifier::run(arguments, common),
        Kind::Documents => documents::run(arguments, common),
    }
}

fn is_recipe(what: &Path) -> bool {
    what.extension().is_some_and(|extension| extension == "toml")
}

/// The folder of the run that a recipe or data are trained into.
fn place(arguments: &Arguments, what: &Path) -> PathBuf {
    let name = what.file_stem().unwrap_or(what.as_os_str());
    arguments.out.clone().unwrap_or_else(|| Path::new("runs").join(name))
}
