//! One column of a table as texts, row by row: what words are learned from.

use std::path::Path;

use super::delimited::Delimited;
use super::parquet::{self, Shards, Texts};
use super::source::Source;
use super::text_table::{self, TextRows};
use crate::error::Error;

/// Rows of a parquet file that are decoded at once.
const ROWS: usize = 1024;

/// Calls `each` with every cell of a column of a CSV or TSV (also `.gz`, `.zst`) or of parquet, in the order of the rows; a missing cell is empty.
///
/// # Errors
/// Where the file cannot be read or has no such column (the nearest one is named), or a row of a CSV
/// has more or fewer cells than there are columns.
pub fn texts(path: &Path, column: &str, mut each: impl FnMut(&str)) -> Result<(), Error> {
    let source = Source::look(path)?;
    if (parquet::FORMAT.knows)(&source) {
        let shards = Shards::of(&source)?;
        let names: Vec<String> =
            shards.schema.fields().iter().map(|field| field.name().clone()).collect();
        text_table::place(&source, &names, column)?;
        return shards.batches(&[column], ROWS, |batch, _| {
            let texts = Texts::new(batch.column(0)).map_err(|why| source.malformed(why))?;
            (0..batch.num_rows()).for_each(|row| each(texts.get(row)));
            Ok(())
        });
    }
    let table = Delimited::new(&source)?;
    let place = text_table::place(&source, &table.names, column)?;
    let mut row = 0;
    table.scan(&mut |_, cells| {
        row += 1;
        let cells = cells.map_err(|why| source.malformed(format!("row {row}: {why}")))?;
        each(&cells[place]);
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_of_a_csv_keeps_commas_and_line_ends() {
        let file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
        fs_err::write(file.path(), "id,body\n1,\"a, b\nc\"\n2,\n").unwrap();
        let mut found = Vec::new();
        texts(file.path(), "body", |text| found.push(text.to_owned())).unwrap();
        assert_eq!(found, ["a, b\nc", ""]);
        let told = texts(file.path(), "bodi", |_| {}).unwrap_err().to_string();
        assert!(told.contains("bodi") && told.contains("body"), "{told}");
        fs_err::write(file.path(), "id,body\n1,a\n2\n").unwrap();
        let told = texts(file.path(), "body", |_| {}).unwrap_err().to_string();
        assert!(told.contains("row 2"), "{told}");
    }
}
