//! Words that belong together become one: `new york` is `new_york` (Mikolov, Sutskever, Chen, Corrado
//! and Dean, 2013, section 4).
//!
//! Of neighbours `a b` that occur `n_ab` times among `N` words, two scores are known:
//! `(n_ab - δ) N / (n_a n_b)` with the least count `δ` (equation 6, times `N` as in word2phrase), and
//! the normalized mutual information `ln(p_ab / (p_a p_b)) / -ln p_ab` (Bouma, 2009), which lies
//! between -1 and 1. Further passes join what was joined before: `new_york_times`.
//!
//! Words are counted among those of the corpus. Rarer words are no longer in it, so that their
//! neighbours meet; read it with a `minimum-count` of 1 where that matters.

use std::collections::HashMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3DefaultBuilder;

use super::vocabulary::WordMap;
use super::{Builder, Corpus};
use crate::Error;

/// How much more often than by chance two words are neighbours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Score {
    /// `ln(p_ab / (p_a p_b)) / -ln p_ab`.
    #[default]
    Npmi,
    /// `(n_ab - δ) N / (n_a n_b)`.
    Ratio,
}

impl Score {
    /// Of a pair that occurs `pair` times, its words `first` and `second` times, among `words`.
    fn of(self, pair: u64, first: u64, second: u64, words: u64, least: u64) -> f64 {
        let [pair, first, second, words] = [pair, first, second, words].map(|n| n as f64);
        let ratio = |pair: f64| pair * words / (first * second);
        match self {
            Self::Ratio => ratio(pair - least as f64),
            // Where every two words are this pair, it cannot be more of one.
            Self::Npmi if pair >= words => 1.0,
            Self::Npmi => ratio(pair).ln() / (words / pair).ln(),
        }
    }
}

/// What counts as a phrase.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// The score.
    pub score: Score,
    /// Pairs that score higher are joined; 0.5 for `npmi` and 100 for `ratio` where it is not set.
    pub threshold: Option<f64>,
    /// `δ`: rarer pairs are never joined.
    pub minimum_count: u64,
    /// Each may join what the one before has joined.
    pub passes: usize,
    /// Stands between the words of a phrase.
    pub delimiter: char,
    /// Beyond so many different pairs the rarest are forgotten while counting.
    pub pairs_limit: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            score: Score::Npmi,
            threshold: None,
            minimum_count: 5,
            passes: 1,
            delimiter: '_',
            pairs_limit: 20_000_000,
        }
    }
}

/// Phrases that were found.
#[derive(Clone, Debug, PartialEq)]
pub struct Phrases {
    /// Of every pass: the scores by the first and then the second word.
    passes: Vec<WordMap<WordMap<f64>>>,
    delimiter: char,
}

/// Phrases as they stand in a file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    delimiter: char,
    /// Of every pass: first word, second word, score; the highest score first.
    passes: Vec<Vec<(String, String, f64)>>,
}

impl Phrases {
    /// Finds the phrases of a corpus, and rewrites it with them; `about` says how often a word or
    /// phrase must occur to be kept, and how much memory to take.
    ///
    /// # Errors
    /// Where a setting makes no sense, the corpus cannot be read again, or no word is left.
    pub fn learn(
        corpus: &Corpus,
        config: &Config,
        about: &super::Config,
    ) -> Result<(Self, Corpus), Error> {
        if config.passes == 0 {
            return Err(Error::Setting("passes must be 1 or more, received 0".to_owned()));
        }
        let mut found = Self { passes: Vec::new(), delimiter: config.delimiter };
        let mut rewritten: Option<Corpus> = None;
        for _ in 0..config.passes {
            let corpus = rewritten.as_ref().unwrap_or(corpus);
            let pairs = pairs(corpus, config)?;
            let next = rewrite(corpus, &pairs, config.delimiter, about)?;
            found.passes.push(pairs);
            rewritten = Some(next);
        }
        match rewritten {
            Some(corpus) => Ok((found, corpus)),
            None => unreachable!("there is a pass"),
        }
    }

