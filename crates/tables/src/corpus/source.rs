//! Files of text as a stream of lines: plain, `.gz`, `.zst`, a field of JSON lines, and the texts in a
//! `.tar`.

use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use crate::Error;

/// A line is cut where it grows longer than this, so that a file without line ends does not have to
/// fit in memory.
const LONGEST_LINE: usize = 1 << 20;
/// The decoder's window: files of `zstd --long=31` can be read.
const LARGEST_WINDOW: u32 = 31;

/// Endings of text, those of its compression taken off.
const TEXT: [&str; 5] = ["txt", "text", "tokens", "jsonl", "ndjson"];

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

/// Content, decompressed as the name asks, and the name without that ending.
fn unpacked<'a>(
    content: impl Read + 'a,
    name: &Path,
) -> Result<(Box<dyn Read + 'a>, PathBuf), Error> {
    // `.tgz` and `.tzst` are short for two endings.
    let short = |ending: &str| ends_with(name, &format!("t{ending}"));
    let long =
        |of: &str| if short(of) { name.with_extension("tar") } else { name.with_extension("") };
    Ok(if ends_with(name, "gz") || short("gz") {
        let content = BufReader::new(content);
        (Box::new(flate2::read::MultiGzDecoder::new(content)), long("gz"))
    } else if ends_with(name, "zst") || short("zst") {
        let mut decoder = zstd::Decoder::new(content)?;
        decoder.window_log_max(LARGEST_WINDOW)?;
        (Box::new(decoder), long("zst"))
    } else {
        (Box::new(content), name.to_path_buf())
    })
}

fn open(path: &Path) -> Result<(Box<dyn Read>, PathBuf), Error> {
    unpacked(fs_err::File::open(path)?, path)
}

/// The content of a file, decompressed as its name asks.
pub(crate) fn content(path: &Path) -> Result<Box<dyn BufRead>, Error> {
    Ok(Box::new(BufReader::with_capacity(1 << 18, open(path)?.0)))
}

/// Whether a name is one of text: `.txt`, `.text`, `.tokens`, `.jsonl` or `.ndjson`, perhaps
/// compressed.
pub fn is_text(name: &Path) -> bool {
    let compressed = ends_with(name, "gz") || ends_with(name, "zst");
    let name = if compressed { name.with_extension("") } else { name.to_path_buf() };
    TEXT.iter().any(|ending| ends_with(&name, ending))
}

/// Whether a name is one of an archive whose texts [`lines`] reads: `.tar`, perhaps compressed.
pub fn is_archive(name: &Path) -> bool {
    let compressed = ends_with(name, "gz") || ends_with(name, "zst");
    let inner = if compressed { name.with_extension("") } else { name.to_path_buf() };
    ["tar", "tgz", "tzst"].iter().any(|ending| ends_with(&inner, ending))
}

/// Whether the first file in an archive, folders and hidden files aside, is a text for [`lines`].
pub fn holds_text(path: &Path) -> bool {
    let first = || -> Option<bool> {
        let mut archive = tar::Archive::new(open(path).ok()?.0);
        for entry in archive.entries().ok()? {
            let entry = entry.ok()?;
            let inner = entry.path().ok()?.into_owned();
            if entry.header().entry_type().is_file() && !is_hidden(&inner) {
                return Some(is_text(&inner) || inner.extension().is_none());
            }
        }
        None
    };
    first().unwrap_or_default()
}

fn is_hidden(name: &Path) -> bool {
    name.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'))
}

/// Calls `each` with every line of a file. Of JSON lines (`.jsonl`) it is the named field of each,
/// which may itself hold several lines. Of an archive (`.tar`, perhaps compressed) it is every line of
/// the texts in it, told by [`is_text`] or by having no ending; other files in it are left out.
///
/// # Errors
/// Where reading fails, a line is not an object with that field, or an archive holds no text.
pub fn lines(path: &Path, field: &str, mut each: impl FnMut(&[u8])) -> Result<(), Error> {
    read(path, &|line| json_field(line, field), &mut each)
}

