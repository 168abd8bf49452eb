//! Which split a sample belongs to: decided by the hash of its id, never by its place in a file.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::dataset::Split;

/// What a hash is drawn for. Draws for different ends are independent.
#[derive(Clone, Copy, Debug)]
enum Draw {
    Test = 1,
    Validation = 2,
    Limit = 3,
}

/// The rule of division.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule {
    /// Share of all that is for the test.
    pub(crate) test: f64,
    /// Share of the rest that is for validation.
    pub(crate) validation: f64,
    /// Another seed, another division.
    pub(crate) seed: u64,
}

impl Rule {
    /// The split of a sample.
    pub(crate) fn split(&self, id: &str) -> Split {
        if self.share(id, Draw::Test) < self.test {
            Split::Test
        } else if self.share(id, Draw::Validation) < self.validation {
            Split::Validation
        } else {
            Split::Train
        }
    }

    /// Samples with the lowest ranks are kept where only some are wanted.
    pub(crate) fn rank(&self, id: &str) -> u64 {
        self.hash(id, Draw::Limit)
    }

    /// Uniform in [0, 1): the upper 53 bits of the hash.
    fn share(&self, id: &str, draw: Draw) -> f64 {
        (self.hash(id, draw) >> 11) as f64 / (1u64 << 53) as f64
    }

    fn hash(&self, id: &str, draw: Draw) -> u64 {
        // Odd constant of SplitMix64 (Steele et al. 2014), so that near seeds do not share draws.
        let seed = self.seed.wrapping_mul(4).wrapping_add(draw as u64);
        xxh3_64_with_seed(id.as_bytes(), seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_come_out_and_draws_are_independent() {
        let rule = Rule { test: 0.2, validation: 0.1, seed: 7 };
        let ids: Vec<String> = (0..20_000).map(|i| format!("train/{i}")).collect();
        let count = |split| ids.iter().filter(|id| rule.split(id) == split).count() as f64;
        // Four standard deviations of a binomial of 20 000.
        assert!((count(Split::Test) / 20_000.0 - 0.2).abs() < 0.0114);
        assert!((count(Split::Validation) / 20_000.0 - 0.08).abs() < 0.0077);
        let other = Rule { seed: 8, ..rule };
        let same = ids.iter().filter(|id| rule.split(id) == other.split(id)).count() as f64;
        let expected = 0.2f64.powi(2) + 0.08f64.powi(2) + 0.72f64.powi(2);
        assert!((same / 20_000.0 - expected).abs() < 0.015);
    }

    #[test]
    fn the_division_of_known_ids_never_changes() {
        let rule = Rule { test: 0.5, validation: 0.5, seed: 0 };
        let splits: String = (0..24)
            .map(|i| match rule.split(&format!("row/{i}")) {
                Split::Train => 't',
                Split::Validation => 'v',
                Split::Test => 'e',
            })
            .collect();
        assert_eq!(splits, "veeeveveetvetteeevettevv");
    }
}
