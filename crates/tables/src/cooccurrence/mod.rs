//! How often words stand near each other: what GloVe and the closed forms learn from.
//!
//! Every pair of places of a sentence that are at most a window apart adds a weight to its two
//! words. Counting holds a bounded number of pairs: where they do not fit they are sorted, summed
//! and written to a temporary file, and the files are merged at the end.

mod runs;

use std::io;

use serde::{Deserialize, Serialize};

use crate::corpus::Corpus;
use crate::corpus::tokens::END;
use runs::Sorter;
pub(crate) use runs::{Pair, Runs};

/// What a pair of places adds by its distance `d` (1 for neighbours) in a window `w`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weighting {
    /// `1 / d`, as GloVe.
    #[default]
    Harmonic,
    /// `(w - d + 1) / w`: what word2vec's random windows give in the mean.
    Linear,
    /// 1.
    Uniform,
}

impl Weighting {
    fn weights(self, window: usize) -> Vec<f32> {
        let weight = |distance: usize| match self {
            Self::Harmonic => 1.0 / distance as f32,
            Self::Linear => (window - distance + 1) as f32 / window as f32,
            Self::Uniform => 1.0,
        };
        (1..=window).map(weight).collect()
    }
}

/// Counts the pairs of a corpus, holding about `limit` of them in memory over all threads.
///
/// Thread `t` takes the `t`-th part of the text, so that the same number of threads gives the same
/// bits.
///
/// # Errors
/// Where the corpus cannot be read again, or a temporary file not be written.
pub(crate) fn count(
    corpus: &Corpus,
    window: usize,
    weighting: Weighting,
    limit: usize,
    threads: usize,
) -> io::Result<Runs> {
    let weights = weighting.weights(window);
    let chunks: Vec<usize> = (0..corpus.tokens.chunks()).collect();
    let share = chunks.len().div_ceil(threads.max(1)).max(1);
    let part = |chunks: &[usize]| -> io::Result<Runs> {
        let mut sorter = Sorter::new(limit / threads.max(1));
        let mut reader = corpus.tokens.reader()?;
        for &chunk in chunks {
            for sentence in reader.chunk(chunk)?.split(|number| *number == END) {
                pairs(sentence, &weights, |pair| sorter.push(pair))?;
            }
        }
        sorter.finish()
    };
    let parts: Vec<io::Result<Runs>> = std::thread::scope(|scope| {
        let part = &part;
        let spawn = |chunks| scope.spawn(move || part(chunks));
        let threads: Vec<_> = chunks.chunks(share).map(spawn).collect();
        let joined = |thread: std::thread::ScopedJoinHandle<io::Result<Runs>>| {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        threads.into_iter().map(joined).collect()
    });
    let mut all = Runs::default();
    for part in parts {
        all.extend(part?);
    }
    Ok(all)
}

/// Calls `each` with every pair of places at most `weights.len()` apart; a pair of equal words counts
/// twice, once from either side.
fn pairs(
    sentence: &[u32],
    weights: &[f32],
    mut each: impl FnMut(Pair) -> io::Result<()>,
) -> io::Result<()> {
    for (place, &word) in sentence.iter().enumerate() {
        let before = sentence[..place].iter().rev();
        for (&other, &weight) in before.zip(weights) {
            let twice = if word == other { 2.0 } else { 1.0 };
            let (first, second) = (word.min(other), word.max(other));
            each(Pair { first, second, weight: twice * weight })?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::corpus;
    use crate::random::Random;

    fn corpus(lines: &[String]) -> Corpus {
        let config = corpus::Config { minimum_count: 1, ..corpus::Config::default() };
        Corpus::from_lines(lines.iter().map(String::as_str), &config).unwrap()
    }

    fn drawn() -> Vec<String> {
        let mut random = Random::keyed(&[3]);
        let mut word = || format!("w{}", random.below(4) * random.below(8));
        (0..300).map(|_| (0..12).map(|_| word()).collect::<Vec<_>>().join(" ")).collect()
    }

    fn counted(corpus: &Corpus, limit: usize, threads: usize) -> Vec<Pair> {
        let runs = count(corpus, 3, Weighting::Harmonic, limit, threads).unwrap();
        let mut found = Vec::new();
        runs.each(|pair| {
            found.push(pair);
            Ok(())
        })
        .unwrap();
        found
    }

    #[test]
    fn a_sentence_by_hand() {
        // a b a c: a-b 1 + 1, a-a 1/2 from either side, b-c 1/2, a-c 1/3 + 1.
        let corpus = corpus(&["a b a c".to_owned()]);
        let place = |word: &str| corpus.vocabulary.place(word).unwrap();
        let found = counted(&corpus, 1000, 1);
        let weight = |one: &str, other: &str| {
            let (first, second) = (place(one).min(place(other)), place(one).max(place(other)));
            found.iter().find(|pair| (pair.first, pair.second) == (first, second)).unwrap().weight
        };
        assert_eq!(found.len(), 4);
        assert_eq!((weight("a", "b"), weight("a", "a"), weight("b", "c")), (2.0, 1.0, 0.5));
        assert!((weight("a", "c") - 4.0 / 3.0).abs() < 1e-6);
    }

    #[test]
    fn windows_end_with_the_sentence_and_weights_follow_the_distance() {
        assert_eq!(Weighting::Linear.weights(4), [1.0, 0.75, 0.5, 0.25]);
        assert_eq!(Weighting::Harmonic.weights(2), [1.0, 0.5]);
        assert!(counted(&corpus(&["a".to_owned(), "b".to_owned()]), 10, 1).is_empty());
    }

    #[test]
    fn what_does_not_fit_is_merged_from_files() {
        let lines = drawn();
        let corpus = corpus(&lines);
        let mut expected: BTreeMap<(u32, u32), f64> = BTreeMap::new();
        for line in &lines {
            let words: Vec<u32> =
                line.split(' ').map(|word| corpus.vocabulary.place(word).unwrap()).collect();
            for (i, &a) in words.iter().enumerate() {
                for (j, &b) in words.iter().enumerate().filter(|(j, _)| i != *j) {
                    if i.abs_diff(j) <= 3 && a <= b {
                        *expected.entry((a, b)).or_default() += 1.0 / i.abs_diff(j) as f64;
                    }
                }
            }
        }
        for (limit, threads) in [(1 << 20, 1), (20, 1), (60, 3)] {
            let found = counted(&corpus, limit, threads);
            assert_eq!(found.len(), expected.len(), "limit {limit}");
            for (pair, (key, weight)) in found.iter().zip(&expected) {
                assert_eq!(((pair.first, pair.second), limit), (*key, limit));
                assert!(
                    (f64::from(pair.weight) - weight).abs() < 1e-4 * weight,
                    "{pair:?} {weight}"
                );
            }
        }
    }
}