/// Calls `each` with every JSON line (`.jsonl`, perhaps compressed) that is not empty. What `each` finds
/// wrong is told with the line.
///
/// # Errors
/// Where the file cannot be read, a line is no JSON, or `each` finds something wrong.
pub fn records(
    path: &Path,
    mut each: impl FnMut(&serde_json::Value) -> Result<(), String>,
) -> Result<(), Error> {
    let mut lines = content(path)?;
    let (mut line, mut number) = (Vec::new(), 0);
    while lines.read_until(b'\n', &mut line)? > 0 {
        number += 1;
        if !line.trim_ascii().is_empty() {
            let value = serde_json::from_slice(&line).map_err(|error| error.to_string());
            value.and_then(|value| each(&value)).map_err(|why| Error::Malformed {
                path: path.to_path_buf(),
                why: format!("line {number}: {why}"),
            })?;
        }
        line.clear();
    }
    Ok(())
}

/// As [`lines`] for text with labels: of JSON lines it is the field `text` behind the labels of the
/// field `label`, one or a list, each with `prefix`, as one line.
pub(crate) fn labelled(
    path: &Path,
    prefix: &str,
    mut each: impl FnMut(&[u8]),
) -> Result<(), Error> {
    read(path, &|line| json_labelled(line, prefix), &mut each)
}

/// What a line of JSON says.
type Said<'a> = &'a dyn Fn(&[u8]) -> Result<String, String>;

fn read(path: &Path, said: Said, each: &mut dyn FnMut(&[u8])) -> Result<(), Error> {
    let (content, name) = open(path)?;
    if ends_with(&name, "tar") {
        return archive(content, path, said, each);
    }
    lines_of(content, &name, path, said, each)
}

fn archive(
    content: Box<dyn Read>,
    path: &Path,
    said: Said,
    each: &mut dyn FnMut(&[u8]),
) -> Result<(), Error> {
    let damaged = |error: io::Error| Error::Malformed {
        path: path.to_path_buf(),
        why: format!("the archive does not unpack: {error}"),
    };
    let mut archive = tar::Archive::new(BufReader::with_capacity(1 << 18, content));
    let mut texts = 0;
    for entry in archive.entries().map_err(damaged)? {
        let entry = entry.map_err(damaged)?;
        let inner = entry.path().map_err(damaged)?.into_owned();
        let text = is_text(&inner) || inner.extension().is_none();
        if !entry.header().entry_type().is_file() || is_hidden(&inner) || !text {
            continue;
        }
        texts += 1;
        let (content, name) = unpacked(entry, &inner)?;
        lines_of(content, &name, &path.join(&inner), said, each)?;
    }
    if texts == 0 {
        let endings = TEXT.join(", .");
        let why = format!("the archive holds no text: no file in it ends with .{endings}");
        return Err(Error::Malformed { path: path.to_path_buf(), why });
    }
    Ok(())
}

/// The lines of content that has this name without compression; `path` is for messages.
fn lines_of(
    content: Box<dyn Read + '_>,
    name: &Path,
    path: &Path,
    said: Said,
    mut each: &mut dyn FnMut(&[u8]),
) -> Result<(), Error> {
    let mut reader = BufReader::with_capacity(1 << 18, content);
    let at_path =
        |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    let json = ends_with(name, "jsonl") || ends_with(name, "ndjson");
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
            let text = said(&line).map_err(|why| Error::Malformed {
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

/// `__label__a __label__b text`; spaces in a label are hyphens, as a label is one word.
fn json_labelled(line: &[u8], prefix: &str) -> Result<String, String> {
    let text = json_field(line, "text")?;
    if line.trim_ascii().is_empty() {
        return Ok(text);
    }
    let value: serde_json::Value =
        serde_json::from_slice(line).map_err(|error| error.to_string())?;
    let one = |label: &serde_json::Value| match label {
        serde_json::Value::String(name) => {
            Ok(name.split_whitespace().collect::<Vec<_>>().join("-"))
        }
        serde_json::Value::Number(number) => Ok(number.to_string()),
        other => Err(format!("expected text or a number as label, received {other}")),
    };
    let labels: Vec<String> = match value.get("label") {
        None | Some(serde_json::Value::Null) => Vec::new(),
        Some(serde_json::Value::Array(labels)) => {
            labels.iter().map(one).collect::<Result<_, _>>()?
        }
        Some(label) => vec![one(label)?],
    };
    let mut labelled: String = labels.iter().map(|label| format!("{prefix}{label} ")).collect();
    labelled.push_str(&text.replace(['\n', '\r'], " "));
    Ok(labelled)
}
