//! The proof of items and nodes, on what was taken out before training, or on other baskets and edges.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, ensure};
use serde_json::json;

use super::Arguments;
use crate::arguments::Common;
use crate::items::proof::{self, Question};
use crate::items::{self, Evidence};
use crate::path;
use crate::words::recipe::Sentences;
use crate::words::{Model, Recipe};

/// Measures, writes, tells.
pub fn run(
    arguments: &Arguments,
    model: &Model,
    recipe: &Recipe,
    common: &Common,
) -> Result<ExitCode> {
    ensure!(
        arguments.data.settings.is_empty(),
        "--data does not apply to items; name a file of other baskets or edges instead"
    );
    let baskets = matches!(recipe.sentences(), Sentences::Baskets(_));
    let bars = proof::bars(&arguments.require, baskets)?;
    let Some(own) = items::evidence(recipe)? else { unreachable!("a recipe of items has some") };
    let evidence = match &arguments.data.data {
        Some(other) => others(recipe, own, other)?,
        None => own,
    };
    let out = match (&arguments.out, &arguments.data.data) {
        (Some(out), _) => out.clone(),
        (None, None) => arguments.model.clone(),
        (None, Some(_)) => Path::new("proof").to_owned(),
    };
    let title = arguments.model.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let question = Question {
        vectors: &model.vectors,
        evidence: &evidence,
        seed: arguments.seed,
        title: &title,
        recipe: &recipe.resolved()?,
    };
    proof::prove(&question, &out, &bars, common, json!({ "model": arguments.model }))
}

/// Baskets of another file, one item taken out of each; or its edges that were not learned from.
fn others(recipe: &Recipe, own: Evidence, file: &Path) -> Result<Evidence> {
    path::must_exist(file)?;
    let files = [file.to_owned()];
    Ok(match (own, recipe.sentences()) {
        (Evidence::Baskets { learned, .. }, Sentences::Baskets(config)) => {
            Evidence::Baskets { learned, left_out: config.all_left_out(config.read(&files)?) }
        }
        (Evidence::Links { graph, .. }, Sentences::Walks(config, _)) => {
            let joined = |from: &str, to: &str| graph.joins(from, to) || graph.joins(to, from);
            let mut out = config.read(&files)?;
            out.retain(|edge| edge.from != edge.to && !joined(&edge.from, &edge.to));
            Evidence::Links { graph, out }
        }
        (own, _) => own,
    })
}
