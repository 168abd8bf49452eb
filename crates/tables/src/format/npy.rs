//! NumPy's `.npy` for the numbers, and a list of words beside it, a line each: `NAME.npy` and
//! `NAME.words`.

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};

use super::{Fault, Rows, WIDEST};
use crate::Vectors;

/// What the file begins with.
pub(super) const MAGIC: &[u8; 6] = b"\x93NUMPY";
/// A header is shorter; a longer one is a sign of a damaged file.
const LONGEST_HEADER: usize = 1 << 16;

/// Where the words stand.
pub(super) fn words_beside(path: &Path) -> PathBuf {
    path.with_extension("words")
}

/// Reads an array `[words, width]` of little-endian `f32` or `f64`, row by row.
pub(super) fn read(content: &mut dyn BufRead, words: &str) -> Result<Rows, Fault> {
    let mut start = [0; 8];
    content.read_exact(&mut start)?;
    let length = match start[6] {
        1 => {
            let mut length = [0; 2];
            content.read_exact(&mut length)?;
            usize::from(u16::from_le_bytes(length))
        }
        2 | 3 => {
            let mut length = [0; 4];
            content.read_exact(&mut length)?;
            u32::from_le_bytes(length) as usize
        }
        other => return fault(format!("expected version 1 to 3 of .npy, received {other}")),
    };
    if length > LONGEST_HEADER {
        return fault(format!("expected a header below {LONGEST_HEADER} bytes, received {length}"));
    }
    let mut header = vec![0; length];
    content.read_exact(&mut header)?;
    let header = String::from_utf8_lossy(&header);
    let (rows, width, bytes) = match described(&header) {
        Some(array) => array,
        None => {
            let header = header.trim_end();
            return fault(format!(
                "expected a table of little-endian f32 or f64 in C order, received {header}"
            ));
        }
    };
    if width == 0 || width > WIDEST {
        return fault(format!("expected 1 to {WIDEST} numbers a row, received {width}"));
    }
    let words: Vec<Box<str>> = words.lines().map(Box::from).collect();
    if words.len() != rows {
        return fault(format!("it holds {rows} rows, and its list {} words", words.len()));
    }
    let mut values = Vec::new();
    let mut row = vec![0; width * bytes];
    for _ in 0..rows {
        content.read_exact(&mut row)?;
        if bytes == 4 {
            values.extend(row.as_chunks().0.iter().map(|value| f32::from_le_bytes(*value)));
        } else {
            values.extend(row.as_chunks().0.iter().map(|value| f64::from_le_bytes(*value) as f32));
        }
    }
    Ok((words, width, values))
}

fn fault<T>(why: String) -> Result<T, Fault> {
    Err(Fault::Malformed(why))
}

/// Rows, columns and bytes a number of the array that a header describes, such as
/// `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }`.
fn described(header: &str) -> Option<(usize, usize, usize)> {
    let value = |key: &str| {
        let (_, rest) = header.split_once(&format!("'{key}':"))?;
        Some(rest.trim_start())
    };
    let bytes = match value("descr")? {
        kind if kind.starts_with("'<f4'") => 4,
        kind if kind.starts_with("'<f8'") => 8,
        _ => return None,
    };
    if !value("fortran_order")?.starts_with("False") {
        return None;
    }
    let (shape, _) = value("shape")?.strip_prefix('(')?.split_once(')')?;
    let sizes = shape.split(',').map(|size| size.trim().parse()).collect::<Result<Vec<_>, _>>();
    match sizes.ok()?[..] {
        [rows, width] => Some((rows, width, bytes)),
        _ => None,
    }
}

/// Writes version 1.0.
pub(super) fn write(vectors: &Vectors, file: &mut dyn Write) -> std::io::Result<()> {
    let matrix = vectors.matrix();
    let shape = format!("({}, {})", matrix.rows(), matrix.width());
    let mut header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}");
    // Magic, version, length and header together fill a multiple of 64 bytes.
    let full = (MAGIC.len() + 4 + header.len() + 1).next_multiple_of(64);
    header.extend(std::iter::repeat_n(' ', full - MAGIC.len() - 4 - header.len() - 1));
    header.push('\n');
    file.write_all(MAGIC)?;
    file.write_all(&[1, 0])?;
    file.write_all(&(header.len() as u16).to_le_bytes())?;
    file.write_all(header.as_bytes())?;
    matrix.values().iter().try_for_each(|value| file.write_all(&value.to_le_bytes()))
}

pub(super) fn write_words(vectors: &Vectors, file: &mut dyn Write) -> std::io::Result<()> {
    vectors.words().iter().try_for_each(|word| writeln!(file, "{word}"))
}
