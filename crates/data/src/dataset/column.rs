//! Columns of a table as texts, row by row: what words and items are learned from.

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
/// As [`columns`].
pub fn texts(path: &Path, column: &str, mut each: impl FnMut(&str)) -> Result<(), Error> {
    columns(path, &[column], |cells| {
        each(cells[0]);
        Ok(())
    })
}

/// Calls `each` with the cells of these columns, in this order, of every row of a CSV or TSV (also
/// `.gz`, `.zst`) or of parquet; a missing cell is empty. What `each` finds wrong is told with the row.
///
/// # Errors
/// Where the file cannot be read or lacks a column (the nearest one is named), a row of a CSV has more
/// or fewer cells than there are columns, or `each` finds something wrong.
pub fn columns(
    path: &Path,
    names: &[&str],
    mut each: impl FnMut(&[&str]) -> Result<(), String>,
) -> Result<(), Error> {
    let source = Source::look(path)?;
    let mut row = 0;
    if (parquet::FORMAT.knows)(&source) {
        let shards = Shards::of(&source)?;
        let known: Vec<String> =
            shards.schema.fields().iter().map(|field| field.name().clone()).collect();
        names.iter().try_for_each(|name| text_table::place(&source, &known, name).map(|_| ()))?;
        return shards.batches(names, ROWS, |batch, _| {
            // Columns come in the order of the file.
            let text = |name: &&str| match batch.column_by_name(name) {
                Some(column) => Texts::new(column),
                None => Err(format!("column {name:?} is gone")),
            };
            let texts = names.iter().map(text).collect::<Result<Vec<_>, _>>();
            let texts = texts.map_err(|why| source.malformed(why))?;
            for place in 0..batch.num_rows() {
                row += 1;
                let cells: Vec<&str> = texts.iter().map(|column| column.get(place)).collect();
                each(&cells).map_err(|why| source.malformed(format!("row {row}: {why}")))?;
            }
            Ok(())
        });
    }
    let table = Delimited::new(&source)?;
    let place = |name: &&str| text_table::place(&source, &table.names, name);
    let places = names.iter().map(place).collect::<Result<Vec<_>, _>>()?;
    table.scan(&mut |_, cells| {
        row += 1;
        let told = |why| source.malformed(format!("row {row}: {why}"));
        let cells = cells.map_err(told)?;
        let chosen: Vec<&str> = places.iter().map(|&place| &*cells[place]).collect();
        each(&chosen).map_err(told)
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

    #[test]
    fn columns_come_in_the_order_asked_for() {
        let file = tempfile::Builder::new().suffix(".tsv").tempfile().unwrap();
        fs_err::write(file.path(), "user\titem\tat\nu\ta b\t1\nv\tc\t2\n").unwrap();
        let mut found = Vec::new();
        let taken = columns(file.path(), &["item", "user"], |cells| {
            found.push(cells.join("|"));
            if cells[1] == "v" { Err("no v here".to_owned()) } else { Ok(()) }
        });
        assert_eq!(found, ["a b|u", "c|v"]);
        let told = taken.unwrap_err().to_string();
        assert!(told.contains("row 2: no v here"), "{told}");
        let told = columns(file.path(), &["item", "usr"], |_| Ok(())).unwrap_err().to_string();
        assert!(told.contains("user"), "{told}");
    }
}
