//! CSV and TSV: one row a line, columns named in the first line.

use std::borrow::Cow;
use std::io::Read;
use std::sync::Arc;

use csv::{ByteRecord, Reader, ReaderBuilder};

use super::source::Source;
use super::text_table::{self, TextRows, Visit};
use super::{Format, infer};
use crate::error::Error;

pub(super) const FORMAT: Format = Format {
    name: "CSV or TSV table (also .gz, .zst)",
    knows: |source| !source.is_folder && matches!(source.extension().as_str(), "csv" | "tsv"),
    open: |source, options| {
        Ok(Arc::new(text_table::open(source, &Delimited::new(source)?, options)?))
    },
};

/// How the lines are divided, and what the columns are called.
pub(super) struct Delimited<'a> {
    source: &'a Source,
    delimiter: u8,
    pub(super) names: Vec<String>,
    has_header: bool,
}

impl<'a> Delimited<'a> {
    /// Reads the first line. Columns are called `column-1`, … where it holds only numbers.
    pub(super) fn new(source: &'a Source) -> Result<Self, Error> {
        let delimiter = delimiter(&source.head, &source.extension());
        let mut first = ByteRecord::new();
        reader(delimiter, source.reader()?)
            .read_byte_record(&mut first)
            .map_err(|error| source.malformed(error.to_string()))?;
        let names: Vec<String> =
            first.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
        let has_header = !names.iter().all(|name| infer::number(name).is_some());
        let names = match has_header {
            true => names,
            false => (1..=names.len()).map(|number| format!("column-{number}")).collect(),
        };
        Ok(Delimited { source, delimiter, names, has_header })
    }
}

impl TextRows for Delimited<'_> {
    fn scan(&self, visit: &mut Visit<'_>) -> Result<(), Error> {
        let mut reader = reader(self.delimiter, self.source.reader()?);
        let mut skip = usize::from(self.has_header);
        records(self.source, &mut reader, |record| {
            if skip > 0 {
                skip -= 1;
                return Ok(());
            }
            visit(&self.names, cells(record, self.names.len()).as_deref().map_err(Clone::clone))
        })
    }
}

/// Goes through all records.
pub(super) fn records<R: Read>(
    source: &Source,
    reader: &mut Reader<R>,
    mut visit: impl FnMut(&ByteRecord) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut record = ByteRecord::new();
    loop {
        match reader.read_byte_record(&mut record) {
            Ok(true) => visit(&record)?,
            Ok(false) => return Ok(()),
            Err(error) => return Err(source.malformed(error.to_string())),
        }
    }
}

/// The cells of a record, if they are as many as there are columns.
pub(super) fn cells(record: &ByteRecord, columns: usize) -> Result<Vec<Cow<'_, str>>, String> {
    if record.len() != columns {
        return Err(format!("{columns} cells were expected, it has {}", record.len()));
    }
    Ok(record.iter().map(String::from_utf8_lossy).collect())
}

fn reader<R: Read>(delimiter: u8, content: R) -> Reader<R> {
    let mut builder = ReaderBuilder::new();
    builder.delimiter(delimiter).has_headers(false).flexible(true).from_reader(content)
}

/// Tab in a TSV; in a CSV whichever of comma, semicolon and tab the first line has most of.
fn delimiter(head: &[u8], extension: &str) -> u8 {
    if extension == "tsv" {
        return b'\t';
    }
    let line = head.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let count = |delimiter| line.iter().filter(|&&byte| byte == delimiter).count();
    // The last of equals wins: the comma.
    b"\t;,".iter().copied().max_by_key(|&delimiter| count(delimiter)).unwrap_or(b',')
}
