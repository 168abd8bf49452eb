//! Files of text as a stream of lines: plain, `.gz`, `.zst`, and a field of JSON lines.

use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use crate::Error;

/// A line is cut where it grows longer than this, so that a file without line ends does not have to
/// fit in memory.
const LONGEST_LINE: usize = 1 << 20;
/// The decoder's window: files of `zstd --long=31` can be read.
const LARGEST_WINDOW: u32 = 31;

/// Every file below the paths, in the order of their names.
///
/// # Errors
/// Where a path cannot be listed.
pub fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            let mut below = Vec::new();
            for entry in fs_err::read_dir(path)? {
                below.push(entry?.path());
            }
            below.sort();
            found.extend(files(&below)?);
        } else {
            found.push(path.clone());
        }
    }
    Ok(found)
}

fn ends_with(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(ending))
}

/// The content of a file, decompressed as its name asks, and the name without that ending.
fn open(path: &Path) -> Result<(Box<dyn Read>, PathBuf), Error> {
    let file = fs_err::File::open(path)?;
    Ok(if ends_with(path, "gz") {
        (Box::new(flate2::read::MultiGzDecoder::new(BufReader::new(file))), path.with_extension(""))
    } else if ends_with(path, "zst") {
        let mut decoder = zstd::Decoder::new(file)?;
        decoder.window_log_max(LARGEST_WINDOW)?;
        (Box::new(decoder), path.with_extension(""))
    } else {
        (Box::new(file), path.to_path_buf())
    })
}

/// The content of a file, decompressed as its name asks.
pub(crate) fn content(path: &Path) -> Result<Box<dyn BufRead>, Error> {
    Ok(Box::new(BufReader::with_capacity(1 << 18, open(path)?.0)))
}

/// Calls `each` with every line of a file. Of JSON lines (`.jsonl`) it is the named field of each,
/// which may itself hold several lines.
///
/// # Errors
/// Where reading fails or a line is not an object with that field.
pub fn lines(path: &Path, field: &str, mut each: impl FnMut(&[u8])) -> Result<(), Error> {
    let (content, name) = open(path)?;
    let mut reader = BufReader::with_capacity(1 << 18, content);
    let at_path =
        |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    let json = ends_with(&name, "jsonl") || ends_with(&name, "ndjson");
    let limit = if json { u64::MAX } else { LONGEST_LINE as u64 };
    let mut line = Vec::new();
    let mut number = 0;
    loop {
        let read = (&mut reader).take(limit).read_until(b'\n', &mut line).map_err(at_path)?;
        if read == 0 && line.is_empty() {
            return Ok(());
        }
        number += 1;
        // A line that was cut goes on behind its last space.
        let cut = read > 0 && line.len() >= LONGEST_LINE && !json && line.last() != Some(&b'\n');
        let space = line.iter().rposition(u8::is_ascii_whitespace);
        let end = if cut { space.unwrap_or(line.len()) } else { line.len() };
        if json {
            let text = json_field(&line, field).map_err(|why| Error::Malformed {
                path: path.to_path_buf(),
                why: format!("line {number}: {why}"),
            })?;
            text.as_bytes().split(|byte| *byte == b'\n').for_each(&mut each);
        } else {
            each(&line[..end]);
        }
        line.drain(..end);
    }
}

fn json_field(line: &[u8], field: &str) -> Result<String, String> {
    if line.trim_ascii().is_empty() {
        return Ok(String::new());
    }
    let value: serde_json::Value =
        serde_json::from_slice(line).map_err(|error| error.to_string())?;
    match value.get(field) {
        Some(serde_json::Value::String(text)) => Ok(text.clone()),
        Some(other) => Err(format!("expected text in the field {field:?}, received {other}")),
        None => Err(format!("expected an object with the field {field:?}; name it by `field`")),
    }
}
