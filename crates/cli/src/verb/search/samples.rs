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
use crate::documents;
use crate::kind::Kind;
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
    let named = |index: Result<Index, pith_space::Error>| {
        index.with_context(|| format!("opening the index {}", folder.display()))
    };
    let (index, queries) = if Kind::of_model(&arguments.index) == Kind::Documents {
        let index = named(Index::open(&folder, None))?;
        let queries = match known(&arguments.query, &index)? {
            Some(queries) => queries,
            None => text(&arguments.query, &documents::Model::open(&arguments.index)?)?,
        };
        (index, queries)
    } else {
        let model = model(arguments, common)?;
        let index = named(Index::open(&folder, model.as_ref().map(Model::fingerprint)))?;
        let queries = query(&arguments.query, &index, model.as_ref())?;
        (index, queries)
    };
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
    if let Some(found) = known(text, index)? {
        return Ok(found);
    }
    let path = Path::new(text);
    if path.is_file() {
        return picture(path, model);
    }
    bail!("`{text}` is no file, no vector, and no row of the index{}", nearest(text, index))
}

/// A row of the index, a file of vectors, or a vector.
fn known(text: &str, index: &Index) -> Result<Option<Matrix>> {
    if let Some(row) = index.entries().iter().position(|entry| entry.id == text) {
        return Ok(Some(index.vectors().select(&[row])));
    }
    let path = Path::new(text);
    if path.is_file() && file::Format::of(path).is_ok() {
        return Ok(Some(file::read(path)?.matrix));
    }
    let numbers: Result<Vec<f32>, _> = text.split(',').map(|part| part.trim().parse()).collect();
    Ok(numbers.ok().map(|numbers| Matrix::new(1, numbers.len(), numbers)))
}

/// The inferred vector of a text.
fn text(text: &str, model: &documents::Model) -> Result<Matrix> {
    let words = model.recipe.words(text.as_bytes());
    let vector = model.documents.infer(&words);
    let known = vector.iter().any(|value| *value != 0.0);
    ensure!(known, "`{text}` is no row of the index and holds no word that the model knows");
    Ok(Matrix::new(1, vector.len(), vector))
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
