//! Rows as text.

use std::io::{BufRead, Write};

use super::{Fault, Rows, WIDEST};
use crate::Vectors;

/// Reads rows to the end. The last `width` columns are numbers and all before them is the word,
/// since some published files hold words with spaces.
pub(super) fn read(
    content: &mut dyn BufRead,
    header: Option<(usize, usize)>,
) -> Result<Rows, Fault> {
    let (mut words, mut values) = (Vec::new(), Vec::new());
    let mut width = header.map(|(_, width)| width);
    let mut line = Vec::new();
    loop {
        line.clear();
        if content.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end_matches(['\n', '\r', ' ']);
        if text.is_empty() {
            continue;
        }
        let number = words.len() + 1;
        let width = *width.get_or_insert_with(|| trailing_numbers(text));
        if width == 0 || width > WIDEST {
            return Err(Fault::Malformed(format!(
                "expected rows of a word and 1 to {WIDEST} numbers, received {width} numbers"
            )));
        }
        let mut columns = text.rsplit(' ');
        let first = values.len();
        for column in columns.by_ref().take(width) {
            values.push(column.parse::<f32>().map_err(|_| {
                Fault::Malformed(format!(
                    "row {number}: expected {width} numbers, received {column:?}"
                ))
            })?);
        }
        let mut word: Vec<&str> = columns.collect();
        if values.len() - first < width || word.is_empty() {
            let received = values.len() - first;
            let why = format!(
                "row {number}: expected a word and {width} numbers, received {received} columns"
            );
            return Err(Fault::Malformed(why));
        }
        values[first..].reverse();
        word.reverse();
        words.push(word.join(" ").into());
    }
    if let Some((expected, _)) = header
        && expected != words.len()
    {
        let received = words.len();
        return Err(Fault::Malformed(format!(
            "its header promises {expected} words, it holds {received}"
        )));
    }
    let Some(width) = width.filter(|_| !words.is_empty()) else {
        return Err(Fault::Malformed(
            "expected rows of a word and numbers, received none".to_owned(),
        ));
    };
    Ok((words, width, values))
}

/// Columns that are numbers, from the end of the row; the first column is the word, whatever it is.
fn trailing_numbers(row: &str) -> usize {
    let columns = row.split(' ').count();
    row.rsplit(' ').take(columns - 1).take_while(|column| column.parse::<f32>().is_ok()).count()
}

pub(super) fn write(vectors: &Vectors, file: &mut dyn Write, header: bool) -> std::io::Result<()> {
    let matrix = vectors.matrix();
    if header {
        writeln!(file, "{} {}", matrix.rows(), matrix.width())?;
    }
    for (row, word) in vectors.words().iter().enumerate() {
        write!(file, "{word}")?;
        matrix.row(row).iter().try_for_each(|value| write!(file, " {value}"))?;
        writeln!(file)?;
    }
    Ok(())
}