    /// The words of a sentence, those of phrases joined. From the left: a word joins at most one pair
    /// in a pass.
    pub fn join(&self, words: &[&str]) -> Vec<String> {
        let mut words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        for pass in &self.passes {
            let mut joined = Vec::with_capacity(words.len());
            join(pass, self.delimiter, words.iter().map(String::as_str), |word| {
                joined.push(word.to_owned());
            });
            words = joined;
        }
        words
    }

    /// Writes the phrases as JSON: the delimiter, and of every pass first word, second word, score.
    ///
    /// # Errors
    /// Where writing fails.
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        let pass = |pass: &WordMap<WordMap<f64>>| {
            let mut pairs: Vec<(String, String, f64)> = Vec::new();
            for (first, seconds) in pass {
                pairs.extend(
                    seconds
                        .iter()
                        .map(|(second, score)| (first.to_string(), second.to_string(), *score)),
                );
            }
            pairs.sort_by(|a, b| b.2.total_cmp(&a.2).then_with(|| (&a.0, &a.1).cmp(&(&b.0, &b.1))));
            pairs
        };
        let written =
            Written { delimiter: self.delimiter, passes: self.passes.iter().map(pass).collect() };
        let text = serde_json::to_vec(&written).map_err(std::io::Error::other)?;
        Ok(fs_err::write(path, text)?)
    }

    /// Reads what [`Phrases::write`] wrote.
    ///
    /// # Errors
    /// Where the file cannot be read or holds something else.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let written: Written = serde_json::from_slice(&fs_err::read(path)?).map_err(|error| {
            Error::Malformed { path: path.to_path_buf(), why: error.to_string() }
        })?;
        let pass = |pairs: Vec<(String, String, f64)>| {
            let mut pass: WordMap<WordMap<f64>> = WordMap::default();
            for (first, second, score) in pairs {
                pass.entry(first.into()).or_default().insert(second.into(), score);
            }
            pass
        };
        let passes = written.passes.into_iter().map(pass).collect();
        Ok(Self { passes, delimiter: written.delimiter })
    }

    /// All phrases and their scores, the highest first. Words of later passes are phrases themselves.
    pub fn scores(&self) -> Vec<(String, f64)> {
        let pairs = self.passes.iter().flatten();
        let phrase = |first: &str, second: &str| format!("{first}{}{second}", self.delimiter);
        let mut all: Vec<(String, f64)> = pairs
            .flat_map(|(first, seconds)| {
                seconds.iter().map(move |(second, score)| (phrase(first, second), *score))
            })
            .collect();
        all.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        all
    }
}

/// Pairs of neighbours whose score is above the threshold.
fn pairs(corpus: &Corpus, config: &Config) -> Result<WordMap<WordMap<f64>>, Error> {
    let mut pairs: HashMap<u64, u64, Xxh3DefaultBuilder> = HashMap::default();
    let mut forgotten_below = 0;
    corpus.sentences(|sentence| {
        for pair in sentence.windows(2) {
            *pairs.entry(u64::from(pair[0]) << 32 | u64::from(pair[1])).or_default() += 1;
        }
        while pairs.len() > config.pairs_limit {
            forgotten_below += 1;
            pairs.retain(|_, count| *count > forgotten_below);
        }
        Ok(())
    })?;
    let (words, counts) = (corpus.vocabulary.words(), corpus.vocabulary.counts());
    let total = corpus.summary.words_kept;
    let default = if config.score == Score::Npmi { 0.5 } else { 100.0 };
    let threshold = config.threshold.unwrap_or(default);
    let mut kept: WordMap<WordMap<f64>> = WordMap::default();
    for (pair, count) in pairs {
        let (first, second) = ((pair >> 32) as usize, pair as u32 as usize);
        let least = config.minimum_count;
        let score = config.score.of(count, counts[first], counts[second], total, least);
        if count >= least && score > threshold {
            kept.entry(words[first].clone()).or_default().insert(words[second].clone(), score);
        }
    }
    Ok(kept)
}

