//! Batches of samples that share the value of one factor.

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::Factored;

/// How many batches are looked at, and of how many samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Votes {
    /// Samples of a batch.
    pub batch: usize,
    /// Batches to learn from.
    pub train: usize,
    /// Batches to judge with.
    pub test: usize,
    /// Decides every draw.
    pub seed: u64,
}

impl Default for Votes {
    fn default() -> Self {
        Self { batch: 64, train: 10_000, test: 5_000, seed: 0 }
    }
}

/// Draws samples by the values of their factors.
pub(super) struct Held<'a> {
    data: &'a Factored,
    /// By factor and value: the samples that have it.
    with: Vec<Vec<Vec<usize>>>,
    random: Xoshiro256PlusPlus,
}

impl<'a> Held<'a> {
    pub(super) fn new(data: &'a Factored, seed: u64) -> Self {
        let lists = |(factor, &values): (&Vec<u32>, &usize)| {
            let mut of_value = vec![Vec::new(); values];
            for (sample, &value) in factor.iter().enumerate() {
                of_value[value as usize].push(sample);
            }
            of_value
        };
        let with = data.factors.iter().zip(&data.values).map(lists).collect();
        Self { data, with, random: Xoshiro256PlusPlus::seed_from_u64(seed) }
    }

    /// One of the factors.
    pub(super) fn factor(&mut self) -> usize {
        self.random.random_range(0..self.with.len())
    }

    /// Samples that share a value of a factor: that of a sample drawn first.
    pub(super) fn batch(&mut self, factor: usize, count: usize) -> Vec<usize> {
        let first = self.random.random_range(0..self.data.samples());
        (0..count).map(|_| self.alike(factor, first)).collect()
    }

    /// A sample, and one that shares the value of a factor with it.
    pub(super) fn pair(&mut self, factor: usize) -> (usize, usize) {
        let first = self.random.random_range(0..self.data.samples());
        (first, self.alike(factor, first))
    }

    fn alike(&mut self, factor: usize, sample: usize) -> usize {
        let others = &self.with[factor][self.data.factors[factor][sample] as usize];
        others[self.random.random_range(0..others.len())]
    }
}
