//! Vectors on disk.
//!
//! | format | holds | ids and labels |
//! |---|---|---|
//! | [`npy`] | NumPy's f32 `[n, d]`, little endian, C order | beside it, `<stem>.ids.jsonl` |
//! | [`parquet`] | columns `id` utf8, `label` utf8 or null, `vector` fixed-size list of f32 | within |
//! | [`fvecs`] | TEXMEX: per row the width as i32, then f32s | beside it, `<stem>.ids.jsonl` |
//!
//! Writers take vectors as they come, in bounded memory, and the file appears under its name only when it is whole.

pub mod fvecs;
pub mod npy;
pub mod parquet;
mod partial;
mod sidecar;

use std::path::{Path, PathBuf};

pub use partial::Partial;
pub use sidecar::Entry;

use crate::{Error, Matrix};

/// A format of vector files, known by its extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// NumPy.
    Npy,
    /// Apache Parquet.
    Parquet,
    /// TEXMEX vectors.
    Fvecs,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 3] = [Self::Npy, Self::Parquet, Self::Fvecs];

    /// The extension, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Npy => "npy",
            Self::Parquet => "parquet",
            Self::Fvecs => "fvecs",
        }
    }

    /// The format that a path's extension names.
    ///
    /// # Errors
    /// Where it names none.
    pub fn of(path: &Path) -> Result<Self, Error> {
        let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        let found = Self::ALL.into_iter().find(|format| format.extension() == extension);
        found.ok_or_else(|| {
            let known = Self::ALL.map(Self::extension);
            Error::unknown("the extension of a vector file", &extension, &known)
        })
    }
}

/// Vectors with their ids and labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Vectors {
    /// One id and label per row; the row numbers where a file names none.
    pub entries: Vec<Entry>,
    /// The vectors.
    pub matrix: Matrix,
}

/// Reads a whole vector file, in the format of its extension.
///
/// # Errors
/// Where the file is missing, not of its format, cut short, or its ids are not one per row.
pub fn read(path: &Path) -> Result<Vectors, Error> {
    let matrix = match Format::of(path)? {
        Format::Npy => npy::read(path)?,
        Format::Fvecs => fvecs::read(path)?,
        Format::Parquet => return parquet::read(path),
    };
    let entries = sidecar::read(path, matrix.rows())?;
    Ok(Vectors { entries, matrix })
}

/// Writes vectors as they come.
#[derive(Debug)]
pub struct Writer {
    body: Body,
    width: usize,
    rows: usize,
}

#[derive(Debug)]
enum Body {
    Npy(npy::Writer, sidecar::Writer),
    Parquet(Box<parquet::Writer>),
    Fvecs(fvecs::Writer, sidecar::Writer),
}

impl Writer {
    /// Opens a file of vectors of `width`, in the format of its extension.
    ///
    /// # Errors
    /// An unknown extension, a folder that cannot be written, or a file that stands there without `force`.
    pub fn create(path: &Path, width: usize, force: bool) -> Result<Self, Error> {
        if width == 0 || width > 1 << 24 {
            let reason = format!("expected vectors of 1 to {} numbers, received {width}", 1 << 24);
            return Err(Error::file(path, reason));
        }
        let body = match Format::of(path)? {
            Format::Npy => {
                let writer = npy::Writer::create(path, width, force)?;
                Body::Npy(writer, sidecar::Writer::create(path, force)?)
            }
            Format::Fvecs => {
                let writer = fvecs::Writer::create(path, width, force)?;
                Body::Fvecs(writer, sidecar::Writer::create(path, force)?)
            }
            Format::Parquet => {
                Body::Parquet(Box::new(parquet::Writer::create(path, width, force)?))
            }
        };
        Ok(Self { body, width, rows: 0 })
    }

    /// Appends rows `[entries, width]`.
    ///
    /// # Errors
    /// A full disk, for example.
    ///
    /// # Panics
    /// Where the values are not one row per entry.
    pub fn push(&mut self, entries: &[Entry], values: &[f32]) -> Result<(), Error> {
        let (count, width) = (entries.len(), self.width);
        assert_eq!(values.len(), count * width, "{count} rows of {width}");
        match &mut self.body {
            Body::Npy(writer, ids) => {
                writer.push(values)?;
                ids.push(entries)?;
            }
            Body::Fvecs(writer, ids) => {
                writer.push(values)?;
                ids.push(entries)?;
            }
            Body::Parquet(writer) => writer.push(entries, values)?,
        }
        self.rows += count;
        Ok(())
    }

    /// Closes the file and gives it its name. Returns the number of rows.
    ///
    /// # Errors
    /// A full disk, for example; nothing then stands under the name.
    pub fn finish(self) -> Result<usize, Error> {
        match self.body {
            Body::Npy(writer, ids) => {
                ids.finish()?;
                writer.finish()?;
            }
            Body::Fvecs(writer, ids) => {
                ids.finish()?;
                writer.finish()?;
            }
            Body::Parquet(writer) => writer.finish()?,
        }
        Ok(self.rows)
    }
}

/// Where the ids of a vector file without room for them stand: `vectors.npy` -> `vectors.ids.jsonl`.
pub fn sidecar_path(path: &Path) -> PathBuf {
    path.with_extension("ids.jsonl")
}

#[cfg(test)]
mod tests;
