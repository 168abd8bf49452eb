//! Vectors of whole documents, learned with the outputs of words: the distributed bag of words of
//! paragraph vectors (PV-DBOW; Le and Mikolov, 2014), with negative sampling.
//!
//! A document's vector is to tell every one of its words from words drawn by chance. Words of a
//! document are taken a few at a time, against the vector as it stood before these. Documents learn
//! no vectors of words here, only outputs; a new document is inferred against those, which then stay
//! as they are.

mod learner;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

use serde::{Deserialize, Serialize};

use crate::corpus::Vocabulary;
use crate::random::Random;
use crate::shared::Table;
use crate::train::chances;
use crate::train::negatives::Negatives;
use crate::vectors::Matrix;
use crate::{Error, Vectors};
use learner::Learner;

/// The keys of draws that belong to no epoch.
const INITIAL: u64 = u64::MAX;
const INFERENCE: u64 = u64::MAX - 1;

/// How documents are learned; defaults are gensim's but for the epochs, of which it advises 10 to 20.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Numbers per vector.
    pub dimensions: usize,
    /// Words drawn against each true one.
    pub negatives: usize,
    /// Negatives are drawn by `count ^ exponent`.
    pub exponent: f64,
    /// Words more frequent than this share are dropped at random; 0 keeps all.
    pub subsample: f64,
    /// Rate of learning at the start; it falls in a straight line.
    pub rate: f32,
    /// Rate of learning at the end.
    pub final_rate: f32,
    /// Passes over the documents, and over a new one.
    pub epochs: usize,
    /// 0 for all cores. One thread gives the same bits again.
    pub threads: usize,
    /// Draws and initial values follow from it.
    pub seed: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            dimensions: 100,
            negatives: 5,
            exponent: 0.75,
            subsample: 1e-3,
            rate: 0.025,
            final_rate: 1e-4,
            epochs: 20,
            threads: 0,
            seed: 1,
        }
    }
}

impl Config {
    /// Refuses what cannot be learned.
    ///
    /// # Errors
    /// Names the setting and what was received.
    pub fn check(&self) -> Result<(), Error> {
        let whole = [
            ("dimensions", self.dimensions, 1..=65_536),
            ("negatives", self.negatives, 1..=1000),
            ("epochs", self.epochs, 1..=1_000_000),
        ];
        for (name, value, range) in whole {
            if !range.contains(&value) {
                let (low, high) = (range.start(), range.end());
                return Err(Error::Setting(format!(
                    "{name} must be within {low} and {high}, received {value}"
                )));
            }
        }
        if !(self.rate.is_finite() && self.final_rate >= 0.0 && self.final_rate <= self.rate) {
            return Err(Error::Setting(format!(
                "rate must be a number of at least final-rate, which is 0 or above; received {} and \
                 {}",
                self.rate, self.final_rate
            )));
        }
        if !(self.subsample >= 0.0 && self.exponent.is_finite()) {
            return Err(Error::Setting(format!(
                "subsample must be 0 or above and exponent a number, received {} and {}",
                self.subsample, self.exponent
            )));
        }
        Ok(())
    }

    /// The rate after this share of the words.
    fn rate_at(&self, progress: f64) -> f32 {
        self.rate - (self.rate - self.final_rate) * progress.min(1.0) as f32
    }
}

/// The vectors of documents, and what infers those of others.
pub struct Documents {
    /// A row for every document, in the order they came.
    pub vectors: Matrix,
    vocabulary: Vocabulary,
    config: Config,
    outputs: Table,
    negatives: Negatives,
    keep: Vec<u32>,
}

impl Documents {
    /// Learns the vectors of documents; words that the vocabulary lacks are skipped, and a document
    /// without known words keeps its random beginning. `report` gets the mean loss of a word (that of
    /// its own output and the negatives', in nats) after every epoch.
    ///
    /// # Errors
    /// Where a setting makes no sense, or no document has a word of the vocabulary.
    pub fn learn<S: AsRef<str>>(
        documents: &[Vec<S>],
        vocabulary: &Vocabulary,
        config: &Config,
        report: &mut dyn FnMut(usize, f64),
    ) -> Result<Self, Error> {
        config.check()?;
        let place = |word: &S| vocabulary.place(word.as_ref());
        let numbers: Vec<Vec<u32>> =
            documents.iter().map(|words| words.iter().filter_map(place).collect()).collect();
        if numbers.iter().all(Vec::is_empty) {
            return Err(Error::Setting(
                "no document has a word of the vocabulary: there is nothing to learn".to_owned(),
            ));
        }
        let width = config.dimensions;
        let mut random = Random::keyed(&[config.seed, INITIAL]);
        let rows = Table::new(documents.len(), width, |_, _| initial(&mut random, width));
        let mut learned = Self {
            vectors: Matrix::default(),
            vocabulary: vocabulary.clone(),
            config: config.clone(),
            outputs: Table::new(vocabulary.len(), width, |_, _| 0.0),
            negatives: Negatives::new(vocabulary.counts(), config.exponent),
            keep: chances(vocabulary.counts(), config.subsample),
        };
        let done = AtomicU64::new(0);
        for epoch in 0..config.epochs {
            report(epoch, learned.epoch(&numbers, &rows, epoch as u64, &done));
        }
        learned.vectors = Matrix::from_table(&rows);
        Ok(learned)
    }

