//! Vectors without steps: the singular vectors of the positive pointwise mutual information of words
//! and their neighbours (Levy and Goldberg, 2014; Levy, Goldberg and Dagan, 2015).
//!
//! `PPMI(w, c) = max(0, ln P(w, c) / (P(w) P_α(c)) - ln k)` with `P_α(c)` in proportion to the counts
//! of `c` to the power `α`; of its truncated decomposition `U Σ Vᵀ` the vectors are `U Σ^p`.
//! Good on small corpora; there is no rate to choose and nothing to wait for.

use std::io;

use serde::{Deserialize, Serialize};

use crate::cooccurrence::{self, Pair, Runs, Weighting};
use crate::corpus::Corpus;
use crate::linear::{self, Sparse};
use crate::random::Random;
use crate::vectors::Matrix;
use crate::{Error, Vectors};

/// How vectors are found. Defaults are those that Levy, Goldberg and Dagan recommend.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Numbers per vector.
    pub dimensions: usize,
    /// Neighbours on either side.
    pub window: usize,
    /// What a pair counts by its distance.
    pub weighting: Weighting,
    /// `k`: pairs whose mutual information is below `ln k` count as unrelated. The optimum of
    /// skip-gram with `k` negatives factorizes this matrix (before its negative part is cut).
    pub shift: f64,
    /// `α`, by which rare neighbours count less.
    pub smoothing: f64,
    /// `p`: 0 for all directions alike, 1 for the best approximation of the matrix.
    pub eigenvalue_power: f64,
    /// Rounds of subspace iteration; more separate singular values that are close to each other.
    pub rounds: usize,
    /// MiB to count in, about. The sparse matrix itself, 16 bytes an entry, comes on top.
    pub memory: usize,
    /// 0 for all cores.
    pub threads: usize,
    /// Of the random projection.
    pub seed: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            dimensions: 100,
            window: 5,
            weighting: Weighting::Linear,
            shift: 1.0,
            smoothing: 0.75,
            eigenvalue_power: 0.5,
            rounds: 4,
            memory: 1024,
            threads: 0,
            seed: 1,
        }
    }
}

impl Config {
    /// Refuses what cannot be found for a vocabulary of so many words.
    ///
    /// # Errors
    /// Names the setting and what was received.
    pub fn check(&self, words: usize) -> Result<(), Error> {
        let mistake = |text: String| Err(Error::Setting(text));
        if self.dimensions == 0 || self.dimensions > words {
            return mistake(format!(
                "dimensions must be within 1 and the {words} words of the vocabulary, received {}",
                self.dimensions
            ));
        }
        let whole = [("window", self.window, 1..=1000), ("memory", self.memory, 1..=1 << 30)];
        for (name, value, range) in whole {
            if !range.contains(&value) {
                let (low, high) = (range.start(), range.end());
                return mistake(format!(
                    "{name} must be within {low} and {high}, received {value}"
                ));
            }
        }
        if !(self.shift > 0.0 && self.shift.is_finite()) {
            return mistake(format!("shift must be above 0, received {}", self.shift));
        }
        for (name, value) in
            [("smoothing", self.smoothing), ("eigenvalue-power", self.eigenvalue_power)]
        {
            if !(value >= 0.0 && value.is_finite()) {
                return mistake(format!("{name} must be 0 or above, received {value}"));
            }
        }
        Ok(())
    }
}

/// Finds the vectors of a corpus.
///
/// # Errors
/// Where a setting makes no sense, the information has a lower rank than dimensions are asked for,
/// the corpus cannot be read again, or temporary files fail.
pub fn train(corpus: &Corpus, config: &Config) -> Result<Vectors, Error> {
    let words = corpus.vocabulary.words();
    config.check(words.len())?;
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let threads = if config.threads == 0 { cores() } else { config.threads };
    let limit = (config.memory << 20) / size_of::<Pair>();
    let runs = cooccurrence::count(corpus, config.window, config.weighting, limit, threads)?;
    let matrix = information(&runs, words.len(), config)?;
    drop(runs);
    let mut random = Random::keyed(&[config.seed]);
    let found = linear::truncated(&matrix, config.dimensions, config.rounds, &mut random, threads);
    if found.values.len() < config.dimensions {
        return Err(Error::Setting(format!(
            "the words' mutual information has rank {}, which is fewer than {} dimensions; ask for \
             fewer, or bring more text",
            found.values.len(),
            config.dimensions
        )));
    }
    let powers = found.values.iter().map(|value| value.powf(config.eigenvalue_power) as f32);
    let powers: Vec<f32> = powers.collect();
    let scaled = found.left.values().chunks_exact(powers.len());
    let values = scaled.flat_map(|row| row.iter().zip(&powers).map(|(u, power)| u * power));
    Ok(Vectors::new(words.to_vec(), Matrix::new(words.len(), powers.len(), values.collect())))
}

