//! Geometry of the test vectors, without labels: rank, intrinsic dimension, hubs, anisotropy.
//!
//! Ranks come from at most 2048 vectors (every n-th), so that candidates of all widths are
//! compared on the same rows at bounded cost; neighbours from all of them, Euclidean.

use super::{Better, Measure, Outcome, Probe, Settings, Space, Unit};
use crate::bootstrap::Statistic;
use crate::geometry::{hubness, intrinsic, points, spectrum, sphere};
use crate::index::Exact;
use crate::{Error, Matrix, Metric};

/// The probe.
pub const PROBE: Probe = Probe {
    name: "geometry",
    says: "how many directions the space uses and needs, and whether a few points crowd it",
    needs_labels: false,
    measures: &[
        number("rank", "RankMe", "directions in use, by the entropy of the singular values", HIGH),
        number(
            "effective-rank",
            "effective rank of the covariance",
            "directions in use, by the entropy of the variances",
            HIGH,
        ),
        number(
            "participation-ratio",
            "participation ratio",
            "directions that carry most of the variance",
            HIGH,
        ),
        number(
            "alpha-req",
            "spectral decay (α-ReQ)",
            "the eigenvalue of rank i is about i^-α, of ranks 11 to 100; near 1 is said to be best",
            Better::Neither,
        ),
        number(
            "intrinsic-dimension",
            "intrinsic dimension (TwoNN fit)",
            "coordinates that the cloud needs locally",
            Better::Neither,
        ),
        number(
            "intrinsic-dimension-mle",
            "intrinsic dimension (TwoNN likelihood)",
            "the same by maximum likelihood",
            Better::Neither,
        ),
        number(
            "hubness",
            "hubness",
            "skewness of how often a point is a neighbour; above 1 a few points crowd the lists",
            Better::Lower,
        ),
        Measure {
            name: "antihubs",
            title: "antihubs",
            says: "share of points that are nobody's neighbour, and so cannot be found",
            better: Better::Lower,
            unit: Unit::Share,
        },
        number(
            "mean-cosine",
            "anisotropy (mean cosine)",
            "mean cosine of two vectors; 0 points everywhere, 1 is one direction",
            Better::Lower,
        ),
    ],
    run,
};

const HIGH: Better = Better::Higher;
/// Vectors behind the ranks.
const SPECTRUM_ROWS: usize = 2048;
/// Length of the neighbour lists behind hubness.
const HUB_NEIGHBOURS: usize = 10;

const fn number(
    name: &'static str,
    title: &'static str,
    says: &'static str,
    better: Better,
) -> Measure {
    Measure { name, title, says, better, unit: Unit::Number }
}

fn run(space: &Space, _: &Settings) -> Result<Outcome, Error> {
    let vectors = space.all_test;
    let rows = vectors.rows();
    if rows < 3 {
        return Err(Error::TooFew { what: "the geometry".into(), needed: 3, received: rows });
    }
    let sample = points(&every_nth(vectors, SPECTRUM_ROWS));
    let eigenvalues = spectrum::covariance_eigenvalues(&sample);
    let alpha = spectrum::alpha_req(&eigenvalues);
    let mut readings: Vec<_> = alpha.map(|alpha| ("alpha-req", alpha)).into_iter().collect();
    readings.extend([
        ("rank", spectrum::rank_me(&spectrum::singular_values(sample.as_ref()))),
        ("effective-rank", spectrum::effective_rank(&eigenvalues)),
        ("participation-ratio", spectrum::participation_ratio(&eigenvalues)),
        ("mean-cosine", sphere::mean_cosine(&sphere::unit(&sample))),
    ]);
    let lists = Exact::new(vectors.clone(), Metric::Euclidean)?.search_all(HUB_NEIGHBOURS);
    let hubs = hubness::hubness(&hubness::occurrences(rows, &lists));
    readings.extend([("hubness", hubs.skewness), ("antihubs", hubs.antihubs)]);
    let nearest: Vec<(f64, f64)> = (0..rows)
        .map(|row| (f64::from(lists.scores_of(row)[0]), f64::from(lists.scores_of(row)[1])))
        .collect();
    let dimension = intrinsic::two_nn(&nearest);
    if let Some(dimension) = dimension {
        readings.push(("intrinsic-dimension", dimension.fit));
        readings.push(("intrinsic-dimension-mle", dimension.likelihood));
    }
    let protocol = format!(
        "{rows} test vectors, Euclidean, lists of {} neighbours; ranks and cosines from {} of \
         them; no interval (a resample has duplicates, which have no geometry)",
        lists.k,
        sample.nrows()
    );
    let readings = readings.into_iter().map(|(name, value)| (name, Statistic::Value(value)));
    let mut outcome = Outcome::new(readings.collect(), protocol);
    outcome.spectrum = eigenvalues;
    if alpha.is_none() {
        outcome.notes.push("no spectral decay: it looks at ranks 11 to 100, ten at least".into());
    }
    if dimension.is_none() {
        outcome.notes.push(
            "no intrinsic dimension: fewer than 10 vectors differ from their neighbours".into(),
        );
    }
    Ok(outcome)
}

/// At most `limit` rows, evenly spaced.
fn every_nth(matrix: &Matrix, limit: usize) -> Matrix {
    let rows = matrix.rows();
    let kept = rows.min(limit);
    matrix.select(&(0..kept).map(|i| i * rows / kept).collect::<Vec<_>>())
}
