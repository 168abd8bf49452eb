//! The proof of word vectors, on files of judgements.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use pith_learn::run::Run;
use serde_json::json;

use super::{Arguments, items};
use crate::arguments::{Common, Data};
use crate::words::proof::{self, Question};
use crate::words::{Model, Recipe};

/// Measures, writes, tells.
pub fn run(arguments: &Arguments, common: &Common) -> Result<ExitCode> {
    let model = Model::open(&arguments.model)?;
    let recipe = model.recipe.as_ref();
    if let Some(recipe) = recipe.filter(|recipe| recipe.is_of_items()) {
        return items::run(arguments, &model, recipe, common);
    }
    let named = evaluation(&arguments.data)?;
    let of_recipe = recipe.and_then(|recipe| recipe.proof.evaluation.as_deref());
    let folder = match (named, of_recipe) {
        (Some(folder), _) => Some(folder),
        (None, Some(folder)) => Some(pith_data::config::expand(folder)?),
        (None, None) => None,
    };
    let sets = proof::sets(folder.as_deref())?;
    let bars = proof::bars(&arguments.require, &sets)?;
    let own = arguments.model.is_dir();
    let out = match (&arguments.out, own) {
        (Some(out), _) => out.clone(),
        (None, true) => arguments.model.clone(),
        (None, false) => Path::new("proof").to_owned(),
    };
    let text = recipe.map(Recipe::resolved).transpose()?;
    let metrics = model.run.as_ref().map(Run::metrics).filter(|file| file.exists());
    let title = arguments.model.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let question = Question {
        model: &model,
        sets: &sets,
        seed: arguments.seed,
        title: &title,
        recipe: text.as_deref(),
        metrics: metrics.as_deref(),
    };
    let answer = proof::prove(&question, &out, common)?;
    proof::tell(&answer, &bars, common, json!({ "model": arguments.model }))
}

/// The folder of judgements that was named: bare, or by `--data evaluation=FOLDER`.
fn evaluation(data: &Data) -> Result<Option<PathBuf>> {
    let mut folder = data.data.clone();
    for setting in &data.settings {
        let (key, value) = setting.split_once('=').with_context(|| {
            format!("--data {setting}: expected KEY=VALUE, such as evaluation=FOLDER")
        })?;
        match key.trim() {
            "evaluation" => folder = Some(pith_data::config::expand(value.trim())?),
            other => bail!(
                "--data {other}: word vectors are proved on judgements; did you mean \
                 `evaluation=FOLDER`?"
            ),
        }
    }
    Ok(folder)
}
