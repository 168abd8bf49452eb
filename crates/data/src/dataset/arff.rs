//! ARFF, the format of Weka and of many UCI sets: named attributes, then comma-separated rows.
//!
//! <https://waikato.github.io/weka-wiki/formats_and_processing/arff_stable/>; sparse rows are not
//! read, and types are inferred from the values as in a CSV.

use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;

use csv::ReaderBuilder;

use super::Format;
use super::delimited::{cells, records};
use super::source::Source;
use super::text_table::{self, TextRows, Visit};
use crate::error::Error;

pub(super) const FORMAT: Format = Format {
    name: "ARFF table",
    knows: |source| !source.is_folder && source.extension() == "arff",
    open: |source, options| Ok(Arc::new(text_table::open(source, &Arff(source), options)?)),
};

struct Arff<'a>(&'a Source);

impl Arff<'_> {
    /// Reads up to and with the line `@data`; the names of the attributes.
    fn header(&self, reader: &mut impl BufRead) -> Result<Vec<String>, Error> {
        let mut names = Vec::new();
        let mut line = Vec::new();
        loop {
            line.clear();
            // A header line is short; a file without line ends is not read into memory.
            let read = reader.by_ref().take(1 << 20).read_until(b'\n', &mut line);
            if read.map_err(|error| self.0.malformed(error.to_string()))? == 0 {
                return Err(self.0.malformed("a line @data was expected, there is none"));
            }
            let text = String::from_utf8_lossy(&line);
            let (keyword, rest) =
                text.trim().split_once(char::is_whitespace).unwrap_or((text.trim(), ""));
            match keyword.to_ascii_lowercase().as_str() {
                "@data" => return Ok(names),
                "@attribute" => names.push(attribute_name(rest.trim())),
                _ => {}
            }
        }
    }
}

/// The name before the type: a word, or anything in quotes.
fn attribute_name(text: &str) -> String {
    let quoted = ['\'', '"'].iter().find_map(|&quote| {
        text.strip_prefix(quote).and_then(|rest| rest.split_once(quote)).map(|(name, _)| name)
    });
    quoted.or(text.split_whitespace().next()).unwrap_or_default().to_owned()
}

impl TextRows for Arff<'_> {
    fn scan(&self, visit: &mut Visit<'_>) -> Result<(), Error> {
        let mut content = BufReader::new(self.0.reader()?);
        let names = self.header(&mut content)?;
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .quote(b'\'')
            .escape(Some(b'\\'))
            .comment(Some(b'%'))
            .trim(csv::Trim::All)
            .from_reader(content);
        records(self.0, &mut reader, |record| {
            // A line of spaces is one empty cell.
            if record.len() == 1 && record[0].is_empty() && names.len() > 1 {
                return Ok(());
            }
            visit(&names, cells(record, names.len()).as_deref().map_err(Clone::clone))
        })
    }
}
