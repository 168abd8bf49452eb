//! Words by frequency.

use std::collections::HashMap;

use xxhash_rust::xxh3::Xxh3DefaultBuilder;

/// A map from words that is quick to ask.
pub(crate) type WordMap<T> = HashMap<Box<str>, T, Xxh3DefaultBuilder>;

/// The words that have vectors, the most frequent first, and how often each occurred.
#[derive(Clone, Debug, Default)]
pub struct Vocabulary {
    words: Vec<Box<str>>,
    counts: Vec<u64>,
    places: WordMap<u32>,
}

impl Vocabulary {
    /// The words in this order.
    pub fn new(entries: impl IntoIterator<Item = (Box<str>, u64)>) -> Self {
        let (words, counts): (Vec<_>, Vec<_>) = entries.into_iter().unzip();
        let places = words.iter().cloned().zip(0..).collect();
        Self { words, counts, places }
    }

    /// Number of words.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether there is no word.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The words.
    pub fn words(&self) -> &[Box<str>] {
        &self.words
    }

    /// How often each word occurred.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// The place of a word.
    pub fn place(&self, word: &str) -> Option<u32> {
        self.places.get(word).copied()
    }
}

/// Words counted as they come, under provisional numbers.
#[derive(Default)]
pub(super) struct Counter {
    /// Number and count by word.
    entries: WordMap<(u32, u64)>,
    numbers: u32,
    /// Words rarer than this were forgotten when there were too many.
    forgotten_below: u64,
}

impl Counter {
    /// The number of a word, which is counted once more.
    pub(super) fn count(&mut self, word: &str) -> u32 {
        if let Some((number, count)) = self.entries.get_mut(word) {
            *count += 1;
            return *number;
        }
        let number = self.numbers;
        self.numbers += 1;
        self.entries.insert(word.into(), (number, 1));
        number
    }

    /// Forgets the rarest words while there are more than `limit`.
    pub(super) fn forget_beyond(&mut self, limit: usize) {
        while self.entries.len() > limit {
            self.forgotten_below += 1;
            self.entries.retain(|_, (_, count)| *count > self.forgotten_below);
        }
    }

    /// Words that occurred at least `minimum` times, the most frequent first (of equals, the one
    /// seen first), and the final place of every provisional number.
    pub(super) fn finish(self, minimum: u64) -> (Vocabulary, Vec<Option<u32>>) {
        let mut kept: Vec<_> =
            self.entries.into_iter().filter(|(_, (_, count))| *count >= minimum).collect();
        kept.sort_unstable_by_key(|(_, (number, count))| (std::cmp::Reverse(*count), *number));
        let mut places = vec![None; self.numbers as usize];
        for (place, (_, (number, _))) in kept.iter().enumerate() {
            places[*number as usize] = Some(place as u32);
        }
        (Vocabulary::new(kept.into_iter().map(|(word, (_, count))| (word, count))), places)
    }
}
