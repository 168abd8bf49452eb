//! Which values are dropped: a pure function of seed and place, so that no mask is ever stored.

use crate::simd::dispatch;

/// How values are dropped.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mask {
    seed: u64,
    /// Values whose hash lies below are dropped.
    threshold: u32,
    /// What the others are multiplied by, `1 / (1 - p)`.
    scale: f32,
}

impl Mask {
    pub(super) fn new(probability: f64, seed: u64) -> Self {
        let threshold = (probability * 2f64.powi(32)).round() as u32;
        Self { seed, threshold, scale: (1.0 / (1.0 - probability)) as f32 }
    }

    /// Two keys for the places whose upper half is `high`: SplitMix64, Steele, Lea and Flood 2014.
    fn keys(&self, high: u32) -> [u32; 2] {
        let mix = |state: u64| {
            let state = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            let state = (state ^ (state >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            state ^ (state >> 31)
        };
        let key = mix(mix(self.seed.wrapping_add(0x9E37_79B9_7F4A_7C15)) ^ u64::from(high));
        [key as u32, (key >> 32) as u32]
    }

    /// `0` or `1 / (1 - p)`, for the value at place `index`.
    pub(super) fn factor(&self, index: u64) -> f32 {
        let hash = hash(index as u32, self.keys((index >> 32) as u32));
        if hash < self.threshold { 0.0 } else { self.scale }
    }

    /// Multiplies neighbouring values by their factors; the first one is at place `start`, and the
    /// upper half of all places is the same.
    pub(super) fn apply(&self, values: &mut [f32], start: u64) {
        let keys = self.keys((start >> 32) as u32);
        multiply(values, start as u32, keys, self.threshold, self.scale);
    }
}

/// A mixing of 32 bits by multiplications and shifts, its constants from a search for low bias
/// (Wellons 2018, "Prospecting for hash functions"). The second key goes in halfway, so that two
/// seeds do not give the same sequence shifted.
#[inline(always)]
fn hash(place: u32, [first, second]: [u32; 2]) -> u32 {
    let h = place.wrapping_add(first);
    let h = (h ^ (h >> 16)).wrapping_mul(0x7FEB_352D) ^ second;
    let h = (h ^ (h >> 15)).wrapping_mul(0x846C_A68B);
    h ^ (h >> 16)
}

dispatch! {
    /// Multiplies by the scale where the hash reaches the threshold, by zero elsewhere.
    fn multiply(values: &mut [f32], start: u32, keys: [u32; 2], threshold: u32, scale: f32)
        = multiply_body
}

#[inline(always)]
fn multiply_body<const FUSED: bool>(
    values: &mut [f32],
    start: u32,
    keys: [u32; 2],
    threshold: u32,
    scale: f32,
) {
    let mut place = start;
    for value in values {
        *value *= if hash(place, keys) < threshold { 0.0 } else { scale };
        place = place.wrapping_add(1);
    }
}
