//! Cells of named columns, row by row, from a table (`pith-data`) or from JSON lines (`pith-tables`).

use std::path::Path;

use anyhow::Result;
use pith_data::dataset;
use pith_tables::corpus;
use serde_json::Value;

use crate::kind::ends_with;

/// Whether a file has columns with names: a table, or JSON lines.
pub fn has_columns(path: &Path) -> bool {
    ends_with(path, &["csv", "tsv", "parquet", "jsonl", "ndjson"])
}

/// Calls `each` with the cells of every row, in the order of the names. A cell of JSON may be a list and
/// then holds several texts; any other holds one. What `each` finds wrong is told with file and row.
pub fn columns(
    path: &Path,
    names: &[&str],
    mut each: impl FnMut(&[Vec<String>]) -> Result<(), String>,
) -> Result<()> {
    if ends_with(path, &["csv", "tsv", "parquet"]) {
        dataset::columns(path, names, |cells| {
            let cells: Vec<Vec<String>> =
                cells.iter().map(|cell| vec![(*cell).to_owned()]).collect();
            each(&cells)
        })?;
    } else {
        corpus::records(path, |object| {
            let cells = names.iter().map(|name| cell(object, name));
            each(&cells.collect::<Result<Vec<_>, _>>()?)
        })?;
    }
    Ok(())
}

fn cell(object: &Value, name: &str) -> Result<Vec<String>, String> {
    match object.get(name) {
        Some(Value::Array(values)) => values.iter().map(|value| text(value, name)).collect(),
        Some(value) => Ok(vec![text(value, name)?]),
        None => {
            let known = object.as_object().map(|object| object.keys().cloned().collect::<Vec<_>>());
            let known = known.unwrap_or_default().join(", ");
            Err(format!("expected an object with the field {name:?}, its fields are: {known}"))
        }
    }
}

fn text(value: &Value, name: &str) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        other => Err(format!("expected text or a number in the field {name:?}, received {other}")),
    }
}
