//! The files of word2vec, GloVe, fastText and others, read and written.
//!
//! | file | first bytes | a row |
//! |---|---|---|
//! | word2vec text, fastText `.vec` | `words width` | `word v v v …` |
//! | word2vec binary | `words width` | `word`, a space, `width` little-endian `f32`, a line end |
//! | GloVe text | none | `word v v v …` |
//! | fastText `.bin`, `.ftz` | a number of its own | see [`fasttext`] |
//! | NumPy `.npy` | `\x93NUMPY` | `width` numbers; the words in `.words` beside it, a line each |
//! | safetensors | eight bytes, `{` | tensors `vectors` and `words`, perhaps `counts` |
//! | a folder | | see [`static_embedding`] |
//!
//! Readers believe no header: memory grows with the bytes that are really there.

mod binary;
pub mod fasttext;
mod npy;
pub mod static_embedding;
mod tensors;
mod text;

use std::io::{self, BufRead};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::corpus::{self, Vocabulary};
use crate::vectors::{Matrix, Vectors};

/// The word that ends every sentence for word2vec and fastText; it has no n-grams.
pub const END_OF_SENTENCE: &str = "</s>";
/// More numbers per vector than any file has that is what it says.
const WIDEST: usize = 1 << 16;
/// A longer word is a sign of a damaged file.
const LONGEST_WORD: usize = 1 << 16;

/// A file of words and vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// Text with a header: word2vec, gensim, fastText's `.vec`.
    Text,
    /// word2vec's and gensim's binary form.
    Binary,
    /// Text without a header.
    Glove,
    /// NumPy's array, and the words beside it in a file that ends with `.words`.
    Npy,
    /// Tensors `vectors` and `words`.
    Safetensors,
}

/// Reads the vectors of a file in any of the formats, told apart by the content; also of fastText's
/// `.bin`, of a folder, and compressed by `.gz` or `.zst`.
///
/// # Errors
/// Where the file cannot be read or is not what it says.
pub fn read(path: &Path) -> Result<Vectors, Error> {
    if path.is_dir() {
        return static_embedding::read(path);
    }
    read_from(&mut corpus::content(path)?, path)
}

/// Reads vectors from anywhere, as [`read`] does; the path is for messages.
///
/// # Errors
/// As [`read`].
pub fn read_from(mut content: &mut dyn BufRead, path: &Path) -> Result<Vectors, Error> {
    let malformed = |why: String| Error::Malformed { path: path.to_path_buf(), why };
    let start = content.fill_buf().map_err(|error| at(path, &error))?;
    if start.starts_with(&fasttext::MAGIC.to_le_bytes()) {
        return Ok(fasttext::read_from(content, path)?.vectors());
    }
    let fault = |fault| match fault {
        Fault::Io(error) => at(path, &error),
        Fault::Malformed(why) => malformed(why),
    };
    if start.starts_with(npy::MAGIC) {
        let words = fs_err::read_to_string(npy::words_beside(path))?;
        let (words, width, values) = npy::read(&mut content, &words).map_err(fault)?;
        return Ok(Vectors::new(words.clone(), Matrix::new(words.len(), width, values)));
    }
    if tensors::looks_like(start) {
        let mut bytes = Vec::new();
        content.read_to_end(&mut bytes).map_err(|error| at(path, &error))?;
        return tensors::parse(&bytes).map_err(malformed);
    }
    let header = start.split(|byte| *byte == b'\n').next().and_then(header);
    let body = start.iter().position(|byte| *byte == b'\n').map_or(start, |end| &start[end + 1..]);
    let is_text = looks_like_text(body);
    let read = match header {
        Some(header) => {
            let mut line = Vec::new();
            content.read_until(b'\n', &mut line).map_err(|error| at(path, &error))?;
            if is_text {
                text::read(&mut content, Some(header))
            } else {
                binary::read(&mut content, header)
            }
        }
        None => text::read(&mut content, None),
    };
    let (words, width, values) = read.map_err(fault)?;
    Ok(Vectors::new(words.clone(), Matrix::new(words.len(), width, values)))
}

