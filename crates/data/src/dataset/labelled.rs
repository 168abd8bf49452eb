//! A CSV of labels, laid over any data set.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::classes::Labels;
use super::delimited::Delimited;
use super::infer::is_missing;
use super::source::Source;
use super::text_table::TextRows;
use super::{Dataset, Kind, Split};
use crate::error::{Error, SampleError};
use crate::sample::Value;

/// Names that the column of ids may have; the second column that has one is the label.
const IDS: [&str; 7] = ["id", "file", "filename", "file_name", "path", "image", "name"];
const LABELS: [&str; 4] = ["label", "class", "category", "target"];

/// The samples of another data set with the labels of a CSV.
pub(super) struct Labelled {
    inner: Arc<dyn Dataset>,
    labels: Labels,
    notes: Vec<String>,
}

impl Labelled {
    /// Each sample takes the label of the row that names its id, its file name, or its file name
    /// without the extension.
    pub(super) fn new(inner: Arc<dyn Dataset>, path: &Path) -> Result<Self, Error> {
        let source = Source::look(path)?;
        let rows = read(&source)?;
        let mut used = vec![0u32; rows.len()];
        let keys: HashMap<&str, usize> =
            rows.iter().enumerate().map(|(row, (id, _))| (id.as_str(), row)).collect();
        if keys.len() < rows.len() {
            let twice = rows.iter().enumerate().find(|(row, (id, _))| keys[id.as_str()] != *row);
            let id = twice.map_or("", |(_, (id, _))| id);
            return Err(source.malformed(format!("{id:?} has more than one row")));
        }
        let found: Vec<Option<usize>> = (0..inner.len())
            .map(|index| {
                let id = inner.id(index);
                let file = id.rsplit('/').next().unwrap_or(&id);
                let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
                [id.as_str(), file, stem].iter().find_map(|name| keys.get(name).copied())
            })
            .collect();
        found.iter().flatten().for_each(|&row| used[row] += 1);
        if let Some(row) = used.iter().position(|&count| count > 1) {
            return Err(source.malformed(format!(
                "the row of {:?} fits {} samples; write the whole id, such as {:?}",
                rows[row].0,
                used[row],
                inner.id(found.iter().position(|found| *found == Some(row)).unwrap_or(0))
            )));
        }
        let matched = found.iter().flatten().count();
        if matched == 0 {
            let example = rows.first().map_or("", |(id, _)| id);
            return Err(source.malformed(format!(
                "none of its {} rows names a sample: rows look like {example:?}, samples like {:?}",
                rows.len(),
                inner.id(0)
            )));
        }
        let label = |row: &usize| Some(rows[*row].1.as_str()).filter(|label| !is_missing(label));
        let labels = Labels::from_names(found.iter().map(|row| row.as_ref().and_then(label)));
        let mut notes = inner.notes().to_vec();
        let unlabelled = inner.len() - labels.labelled();
        if unlabelled > 0 {
            notes.push(format!("{unlabelled} of {} samples have no label", inner.len()));
        }
        if matched < rows.len() {
            let unknown = rows.len() - matched;
            notes.push(format!("{unknown} of {} rows of labels name no sample", rows.len()));
        }
        Ok(Labelled { inner, labels, notes })
    }
}

/// The id and label of each row.
fn read(source: &Source) -> Result<Vec<(String, String)>, Error> {
    let table = Delimited::new(source)?;
    let column = |names: &[&str]| {
        table.names.iter().position(|name| names.iter().any(|n| name.eq_ignore_ascii_case(n)))
    };
    let (Some(id), Some(label)) = (column(&IDS), column(&LABELS)) else {
        return Err(source.malformed(format!(
            "a column called {} and one called {} were expected, its columns are: {}",
            IDS.join(" or "),
            LABELS.join(" or "),
            table.names.join(", ")
        )));
    };
    let mut rows = Vec::new();
    table.scan(&mut |_, cells| {
        let cells = cells.map_err(|why| source.malformed(format!("row {}: {why}", rows.len())))?;
        let id = cells[id].trim().trim_start_matches("./").replace('\\', "/");
        rows.push((id, cells[label].trim().to_owned()));
        Ok(())
    })?;
    Ok(rows)
}

impl Dataset for Labelled {
    fn len(&self) -> usize {
        self.inner.len()
    }

    fn id(&self, index: usize) -> String {
        self.inner.id(index)
    }

    fn label(&self, index: usize) -> Option<u32> {
        self.labels.get(index)
    }

    fn classes(&self) -> &[String] {
        self.labels.classes()
    }

    fn kind(&self) -> Kind {
        self.inner.kind()
    }

    fn split(&self, index: usize) -> Option<Split> {
        self.inner.split(index)
    }

    fn read(&self, index: usize) -> Result<Value, SampleError> {
        self.inner.read(index)
    }

    fn fingerprint(&self, index: usize) -> Result<u128, SampleError> {
        self.inner.fingerprint(index)
    }

    fn notes(&self) -> &[String] {
        &self.notes
    }
}
