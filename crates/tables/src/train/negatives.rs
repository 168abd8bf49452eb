//! Words drawn by a power of their frequency, by the alias method (Walker, 1974; Vose, 1991).

use crate::random::Random;

/// A distribution over words; a draw costs one look at one entry.
pub(crate) struct Negatives {
    /// Below the bar (of 2^32) the entry itself, above it the alias.
    entries: Vec<(u32, u32)>,
}

impl Negatives {
    /// In proportion to `counts ^ exponent`.
    pub(crate) fn new(counts: &[u64], exponent: f64) -> Self {
        let powers: Vec<f64> = counts.iter().map(|&count| (count as f64).powf(exponent)).collect();
        let total: f64 = powers.iter().sum();
        let mut share: Vec<f64> =
            powers.iter().map(|power| power / total * counts.len() as f64).collect();
        let (mut small, mut large): (Vec<usize>, Vec<usize>) =
            (0..share.len()).partition(|&place| share[place] < 1.0);
        let mut entries: Vec<(u32, u32)> =
            (0..share.len() as u32).map(|place| (u32::MAX, place)).collect();
        while let (Some(low), Some(&high)) = (small.pop(), large.last()) {
            entries[low] = ((share[low] * 2f64.powi(32)) as u32, high as u32);
            share[high] -= 1.0 - share[low];
            if share[high] < 1.0 {
                large.pop();
                small.push(high);
            }
        }
        Self { entries }
    }

    #[inline]
    pub(crate) fn draw(&self, random: &mut Random) -> u32 {
        let bits = random.bits();
        let place = ((bits >> 32) * self.entries.len() as u64) >> 32;
        let (bar, alias) = self.entries[place as usize];
        if (bits as u32) < bar { place as u32 } else { alias }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_follow_the_power_of_the_counts() {
        let counts = [1000, 300, 100, 30, 10, 1];
        let negatives = Negatives::new(&counts, 0.75);
        let mut random = Random::keyed(&[1]);
        let mut drawn = [0u32; 6];
        (0..400_000).for_each(|_| drawn[negatives.draw(&mut random) as usize] += 1);
        let powers = counts.map(|count| (count as f64).powf(0.75));
        for (drawn, power) in drawn.iter().zip(powers) {
            let expected = 400_000.0 * power / powers.iter().sum::<f64>();
            assert!(
                (f64::from(*drawn) - expected).abs() < 5.0 * expected.sqrt(),
                "{drawn} {expected}"
            );
        }
    }

    #[test]
    fn one_word_is_always_drawn() {
        let negatives = Negatives::new(&[7], 0.75);
        assert_eq!(negatives.draw(&mut Random::keyed(&[2])), 0);
    }
}
