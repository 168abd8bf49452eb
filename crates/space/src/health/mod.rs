//! What can be seen without labels while training: is the space alive?
//!
//! A held-out probe batch is encoded every so often; [`Health::measure`] describes its vectors and
//! [`diagnose`] says in words when they have collapsed. [`Assignments`] does the same for what an
//! objective with prototypes makes of them.

mod assignments;
mod codes;
mod diagnosis;

pub use assignments::{Assignments, diagnose_assignments};
pub use codes::{active_units, diagnose_codes, diagnose_posterior, perplexity};
pub use diagnosis::{Diagnosis, Kind, diagnose, diagnose_spread};

use faer::Mat;
use serde::{Deserialize, Serialize};

use crate::Matrix;
use crate::geometry::{column_deviations, points, spectrum, sphere};

/// A dimension is dead where its spread is below this share of the widest dimension's.
const DEAD_SHARE: f64 = 1e-4;

/// Smallest, median and largest of the dimensions' standard deviations (divisor n - 1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Of the narrowest dimension.
    pub min: f64,
    /// Of the dimension in the middle.
    pub median: f64,
    /// Of the widest dimension.
    pub max: f64,
}

/// The state of a space, measured in double precision. Every number is finite.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Health {
    /// Vectors measured.
    pub rows: usize,
    /// Vectors left out because a number in them was NaN or infinite.
    pub not_finite: usize,
    /// Numbers per vector.
    pub width: usize,
    /// RankMe of the uncentred vectors.
    pub rank_me: f64,
    /// Entropy rank of the covariance.
    pub effective_rank: f64,
    /// Participation ratio of the covariance.
    pub participation_ratio: f64,
    /// How fast the covariance's spectrum decays, the α of α-ReQ; none for few dimensions.
    pub alpha_req: Option<f64>,
    /// Spread of the vectors' dimensions.
    pub spread: Spread,
    /// Spread of the dimensions after every vector is scaled to unit length.
    pub unit_spread: Spread,
    /// Dimensions that (nearly) never change.
    pub dead: usize,
    /// Mean squared distance of the two views of a sample, unit length; where views were given.
    pub alignment: Option<f64>,
    /// How evenly the unit vectors cover the sphere; lower is more even.
    pub uniformity: f64,
    /// Mean cosine of two different vectors.
    pub mean_cosine: f64,
    /// 0 is healthy, 1 is one point.
    pub collapse_level: f64,
}

impl Health {
    /// Measures the vectors of one view of every sample, and alignment with the second view.
    ///
    /// Vectors that hold NaN or infinity are counted and left out.
    ///
    /// # Panics
    /// Where the two views differ in shape.
    pub fn measure(views_a: &Matrix, views_b: Option<&Matrix>) -> Self {
        if let Some(b) = views_b {
            let shapes = ((views_a.rows(), views_a.width()), (b.rows(), b.width()));
            assert_eq!(shapes.0, shapes.1, "both views have the same shape");
        }
        let finite = |m: &Matrix, row: usize| m.row(row).iter().all(|v| v.is_finite());
        let kept: Vec<usize> = (0..views_a.rows())
            .filter(|&row| finite(views_a, row) && views_b.is_none_or(|b| finite(b, row)))
            .collect();
        let a = points(&views_a.select(&kept));
        let b = views_b.map(|b| points(&b.select(&kept)));
        Self { not_finite: views_a.rows() - kept.len(), ..Self::of_points(&a, b.as_ref()) }
    }

    fn of_points(a: &Mat<f64>, b: Option<&Mat<f64>>) -> Self {
        let unit = sphere::unit(a);
        let eigenvalues = spectrum::covariance_eigenvalues(a);
        let deviations = column_deviations(a);
        let unit_deviations = column_deviations(&unit);
        let widest = deviations.iter().copied().fold(0.0, f64::max);
        Self {
            rows: a.nrows(),
            not_finite: 0,
            width: a.ncols(),
            rank_me: spectrum::rank_me(&spectrum::singular_values(a.as_ref())),
            effective_rank: spectrum::effective_rank(&eigenvalues),
            participation_ratio: spectrum::participation_ratio(&eigenvalues),
            alpha_req: spectrum::alpha_req(&eigenvalues),
            dead: deviations.iter().filter(|&&s| s <= DEAD_SHARE * widest).count(),
            spread: spread(deviations),
            collapse_level: sphere::collapse_level(&unit_deviations),
            unit_spread: spread(unit_deviations),
            alignment: b.map(|b| sphere::alignment(&unit, &sphere::unit(b))),
            uniformity: sphere::uniformity(&unit),
            mean_cosine: sphere::mean_cosine(&unit),
        }
    }
}

fn spread(mut deviations: Vec<f64>) -> Spread {
    deviations.sort_by(f64::total_cmp);
    let Some((&min, &max)) = deviations.first().zip(deviations.last()) else {
        return Spread::default();
    };
    let middle = deviations.len() / 2;
    let median = if deviations.len() % 2 == 1 {
        deviations[middle]
    } else {
        (deviations[middle - 1] + deviations[middle]) / 2.0
    };
    Spread { min, median, max }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::golden;

    #[test]
    fn the_golden_matrix() {
        let health = Health::of_points(&golden::a(), Some(&golden::b()));
        let expected = [
            (health.rank_me, 2.817530658106),
            (health.effective_rank, 2.030447793882),
            (health.participation_ratio, 1.915493924629),
            (health.alignment.unwrap(), 0.019109008341),
            (health.uniformity, -2.139301031975),
            (health.mean_cosine, -0.104930897242),
        ];
        for (actual, expected) in expected {
            assert!((actual - expected).abs() < 1e-9, "{actual} is not {expected}");
        }
        assert_eq!((health.rows, health.width, health.dead), (8, 4, 0));
    }

    #[test]
    fn dead_dimensions_and_broken_rows_are_counted() {
        let values = vec![1., 5., 0., 2., 5., 1., 3., 5., 0., f32::NAN, 5., 0.];
        let health = Health::measure(&Matrix::new(4, 3, values), None);
        assert_eq!((health.rows, health.not_finite, health.dead), (3, 1, 1));
        assert_eq!(health.spread.min, 0.0);
        assert!((health.spread.max - 1.0).abs() < 1e-12);
    }

    #[test]
    fn nothing_to_measure_is_not_a_panic() {
        let health = Health::measure(&Matrix::new(1, 2, vec![f32::NAN, 0.0]), None);
        assert_eq!((health.rows, health.not_finite), (0, 1));
        assert_eq!(health.rank_me, 0.0);
    }
}
