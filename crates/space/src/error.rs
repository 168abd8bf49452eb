//! What can go wrong with points, always with the remedy.

use std::path::PathBuf;

/// A failure of anything in this crate that takes data from outside.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Two things that must have the same width do not.
    #[error(
        "{what} must be {expected} numbers wide, received {received}; embed it with the model of this space"
    )]
    Width {
        /// What has the wrong width.
        what: String,
        /// The width of the space.
        expected: usize,
        /// The width that came.
        received: usize,
    },
    /// Too few of something to answer at all.
    #[error("{what} needs at least {needed}, received {received}; give more samples")]
    TooFew {
        /// What was asked.
        what: String,
        /// The least number that has an answer.
        needed: usize,
        /// The number that came.
        received: usize,
    },
    /// A vector holds NaN or infinity.
    #[error(
        "{what} must be finite, row {row} holds NaN or infinity; leave the sample out or look at the training's health"
    )]
    NotFinite {
        /// Which vectors.
        what: String,
        /// The first bad row.
        row: usize,
    },
    /// A name that is none of the known ones.
    #[error("{what} `{received}` is not known; {hint}")]
    Unknown {
        /// The kind of name.
        what: &'static str,
        /// The name that came.
        received: String,
        /// The nearest name, or all of them.
        hint: String,
    },
    /// A file that does not hold what its name promises.
    #[error("{path}: {reason}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What was expected, what was found, what to do.
        reason: String,
    },
    /// Something already stands where the output should go.
    #[error("{path} exists already; name another place or ask to overwrite it", path = path.display())]
    Exists {
        /// The place.
        path: PathBuf,
    },
    /// Vectors of one model asked with another.
    #[error(
        "{path} was made by the model {expected}, and asked with the model {received}; \
         use that model, or build the index again with this one",
        path = path.display()
    )]
    Fingerprint {
        /// The index.
        path: PathBuf,
        /// The model that made it.
        expected: String,
        /// The model that asks.
        received: String,
    },
    /// A computation that has no result for these numbers.
    #[error("{what} failed: {reason}")]
    Numeric {
        /// The computation.
        what: &'static str,
        /// Why, and what to do.
        reason: String,
    },
    /// The operating system refused; the message names the path.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl Error {
    /// A file that does not hold what its name promises.
    pub fn file(path: impl Into<PathBuf>, reason: impl Into<String>) -> Self {
        Self::File { path: path.into(), reason: reason.into() }
    }

    /// An unknown name, with the nearest known one as the hint.
    pub fn unknown(what: &'static str, received: &str, known: &[&str]) -> Self {
        let nearest = known
            .iter()
            .map(|name| (strsim::damerau_levenshtein(name, received), *name))
            .min()
            .filter(|(distance, name)| *distance <= name.len().div_ceil(2));
        let hint = match nearest {
            Some((_, name)) => format!("did you mean `{name}`? there are: {}", known.join(", ")),
            None => format!("there are: {}", known.join(", ")),
        };
        Self::Unknown { what, received: received.to_owned(), hint }
    }
}
