//! `x - mean(A) + mean(B)`, and where that leads.

use serde::{Deserialize, Serialize};

use super::{Options, rows_of, spread};
use crate::bootstrap::{Bootstrap, Statistic, interval};
use crate::index::Exact;
use crate::proof::{Estimate, ExampleNeighbour, Split};
use crate::{Error, Matrix, Metric};

/// How often held-out samples of A are nearest to one of B, other than themselves and by cosine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Arithmetic {
    /// Samples of A that were shifted.
    pub samples: usize,
    /// Share that is nearest to one of B after the shift.
    pub shifted: Estimate,
    /// Share that is nearest to one of B as it is.
    pub unshifted: Estimate,
    /// Some of them, spread evenly over their order.
    pub examples: Vec<Example>,
}

/// A held-out sample of A, and the held-out samples nearest to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Example {
    /// The sample; its cosine is to its shifted self.
    pub source: ExampleNeighbour,
    /// The nearest as it is.
    pub before: ExampleNeighbour,
    /// The nearest after the shift.
    pub after: ExampleNeighbour,
}

/// Every vector with one mean taken away and another put in its place.
pub fn shift(vectors: &Matrix, [from, to]: &[Vec<f64>; 2]) -> Matrix {
    let mut shifted = vectors.clone();
    for row in shifted.values_mut().chunks_exact_mut(from.len().max(1)) {
        for (value, (from, to)) in row.iter_mut().zip(from.iter().zip(to)) {
            *value = (f64::from(*value) - from + to) as f32;
        }
    }
    shifted
}

pub(super) fn measure(
    test: &Matrix,
    split: &Split,
    [from, to]: [u32; 2],
    means: &[Vec<f64>; 2],
    options: &Options,
) -> Result<Arithmetic, Error> {
    let bank: Vec<usize> =
        (0..split.labels.len()).filter(|&row| split.labels[row].is_some()).collect();
    let exact = Exact::new(test.select(&bank), Metric::Cosine)?;
    let queries = spread(&rows_of(split, from), options.shifted);
    let vectors = test.select(&queries);
    let moved = shift(&vectors, means);
    // Of the two nearest, one is not the sample itself.
    let nearest = |vectors: &Matrix| -> Result<Vec<ExampleNeighbour>, Error> {
        let found = exact.search(vectors, 2)?;
        let other = |(place, &query): (usize, &usize)| {
            let pairs = found.ids_of(place).iter().zip(found.scores_of(place));
            let mut rows = pairs.map(|(&id, &cosine)| (bank[id as usize], cosine));
            rows.find(|&(row, _)| row != query).map(|(row, cosine)| named(split, row, cosine))
        };
        Ok(queries.iter().enumerate().filter_map(other).collect())
    };
    let (before, after) = (nearest(&vectors)?, nearest(&moved)?);
    let share = |found: &[ExampleNeighbour]| {
        let hit = |neighbour: &ExampleNeighbour| f64::from(u8::from(neighbour.label == Some(to)));
        let statistic = Statistic::Mean(found.iter().map(hit).collect());
        let bootstrap = Bootstrap { seed: options.seed, resamples: options.resamples };
        let (low, high) = interval(bootstrap.distribution(&statistic)).unzip();
        Estimate { value: statistic.value(), low, high }
    };
    let places: Vec<usize> = (0..before.len().min(after.len())).collect();
    let example = |place: usize| {
        let cosine = Metric::Cosine.score(vectors.row(place), moved.row(place));
        let source = named(split, queries[place], cosine);
        Example { source, before: before[place].clone(), after: after[place].clone() }
    };
    Ok(Arithmetic {
        samples: queries.len(),
        shifted: share(&after),
        unshifted: share(&before),
        examples: spread(&places, options.examples).into_iter().map(example).collect(),
    })
}

fn named(split: &Split, row: usize, cosine: f32) -> ExampleNeighbour {
    ExampleNeighbour {
        id: split.ids[row].clone(),
        row,
        label: split.labels[row],
        cosine: f64::from(cosine),
    }
}
