//! Weighted k nearest neighbours (Wu et al. 2018, "InstDisc"), in the setting of DINO and solo-learn.
//!
//! Vectors are scaled to unit length. The `k = 20` training vectors nearest by cosine vote for their
//! class with weight `exp(cos / T)`, `T = 0.07`; equal votes go to the smaller class number. lightly
//! asks 200 with `T = 0.1`; raw pixels of CIFAR-10 score five points less then (40.1 for 45.4 %, by
//! `benches/torch_twin`), and a lower baseline is an easier one to beat.

use super::{Better, Measure, Outcome, Probe, Settings, Space, Unit};
use crate::index::Exact;
use crate::{Error, Matrix, Metric};

/// The probe.
pub const PROBE: Probe = Probe {
    name: "knn",
    says: "whether near vectors share a class, without training anything",
    needs_labels: true,
    measures: &[Measure {
        name: "knn",
        title: "kNN accuracy",
        says: "share of test samples whose class wins the weighted vote of the nearest training \
               samples",
        better: Better::Higher,
        unit: Unit::Share,
    }],
    run,
};

/// Softness of the vote.
pub const TEMPERATURE: f64 = 0.07;

/// Voters, where there are as many.
pub const NEIGHBOURS: usize = 20;

/// The class of every query.
///
/// `labels` are the classes of `bank`'s rows, all below `classes`; an empty bank answers 0.
///
/// # Errors
/// Where the queries have another width than the bank or are not finite.
///
/// # Panics
/// Where the bank does not compare by cosine.
pub fn predict(
    bank: &Exact,
    labels: &[u32],
    classes: usize,
    queries: &Matrix,
    neighbours: usize,
) -> Result<Vec<u32>, Error> {
    assert_eq!(bank.metric(), Metric::Cosine, "the vote weighs cosines");
    let found = bank.search(queries, neighbours)?;
    let mut votes = vec![0.0; classes.max(1)];
    let class_of = |query: usize| {
        votes.fill(0.0);
        for (&id, &cosine) in found.ids_of(query).iter().zip(found.scores_of(query)) {
            votes[labels[id as usize] as usize] += (f64::from(cosine) / TEMPERATURE).exp();
        }
        let best = votes.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        votes.iter().position(|&vote| vote == best).unwrap_or(0) as u32
    };
    Ok((0..queries.rows()).map(class_of).collect())
}

/// The accuracy alone, as training watches it: `train` votes on `test`.
///
/// # Errors
/// Where a vector is not finite or widths differ.
pub fn accuracy(
    train: &Matrix,
    train_labels: &[u32],
    test: &Matrix,
    test_labels: &[u32],
    neighbours: Option<usize>,
) -> Result<f64, Error> {
    let classes = train_labels.iter().max().map_or(0, |&label| label as usize + 1);
    let bank = Exact::new(train.clone(), Metric::Cosine)?;
    let neighbours = neighbours.unwrap_or(NEIGHBOURS).min(train.rows());
    let predicted = predict(&bank, train_labels, classes, test, neighbours)?;
    let hits = predicted.iter().zip(test_labels).filter(|(p, t)| p == t).count();
    Ok(hits as f64 / test_labels.len().max(1) as f64)
}

fn run(space: &Space, settings: &Settings) -> Result<Outcome, Error> {
    let train = &space.train;
    let rows = train.labels.len();
    let neighbours = settings.neighbours.unwrap_or(NEIGHBOURS).clamp(1, rows);
    let bank = Exact::new(train.vectors.clone().into_owned(), Metric::Cosine)?;
    let predicted = predict(&bank, &train.labels, space.classes, &space.test.vectors, neighbours)?;
    let protocol = format!(
        "cosine, k = {neighbours}, votes weighted by exp(cos / {TEMPERATURE}); {} test samples \
         against {rows} training samples",
        space.test.labels.len()
    );
    Ok(Outcome::accuracy("knn", predicted, &space.test.labels, protocol))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Class 0 on the first axis, class 1 on the second.
    fn cross() -> (Matrix, Vec<u32>) {
        let rows = vec![1.0, 0.1, 2.0, -0.1, 0.1, 3.0, -0.1, 1.0];
        (Matrix::new(4, 2, rows), vec![0, 0, 1, 1])
    }

    #[test]
    fn the_nearest_vote_counts_more() {
        let (bank, labels) = cross();
        let bank = Exact::new(bank, Metric::Cosine).unwrap();
        let queries = Matrix::new(2, 2, vec![5.0, 1.0, 1.0, 5.0]);
        let predicted = predict(&bank, &labels, 2, &queries, 4).unwrap();
        assert_eq!(predicted, [0, 1]);
    }

    #[test]
    fn the_vote_is_the_formula() {
        // Cosines 1, 0.8 and 0.8: one vote of e^14.3 against two of e^11.4.
        let bank = Matrix::new(3, 2, vec![1.0, 0.0, 0.8, 0.6, 0.8, -0.6]);
        let bank = Exact::new(bank, Metric::Cosine).unwrap();
        let query = Matrix::new(1, 2, vec![1.0, 0.0]);
        assert_eq!(predict(&bank, &[0, 1, 1], 2, &query, 3).unwrap(), [0]);
        // Cosines 1, 0.96 and 0.96: two votes of e^13.7 win against one of e^14.3.
        let bank = Matrix::new(3, 2, vec![1.0, 0.0, 0.96, 0.28, 0.96, -0.28]);
        let bank = Exact::new(bank, Metric::Cosine).unwrap();
        assert_eq!(predict(&bank, &[0, 1, 1], 2, &query, 3).unwrap(), [1]);
    }

    #[test]
    fn accuracy_does_not_change_under_rotation_and_scale() {
        let (bank, labels) = cross();
        let turned = |m: &Matrix| {
            let (s, c) = 0.7_f32.sin_cos();
            let rows = m
                .values()
                .chunks(2)
                .flat_map(|v| [3.0 * (c * v[0] - s * v[1]), 3.0 * (s * v[0] + c * v[1])]);
            Matrix::new(m.rows(), 2, rows.collect())
        };
        let test = Matrix::new(3, 2, vec![1.0, 0.5, 0.2, 1.0, 1.0, -0.4]);
        let plain = accuracy(&bank, &labels, &test, &[0, 1, 1], None).unwrap();
        let rotated = accuracy(&turned(&bank), &labels, &turned(&test), &[0, 1, 1], None).unwrap();
        assert_eq!(plain, 2.0 / 3.0);
        assert_eq!(plain, rotated);
    }
}
