//! The proof of a classifier, on labelled lines.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use pith_tables::supervised;
use serde_json::json;

use super::Arguments;
use crate::arguments::Common;
use crate::classifier::Recipe;
use crate::classifier::model::Model;
use crate::classifier::proof::{self, Question};
use crate::path;

/// Measures, writes, tells.
pub fn run(arguments: &Arguments, common: &Common) -> Result<ExitCode> {
    ensure!(
        arguments.data.settings.is_empty(),
        "--data does not apply to classifiers; name a file of labelled lines instead"
    );
    let bars = proof::bars(&arguments.require)?;
    let Model { classifier, run } = Model::open(&arguments.model)?;
    let recipe = run.as_ref().map(|(_, recipe)| recipe);
    let named = match &arguments.data.data {
        Some(named) => Some(named.clone()),
        None => recipe.map(Recipe::test).transpose()?.flatten(),
    };
    let test = match (named, recipe) {
        (Some(file), _) => {
            path::must_exist(&file)?;
            supervised::lines(&file, &classifier.config.label)?
        }
        (None, Some(recipe)) => recipe.lines()?.test,
        (None, None) => Vec::new(),
    };
    ensure!(
        !test.is_empty(),
        "no lines to judge by: name a file of labelled lines, as in pith prove {} test.txt",
        arguments.model.display()
    );
    let own = run.is_some() && arguments.data.data.is_none();
    let out = match (&arguments.out, own) {
        (Some(out), _) => out.clone(),
        (None, true) => arguments.model.clone(),
        (None, false) => Path::new("proof").to_owned(),
    };
    let text = recipe.map(Recipe::resolved).transpose()?;
    let title = arguments.model.file_name().context("name a model")?.to_string_lossy().into_owned();
    let question = Question {
        classifiers: &[("classifier", &classifier)],
        test: &test,
        seed: arguments.seed,
        title: &title,
        recipe: text.as_deref(),
    };
    proof::prove(&question, &out, &bars, common, json!({ "model": arguments.model }))
}
