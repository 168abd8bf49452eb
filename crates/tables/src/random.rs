//! Random numbers keyed by what they are for, such as `[seed, epoch, chunk]`: which thread draws,
//! and when, then changes nothing.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

/// A stream of random numbers, the same on every machine for the same key.
#[derive(Clone, Debug)]
pub(crate) struct Random(Xoshiro256PlusPlus);

impl Random {
    pub(crate) fn keyed(key: &[u64]) -> Self {
        let state = key.iter().fold(key.len() as u64, |state, word| mix(mix(state) ^ word));
        Random(Xoshiro256PlusPlus::seed_from_u64(state))
    }

    /// 64 random bits.
    #[inline]
    pub(crate) fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number in `[0, 1)`; its 24 bits fill the significand exactly.
    #[inline]
    pub(crate) fn unit(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / (1 << 24) as f32
    }

    /// A number in `[0, 1)` of 53 bits.
    #[inline]
    pub(crate) fn fine(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A whole number in `0..end` (multiply and shift; the bias is below `end / 2^64`).
    #[inline]
    pub(crate) fn below(&mut self, end: usize) -> usize {
        debug_assert!(end > 0, "a number below 0 was asked for");
        ((u128::from(self.bits()) * end as u128) >> 64) as usize
    }

    /// A normally distributed number of mean 0 and variance 1 (Box and Muller, 1958).
    pub(crate) fn normal(&mut self) -> f64 {
        let (first, second) = (self.fine(), self.fine());
        (-2.0 * (1.0 - first).ln()).sqrt() * (std::f64::consts::TAU * second).cos()
    }

    /// Puts what there is into random order (Fisher and Yates; Durstenfeld, 1964).
    pub(crate) fn shuffle<T>(&mut self, values: &mut [T]) {
        (1..values.len()).rev().for_each(|last| values.swap(last, self.below(last + 1)));
    }
}

/// The finalizer of SplitMix64 (Steele, Lea and Flood, 2014): every input bit reaches every output
/// bit.
pub(crate) fn mix(word: u64) -> u64 {
    let mut z = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
