//! Labelled text, read once, ready to train on as often as wanted.

use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::xxh3_64;

use super::features::each_token;
use super::{Config, Dictionary};
use crate::corpus::tokens::{END, Tokens, Writer};
use crate::corpus::vocabulary::WordMap;
use crate::corpus::{self, Vocabulary};
use crate::{Error, format::END_OF_SENTENCE};

/// Numbers in a chunk, about: small, so that threads share small sets evenly.
const CHUNK: u64 = 1 << 12;
/// Numbers held in memory; beyond, they stand in a temporary file.
const MEMORY_LIMIT: usize = 1 << 26;

/// Labelled lines as numbers.
pub struct Examples {
    /// The words and labels that were kept.
    pub dictionary: Dictionary,
    /// Words too rare to have a vector, whose n-grams count; their numbers follow the labels'.
    pub(super) rare: Vec<Box<str>>,
    pub(super) tokens: Tokens,
}

impl Examples {
    /// Reads files, and folders of files, of a line for each example, or of JSON lines with the fields
    /// `text` and `label`. Of the settings the prefix of
    /// labels and the least counts matter.
    ///
    /// # Errors
    /// Where a file cannot be read, or holds no label or no word that is frequent enough.
    pub fn read(paths: &[PathBuf], config: &Config) -> Result<Self, Error> {
        let mut builder = Builder::new(config)?;
        for path in corpus::files(paths)? {
            let mut failed = Ok(());
            each_line(&path, &config.label, |line| {
                if failed.is_ok() {
                    failed = builder.line(line);
                }
            })?;
            failed?;
        }
        builder.finish()
    }

    /// Takes lines as they are.
    ///
    /// # Errors
    /// Where they hold no label or no word that is frequent enough.
    pub fn from_lines<'a>(
        lines: impl IntoIterator<Item = &'a str>,
        config: &Config,
    ) -> Result<Self, Error> {
        let mut builder = Builder::new(config)?;
        lines.into_iter().try_for_each(|line| builder.line(line))?;
        builder.finish()
    }
}

/// The lines of a file, plain or compressed, to predict or to test on; of JSON lines the field `text`
/// behind the labels of the field `label`, which get the prefix `label`.
///
/// # Errors
/// Where the file cannot be read.
pub fn lines(path: &Path, label: &str) -> Result<Vec<String>, Error> {
    let mut lines = Vec::new();
    each_line(path, label, |line| lines.push(line.to_owned()))?;
    Ok(lines)
}

/// Whether a line is among this share of all lines: by its hash, so that equal lines stay together.
pub fn is_held_out(line: &str, share: f64) -> bool {
    // The upper 53 bits, uniform in [0, 1).
    let place = (xxh3_64(line.as_bytes()) >> 11) as f64 / (1_u64 << 53) as f64;
    place < share
}

fn each_line(path: &Path, label: &str, mut each: impl FnMut(&str)) -> Result<(), Error> {
    corpus::labelled(path, label, |line| {
        each(String::from_utf8_lossy(line).trim_end_matches(['\n', '\r']));
    })
}

struct Builder<'a> {
    config: &'a Config,
    numbers: WordMap<u32>,
    counts: Vec<u64>,
    writer: Writer,
    tokens: u64,
}

impl<'a> Builder<'a> {
    fn new(config: &'a Config) -> Result<Self, Error> {
        config.check()?;
        let writer = Writer::new(MEMORY_LIMIT);
        Ok(Self { config, numbers: WordMap::default(), counts: Vec::new(), writer, tokens: 0 })
    }

    fn line(&mut self, line: &str) -> Result<(), Error> {
        let mut failed = Ok(());
        each_token(line, |token| {
            let number = match self.numbers.get(token) {
                Some(&number) => number,
                None => {
                    let number = self.counts.len() as u32;
                    self.numbers.insert(token.into(), number);
                    self.counts.push(0);
                    number
                }
            };
            self.counts[number as usize] += 1;
            self.tokens += 1;
            if failed.is_ok() {
                failed = self.writer.push(number);
            }
        });
        failed?;
        Ok(self.writer.push(END)?)
    }

    /// Words, then labels, then rare words; of equal counts the one seen first.
    fn finish(self) -> Result<Examples, Error> {
        let Self { config, numbers, counts, writer, tokens } = self;
        let mut entries: Vec<(Box<str>, u32)> = numbers.into_iter().collect();
        let count = |number: u32| counts[number as usize];
        entries.sort_unstable_by_key(|(_, number)| (std::cmp::Reverse(count(*number)), *number));
        let (labels, words): (Vec<_>, Vec<_>) =
            entries.into_iter().partition(|(token, _)| token.starts_with(&*config.label));
        let frequent = |(_, number): &(Box<str>, u32)| count(*number) >= config.minimum_count;
        let (words, rare): (Vec<_>, Vec<_>) = words.into_iter().partition(frequent);
        let labels: Vec<_> = labels
            .into_iter()
            .filter(|(_, number)| count(*number) >= config.minimum_label_count)
            .collect();
        if !words.iter().any(|(word, _)| &**word != END_OF_SENTENCE) && !config.has_ngrams() {
            return Err(Error::EmptyVocabulary { minimum: config.minimum_count, words: tokens });
        }
        if labels.is_empty() {
            let Config { label, minimum_label_count, .. } = config;
            return Err(Error::Setting(format!(
                "expected words that begin with {label:?} and occur {minimum_label_count} times or \
                 more, received none in {tokens} words; `label` names what labels begin with"
            )));
        }
        let mut places = vec![None; counts.len()];
        for (place, (_, number)) in (0..).zip(words.iter().chain(&labels).chain(&rare)) {
            places[*number as usize] = Some(place);
        }
        let tokens_in_order = Tokens::translate(&writer.finish()?, &places, MEMORY_LIMIT, CHUNK)?;
        let counted = |entries: Vec<(Box<str>, u32)>| {
            Vocabulary::new(entries.into_iter().map(|(token, number)| (token, count(number))))
        };
        let dictionary = Dictionary { words: counted(words), labels: counted(labels), tokens };
        let rare = rare.into_iter().map(|(word, _)| word).collect();
        Ok(Examples { dictionary, rare, tokens: tokens_in_order })
    }
}
