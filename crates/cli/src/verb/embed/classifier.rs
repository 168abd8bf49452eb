//! What a classifier sees of every line of a text: the mean of the vectors of its words and n-grams.

use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use pith_space::file::{Entry, Writer};
use pith_tables::supervised;
use serde_json::json;

use super::Arguments;
use crate::arguments::Common;
use crate::classifier::model::Model;
use crate::output::print_line;
use crate::path;

/// Lines that are written at once.
const ROWS: usize = 1024;

/// Writes one vector a line, under the number of the line, from 1.
pub fn run(arguments: &Arguments, common: &Common) -> Result<ExitCode> {
    ensure!(
        arguments.data.settings.is_empty(),
        "--data does not apply to classifiers; name a text instead"
    );
    let text =
        arguments.data.data.as_ref().context("name a text: a vector is made of every line")?;
    path::must_exist(text)?;
    let classifier = Model::open(&arguments.model)?.classifier;
    let lines = supervised::lines(text, &classifier.config.label)?;
    let width = classifier.inputs().width();
    let mut writer = Writer::create(&arguments.out, width, arguments.force)?;
    for (block, lines) in lines.chunks(ROWS).enumerate() {
        let values: Vec<f32> = lines.iter().flat_map(|line| classifier.vector(line)).collect();
        let numbers = (1..=lines.len()).map(|line| (block * ROWS + line).to_string());
        let entries: Vec<Entry> = numbers.map(|id| Entry { id, label: None }).collect();
        writer.push(&entries, &values)?;
    }
    writer.finish()?;
    let (rows, out) = (lines.len(), &arguments.out);
    if common.json {
        print_line!("{}", json!({ "vectors": out, "rows": rows, "width": width }));
    } else {
        print_line!("{rows} vectors of {width} numbers in {}", out.display());
    }
    Ok(ExitCode::SUCCESS)
}
