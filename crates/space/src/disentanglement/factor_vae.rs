//! The score of Kim, Mnih: Disentangling by factorising, ICML 2018, section 4: of samples that share
//! one factor, the dimension that varies least, beside its variance over all, must tell which
//! factor; from 1 / factors (chance) to 1.

use super::held::Held;
use super::{Factored, Votes};
use crate::geometry::{column_deviations, points};

/// Standard deviation below which a dimension is not asked.
const STILL: f64 = 0.05;

/// The accuracy of the majority vote; 0 where no dimension varies.
pub fn score(data: &Factored, votes: Votes) -> f64 {
    let deviations = column_deviations(&points(&data.codes));
    let active: Vec<usize> =
        (0..data.width()).filter(|&dimension| deviations[dimension] >= STILL).collect();
    if active.is_empty() {
        return 0.0;
    }
    let mut held = Held::new(data, votes.seed);
    let mut vote = || {
        let factor = held.factor();
        let rows = held.batch(factor, votes.batch);
        let local = column_deviations(&points(&data.codes.select(&rows)));
        let share = |&dimension: &usize| local[dimension] / deviations[dimension];
        let stillest = active.iter().copied().min_by(|a, b| share(a).total_cmp(&share(b)));
        (stillest.unwrap_or(active[0]), factor)
    };
    let mut counts = vec![vec![0usize; data.factors.len()]; data.width()];
    for _ in 0..votes.train {
        let (dimension, factor) = vote();
        counts[dimension][factor] += 1;
    }
    let majority =
        |counts: &Vec<usize>| (0..counts.len()).rev().max_by_key(|&factor| counts[factor]);
    let told: Vec<Option<usize>> = counts.iter().map(majority).collect();
    let hits = (0..votes.test)
        .filter(|_| {
            let (dimension, factor) = vote();
            told[dimension] == Some(factor)
        })
        .count();
    hits as f64 / votes.test as f64
}

#[cfg(test)]
mod tests {
    use super::super::constructed;
    use super::*;

    #[test]
    fn constructed_codes_have_their_scores() {
        let votes = Votes { train: 400, test: 400, ..Votes::default() };
        assert_eq!(score(&constructed::identity(2000), votes), 1.0);
        assert_eq!(score(&constructed::doubled(2000), votes), 1.0);
        let noise = score(&constructed::noise(2000), votes);
        assert!((noise - 0.25).abs() < 0.12, "noise {noise}");
    }
}