fn rewrite(
    corpus: &Corpus,
    pairs: &WordMap<WordMap<f64>>,
    delimiter: char,
    about: &super::Config,
) -> Result<Corpus, Error> {
    let mut builder = Builder::new(about);
    builder.summary.files = corpus.summary.files;
    builder.summary.replaced = corpus.summary.replaced;
    let words = corpus.vocabulary.words();
    let mut joined = Vec::new();
    corpus.sentences(|sentence| {
        joined.clear();
        let named = sentence.iter().map(|&place| &*words[place as usize]);
        join(pairs, delimiter, named, |word| joined.push(word.to_owned()));
        builder.sentence(&joined)
    })?;
    builder.finish()
}

/// Calls `each` with every word and phrase.
fn join<'a>(
    pairs: &WordMap<WordMap<f64>>,
    delimiter: char,
    words: impl Iterator<Item = &'a str>,
    mut each: impl FnMut(&str),
) {
    let mut words = words.peekable();
    while let Some(first) = words.next() {
        let seconds = pairs.get(first);
        match words.next_if(|second| seconds.is_some_and(|known| known.contains_key(*second))) {
            Some(second) => each(&format!("{first}{delimiter}{second}")),
            None => each(first),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: [&str; 6] = [
        "new york is big",
        "the new york times",
        "big is the new york times",
        "a new big is the times",
        "new york the is",
        "york big a the",
    ];

    fn learn(config: &Config) -> (Phrases, Corpus) {
        let about = super::super::Config { minimum_count: 1, ..Default::default() };
        let corpus = Corpus::from_lines(LINES, &about).unwrap();
        Phrases::learn(&corpus, config, &about).unwrap()
    }

    #[test]
    fn scores_are_those_of_the_definitions() {
        // 28 words; new 5, york 5, "new york" 4.
        assert_eq!(Score::Ratio.of(4, 5, 5, 28, 2), 2.0 * 28.0 / 25.0);
        let p = |n: f64| n / 28.0;
        let expected = (p(4.0) / (p(5.0) * p(5.0))).ln() / -p(4.0).ln();
        assert!((Score::Npmi.of(4, 5, 5, 28, 2) - expected).abs() < 1e-12);
        // Words that occur only together have 1, words that meet by chance 0.
        assert!((Score::Npmi.of(7, 7, 7, 100, 1) - 1.0).abs() < 1e-12);
        assert!(Score::Npmi.of(4, 20, 20, 100, 1).abs() < 1e-12);
        for score in [Score::Npmi, Score::Ratio] {
            let config =
                Config { score, threshold: Some(0.0), minimum_count: 2, ..Config::default() };
            let scores = learn(&config).0.scores();
            let found = scores.iter().find(|(phrase, _)| phrase == "new_york").unwrap().1;
            assert!((found - score.of(4, 5, 5, 28, 2)).abs() < 1e-12, "{scores:?}");
        }
    }

    #[test]
    fn the_corpus_is_rewritten_pass_by_pass() {
        let config =
            Config { threshold: Some(0.5), minimum_count: 2, passes: 2, ..Config::default() };
        let (phrases, corpus) = learn(&config);
        let count = |word| {
            corpus
                .vocabulary
                .place(word)
                .map_or(0, |place| corpus.vocabulary.counts()[place as usize])
        };
        assert_eq!((count("new_york_times"), count("new_york"), count("new")), (2, 2, 1));
        assert_eq!(phrases.join(&["new", "york", "times", "new"]), ["new_york_times", "new"]);
        assert!(phrases.join(&[]).is_empty());
    }

    #[test]
    fn phrases_come_back_from_a_file() {
        let config =
            Config { threshold: Some(0.2), minimum_count: 2, passes: 2, ..Config::default() };
        let (phrases, _) = learn(&config);
        assert!(!phrases.scores().is_empty());
        let file = tempfile::NamedTempFile::new().unwrap();
        phrases.write(file.path()).unwrap();
        assert_eq!(Phrases::read(file.path()).unwrap(), phrases);
        fs_err::write(file.path(), "{\"delimiter\": \"_\"}").unwrap();
        assert!(Phrases::read(file.path()).unwrap_err().to_string().contains("passes"));
    }

    #[test]
    fn rare_pairs_stay_apart() {
        let config = Config { threshold: Some(-1.0), minimum_count: 5, ..Config::default() };
        let (phrases, corpus) = learn(&config);
        assert!(phrases.scores().is_empty());
        assert_eq!(corpus.summary.words, 28);
    }
}