    /// What infers: the words and their outputs, as words and vectors that can be written.
    pub fn outputs(&self) -> (Vectors, &Vocabulary) {
        let outputs = Matrix::from_table(&self.outputs);
        (Vectors::new(self.vocabulary.words().to_vec(), outputs), &self.vocabulary)
    }

    /// What [`outputs`](Self::outputs) gave, to infer with; it holds no vectors of documents.
    ///
    /// # Errors
    /// Where the settings make no sense, or ask for other dimensions than the outputs have.
    pub fn of(outputs: &Vectors, counts: &Vocabulary, config: &Config) -> Result<Self, Error> {
        config.check()?;
        let width = outputs.matrix().width();
        if width != config.dimensions || outputs.words() != counts.words() {
            return Err(Error::Setting(format!(
                "dimensions must be those of the model's outputs, {width}, received {}",
                config.dimensions
            )));
        }
        Ok(Self {
            vectors: Matrix::default(),
            vocabulary: counts.clone(),
            config: config.clone(),
            outputs: outputs.matrix().to_table(),
            negatives: Negatives::new(counts.counts(), config.exponent),
            keep: chances(counts.counts(), config.subsample),
        })
    }

    /// The vector of a document that was not learned from, the same for the same words; zeros where
    /// none of them is known.
    pub fn infer<S: AsRef<str>>(&self, document: &[S]) -> Vec<f32> {
        let place = |word: &S| self.vocabulary.place(word.as_ref());
        let words: Vec<u32> = document.iter().filter_map(place).collect();
        let width = self.config.dimensions;
        if words.is_empty() {
            return vec![0.0; width];
        }
        let mut learner = Learner::new(self, false);
        let mut random = Random::keyed(&[self.config.seed, INFERENCE]);
        learner.row[..width].fill_with(|| initial(&mut random, width));
        for epoch in 0..self.config.epochs {
            let rate = self.config.rate_at(epoch as f64 / self.config.epochs as f64);
            learner.document(&words, rate, &mut random);
        }
        learner.row[..width].to_vec()
    }

    /// All documents once, in an order of their own; gives the mean loss of a word.
    fn epoch(&self, documents: &[Vec<u32>], rows: &Table, epoch: u64, done: &AtomicU64) -> f64 {
        let seed = self.config.seed;
        let mut order: Vec<usize> = (0..documents.len()).collect();
        Random::keyed(&[seed, epoch]).shuffle(&mut order);
        let words: usize = documents.iter().map(Vec::len).sum();
        let total = (words * self.config.epochs) as f64;
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        let threads = if self.config.threads == 0 { cores() } else { self.config.threads };
        let (next, sums) = (AtomicUsize::new(0), Mutex::new((0.0, 0)));
        let work = || {
            let mut learner = Learner::new(self, true);
            let mut before = vec![0.0; rows.stride()];
            while let Some(&document) = order.get(next.fetch_add(1, Relaxed)) {
                let words = &documents[document];
                let rate = self.config.rate_at(done.load(Relaxed) as f64 / total);
                rows.gather(&[document as u32], &mut learner.row);
                before.copy_from_slice(&learner.row);
                let mut random = Random::keyed(&[seed, epoch, document as u64]);
                learner.document(words, rate, &mut random);
                let moved = before.iter_mut().zip(&learner.row);
                moved.for_each(|(before, after)| *before = after - *before);
                rows.scatter(&[document as u32], &mut before);
                done.fetch_add(words.len() as u64, Relaxed);
            }
            // A thread that panics takes the whole scope with it.
            if let Ok(mut sums) = sums.lock() {
                sums.0 += learner.loss;
                sums.1 += learner.words;
            }
        };
        std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
        let (loss, words) = sums.into_inner().unwrap_or((f64::NAN, 1));
        loss / words.max(1) as f64
    }
}

fn initial(random: &mut Random, width: usize) -> f32 {
    (2.0 * random.unit() - 1.0) / width as f32
}

#[cfg(test)]
mod tests;
