//! Text to numbers, in one pass and in bounded memory.
//!
//! Words get provisional numbers as they are first seen; when the last file is read, the rare ones
//! go and the rest are numbered by frequency. Training then reads numbers, never text.

pub mod phrases;
mod source;
mod tokenizer;
pub(crate) mod tokens;
pub(crate) mod vocabulary;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub(crate) use source::{content, labelled};
pub use source::{files, holds_text, is_archive, is_text, lines, records};
pub use tokenizer::Tokenizer;
pub use vocabulary::Vocabulary;

use crate::Error;
use tokens::{CHUNK, END, Tokens, Writer};

/// A sentence is cut where it grows longer than this, as gensim does.
const LONGEST_SENTENCE: usize = 10_000;

/// How text becomes words, and which of them are kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Where words end.
    pub tokenizer: Tokenizer,
    /// Whether `Word` and `word` are one.
    pub lower_case: bool,
    /// Rarer words have no vector and are skipped (word2vec: 5).
    pub minimum_count: u64,
    /// The field of JSON lines that holds the text; of a table, where the reader knows tables, the
    /// column.
    pub field: String,
    /// Beyond so many distinct words the rarest are forgotten while reading, so that the count of
    /// rare words becomes a lower bound.
    pub vocabulary_limit: usize,
    /// Numbers of words held in memory; beyond, they stand in a temporary file.
    pub memory_limit: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            tokenizer: Tokenizer::Whitespace,
            lower_case: false,
            minimum_count: 5,
            field: "text".to_owned(),
            vocabulary_limit: 4_000_000,
            memory_limit: 1 << 25,
        }
    }
}

/// What was found while reading.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Files read.
    pub files: usize,
    /// Lines that are not empty.
    pub sentences: u64,
    /// Words, kept or not.
    pub words: u64,
    /// Words that have a vector.
    pub words_kept: u64,
    /// Places where bytes were not UTF-8 and were replaced.
    pub replaced: u64,
}

/// A text in numbers, ready to train on as often as wanted.
pub struct Corpus {
    /// The words that have vectors.
    pub vocabulary: Vocabulary,
    /// What was found while reading.
    pub summary: Summary,
    pub(crate) tokens: Tokens,
}

impl Corpus {
    /// Reads files, and folders of files, once.
    ///
    /// # Errors
    /// Where a file cannot be read or no word is frequent enough.
    pub fn read(paths: &[PathBuf], config: &Config) -> Result<Self, Error> {
        let mut builder = Builder::new(config);
        for file in files(paths)? {
            let mut failed = Ok(());
            lines(&file, &config.field, |line| {
                if failed.is_ok() {
                    failed = builder.line(line);
                }
            })?;
            failed?;
            builder.end_file();
        }
        builder.finish()
    }

    /// Takes sentences as they are, a line each.
    ///
    /// # Errors
    /// Where no word is frequent enough.
    pub fn from_lines<'a>(
        lines: impl IntoIterator<Item = &'a str>,
        config: &Config,
    ) -> Result<Self, Error> {
        let mut builder = Builder::new(config);
        lines.into_iter().try_for_each(|line| builder.line(line.as_bytes()))?;
        builder.finish()
    }
}

impl Corpus {
    /// Takes sentences whose words are already apart and may hold anything, spaces too. The tokenizer
    /// and the case are left alone.
    ///
    /// # Errors
    /// Where no word is frequent enough.
    pub fn from_sentences<S: IntoIterator<Item: AsRef<str>>>(
        sentences: impl IntoIterator<Item = S>,
        config: &Config,
    ) -> Result<Self, Error> {
        let mut builder = Builder::new(config);
        sentences.into_iter().try_for_each(|sentence| builder.sentence(sentence))?;
        builder.finish()
    }

    /// Calls `each` with every sentence, its words as places of the vocabulary.
    pub(crate) fn sentences(
        &self,
        mut each: impl FnMut(&[u32]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut reader = self.tokens.reader()?;
        for chunk in 0..self.tokens.chunks() {
            let numbers = reader.chunk(chunk)?;
            numbers
                .split(|number| *number == END)
                .filter(|s| !s.is_empty())
                .try_for_each(&mut each)?;
        }
        Ok(())
    }
}

/// A corpus that grows line by line, from wherever the lines come.
pub struct Builder<'a> {
    config: &'a Config,
    counter: vocabulary::Counter,
    writer: Writer,
    summary: Summary,
}

impl<'a> Builder<'a> {
    /// Before the first line.
    pub fn new(config: &'a Config) -> Self {
        Self {
            config,
            counter: vocabulary::Counter::default(),
            writer: Writer::new(config.memory_limit),
            summary: Summary::default(),
        }
    }

    /// Takes a line.
    ///
    /// # Errors
    /// Where a temporary file fails.
    pub fn line(&mut self, line: &[u8]) -> Result<(), Error> {
        let (mut written, mut failed) = (0, Ok(()));
        let config = self.config;
        let replaced = config.tokenizer.words(line, config.lower_case, |word| {
            let number = self.counter.count(word);
            written += 1;
            let mut push = |number| {
                if failed.is_ok() {
                    failed = self.writer.push(number);
                }
            };
            push(number);
            if written % LONGEST_SENTENCE == 0 {
                push(END);
            }
        });
        failed?;
        self.summary.replaced += replaced;
        self.end(written)
    }

    fn sentence(&mut self, words: impl IntoIterator<Item: AsRef<str>>) -> Result<(), Error> {
        let mut written = 0;
        for word in words {
            let number = self.counter.count(word.as_ref());
            self.writer.push(number)?;
            written += 1;
            if written % LONGEST_SENTENCE == 0 {
                self.writer.push(END)?;
            }
        }
        self.end(written)
    }

    /// Ends a sentence of so many words.
    fn end(&mut self, written: usize) -> Result<(), Error> {
        if written > 0 {
            self.summary.sentences += 1;
            self.summary.words += written as u64;
            self.writer.push(END)?;
            self.counter.forget_beyond(self.config.vocabulary_limit);
        }
        Ok(())
    }

    /// Ends a file: it counts in the summary.
    pub fn end_file(&mut self) {
        self.summary.files += 1;
    }

    /// What was found so far; which words are kept is not known before the end.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// The corpus of all lines so far.
    ///
    /// # Errors
    /// Where no word is frequent enough, or a temporary file fails.
    pub fn finish(mut self) -> Result<Corpus, Error> {
        let (minimum, words) = (self.config.minimum_count, self.summary.words);
        let (vocabulary, places) = self.counter.finish(minimum);
        if vocabulary.is_empty() {
            return Err(Error::EmptyVocabulary { minimum, words });
        }
        let provisional = self.writer.finish()?;
        let tokens = Tokens::translate(&provisional, &places, self.config.memory_limit, CHUNK)?;
        self.summary.words_kept = vocabulary.counts().iter().sum();
        Ok(Corpus { vocabulary, summary: self.summary, tokens })
    }
}

#[cfg(test)]
mod tests;
