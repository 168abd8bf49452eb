//! What can go wrong: with a whole data set ([`Error`]) and with one sample ([`SampleError`]).

use std::io;
use std::path::PathBuf;

/// A data set that cannot be opened or split.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Reading failed; the message names the path.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// Nothing is at this path.
    #[error("data path {path:?} does not exist{hint}", path = path.display())]
    NoSuchPath {
        /// The path as asked for.
        path: PathBuf,
        /// The nearest name that exists, as "; did you mean …?", or nothing.
        hint: String,
    },
    /// A variable used in the path is not set.
    #[error(
        "data path {path:?} uses the environment variable {name}, which is not set; \
         set it, for example: export {name}=/path/to/data"
    )]
    NoSuchVariable {
        /// The path as written.
        path: String,
        /// The variable.
        name: String,
    },
    /// No reader knows this content.
    #[error(
        "{path:?} is in no known format ({found}); expected one of: {known}",
        path = path.display()
    )]
    UnknownFormat {
        /// The file or folder.
        path: PathBuf,
        /// What was found instead.
        found: String,
        /// The formats that can be read.
        known: String,
    },
    /// The data hold no sample.
    #[error("{path:?} holds no samples: {why}", path = path.display())]
    Empty {
        /// The file or folder.
        path: PathBuf,
        /// What was looked for.
        why: String,
    },
    /// The file says one thing and holds another.
    #[error("{path:?} is damaged or not what it says: {why}", path = path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Expected and received.
        why: String,
    },
    /// A column that the recipe names is not in the table.
    #[error(
        "{path:?} has no column {column:?}{hint}; its columns are: {known}",
        path = path.display()
    )]
    NoSuchColumn {
        /// The file.
        path: PathBuf,
        /// The column asked for.
        column: String,
        /// The nearest column, as "; did you mean …?", or nothing.
        hint: String,
        /// All columns.
        known: String,
    },
    /// A setting of the `[data]` table that does not fit the data or itself.
    #[error("{0}")]
    Setting(String),
}

/// One sample that cannot be read; the others can.
#[derive(Debug, thiserror::Error)]
#[error("sample {id:?}: {fault}")]
pub struct SampleError {
    /// The sample.
    pub id: String,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What can be wrong with one sample.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The bytes cannot be fetched.
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    /// There are no bytes.
    #[error("is empty (0 bytes)")]
    Empty,
    /// The bytes are not a picture, whatever the name says.
    #[error("is not a PNG, JPEG or WebP picture")]
    NotAnImage,
    /// The picture is cut off or damaged.
    #[error("is a damaged picture: {0}")]
    Damaged(String),
    /// The row does not parse.
    #[error("is a malformed row: {0}")]
    Row(String),
}

impl Fault {
    /// This fault, in that sample.
    pub fn of(self, id: impl Into<String>) -> SampleError {
        SampleError { id: id.into(), fault: self }
    }
}

/// "; did you mean `x`?" where a candidate is near enough to the name, nothing elsewhere.
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map_or(String::new(), |(_, candidate)| format!("; did you mean {candidate:?}?"))
}
