//! Latents that carry nothing: posteriors that became the prior, codes that nothing uses.
//!
//! | finding | rule |
//! |---|---|
//! | posterior collapse | no dimension is active: the posterior's means vary by 0.01 or less in every one (Burda, Grosse, Salakhutdinov 2016, section 5.2) |
//! | dead codes | of 8 codes or more, over 3/4 are dead |
//!
//! Some dimensions without information, or some codes unused, are no illness: a model may need
//! fewer than it was given.

use super::{Diagnosis, Kind};
use crate::Matrix;
use crate::geometry::{column_deviations, points};

/// Variance of a posterior's mean over samples above which its dimension is active.
const ACTIVE: f64 = 1e-2;
/// Nats of divergence below which a dimension says nothing.
const SILENT: f32 = 1e-2;
/// Share of dead codes from which a codebook is sick.
const DEAD_SHARE: f64 = 0.75;
/// Codes needed to speak of a share.
const ENOUGH_CODES: usize = 8;
/// Samples needed to speak of a variance.
const ENOUGH_ROWS: usize = 16;

/// Dimensions in which the posterior's means, one row per sample, vary between samples.
pub fn active_units(means: &Matrix) -> usize {
    let deviations = column_deviations(&points(means));
    deviations.iter().filter(|deviation| deviation.powi(2) > ACTIVE).count()
}

/// Whether a posterior has collapsed, from its means, one row per sample, and the mean divergence
/// of each dimension from the prior in nats.
pub fn diagnose_posterior(means: &Matrix, divergence: &[f32]) -> Option<Diagnosis> {
    if means.rows() < ENOUGH_ROWS || active_units(means) > 0 {
        return None;
    }
    let silent = divergence.iter().filter(|nats| **nats < SILENT).count();
    Some(Diagnosis {
        kind: Kind::PosteriorCollapse,
        finding: format!(
            "posterior collapse: none of {} dimensions is active, the divergence from the prior is \
             {:.3} nats in all and below 0.01 in {silent}; every sample has the same latent",
            means.width(),
            divergence.iter().sum::<f32>()
        ),
        cause: "the divergence costs more than the latent saves: beta is too high for this \
                likelihood, or the decoder draws well without a latent"
            .into(),
        remedy: "lower beta, let it rise slowly (anneal), give every dimension free-bits or set a \
                 capacity; with a gaussian likelihood lower its deviation"
            .into(),
    })
}

/// How many codes are in use as if evenly: the exponential of the entropy of the counts.
pub fn perplexity(counts: &[f32]) -> f64 {
    let sum: f64 = counts.iter().map(|&count| f64::from(count)).sum();
    let entropy = |&count: &f32| {
        let share = f64::from(count) / sum;
        if share > 0.0 { -share * share.ln() } else { 0.0 }
    };
    counts.iter().map(entropy).sum::<f64>().exp()
}

/// Whether too many codes are dead; `codes` is what they are called.
pub fn diagnose_codes(codes: &str, alive: &[bool]) -> Option<Diagnosis> {
    let dead = alive.iter().filter(|alive| !**alive).count();
    let all = alive.len();
    if all < ENOUGH_CODES || dead as f64 <= DEAD_SHARE * all as f64 {
        return None;
    }
    Some(Diagnosis {
        kind: Kind::DeadCodes,
        finding: format!("{dead} of {all} {codes} are dead: no sample uses them any more"),
        cause: format!(
            "the {codes} began far from the data or fell behind while the encoder moved; nothing \
             brings back one that is not used"
        ),
        remedy: format!(
            "restart dead {codes} (vq-vae: restart) or give them a loss of their own (top-k: \
             auxiliary), take fewer of them, or lower the learning rate"
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::golden;

    #[test]
    fn a_posterior_that_varies_in_one_dimension_is_alive() {
        let mut means = golden::gaussian(1, 64, 4);
        assert_eq!(active_units(&means), 4);
        for row in means.values_mut().chunks_exact_mut(4) {
            row[1..].iter_mut().for_each(|value| *value *= 1e-3);
        }
        assert_eq!(active_units(&means), 1);
        assert_eq!(diagnose_posterior(&means, &[1.0, 0.0, 0.0, 0.0]), None);
        means.values_mut().iter_mut().for_each(|value| *value *= 1e-3);
        let diagnosis = diagnose_posterior(&means, &[0.001, 0.0, 0.0, 0.0]).unwrap();
        assert_eq!(diagnosis.kind, Kind::PosteriorCollapse);
        assert!(diagnosis.to_string().contains("none of 4 dimensions"), "{diagnosis}");
    }

    #[test]
    fn perplexity_counts_codes_in_even_use() {
        assert!((perplexity(&[5.0, 5.0, 0.0, 5.0, 5.0]) - 4.0).abs() < 1e-12);
        assert_eq!(perplexity(&[0.0, 9.0]), 1.0);
    }

    #[test]
    fn a_quarter_of_living_codes_is_enough() {
        let alive: Vec<bool> = (0..16).map(|code| code < 4).collect();
        assert_eq!(diagnose_codes("codes", &alive), None);
        let alive: Vec<bool> = (0..16).map(|code| code < 3).collect();
        let diagnosis = diagnose_codes("codes", &alive).unwrap();
        assert_eq!(diagnosis.kind, Kind::DeadCodes);
        assert!(diagnosis.finding.starts_with("13 of 16 codes are dead"), "{diagnosis}");
    }
}
