//! Ids and labels beside a file that has no room for them, one JSON object a line.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Partial, sidecar_path};
use crate::Error;

/// Which sample a row is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The sample's id.
    pub id: String,
    /// Its class, where it has one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub label: Option<String>,
}

#[derive(Debug)]
pub(super) struct Writer(Partial);

impl Writer {
    pub(super) fn create(path: &Path, force: bool) -> Result<Self, Error> {
        Partial::create(&sidecar_path(path), force).map(Self)
    }

    pub(super) fn push(&mut self, entries: &[Entry]) -> Result<(), Error> {
        for entry in entries {
            serde_json::to_writer(&mut self.0, entry).map_err(std::io::Error::from)?;
            self.0.write_all(b"\n")?;
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<(), Error> {
        self.0.finish()
    }
}

/// One entry per row; the row numbers where no such file stands.
pub(super) fn read(path: &Path, rows: usize) -> Result<Vec<Entry>, Error> {
    let path = sidecar_path(path);
    if !path.exists() {
        return Ok((0..rows).map(|row| Entry { id: row.to_string(), label: None }).collect());
    }
    let entries = read_lines(&path)?;
    if entries.len() != rows {
        let found = entries.len();
        let reason = format!("expected one id for each of {rows} vectors, found {found} lines");
        return Err(Error::file(path, reason));
    }
    Ok(entries)
}

/// Every line of a file of entries.
pub(crate) fn read_lines(path: &Path) -> Result<Vec<Entry>, Error> {
    let mut entries = Vec::new();
    for (number, line) in BufReader::new(fs_err::File::open(path)?).lines().enumerate() {
        let entry = serde_json::from_str(&line?)
            .map_err(|error| Error::file(path, format!("line {}: {error}", number + 1)))?;
        entries.push(entry);
    }
    Ok(entries)
}
