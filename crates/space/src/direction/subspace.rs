//! Which directions each class fills: its principal subspace, how much of the class lies in it, and
//! the angles between the subspaces of different classes (Jordan 1875; Björck, Golub 1973, "Numerical
//! methods for computing angles between linear subspaces").
//!
//! Subspaces are fitted to training samples and hold more or less of the variance of test samples
//! around the same mean. Two halves of one class do not fill quite the same subspace either: their
//! angle is what the sampling alone makes.

use faer::{Mat, MatRef};
use serde::{Deserialize, Serialize};

use super::{rows_of, spread};
use crate::projection::Pca;
use crate::proof::{Candidate, Inputs, Split};
use crate::{Error, Matrix};

/// Dimensions of a subspace.
const DIMENSIONS: usize = 5;
/// Training samples per dimension without which a class, or half of one, has no subspace.
const PER_DIMENSION: usize = 4;
/// Classes that are looked at, the first in order.
const CLASSES: usize = 20;
/// Training samples of a class that are looked at.
const SAMPLES: usize = 1000;

/// What was found, in the space of one candidate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Subspaces {
    /// The candidate.
    pub name: String,
    /// Dimensions of each.
    pub dimensions: usize,
    /// Numbers per vector.
    pub width: usize,
    /// Of every class that has enough samples: the share of the variance of its test samples within
    /// its own subspace.
    pub shares: Vec<(u32, f64)>,
    /// The same of all classes in the subspace of another, mean over all pairs.
    pub elsewhere: f64,
    /// Mean principal angle between the subspaces of two classes, mean over all pairs, in degrees.
    pub angle: f64,
    /// The same between two halves of one class, mean over the classes.
    pub own_angle: f64,
}

/// Looks at the classes that have enough samples; none where those are fewer than two, or the space
/// has no room for two subspaces.
///
/// # Errors
/// Where vectors are not finite.
pub fn measure(inputs: &Inputs, candidate: &Candidate) -> Result<Option<Subspaces>, Error> {
    let width = candidate.train.width();
    let needed = 2 * PER_DIMENSION * DIMENSIONS;
    let enough = |class: &u32| {
        rows_of(&inputs.train, *class).len() >= needed && !rows_of(&inputs.test, *class).is_empty()
    };
    let classes: Vec<u32> = (0..inputs.classes.len() as u32).filter(enough).take(CLASSES).collect();
    if classes.len() < 2 || width < 2 * DIMENSIONS {
        return Ok(None);
    }
    let mut fitted = Vec::new();
    let mut own_angles = Vec::new();
    for &class in &classes {
        let rows = spread(&rows_of(&inputs.train, class), SAMPLES);
        fitted.push(Pca::fit(&candidate.train.select(&rows), DIMENSIONS)?);
        let half = |first: usize| -> Result<Pca, Error> {
            let rows: Vec<usize> = rows.iter().copied().skip(first).step_by(2).collect();
            Pca::fit(&candidate.train.select(&rows), DIMENSIONS)
        };
        own_angles.push(angle(&half(0)?, &half(1)?)?);
    }
    let shares = classes
        .iter()
        .zip(&fitted)
        .map(|(&class, own)| (class, within(own, own, &candidate.test, &inputs.test, class)));
    let (mut angles, mut elsewhere) = (Vec::new(), Vec::new());
    for (a, (&class, own)) in classes.iter().zip(&fitted).enumerate() {
        for (b, other) in fitted.iter().enumerate().filter(|&(b, _)| b != a) {
            elsewhere.push(within(other, own, &candidate.test, &inputs.test, class));
            if b < a {
                angles.push(angle(own, other)?);
            }
        }
    }
    Ok(Some(Subspaces {
        name: candidate.name.clone(),
        dimensions: DIMENSIONS,
        width,
        shares: shares.collect(),
        elsewhere: mean(&elsewhere),
        angle: mean(&angles),
        own_angle: mean(&own_angles),
    }))
}

/// The share of the variance of a class's test samples, around the mean of its own training samples,
/// that lies in a subspace.
fn within(subspace: &Pca, own: &Pca, test: &Matrix, split: &Split, class: u32) -> f64 {
    let (mut inside, mut all) = (0.0, 0.0);
    for row in rows_of(split, class) {
        let centred: Vec<f64> =
            test.row(row).iter().zip(&own.mean).map(|(x, mean)| f64::from(x - mean)).collect();
        all += centred.iter().map(|x| x * x).sum::<f64>();
        for direction in subspace.components.chunks_exact(centred.len()) {
            let along = direction.iter().zip(&centred).map(|(&d, x)| f64::from(d) * x);
            inside += along.sum::<f64>().powi(2);
        }
    }
    if all > 0.0 { inside / all } else { 0.0 }
}

/// Mean principal angle in degrees: the cosines are the singular values of `U_a U_b'`.
fn angle(a: &Pca, b: &Pca) -> Result<f64, Error> {
    let basis = |pca: &Pca| {
        let directions = MatRef::from_row_major_slice(&pca.components, pca.width(), pca.mean.len());
        Mat::from_fn(directions.nrows(), directions.ncols(), |i, j| f64::from(directions[(i, j)]))
    };
    let product = basis(a) * basis(b).transpose(); // [k, k]
    let cosines = product.singular_values().map_err(|error| Error::Numeric {
        what: "the angle between two subspaces",
        reason: format!("{error:?}"),
    })?;
    let angles: Vec<f64> =
        cosines.iter().map(|cosine| cosine.clamp(0.0, 1.0).acos().to_degrees()).collect();
    Ok(mean(&angles))
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::golden;
    use crate::proof::CandidateKind;

    /// Two classes of 200 in 20 dimensions: class k spreads along five dimensions from `5 k step`,
    /// by 3, and everywhere by 0.1.
    fn space(step: usize, seed: u64) -> (Matrix, Split) {
        let mut vectors = golden::gaussian(seed, 400, 20);
        let mut split = Split::default();
        for (row, values) in vectors.values_mut().chunks_exact_mut(20).enumerate() {
            let class = row % 2;
            let filled = 5 * class * step..5 * class * step + 5;
            for (place, value) in values.iter_mut().enumerate() {
                *value *= if filled.contains(&place) { 3.0 } else { 0.1 };
            }
            split.ids.push(row.to_string());
            split.labels.push(Some(class as u32));
        }
        (vectors, split)
    }

    fn found(step: usize) -> Subspaces {
        let ((train, of_train), (test, of_test)) = (space(step, 1), space(step, 2));
        let classes = ["a", "b"].map(String::from).to_vec();
        let inputs = Inputs { train: of_train, test: of_test, classes, ..Inputs::default() };
        let candidate = Candidate {
            name: "encoder".into(),
            kind: CandidateKind::Encoder,
            train,
            validation: Matrix::empty(20),
            test,
        };
        measure(&inputs, &candidate).expect("finite vectors").expect("enough samples")
    }

    #[test]
    fn classes_that_fill_other_dimensions_stand_at_a_right_angle() {
        let apart = found(1);
        assert!(apart.shares.iter().all(|&(_, share)| share > 0.98), "{apart:?}");
        assert!(apart.angle > 85.0 && apart.own_angle < 10.0, "{apart:?}");
        assert!(apart.elsewhere < 0.02, "{apart:?}");
    }

    #[test]
    fn classes_that_fill_the_same_dimensions_do_not() {
        let together = found(0);
        assert!(together.angle < 10.0 && together.elsewhere > 0.98, "{together:?}");
    }
}
