//! What can go wrong while learning, in words that name the remedy.

use std::path::PathBuf;

/// An expected failure: what, where, and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The recipe cannot be read or does not fit together.
    #[error("{0}")]
    Recipe(String),
    /// The data cannot be used.
    #[error(transparent)]
    Data(#[from] pith_data::error::Error),
    /// A sample does not become an input.
    #[error(transparent)]
    Input(#[from] pith_data::preprocess::Error),
    /// The views do not fit.
    #[error(transparent)]
    View(#[from] pith_data::view::Error),
    /// No batch can be made.
    #[error(transparent)]
    Loader(#[from] pith_data::loader::Error),
    /// Vectors cannot be measured.
    #[error(transparent)]
    Space(#[from] pith_space::Error),
    /// Reading or writing a file.
    #[error("{0}")]
    File(#[from] std::io::Error),
    /// A file is not what its name says.
    #[error("{path}: {reason}")]
    Format {
        /// The file.
        path: PathBuf,
        /// What was expected and what was found.
        reason: String,
    },
    /// The run folder exists.
    #[error("{0} already holds a run; continue it with --resume, or replace it with --force")]
    Exists(PathBuf),
    /// The device is not there.
    #[error("{0}")]
    Device(String),
    /// A whole epoch gave no step.
    #[error(
        "an epoch gave no full step: {skipped} samples could not be read; mend the data or lower \
         train.batch-size"
    )]
    Unreadable {
        /// Samples that could not be read.
        skipped: usize,
    },
    /// Somebody asked to stop.
    #[error("stopped before the end; nothing was written")]
    Stopped,
    /// Training ran into numbers that are not numbers.
    #[error(
        "the loss became {loss} at step {step}; lower optimizer.learning-rate, lengthen \
         train.warmup, or set train.clip"
    )]
    Diverged {
        /// The loss.
        loss: f64,
        /// Where.
        step: usize,
    },
}

impl Error {
    /// A file that is not what its name says.
    pub fn format(path: impl Into<PathBuf>, reason: impl Into<String>) -> Self {
        Error::Format { path: path.into(), reason: reason.into() }
    }
}
