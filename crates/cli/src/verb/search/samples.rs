//! The nearest neighbours of an image, a row or a vector in an index.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};
use pith_data::decode;
use pith_data::sample::Value;
use pith_learn::{Model, device};
use pith_space::index::Index;
use pith_space::{Matrix, file};
use serde_json::{Value as Json, json};

use super::Arguments;
use crate::arguments::Common;
use crate::output::print_line;
use crate::path;

/// Finds and shows.
pub fn run(arguments: &Arguments, common: &Common) -> Result<ExitCode> {
    ensure!(arguments.k > 0, "-k must be above zero, received 0");
    let of_run = arguments.index.join("index");
    let folder = match of_run.join("index.json").exists() {
        true => of_run,
        false => arguments.index.clone(),
    };
    let model = model(arguments, common)?;
    let index = Index::open(&folder, model.as_ref().map(Model::fingerprint))
        .with_context(|| format!("opening the index {}", folder.display()))?;
    let queries = query(&arguments.query, &index, model.as_ref())?;
    let found = index.search(&queries, arguments.k)?;
    let mut hits = Vec::new();
    for query in 0..found.queries() {
        for (&row, &score) in found.ids_of(query).iter().zip(found.scores_of(query)) {
            let entry = &index.entries()[row as usize];
            if common.json {
                hits.push(json!({
                    "query": query, "row": row, "id": entry.id,
                    "label": entry.label, "score": score,
                }));
            } else {
                print_line!("{score:8.4}  {}  {}", entry.id, entry.label.as_deref().unwrap_or(""));
            }
        }
    }
    if common.json {
        print_line!("{}", Json::Array(hits));
    }
    Ok(ExitCode::SUCCESS)
}

/// The model that was named, or that of the run whose index is searched.
fn model(arguments: &Arguments, common: &Common) -> Result<Option<Model>> {
    let of_run = arguments.index.join("model").join("model.json").exists();
    let path = arguments.model.as_ref().or(of_run.then_some(&arguments.index));
    let Some(path) = path else { return Ok(None) };
    path::must_exist(path)?;
    Ok(Some(Model::load(path, &device::named(&common.device)?)?))
}

fn query(text: &str, index: &Index, model: Option<&Model>) -> Result<Matrix> {
    if let Some(row) = index.entries().iter().position(|entry| entry.id == text) {
        return Ok(index.vectors().select(&[row]));
    }
    let path = Path::new(text);
    if path.is_file() {
        return match file::Format::of(path) {
            Ok(_) => Ok(file::read(path)?.matrix),
            Err(_) => picture(path, model),
        };
    }
    let numbers: Result<Vec<f32>, _> = text.split(',').map(|part| part.trim().parse()).collect();
    match numbers {
        Ok(numbers) => Ok(Matrix::new(1, numbers.len(), numbers)),
        Err(_) => {
            bail!("`{text}` is no file, no vector, and no row of the index{}", nearest(text, index))
        }
    }
}

fn picture(path: &Path, model: Option<&Model>) -> Result<Matrix> {
    let model =
        model.context("to search by a picture, name the model that made the index: --model RUN")?;
    let image = decode::decode(&fs_err::read(path)?)
        .with_context(|| format!("reading {}", path.display()))?;
    model.encode_value(&Value::Image(image)).with_context(|| format!("encoding {}", path.display()))
}

/// The id most like a name, for an error.
fn nearest(text: &str, index: &Index) -> String {
    let likeness = |id: &str| strsim::jaro_winkler(text, id);
    index
        .entries()
        .iter()
        .max_by(|a, b| likeness(&a.id).total_cmp(&likeness(&b.id)))
        .map_or(String::new(), |entry| format!("; the nearest row is `{}`", entry.id))
}
