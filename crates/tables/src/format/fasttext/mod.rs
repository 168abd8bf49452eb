//! fastText's `.bin` and `.ftz`: settings, words and labels, and both tables, all little-endian.
//!
//! 1. `i32` magic, `i32` version (11 or 12);
//! 2. twelve `i32`: width, window, epochs, minimum count, negatives, word n-grams, loss (1
//!    hierarchical softmax, 2 negative sampling, 3 softmax, 4 one against all), model (1 CBOW, 2
//!    skip-gram, 3 supervised), buckets, shortest and longest n-gram, how often the rate is updated;
//!    `f64` the threshold of subsampling;
//! 3. `i32` entries, words, labels; `i64` tokens, kept buckets (-1: all); for each entry its name
//!    and a zero, `i64` count, `u8` kind (0 word, 1 label), words first; for each kept bucket `i32`
//!    its number and `i32` its row behind the words';
//! 4. for the input and then for the output table: `u8` whether it is quantized, and either `i64`
//!    rows and columns and the values; or `u8` whether lengths have codes of their own, `i64` rows
//!    and columns, `i32` number of codes, the codes, a codebook, and for lengths a code for each row
//!    and another codebook;
//! 5. a codebook: `i32` width, parts, numbers of a part, numbers of the last part; 256 centroids of
//!    each part.
//!
//! Only classifiers are quantized. The file does not say what labels begin with; `__label__` is
//! assumed, as in fastText.

mod classifier;
mod entries;
mod settings;
mod tables;
mod words;

use std::io::{self, BufRead};
use std::path::Path;

pub(super) use settings::MAGIC;

use super::{Fault, at};
use crate::supervised::Classifier;
use crate::train::Method;
use crate::{Error, Model, corpus};

/// Reads a skip-gram or CBOW model.
///
/// # Errors
/// Where the file cannot be read, is cut off or damaged, or holds a classifier.
pub fn read(path: &Path) -> Result<Model, Error> {
    read_from(&mut corpus::content(path)?, path)
}

/// Reads a skip-gram or CBOW model from anywhere; the path is for messages.
///
/// # Errors
/// As [`read`].
pub fn read_from(content: &mut dyn BufRead, path: &Path) -> Result<Model, Error> {
    words::read(content).map_err(|fault| named(fault, path))
}

/// Writes a model so that fastText and gensim read it.
///
/// # Errors
/// Where it is a structured skip-gram, which fastText has no file for, or writing fails.
pub fn write(model: &Model, path: &Path) -> Result<(), Error> {
    if model.config.method == Method::StructuredSkipGram {
        return Err(Error::Setting(
            "fastText's .bin has no structured skip-gram: its outputs stand at relative positions; \
             write the vectors alone, as .safetensors, .vec or .txt"
                .to_owned(),
        ));
    }
    let mut file = io::BufWriter::new(fs_err::File::create(path)?);
    words::write(model, &mut file)?;
    Ok(io::Write::flush(&mut file)?)
}

/// Whether a file, perhaps compressed, begins as a classifier of fastText does.
///
/// # Errors
/// Where the file cannot be read.
pub fn is_classifier(path: &Path) -> Result<bool, Error> {
    let settings = settings::Settings::read(&mut corpus::content(path)?);
    Ok(settings.is_ok_and(|settings| settings.model == settings::SUPERVISED))
}

/// Reads a classifier, quantized (`.ftz`) or not (`.bin`).
///
/// # Errors
/// Where the file cannot be read, is cut off or damaged, or holds word vectors.
pub fn read_classifier(path: &Path) -> Result<Classifier, Error> {
    read_classifier_from(&mut corpus::content(path)?, path)
}

/// Reads a classifier from anywhere; the path is for messages.
///
/// # Errors
/// As [`read_classifier`].
pub fn read_classifier_from(content: &mut dyn BufRead, path: &Path) -> Result<Classifier, Error> {
    classifier::read(content).map_err(|fault| named(fault, path))
}

/// Writes a classifier so that fastText reads it: a `.bin`, or a `.ftz` where it is quantized.
///
/// # Errors
/// Where it has more codes than the format can count, or writing fails.
pub fn write_classifier(classifier: &Classifier, path: &Path) -> Result<(), Error> {
    classifier::check(classifier)?;
    let mut file = io::BufWriter::new(fs_err::File::create(path)?);
    classifier::write(classifier, &mut file)?;
    Ok(io::Write::flush(&mut file)?)
}

fn named(fault: Fault, path: &Path) -> Error {
    match fault {
        Fault::Io(error) => at(path, &error),
        Fault::Malformed(why) => Error::Malformed { path: path.to_path_buf(), why },
    }
}

fn expect(holds: bool, why: impl FnOnce() -> String) -> Result<(), Fault> {
    if holds { Ok(()) } else { Err(Fault::Malformed(why())) }
}

fn bytes<const N: usize>(content: &mut dyn BufRead) -> Result<[u8; N], Fault> {
    let mut bytes = [0; N];
    content.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn integer(content: &mut dyn BufRead) -> Result<i32, Fault> {
    Ok(i32::from_le_bytes(bytes(content)?))
}

fn long(content: &mut dyn BufRead) -> Result<i64, Fault> {
    Ok(i64::from_le_bytes(bytes(content)?))
}

fn yes_or_no(content: &mut dyn BufRead, what: &str) -> Result<bool, Fault> {
    let [value] = bytes(content)?;
    expect(value < 2, || format!("expected 0 or 1 for {what}, received {value}"))?;
    Ok(value == 1)
}

#[cfg(test)]
mod tests;
