//! The proof of an encoder, on samples.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use pith_data::collection;
use pith_learn::run::Run;
use pith_learn::{Model, Recipe, device, recipe};
use serde_json::json;

use super::Arguments;
use crate::arguments::Common;
use crate::evidence::{self, Question};
use crate::source;

/// Measures, writes, tells.
pub fn run(arguments: &Arguments, common: &Common) -> Result<ExitCode> {
    let bars = evidence::bars(&arguments.require)?;
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
    let metrics = run.as_ref().map(Run::metrics).filter(|file| file.exists());
    let pictures = run.as_ref().map(Run::pictures);
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
        pictures: pictures.as_deref(),
    };
    let answer = evidence::prove(&question, &out, common)?;
    evidence::tell(&answer, &bars, common, json!({ "model": arguments.model }))
}
