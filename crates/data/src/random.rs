//! Random numbers keyed by what they are for.
//!
//! Every draw belongs to a key such as `[seed, epoch, sample, view]`, not to a place in one long
//! stream. Which thread draws, and in which order, then cannot change what is drawn, and training
//! can be resumed in the middle of an epoch without replaying its beginning.

use std::f32::consts::TAU;

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

/// A stream of random numbers, the same on every machine for the same key.
#[derive(Clone, Debug)]
pub struct Random(Xoshiro256PlusPlus);

impl Random {
    /// The stream of a key. Keys that differ in one word, in length or in order give unrelated
    /// streams.
    pub fn keyed(key: &[u64]) -> Self {
        let state = key.iter().fold(key.len() as u64, |state, word| mix(mix(state) ^ word));
        Random(Xoshiro256PlusPlus::seed_from_u64(state))
    }

    /// A number in `[low, high)`; `low` where both are equal.
    pub fn uniform(&mut self, low: f32, high: f32) -> f32 {
        // 24 bits fill the significand of an f32 exactly.
        let unit = (self.0.next_u64() >> 40) as f32 / (1 << 24) as f32;
        (low + (high - low) * unit).min(high).max(low)
    }

    /// True with the given probability: never for 0, always for 1.
    pub fn chance(&mut self, probability: f32) -> bool {
        self.uniform(0.0, 1.0) < probability
    }

    /// A whole number in `0..end`.
    ///
    /// # Panics
    /// Where `end` is 0: nothing can be drawn.
    pub fn below(&mut self, end: usize) -> usize {
        assert!(end > 0, "a number below 0 was asked for");
        // Multiply and shift; the bias is below end / 2^64.
        ((u128::from(self.0.next_u64()) * end as u128) >> 64) as usize
    }

    /// Two independent numbers of the standard normal distribution (Box and Muller, 1958).
    pub fn normal_pair(&mut self) -> (f32, f32) {
        let radius = (-2.0 * (1.0 - self.uniform(0.0, 1.0)).ln()).sqrt();
        let (sine, cosine) = self.uniform(0.0, TAU).sin_cos();
        (radius * cosine, radius * sine)
    }

    /// Puts the items into a uniformly drawn order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

/// The finalizer of SplitMix64 (Steele, Lea and Flood, 2014): every input bit reaches every output
/// bit.
fn mix(word: u64) -> u64 {
    let mut z = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_differ_anywhere_give_different_streams() {
        let keys: [&[u64]; 7] = [&[], &[0], &[0, 0], &[1, 0], &[0, 1], &[1, 2], &[2, 1]];
        let firsts: std::collections::BTreeSet<u64> =
            keys.iter().map(|key| Random::keyed(key).0.next_u64()).collect();
        assert_eq!(firsts.len(), keys.len());
    }

    #[test]
    fn the_same_key_gives_the_same_stream() {
        let (mut first, mut second) = (Random::keyed(&[3, 1, 4]), Random::keyed(&[3, 1, 4]));
        for _ in 0..100 {
            assert_eq!(first.uniform(-1.0, 1.0).to_bits(), second.uniform(-1.0, 1.0).to_bits());
        }
    }

    #[test]
    fn normal_numbers_have_mean_zero_and_variance_one() {
        let mut random = Random::keyed(&[5]);
        let draws: Vec<f32> =
            (0..50_000).flat_map(|_| <[f32; 2]>::from(random.normal_pair())).collect();
        let mean = draws.iter().sum::<f32>() / draws.len() as f32;
        let variance = draws.iter().map(|x| x * x).sum::<f32>() / draws.len() as f32;
        assert!(mean.abs() < 0.02, "mean {mean}");
        assert!((variance - 1.0).abs() < 0.03, "variance {variance}");
    }

    #[test]
    fn shuffled_places_are_uniform() {
        let mut random = Random::keyed(&[6]);
        let mut counts = [[0u32; 4]; 4];
        for _ in 0..8000 {
            let mut items = [0, 1, 2, 3];
            random.shuffle(&mut items);
            for (place, &item) in items.iter().enumerate() {
                counts[item][place] += 1;
            }
        }
        // 2000 expected, standard deviation 39.
        assert!(counts.iter().flatten().all(|count| count.abs_diff(2000) < 200), "{counts:?}");
    }

    #[test]
    fn chance_is_exact_at_its_ends() {
        let mut random = Random::keyed(&[7]);
        assert!((0..1000).all(|_| !random.chance(0.0)));
        assert!((0..1000).all(|_| random.chance(1.0)));
    }
}
