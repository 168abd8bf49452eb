//! What learned vectors must beat: vectors that know nothing, and vectors that know only spelling.

use crate::Vectors;
use crate::random::Random;
use crate::train::subword;
use crate::vectors::Matrix;

/// Directions drawn by chance, a word's own by the seed and its letters: uniform in a cube, so that
/// the cosine of two words has mean 0 and variance `1 / width`.
pub fn random(words: &[Box<str>], width: usize, seed: u64) -> Vectors {
    let row = |word: &str| {
        let mut random = Random::keyed(&key(seed, word));
        (0..width).map(|_| 2.0 * random.unit() - 1.0).collect::<Vec<_>>()
    };
    let values = words.iter().flat_map(|word| row(word)).collect();
    Vectors::new(words.to_vec(), Matrix::new(words.len(), width, values))
}

/// Spelling alone: the characters' trigrams of `<word>`, each added as `±1` at a place that follows
/// from its hash (Weinberger et al., 2009), so that the cosine of two words is about the share of
/// trigrams that they have in common.
pub fn trigrams(words: &[Box<str>], width: usize) -> Vectors {
    let grams = subword::Config { shortest: 3, longest: 3, buckets: 2 * width };
    let mut matrix = Matrix::new(words.len(), width, vec![0.0; words.len() * width]);
    for (place, word) in words.iter().enumerate() {
        let row = matrix.row_mut(place);
        grams.buckets_of(word, |bucket| {
            let sign = if bucket % 2 == 0 { 1.0 } else { -1.0 };
            row[bucket as usize / 2] += sign;
        });
    }
    Vectors::new(words.to_vec(), matrix)
}

/// A key that changes with the seed and with every letter.
fn key(seed: u64, word: &str) -> Vec<u64> {
    [seed].into_iter().chain(word.chars().map(u64::from)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> Vec<Box<str>> {
        ["apparent", "apparently", "banana", "zebra"].map(Box::from).to_vec()
    }

    #[test]
    fn words_that_share_letters_are_near_by_their_trigrams() {
        let vectors = trigrams(&words(), 256);
        // <ap app ppa par are ren ent in common, of 8 and 10 trigrams: 7 / √80, hashing aside.
        let near = vectors.cosine("apparent", "apparently").unwrap();
        assert!((near - 7.0 / 80f32.sqrt()).abs() < 0.15, "{near}");
        assert!(vectors.cosine("apparent", "zebra").unwrap().abs() < 0.2);
    }

    #[test]
    fn chance_depends_on_word_and_seed_alone() {
        let (first, again) = (random(&words(), 64, 1), random(&words()[2..], 64, 1));
        assert_eq!(first.get("banana"), again.get("banana"));
        assert_ne!(first.get("banana"), random(&words(), 64, 2).get("banana"));
        assert!(first.cosine("apparent", "apparently").unwrap().abs() < 0.5);
    }
}