/// Reads vectors as [`read`] does, and how often each word occurred where the file is one of
/// [`write_counted`].
///
/// # Errors
/// As [`read`].
pub fn read_counted(path: &Path) -> Result<(Vectors, Option<Vocabulary>), Error> {
    if path.is_dir() {
        return Ok((static_embedding::read(path)?, None));
    }
    let mut content = corpus::content(path)?;
    if !tensors::looks_like(content.fill_buf().map_err(|error| at(path, &error))?) {
        return Ok((read_from(&mut content, path)?, None));
    }
    let malformed = |why: String| Error::Malformed { path: path.to_path_buf(), why };
    let mut bytes = Vec::new();
    content.read_to_end(&mut bytes).map_err(|error| at(path, &error))?;
    let vectors = tensors::parse(&bytes).map_err(malformed)?;
    let counts = tensors::counts(&bytes, vectors.words()).map_err(malformed)?;
    Ok((vectors, counts))
}

/// Writes vectors as safetensors, with how often each word occurred.
///
/// # Errors
/// As [`write()`].
pub fn write_counted(vectors: &Vectors, counts: &Vocabulary, path: &Path) -> Result<(), Error> {
    check_words(vectors, Format::Safetensors)?;
    let mut file = io::BufWriter::new(fs_err::File::create(path)?);
    tensors::write(vectors, Some(counts), &mut file)?;
    Ok(io::Write::flush(&mut file)?)
}

/// Writes vectors; a number is written so that it reads back as the same bits.
///
/// # Errors
/// Where a word holds what the format keeps for itself, or writing fails.
pub fn write(vectors: &Vectors, path: &Path, format: Format) -> Result<(), Error> {
    check_words(vectors, format)?;
    let mut file = io::BufWriter::new(fs_err::File::create(path)?);
    match format {
        Format::Text => text::write(vectors, &mut file, true)?,
        Format::Glove => text::write(vectors, &mut file, false)?,
        Format::Binary => binary::write(vectors, &mut file)?,
        Format::Npy => {
            npy::write(vectors, &mut file)?;
            let mut words = io::BufWriter::new(fs_err::File::create(npy::words_beside(path))?);
            npy::write_words(vectors, &mut words)?;
            io::Write::flush(&mut words)?;
        }
        Format::Safetensors => tensors::write(vectors, None, &mut file)?,
    }
    io::Write::flush(&mut file)?;
    Ok(())
}

/// Refuses words that hold what ends a word in the format.
fn check_words(vectors: &Vectors, format: Format) -> Result<(), Error> {
    let (ends, what): (&[char], _) = match format {
        Format::Npy | Format::Safetensors => (&['\n', '\r'], "a line end"),
        Format::Text | Format::Binary | Format::Glove => {
            (&[' ', '\n', '\0'], "a space, a line end or a zero")
        }
    };
    if let Some(word) = vectors.words().iter().find(|word| word.is_empty() || word.contains(ends)) {
        return Err(Error::Setting(format!(
            "the word {word:?} cannot be written: in this format {what} ends a word; replace it, for \
             example by an underscore"
        )));
    }
    Ok(())
}

/// Words, numbers per vector, and the vectors row by row.
type Rows = (Vec<Box<str>>, usize, Vec<f32>);

/// What is wrong with a file whose name the caller knows.
enum Fault {
    Io(io::Error),
    Malformed(String),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            return Self::Malformed("the file ends before its last vector".to_owned());
        }
        Self::Io(error)
    }
}

fn at(path: &Path, error: &io::Error) -> Error {
    Error::Io(io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}

/// `words width`.
fn header(line: &[u8]) -> Option<(usize, usize)> {
    let line = str::from_utf8(line).ok()?;
    let mut numbers = line.split_ascii_whitespace().map(str::parse::<usize>);
    match (numbers.next()?, numbers.next()?, numbers.next()) {
        (Ok(words), Ok(width), None) => Some((words, width)),
        _ => None,
    }
}

/// Whether what follows the first word of a row is written in digits.
fn looks_like_text(row: &[u8]) -> bool {
    let Some(space) = row.iter().position(|byte| *byte == b' ') else { return true };
    let numbers = row[space..].split(|byte| *byte == b'\n').next().unwrap_or_default();
    let shown = &numbers[..numbers.len().min(64)];
    shown.iter().all(|byte| byte.is_ascii_alphanumeric() || b" \t\r+-.".contains(byte))
}

#[cfg(test)]
mod tests;
