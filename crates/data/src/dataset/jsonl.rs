//! JSON lines: one object a line; its keys are the columns.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::Format;
use super::source::Source;
use super::text_table::{self, TextRows, Visit};
use crate::error::Error;

pub(super) const FORMAT: Format = Format {
    name: "JSON lines (also .gz, .zst)",
    knows: |source| !source.is_folder && matches!(source.extension().as_str(), "jsonl" | "ndjson"),
    open: |source, options| Ok(Arc::new(text_table::open(source, &JsonLines(source), options)?)),
};

/// A longer line is cut, so that a file without line ends is not read into memory.
const LONGEST_LINE: u64 = 64 << 20;

struct JsonLines<'a>(&'a Source);

impl TextRows for JsonLines<'_> {
    fn scan(&self, visit: &mut Visit<'_>) -> Result<(), Error> {
        let mut names: Vec<String> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut reader = BufReader::new(self.0.reader()?);
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line);
            if read.map_err(|error| self.0.malformed(error.to_string()))? == 0 {
                return Ok(());
            }
            if line.trim_ascii().is_empty() {
                continue;
            }
            let object: Map<String, Value> = match serde_json::from_slice(&line) {
                Ok(object) => object,
                Err(error) => {
                    visit(&names, Err(format!("an object was expected: {error}")))?;
                    continue;
                }
            };
            let mut cells = vec![Cow::Borrowed(""); names.len()];
            for (key, value) in &object {
                let place = places.get(key).copied().unwrap_or_else(|| {
                    places.insert(key.clone(), names.len());
                    names.push(key.clone());
                    cells.push(Cow::Borrowed(""));
                    names.len() - 1
                });
                cells[place] = match value {
                    Value::Null => Cow::Borrowed(""),
                    Value::String(text) => Cow::Borrowed(text),
                    other => Cow::Owned(other.to_string()),
                };
            }
            visit(&names, Ok(&cells))?;
        }
    }
}
