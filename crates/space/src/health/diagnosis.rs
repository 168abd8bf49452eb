//! From the numbers to words: has the space collapsed, why, and what to do.
//!
//! Thresholds (chosen so that an untrained network with non-negative features, whose cosines are
//! already high, is not called sick):
//!
//! | finding | rule |
//! |---|---|
//! | not finite | any vector holds NaN or infinity |
//! | one point | collapse level ≥ 0.95 (mean cosine about 0.9975), or no dimension spreads by more than 1e-4 |
//! | shrunk | where the objective asks for a spread: the median dimension has less than a tenth of it |
//! | few directions | from 8 dimensions on: RankMe < 3, or more than 3/4 of the dimensions dead |
//!
//! RankMe and not the covariance decides on directions: one of them, such as the brightness in an
//! autoencoder of photographs, may well have nine tenths of the variance where nothing is lost.
//!
//! Fewer than 16 vectors say too little about spread: then only "not finite" is reported.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Health;

/// Collapse level from which all vectors count as one.
const ONE_POINT_LEVEL: f64 = 0.95;
/// Spread of the widest dimension up to which all vectors count as one.
const ONE_POINT_SPREAD: f64 = 1e-4;
/// Share of the spread asked for, below which the space has shrunk.
const SHRUNK_SHARE: f64 = 0.1;
/// Share of dead dimensions from which only few directions are left.
const DEAD_SHARE: f64 = 0.75;
/// Vectors needed to speak of spread.
pub(super) const ENOUGH_ROWS: usize = 16;
/// RankMe below which directions are few: one of the mean and one more make up to 2.
const FEW_DIRECTIONS: f64 = 3.0;
/// Width from which a low rank is a finding.
const ENOUGH_WIDTH: usize = 8;

/// What is wrong with a space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Numbers are NaN or infinite.
    NotFinite,
    /// Complete collapse: all samples have (nearly) the same vector.
    OnePoint,
    /// The vectors differ by far less than the objective asks for.
    Shrunk,
    /// Dimensional collapse: vectors differ along very few directions only.
    FewDirections,
    /// All samples are assigned to the same prototype.
    OnePrototype,
    /// Every sample is assigned to all prototypes alike.
    EvenAssignment,
    /// Posterior collapse: a variational latent says nothing of its sample.
    PosteriorCollapse,
    /// Most codes of a codebook, or features of a dictionary, are never used.
    DeadCodes,
}

/// A sick space, in words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// What is wrong.
    pub kind: Kind,
    /// What was seen, with its numbers.
    pub finding: String,
    /// What most often causes it.
    pub cause: String,
    /// What to try first.
    pub remedy: String,
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; likely cause: {}; remedy: {}", self.finding, self.cause, self.remedy)
    }
}

/// The first finding that applies, from the gravest; `None` for a healthy space.
pub fn diagnose(health: &Health) -> Option<Diagnosis> {
    if health.not_finite > 0 {
        return Some(not_finite(health));
    }
    if health.rows < ENOUGH_ROWS || health.width == 0 {
        return None;
    }
    if health.collapse_level >= ONE_POINT_LEVEL || health.spread.max <= ONE_POINT_SPREAD {
        return Some(one_point(health));
    }
    let mostly_dead = health.dead as f64 > DEAD_SHARE * health.width as f64;
    let flat = health.rank_me < FEW_DIRECTIONS || mostly_dead;
    (health.width >= ENOUGH_WIDTH && flat).then(|| few_directions(health))
}

/// The same for a space of which the objective asks a standard deviation in every dimension.
pub fn diagnose_spread(health: &Health, asked: f64) -> Option<Diagnosis> {
    let shrunk = health.rows >= ENOUGH_ROWS && health.spread.median < SHRUNK_SHARE * asked;
    diagnose(health).or_else(|| shrunk.then(|| shrunk_to(health, asked)))
}

fn shrunk_to(health: &Health, asked: f64) -> Diagnosis {
    Diagnosis {
        kind: Kind::Shrunk,
        finding: format!(
            "the vectors shrink to one point: a dimension has a standard deviation of {:.2e} where \
             the objective asks for {asked}",
            health.spread.median
        ),
        ..one_point(health)
    }
}

