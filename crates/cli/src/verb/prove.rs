//! `pith prove`: is a model any good?

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use pith_data::collection;
use pith_learn::run::Run;
use pith_learn::{Model, Recipe, device, recipe};
use serde_json::json;

use crate::arguments::{Common, Data};
use crate::evidence::{self, Question};
use crate::{path, source};

/// What `pith prove` takes.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  pith prove runs/cifar10                             on the data of the run's recipe
  pith prove runs/cifar10 other-photos/ --out proof/  on other data
  pith prove runs/cifar10 --require \"knn >= 0.58\"     exit code 1 where the bar is missed")]
pub struct Arguments {
    /// A run or a model
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
    let bars = evidence::bars(&arguments.require)?;
    path::must_exist(&arguments.model)?;
    let model = Model::load(&arguments.model, &device::named(&common.device)?)?;
    let run = Run::open(&arguments.model).ok();
    let recipe = match &run {
        Some(run) => Some(Recipe::read(&run.recipe(), &[])?),
        None => None,
    };
    let collection =
        collection::open(&source::config(&arguments.data, recipe.as_ref(), &arguments.model)?)?;
    let own = arguments.data.data.is_none();
    let out = match (&arguments.out, own) {
        (Some(out), _) => out.clone(),
        (None, true) => arguments.model.clone(),
        (None, false) => Path::new("proof").to_owned(),
    };
    let text = recipe.as_ref().map(Recipe::resolved);
    let metrics = run.map(|run| run.metrics()).filter(|file| file.exists());
    let limits = recipe.map_or_else(recipe::Proof::default, |recipe| recipe.proof);
    let title = arguments.model.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let question = Question {
        model: &model,
        collection: &collection,
        limits: &limits,
        seed: arguments.seed,
        title: &title,
        recipe: text.as_deref(),
        metrics: metrics.as_deref(),
    };
    let answer = evidence::prove(&question, &out, common)?;
    evidence::tell(&answer, &bars, common, json!({ "model": arguments.model }))
}
