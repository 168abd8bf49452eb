//! Stochastic depth (Huang, Sun, Liu, Sedra, Weinberger: Deep networks with stochastic depth, ECCV
//! 2016): in training some samples go past a part of a block, the more likely the deeper it stands.
//!
//! Departures: drawn for each sample (Larsson et al. 2017, drop path), and what stays is scaled up
//! in training instead of down in use.

use burn::tensor::{Device, Tensor, TensorData};
use pith_data::random::Random;

/// Draws which samples of a batch go past which part.
#[derive(Debug)]
pub struct DropPath {
    /// Probability at the last block; it falls to zero at the first.
    pub rate: f64,
    /// Samples in the batch.
    pub samples: usize,
    /// Tokens of each.
    pub length: usize,
    /// Where the draws come from.
    pub random: Random,
}

impl DropPath {
    /// What a part of a block adds is multiplied by this, `[samples * length, 1]`: zero, or the
    /// inverse of the probability to stay. None where all stay.
    pub fn factors(&mut self, block: usize, depth: usize, device: &Device) -> Option<Tensor<2>> {
        let rate = self.rate * block as f64 / (depth - 1).max(1) as f64;
        if rate == 0.0 {
            return None;
        }
        let stays = (1.0 / (1.0 - rate)) as f32;
        let mut factors = Vec::with_capacity(self.samples * self.length);
        for _ in 0..self.samples {
            let factor = if self.random.chance(rate as f32) { 0.0 } else { stays };
            factors.extend(std::iter::repeat_n(factor, self.length));
        }
        let rows = factors.len();
        Some(Tensor::from_data(TensorData::new(factors, [rows, 1]), device))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deeper_parts_are_left_out_more_often_and_the_mean_stays() {
        let mut drop =
            DropPath { rate: 0.4, samples: 4000, length: 2, random: Random::keyed(&[1]) };
        let device = Device::flex();
        assert!(drop.factors(0, 3, &device).is_none());
        for (block, rate) in [(1, 0.2), (2, 0.4)] {
            let factors = drop.factors(block, 3, &device).expect("some are left out");
            let factors: Vec<f32> = factors.into_data().iter().collect();
            assert!(factors.chunks(2).all(|sample| sample[0] == sample[1]));
            let left_out = factors.iter().filter(|&&factor| factor == 0.0).count() as f64 / 8000.0;
            assert!((left_out - rate).abs() < 0.04, "{left_out}"); // deviation 0.008
            let mean = factors.iter().sum::<f32>() / 8000.0;
            assert!((mean - 1.0).abs() < 0.07, "{mean}");
        }
    }
}
