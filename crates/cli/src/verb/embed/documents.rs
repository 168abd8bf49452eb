//! The vectors of the documents of a run, or of others, which are inferred.

use std::process::ExitCode;

use anyhow::{Result, ensure};
use pith_learn::run::Run;
use pith_space::file::{Entry, Writer};
use pith_space::index::Index;
use serde_json::json;

use super::Arguments;
use crate::arguments::Common;
use crate::documents::{Document, Model};
use crate::output::print_line;
use crate::path;

/// Documents that are written at once.
const ROWS: usize = 1024;

/// Writes one vector a document, under its name.
pub fn run(arguments: &Arguments, common: &Common) -> Result<ExitCode> {
    ensure!(
        arguments.data.settings.is_empty(),
        "--data does not apply to documents; name a file of documents instead"
    );
    let model = Model::open(&arguments.model)?;
    let width = model.recipe.documents.dimensions;
    let mut writer = Writer::create(&arguments.out, width, arguments.force)?;
    let (mut rows, mut empty) = (0, 0);
    if let Some(data) = &arguments.data.data {
        path::must_exist(data)?;
        for documents in model.recipe.documents(&[data.to_owned()])?.chunks(ROWS) {
            let vectors = model.infer(documents);
            let zeros = |row: &usize| vectors.row(*row).iter().all(|value| *value == 0.0);
            empty += (0..documents.len()).filter(zeros).count();
            let entry = |document: &Document| Entry {
                id: document.id.clone(),
                label: document.label.clone(),
            };
            writer.push(&documents.iter().map(entry).collect::<Vec<_>>(), vectors.values())?;
            rows += documents.len();
        }
    } else {
        let index = Index::open(&Run::open(&arguments.model)?.index(), None)?;
        writer.push(index.entries(), index.vectors().values())?;
        rows = index.entries().len();
    }
    writer.finish()?;
    if empty > 0 {
        eprintln!("warning: {empty} documents hold no known word, their vectors are zero");
    }
    let out = &arguments.out;
    if common.json {
        let told = json!({ "vectors": out, "rows": rows, "width": width, "without-words": empty });
        print_line!("{told}");
    } else {
        print_line!("{rows} vectors of {width} numbers in {}", out.display());
    }
    Ok(ExitCode::SUCCESS)
}
