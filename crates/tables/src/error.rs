//! What can go wrong: expected, received, where, remedy.

use std::io;
use std::path::PathBuf;

/// Word vectors that cannot be trained, read, written or asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Reading or writing failed; the message names the path.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// A setting that does not fit itself or the data.
    #[error("{0}")]
    Setting(String),
    /// The corpus leaves nothing to learn from.
    #[error(
        "the corpus holds no word that occurs {minimum} times or more ({words} words read); \
             lower minimum-count or bring more text"
    )]
    EmptyVocabulary {
        /// `minimum-count` of the corpus.
        minimum: u64,
        /// Words read in all.
        words: u64,
    },
    /// The file says one thing and holds another.
    #[error("{path:?} is damaged or not what it says: {why}", path = path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Expected and received.
        why: String,
    },
    /// A word without a vector.
    #[error("the word {word:?} has no vector: it is not in the vocabulary of {words} words")]
    UnknownWord {
        /// The word as asked for.
        word: String,
        /// Words of the vocabulary.
        words: usize,
    },
}