/// The positive shifted mutual information, a row for a word and a column for a neighbour.
fn information(runs: &Runs, words: usize, config: &Config) -> io::Result<Sparse> {
    let mut counts = vec![0.0; words];
    runs.each(|Pair { first, second, weight }| {
        counts[first as usize] += f64::from(weight);
        if first != second {
            counts[second as usize] += f64::from(weight);
        }
        Ok(())
    })?;
    let smoothed: f64 = counts.iter().map(|count| count.powf(config.smoothing)).sum();
    let base = smoothed.ln() - config.shift.ln();
    let logs: Vec<f64> = counts.iter().map(|count| count.ln()).collect();
    // X_wc / N / (X_w / N · X_c^α / Σ X^α): the total N falls out.
    let positive = |word: u32, neighbour: u32, weight: f32| {
        let (word, neighbour) = (logs[word as usize], logs[neighbour as usize]);
        let value = f64::from(weight).ln() + base - word - config.smoothing * neighbour;
        (value > 0.0).then_some(value as f32)
    };
    let each = |entry: &mut dyn FnMut(u32, u32, f32)| {
        runs.each(|Pair { first, second, weight }| {
            if let Some(value) = positive(first, second, weight) {
                entry(first, second, value);
            }
            if let Some(value) = positive(second, first, weight).filter(|_| first != second) {
                entry(second, first, value);
            }
            Ok(())
        })
    };
    let mut entries = vec![0; words];
    each(&mut |word, _, _| entries[word as usize] += 1)?;
    let mut filling = Sparse::with_counts(&entries, words);
    each(&mut |word, neighbour, value| filling.push(word, neighbour, value))?;
    Ok(filling.matrix)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus;

    fn corpus(lines: &[&str]) -> Corpus {
        let config = corpus::Config { minimum_count: 1, ..corpus::Config::default() };
        Corpus::from_lines(lines.iter().copied(), &config).unwrap()
    }

    const TEXT: [&str; 4] = ["a b a c", "c d", "d c b", "a d e"];

    /// All pairs of places of a text with their weights, by the definition.
    fn dense(corpus: &Corpus, window: usize) -> Vec<Vec<f64>> {
        let n = corpus.vocabulary.len();
        let mut x = vec![vec![0.0; n]; n];
        for line in TEXT {
            let words: Vec<usize> = line
                .split(' ')
                .map(|word| corpus.vocabulary.place(word).unwrap() as usize)
                .collect();
            for i in 0..words.len() {
                for j in (0..words.len()).filter(|j| i != *j && i.abs_diff(*j) <= window) {
                    x[words[i]][words[j]] += 1.0;
                }
            }
        }
        x
    }

    #[test]
    fn information_is_that_of_the_definition() {
        let corpus = corpus(&TEXT);
        let x = dense(&corpus, 2);
        let n = x.len();
        let config = Config {
            window: 2,
            weighting: Weighting::Uniform,
            shift: 1.5,
            smoothing: 0.75,
            ..Config::default()
        };
        let runs = cooccurrence::count(&corpus, 2, Weighting::Uniform, 1000, 1).unwrap();
        let matrix = information(&runs, n, &config).unwrap();
        let total: f64 = x.iter().flatten().sum();
        let sums: Vec<f64> = x.iter().map(|row| row.iter().sum()).collect();
        let powers: f64 = sums.iter().map(|sum| sum.powf(0.75)).sum();
        let mut positive = 0;
        for word in 0..n {
            let mut row = vec![0.0; n];
            matrix.row(word).for_each(|(column, value)| row[column as usize] = f64::from(value));
            for neighbour in 0..n {
                let joint = x[word][neighbour] / total;
                let alone = sums[word] / total * (sums[neighbour].powf(0.75) / powers);
                let expected = ((joint / alone).ln() - 1.5f64.ln()).max(0.0);
                positive += usize::from(expected > 0.0);
                assert!((row[neighbour] - expected).abs() < 1e-6, "{word} {neighbour}");
            }
        }
        assert!(positive > 0 && positive < n * n);
    }

    #[test]
    fn vectors_of_all_dimensions_hold_the_matrix() {
        // With p = 1 and full rank, W Wᵀ = A Aᵀ.
        let corpus = corpus(&TEXT);
        let config = Config {
            dimensions: 5,
            eigenvalue_power: 1.0,
            weighting: Weighting::Uniform,
            ..Config::default()
        };
        let vectors = train(&corpus, &config).unwrap();
        let runs = cooccurrence::count(&corpus, 5, Weighting::Uniform, 1000, 1).unwrap();
        let matrix = information(&runs, 5, &config).unwrap();
        for i in 0..5 {
            for j in 0..5 {
                let entries: Vec<(u32, f32)> = matrix.row(j).collect();
                let other = |column| {
                    entries
                        .iter()
                        .find(|(other, _)| *other == column)
                        .map_or(0.0, |(_, value)| *value)
                };
                let expected: f32 =
                    matrix.row(i).map(|(column, value)| value * other(column)).sum();
                let (one, two) = (vectors.matrix().row(i), vectors.matrix().row(j));
                let found: f32 = one.iter().zip(two).map(|(a, b)| a * b).sum();
                assert!((found - expected).abs() < 1e-4, "{i} {j}: {found} {expected}");
            }
        }
    }

    #[test]
    fn what_cannot_be_is_named() {
        let corpus = corpus(&TEXT);
        for (config, part) in [
            (Config { dimensions: 6, ..Config::default() }, "dimensions"),
            (Config { dimensions: 2, shift: 0.0, ..Config::default() }, "shift"),
            (Config { dimensions: 5, shift: 1e6, ..Config::default() }, "rank 0"),
        ] {
            let message = train(&corpus, &config).unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
        }
    }
}
