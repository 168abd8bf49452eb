//! Character n-grams of words, numbered exactly as fastText does (Bojanowski, Grave, Joulin and
//! Mikolov, 2017).

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::corpus::Vocabulary;

/// Which n-grams a word has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Characters of the shortest n-gram.
    pub shortest: usize,
    /// Characters of the longest n-gram.
    pub longest: usize,
    /// Vectors shared by all n-grams, by their hash.
    pub buckets: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self { shortest: 3, longest: 6, buckets: 2_000_000 }
    }
}

impl Config {
    pub(super) fn check(&self) -> Result<(), Error> {
        if self.shortest == 0 || self.longest < self.shortest || self.buckets == 0 {
            let Self { shortest, longest, buckets } = self;
            return Err(Error::Setting(format!(
                "subwords need 1 <= shortest <= longest and buckets >= 1, received {shortest}, \
                 {longest} and {buckets}"
            )));
        }
        Ok(())
    }

    /// Calls `each` with the bucket of every n-gram of `<word>`; an n-gram that is the first or the
    /// last mark alone is none.
    pub fn buckets_of(&self, word: &str, mut each: impl FnMut(u32)) {
        let marked = format!("<{word}>");
        let starts: Vec<usize> = marked.char_indices().map(|(start, _)| start).collect();
        for (first, &start) in starts.iter().enumerate() {
            for length in self.shortest..=self.longest {
                let Some(last) =
                    (first + length).checked_sub(1).filter(|last| *last < starts.len())
                else {
                    break;
                };
                let at_an_end = first == 0 || last + 1 == starts.len();
                if length > 1 || !at_an_end {
                    let end = starts.get(last + 1).copied().unwrap_or(marked.len());
                    each(hash(&marked.as_bytes()[start..end]) % self.buckets as u32);
                }
            }
        }
    }
}

/// FNV-1a of 32 bits over bytes taken as signed, as fastText's published models are numbered.
pub fn hash(bytes: &[u8]) -> u32 {
    bytes.iter().fold(2_166_136_261, |hash: u32, &byte| {
        (hash ^ i32::from(byte as i8) as u32).wrapping_mul(16_777_619)
    })
}

/// The rows of the input table that make up each word: its own, then its n-grams'.
pub(crate) struct Subwords {
    starts: Vec<usize>,
    rows: Vec<u32>,
}

impl Subwords {
    /// Row `word` for the word, row `vocabulary.len() + bucket` for an n-gram.
    pub(crate) fn new(vocabulary: &Vocabulary, config: &Config) -> Self {
        let (mut starts, mut rows) = (vec![0], Vec::new());
        for (word, place) in vocabulary.words().iter().zip(0..) {
            rows.push(place);
            if &**word != crate::format::END_OF_SENTENCE {
                config.buckets_of(word, |bucket| rows.push(vocabulary.len() as u32 + bucket));
            }
            starts.push(rows.len());
        }
        Self { starts, rows }
    }

    pub(crate) fn rows(&self, word: u32) -> &[u32] {
        &self.rows[self.starts[word as usize]..self.starts[word as usize + 1]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grams(word: &str, shortest: usize, longest: usize) -> usize {
        let mut count = 0;
        Config { shortest, longest, buckets: 1000 }.buckets_of(word, |_| count += 1);
        count
    }

    #[test]
    fn bytes_above_127_are_negative() {
        // FNV-1a's published values hold for ASCII; beyond, the sign extends into the hash.
        assert_eq!(hash(b""), 0x811c_9dc5);
        assert_eq!(hash(b"a"), 0xe40c_292c);
        assert_eq!(hash(b"foobar"), 0xbf9c_f968);
        let unsigned = (0x811c_9dc5_u32 ^ 0xc3).wrapping_mul(16_777_619);
        assert_ne!(hash(&[0xc3]), unsigned);
        assert_eq!(hash(&[0xc3]), (0x811c_9dc5_u32 ^ 0xffff_ffc3).wrapping_mul(16_777_619));
    }

    #[test]
    fn ngrams_are_counted_in_characters() {
        // <où> has 4 characters: <où, où> of three, <où> of four.
        assert_eq!(grams("où", 3, 6), 3);
        assert_eq!(grams("a", 3, 6), 1);
        // Of length one: the letters, not the marks.
        assert_eq!(grams("abc", 1, 1), 3);
        assert_eq!(grams("", 3, 6), 0);
    }
}
