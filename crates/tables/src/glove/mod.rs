//! GloVe (Pennington, Socher and Manning, 2014): vectors whose products are the logarithms of how
//! often words stand near each other.
//!
//! With the counts `X` it makes small the mean over all pairs `X_ij > 0` of
//! `f(X_ij) (w_i · w̃_j + b_i + b̃_j - ln X_ij)²`, `f(x) = min(1, (x / x_max)^α)` (equations 8 and 9),
//! by AdaGrad. The result is `w + w̃`.
//!
//! As in the authors' program the rate stands within the squared gradients, whose sum begins at 1: a
//! step is `η g / sqrt(1 + Σ (η g)²)`, the sum going over the steps before.
//!
//! Threads meet in the tables without locks; one thread gives the same bits again.

mod bins;
mod step;
mod training;

use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::cooccurrence::{Pair, Weighting};
use crate::corpus::Corpus;
use crate::random::Random;
use crate::shared::{LINE, Table};
use crate::vectors::Matrix;
use crate::{Error, Vectors};
use bins::Bins;
use step::Step;
pub use training::Training;

/// The keys of draws that belong to no epoch.
const INITIAL: u64 = u64::MAX;
const SCATTER: u64 = u64::MAX - 1;

/// How vectors are learned; defaults are those of the authors' program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Numbers per vector.
    pub dimensions: usize,
    /// Neighbours on either side.
    pub window: usize,
    /// What a pair counts by its distance.
    pub weighting: Weighting,
    /// Passes over the pairs.
    pub epochs: usize,
    /// Rate of learning, `η`.
    pub rate: f32,
    /// Pairs that occur so often, or more, weigh 1.
    pub x_max: f32,
    /// How the weight of rarer ones falls.
    pub alpha: f32,
    /// MiB to count and to hold pairs in, about; beyond, they stand in temporary files.
    pub memory: usize,
    /// 0 for all cores.
    pub threads: usize,
    /// Draws and initial values follow from it.
    pub seed: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            dimensions: 50,
            window: 15,
            weighting: Weighting::Harmonic,
            epochs: 25,
            rate: 0.05,
            x_max: 100.0,
            alpha: 0.75,
            memory: 1024,
            threads: 0,
            seed: 1,
        }
    }
}

impl Config {
    /// Refuses what cannot be trained.
    ///
    /// # Errors
    /// Names the setting and what was received.
    pub fn check(&self) -> Result<(), Error> {
        let whole = [
            ("dimensions", self.dimensions, 1..=65_536),
            ("window", self.window, 1..=1000),
            ("epochs", self.epochs, 1..=1_000_000),
            ("memory", self.memory, 1..=1 << 30),
        ];
        for (name, value, range) in whole {
            if !range.contains(&value) {
                let (low, high) = (range.start(), range.end());
                return Err(Error::Setting(format!(
                    "{name} must be within {low} and {high}, received {value}"
                )));
            }
        }
        for (name, value) in [("rate", self.rate), ("x-max", self.x_max), ("alpha", self.alpha)] {
            if !(value > 0.0 && value.is_finite()) {
                return Err(Error::Setting(format!("{name} must be above 0, received {value}")));
            }
        }
        Ok(())
    }

    /// Pairs to hold: half of the memory while they are counted, half for their shuffled copies.
    fn limit(&self) -> usize {
        (self.memory << 20) / size_of::<Pair>() / 2
    }

    /// Numbers of a vector and its bias, to the end of a line of the cache.
    fn half(&self) -> usize {
        (self.dimensions + 1).next_multiple_of(LINE)
    }

    fn thread_count(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        if self.threads == 0 { cores() } else { self.threads }
    }
}

/// An epoch that has ended.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// The epoch, from 0.
    pub epoch: usize,
    /// Epochs in all.
    pub epochs: usize,
    /// Pairs learned from in each: entries of `X` that are not 0.
    pub pairs: usize,
    /// Mean of `f(X_ij) (w_i · w̃_j + b_i + b̃_j - ln X_ij)²` over the pairs, each measured just before
    /// it is learned from. The authors' program prints half of it.
    pub loss: f64,
    /// Epochs that had been done before a resume.
    pub resumed: usize,
    /// Since the first epoch began, or the first behind the resume.
    pub elapsed: Duration,
}