fn not_finite(health: &Health) -> Diagnosis {
    let all = health.rows + health.not_finite;
    Diagnosis {
        kind: Kind::NotFinite,
        finding: format!("{} of {all} vectors hold NaN or infinity", health.not_finite),
        cause: "the learning rate is too high or a gradient exploded".into(),
        remedy: "lower the learning rate, lengthen the warm-up, or clip the gradient norm to 1"
            .into(),
    }
}

fn one_point(health: &Health) -> Diagnosis {
    Diagnosis {
        kind: Kind::OnePoint,
        finding: format!(
            "complete collapse: all samples have nearly the same vector (collapse level {:.3} of 1, \
             mean cosine {:.4}, widest standard deviation {:.2e})",
            health.collapse_level, health.mean_cosine, health.spread.max
        ),
        cause: "nothing in the objective keeps different samples apart (variance weight 0, too \
                few negatives, a missing stop-gradient), or the learning rate is too high"
            .into(),
        remedy: "raise the term that spreads samples (VICReg's variance weight, the batch size \
                 for InfoNCE) or lower the learning rate"
            .into(),
    }
}

fn few_directions(health: &Health) -> Diagnosis {
    Diagnosis {
        kind: Kind::FewDirections,
        finding: format!(
            "dimensional collapse: the vectors use {:.1} of {} directions ({} dimensions are dead)",
            health.rank_me, health.width, health.dead
        ),
        cause: "dimensions repeat each other (covariance weight too low, no projector), views \
                differ too much, or units died from a high learning rate"
            .into(),
        remedy: "raise the covariance weight, add or widen the projector, soften the views, or \
                 lower the learning rate"
            .into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Matrix;
    use crate::geometry::golden;

    fn kind(matrix: &Matrix) -> Option<Kind> {
        diagnose(&Health::measure(matrix, None)).map(|diagnosis| diagnosis.kind)
    }

    #[test]
    fn an_even_cloud_is_healthy() {
        assert_eq!(kind(&golden::gaussian(1, 128, 16)), None);
    }

    #[test]
    fn positive_features_with_high_cosine_are_healthy() {
        let mut matrix = golden::gaussian(1, 256, 64);
        matrix.values_mut().iter_mut().for_each(|v| *v = 1.0 + 0.2 * *v);
        assert_eq!(kind(&matrix), None);
    }

    #[test]
    fn one_point_is_caught() {
        let mut matrix = golden::gaussian(1, 128, 16);
        matrix.values_mut().iter_mut().for_each(|v| *v = 1.0 + 1e-3 * *v);
        assert_eq!(kind(&matrix), Some(Kind::OnePoint));
    }

    #[test]
    fn shrinking_to_zero_is_caught() {
        let mut matrix = golden::gaussian(1, 128, 16);
        matrix.values_mut().iter_mut().for_each(|v| *v *= 1e-6);
        assert_eq!(kind(&matrix), Some(Kind::OnePoint));
    }

    #[test]
    fn less_spread_than_asked_is_caught() {
        let mut matrix = golden::gaussian(1, 128, 16);
        let kind = |matrix: &Matrix| {
            let health = Health::measure(matrix, None);
            diagnose_spread(&health, 1.0).map(|diagnosis| diagnosis.kind)
        };
        assert_eq!(kind(&matrix), None);
        matrix.values_mut().iter_mut().for_each(|v| *v *= 0.05);
        assert_eq!(kind(&matrix), Some(Kind::Shrunk));
    }

    #[test]
    fn a_line_is_caught() {
        let line = golden::gaussian(1, 128, 1);
        let values = line.values().iter().flat_map(|&x| (0..16).map(move |j| x * j as f32));
        let found = kind(&Matrix::new(128, 16, values.collect()));
        assert_eq!(found, Some(Kind::FewDirections));
    }

    #[test]
    fn not_a_number_is_its_own_finding() {
        let mut matrix = golden::gaussian(1, 128, 16);
        matrix.values_mut()[5] = f32::NAN;
        let diagnosis = diagnose(&Health::measure(&matrix, None)).unwrap();
        assert_eq!(diagnosis.kind, Kind::NotFinite);
        assert!(diagnosis.to_string().starts_with("1 of 128 vectors hold NaN"));
    }
}
