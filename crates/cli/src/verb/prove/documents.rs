//! The proof of document vectors, on documents that were not learned from.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, ensure};
use pith_learn::run::Run;
use pith_space::index::Index;
use serde_json::json;

use super::Arguments;
use crate::arguments::Common;
use crate::documents::Model;
use crate::documents::proof::{self, Question};
use crate::{evidence, path};

/// Measures, writes, tells.
pub fn run(arguments: &Arguments, common: &Common) -> Result<ExitCode> {
    ensure!(
        arguments.data.settings.is_empty(),
        "--data does not apply to documents; name a file of other documents instead"
    );
    let bars = evidence::bars(&arguments.require)?;
    let model = Model::open(&arguments.model)?;
    let split = model.recipe.split()?;
    let index = Index::open(&Run::open(&arguments.model)?.index(), None)?;
    ensure!(
        index.entries().len() == split.learned.len(),
        "the run learned from {} documents and its recipe now names {}: bring back the data",
        index.entries().len(),
        split.learned.len()
    );
    let test = match &arguments.data.data {
        Some(other) => {
            path::must_exist(other)?;
            model.recipe.documents(&[other.to_owned()])?
        }
        None => split.test,
    };
    let out = match (&arguments.out, &arguments.data.data) {
        (Some(out), _) => out.clone(),
        (None, None) => arguments.model.clone(),
        (None, Some(_)) => Path::new("proof").to_owned(),
    };
    let title = arguments.model.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let question = Question {
        learned: (&split.learned, index.vectors()),
        test: (&test, &model.infer(&test)),
        recipe: &model.recipe,
        seed: arguments.seed,
        title: &title,
    };
    proof::prove(&question, &out, &bars, common, json!({ "model": arguments.model }))
}
