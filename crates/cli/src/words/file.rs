//! Words and vectors to a file, in the format that its name asks for.

use std::path::Path;

use anyhow::{Result, ensure};
use pith_space::file::{self as space, Entry, Writer};
use pith_tables::Vectors;
use pith_tables::format::{self, Format};

/// Rows that are written at once.
const ROWS: usize = 4096;

/// The word format that an extension names, where it names one.
fn word_format(path: &Path) -> Option<Format> {
    let extension = path.extension()?.to_str()?.to_lowercase();
    match extension.as_str() {
        "txt" | "vec" => Some(Format::Text),
        "bin" => Some(Format::Binary),
        "glove" => Some(Format::Glove),
        "safetensors" => Some(Format::Safetensors),
        _ => None,
    }
}

/// Refuses an extension that names no format, before any work is done.
pub fn check(path: &Path) -> Result<()> {
    let known = word_format(path).is_some() || space::Format::of(path).is_ok();
    ensure!(
        known,
        "{}: expected .txt, .vec or .bin (word2vec), .glove, .safetensors, .npy, .parquet or .fvecs",
        path.display()
    );
    Ok(())
}

/// Writes words and vectors; the file appears when it is whole.
pub fn write(vectors: &Vectors, path: &Path, force: bool) -> Result<()> {
    check(path)?;
    let Some(format) = word_format(path) else {
        let mut writer = Writer::create(path, vectors.matrix().width(), force)?;
        let width = vectors.matrix().width();
        let rows = vectors.matrix().values().chunks(ROWS * width);
        for (words, values) in vectors.words().chunks(ROWS).zip(rows) {
            let entry = |word: &str| Entry { id: word.to_owned(), label: None };
            let entries: Vec<Entry> = words.iter().map(|word| entry(word)).collect();
            writer.push(&entries, values)?;
        }
        writer.finish()?;
        return Ok(());
    };
    if !force && path.exists() {
        return Err(pith_space::Error::Exists { path: path.to_owned() }.into());
    }
    whole(path, |partial| format::write(vectors, partial, format))
}

/// Lets a file be written under another name and gives it its own when it is done.
pub fn whole(
    path: &Path,
    write: impl FnOnce(&Path) -> Result<(), pith_tables::Error>,
) -> Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let partial = path.with_file_name(format!(".{name}.partial-{}", std::process::id()));
    let written = write(&partial).map_err(anyhow::Error::from);
    let renamed = written.and_then(|()| Ok(fs_err::rename(&partial, path)?));
    if renamed.is_err() {
        // The first error is the one to tell.
        let _ = std::fs::remove_file(&partial);
    }
    renamed
}