/// Learns the vectors `w + w̃` of a corpus. `report` is called after every epoch; where it breaks,
/// what was learned so far is given back.
///
/// # Errors
/// Where a setting makes no sense, no two words stand near each other, the corpus cannot be read
/// again, or temporary files fail.
pub fn train(
    corpus: &Corpus,
    config: &Config,
    report: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
) -> Result<Vectors, Error> {
    let mut training = Training::new(corpus, config)?;
    let never = AtomicBool::new(false);
    while !training.finished() {
        let Some(progress) = training.epoch(&never)? else { break };
        if report(&progress).is_break() {
            break;
        }
    }
    Ok(training.vectors())
}

/// Both tables. A row is the vector, its bias and zeros to the end of a line of the cache, then the
/// sums of the squared steps of each.
struct Learner {
    config: Config,
    words: Table,
    contexts: Table,
}

impl Learner {
    fn new(rows: usize, config: &Config) -> Self {
        let half = config.half();
        let mut random = Random::keyed(&[config.seed, INITIAL]);
        let mut table = || {
            Table::new(rows, 2 * half, |_, column| {
                if column >= half {
                    1.0
                } else if column <= config.dimensions {
                    (random.unit() - 0.5) / config.dimensions as f32
                } else {
                    0.0
                }
            })
        };
        Self { config: config.clone(), words: table(), contexts: table() }
    }

    /// Goes through all bins; gives the sum of the losses, or nothing where it was stopped.
    fn epoch(
        &self,
        bins: &Bins,
        epoch: u64,
        threads: usize,
        stop: &AtomicBool,
    ) -> Result<Option<f64>, Error> {
        let mut order: Vec<usize> = (0..bins.count()).collect();
        Random::keyed(&[self.config.seed, epoch]).shuffle(&mut order);
        let (next, total) = (AtomicUsize::new(0), Mutex::new(Ok(0.0)));
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    let learned = self.take_bins(bins, epoch, &order, &next, stop);
                    // A thread that panics takes the whole scope with it.
                    if let Ok(mut total) = total.lock() {
                        *total = match (std::mem::replace(&mut *total, Ok(0.0)), learned) {
                            (Ok(sum), Ok(loss)) => Ok(sum + loss),
                            (Err(error), _) | (_, Err(error)) => Err(error),
                        };
                    }
                });
            }
        });
        let sum = total.into_inner().unwrap_or(Ok(f64::NAN))?;
        // Every thread asks for a bin beyond the last before it ends, unless it was stopped.
        let whole = next.load(Relaxed) >= bins.count() + threads;
        Ok(whole.then_some(sum))
    }

    fn take_bins(
        &self,
        bins: &Bins,
        epoch: u64,
        order: &[usize],
        next: &AtomicUsize,
        stop: &AtomicBool,
    ) -> Result<f64, Error> {
        let stride = self.words.stride();
        let (mut word, mut context) = (vec![0.0; stride], vec![0.0; stride]);
        let (mut pairs, mut loss) = (Vec::new(), 0.0);
        let arch = pulp::Arch::new();
        while !stop.load(Relaxed)
            && let Some(&bin) = order.get(next.fetch_add(1, Relaxed))
        {
            bins.load(bin, &mut pairs)?;
            Random::keyed(&[self.config.seed, epoch, bin as u64]).shuffle(&mut pairs);
            for (place, pair) in pairs.iter().enumerate() {
                if let Some(soon) = pairs.get(place + 2) {
                    self.words.prefetch(soon.first);
                    self.contexts.prefetch(soon.second);
                }
                self.words.gather(&[pair.first], &mut word);
                self.contexts.gather(&[pair.second], &mut context);
                loss += arch.dispatch(Step {
                    word: &mut word,
                    context: &mut context,
                    bias: self.config.dimensions,
                    log_count: pair.weight.ln(),
                    weight: (pair.weight / self.config.x_max).powf(self.config.alpha).min(1.0),
                    rate: self.config.rate,
                });
                self.words.scatter(&[pair.first], &mut word);
                self.contexts.scatter(&[pair.second], &mut context);
            }
        }
        Ok(loss)
    }

    fn sums(&self) -> Matrix {
        let width = self.config.dimensions;
        let row = |row| {
            let both = self.words.values(row).zip(self.contexts.values(row));
            both.take(width).map(|(word, context)| word + context)
        };
        let values = (0..self.words.rows()).flat_map(row).collect();
        Matrix::new(self.words.rows(), width, values)
    }
}

#[cfg(test)]
mod tests;
