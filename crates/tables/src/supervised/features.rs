//! Texts to rows of the input table: words, character n-grams and word n-grams, numbered exactly as
//! fastText does.

use std::collections::HashMap;

use super::{Config, Dictionary};
use crate::corpus::Tokenizer;
use crate::format::END_OF_SENTENCE;
use crate::train::subword::{self, hash};

/// The multiplier of fastText's hash of a sequence of words.
const SEQUENCE: u64 = 116_049_371;

/// Which rows a text has.
#[derive(Clone, Debug)]
pub(crate) struct Features {
    /// Rows of words, before those of the buckets.
    words: u32,
    word_ngrams: usize,
    subwords: Option<subword::Config>,
    pub(crate) buckets: usize,
    /// The buckets that were kept, by their new numbers, where not all were.
    pub(crate) kept: Option<HashMap<u32, u32>>,
}

/// A text in numbers.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Line {
    pub(crate) rows: Vec<u32>,
    pub(crate) labels: Vec<u32>,
}

impl Features {
    pub(crate) fn new(
        dictionary: &Dictionary,
        config: &Config,
        kept: Option<HashMap<u32, u32>>,
    ) -> Self {
        let buckets = if config.has_ngrams() { config.buckets } else { 0 };
        let subwords = (config.longest > 0).then(|| subword::Config {
            shortest: config.shortest.max(1),
            longest: config.longest,
            buckets,
        });
        let words = dictionary.words.len() as u32;
        Self { words, word_ngrams: config.word_ngrams, subwords, buckets, kept }
    }

    /// Rows of the input table.
    pub(crate) fn rows(&self) -> usize {
        self.words as usize + self.kept.as_ref().map_or(self.buckets, HashMap::len)
    }

    /// The rows of a word and its character n-grams; a word without a place has only these.
    pub(crate) fn word(&self, word: &str, place: Option<u32>, rows: &mut Vec<u32>) {
        rows.extend(place);
        if let Some(subwords) = self.subwords.filter(|_| word != END_OF_SENTENCE) {
            subwords.buckets_of(word, |bucket| self.bucket(bucket, rows));
        }
    }

    /// The rows of all sequences of two words and more, by the hashes of the words.
    pub(crate) fn sequences(&self, hashes: &[u32], rows: &mut Vec<u32>) {
        if self.word_ngrams < 2 {
            return;
        }
        // fastText keeps hashes as signed numbers of 32 bits, whose sign extends here.
        let wide = |hash: u32| i64::from(hash as i32) as u64;
        for (first, &start) in hashes.iter().enumerate() {
            let mut sequence = wide(start);
            for &next in hashes[first + 1..].iter().take(self.word_ngrams - 1) {
                sequence = sequence.wrapping_mul(SEQUENCE).wrapping_add(wide(next));
                self.bucket((sequence % self.buckets as u64) as u32, rows);
            }
        }
    }

    fn bucket(&self, bucket: u32, rows: &mut Vec<u32>) {
        match &self.kept {
            None => rows.push(self.words + bucket),
            Some(kept) => rows.extend(kept.get(&bucket).map(|place| self.words + place)),
        }
    }

    /// A line in numbers. Unknown labels are left out; `</s>` ends the line, whether it is written
    /// or not.
    pub(crate) fn line(&self, text: &str, dictionary: &Dictionary, prefix: &str) -> Line {
        let (mut line, mut hashes) = (Line::default(), Vec::new());
        each_token(text, |token| {
            let place = dictionary.words.place(token);
            if place.is_none()
                && let Some(label) = dictionary.labels.place(token)
            {
                line.labels.push(label);
            } else if place.is_some() || !token.starts_with(prefix) {
                self.word(token, place, &mut line.rows);
                hashes.push(hash(token.as_bytes()));
            }
        });
        self.sequences(&hashes, &mut line.rows);
        line
    }
}

/// Calls `each` with every word and label of a line up to its end, which is a word too.
pub(crate) fn each_token(line: &str, mut each: impl FnMut(&str)) {
    let mut ended = false;
    Tokenizer::Whitespace.words(line.as_bytes(), false, |token| {
        ended |= token == END_OF_SENTENCE;
        if !ended {
            each(token);
        }
    });
    each(END_OF_SENTENCE);
}
