//! Retrieval: are the samples found first of the same class?
//!
//! Every test sample in turn is the query, all other test samples are ranked by cosine (equal ones
//! by row). Recall@k as in metric learning (Jégou et al. 2011): the share of queries with at least
//! one sample of their class among the first k. Average precision of a query is the mean, over the
//! samples of its class, of the precision at their ranks; mAP its mean over queries.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

use super::{Better, Labelled, Measure, Outcome, Probe, Settings, Space, Unit};
use crate::Error;
use crate::bootstrap::Statistic;

/// The probe.
pub const PROBE: Probe = Probe {
    name: "retrieval",
    says: "whether a search by example returns samples of the same class first",
    needs_labels: true,
    measures: &[
        share("recall@1", "recall@1", "share of queries whose nearest sample is of their class"),
        share("recall@5", "recall@5", "share of queries with their class among the nearest five"),
        share("recall@10", "recall@10", "share of queries with their class among the nearest ten"),
        share("map", "mean average precision", "how far up all samples of the class are ranked"),
    ],
    run,
};

/// Most test samples ranked against each other; every n-th where there are more.
const ROWS: usize = 5000;
/// Queries per product.
const BLOCK: usize = 64;

const fn share(name: &'static str, title: &'static str, says: &'static str) -> Measure {
    Measure { name, title, says, better: Better::Higher, unit: Unit::Share }
}

/// What one query found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// Rank, from 1, of the first sample of the query's class.
    pub first: usize,
    /// Mean of the precision at the ranks of the samples of the query's class.
    pub average_precision: f64,
}

fn run(space: &Space, _: &Settings) -> Result<Outcome, Error> {
    let test = space.test.every_nth(ROWS);
    let found: Vec<Found> = rank_all(&test).into_iter().flatten().collect();
    if found.is_empty() {
        let what = "test samples of one class for retrieval".into();
        return Err(Error::TooFew { what, needed: 2, received: 1 });
    }
    let recall = |k: usize| {
        Statistic::Mean(found.iter().map(|f| f64::from(u8::from(f.first <= k))).collect())
    };
    let readings = vec![
        ("recall@1", recall(1)),
        ("recall@5", recall(5)),
        ("recall@10", recall(10)),
        ("map", Statistic::Mean(found.iter().map(|f| f.average_precision).collect())),
    ];
    let protocol = format!(
        "each of {} test samples against the other test samples, cosine; {} queries whose class \
         occurs more than once count",
        test.labels.len(),
        found.len()
    );
    Ok(Outcome::new(readings, protocol))
}

/// Ranks all others for every row; `None` for a row whose class no other row has.
pub fn rank_all(data: &Labelled) -> Vec<Option<Found>> {
    let unit = data.vectors.normalized();
    let (count, width) = (unit.rows(), unit.width());
    let all = MatRef::from_row_major_slice(unit.values(), count, width);
    let blocks: Vec<Vec<Option<Found>>> = (0..count)
        .collect::<Vec<_>>()
        .par_chunks(BLOCK)
        .map(|queries| {
            let mut cosines = vec![0f32; queries.len() * count];
            let left = all.subrows(queries[0], queries.len());
            let into = MatMut::from_row_major_slice_mut(&mut cosines, queries.len(), count);
            matmul(into, Accum::Replace, left, all.transpose(), 1.0, Par::Seq); // [queries, all]
            let mut order = Vec::with_capacity(count);
            let rows = cosines.chunks_exact(count).zip(queries);
            rows.map(|(cosines, &query)| rank(cosines, query, &data.labels, &mut order)).collect()
        })
        .collect();
    blocks.concat()
}

fn rank(cosines: &[f32], query: usize, labels: &[u32], order: &mut Vec<u64>) -> Option<Found> {
    order.clear();
    let others = (0..labels.len()).filter(|&row| row != query);
    order.extend(others.map(|row| u64::from(descending(cosines[row])) << 32 | row as u64));
    order.sort_unstable();
    let (mut first, mut relevant, mut precisions) = (0, 0, 0.0);
    for (place, key) in order.iter().enumerate() {
        if labels[(key & 0xFFFF_FFFF) as usize] == labels[query] {
            relevant += 1;
            precisions += f64::from(relevant) / (place + 1) as f64;
            if relevant == 1 {
                first = place + 1;
            }
        }
    }
    let average_precision = precisions / f64::from(relevant);
    (relevant > 0).then_some(Found { first, average_precision })
}

/// An integer that grows as the number falls, so that keys sort nearest first.
fn descending(value: f32) -> u32 {
    let bits = (value + 0.0).to_bits(); // -0 becomes 0
    if bits >> 31 == 1 { bits } else { !bits & 0x7FFF_FFFF }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::Matrix;

    #[test]
    fn keys_sort_like_numbers_backwards() {
        let values = [1.0, 0.5, 1e-30, 0.0, -1e-30, -0.25, -1.0];
        assert!(values.windows(2).all(|pair| descending(pair[0]) < descending(pair[1])));
        assert_eq!(descending(-0.0), descending(0.0));
    }

    #[test]
    fn precision_by_hand() {
        // Of query 0 the others rank 1, 2, 3, 4 with classes b, a, b, a: AP = (1/2 + 2/4) / 2.
        let cosines = [1.0, 0.9, 0.8, 0.7, 0.6];
        let found = rank(&cosines, 0, &[0, 1, 0, 1, 0], &mut Vec::new()).unwrap();
        assert_eq!(found, Found { first: 2, average_precision: 0.5 });
        assert_eq!(rank(&cosines, 0, &[7, 1, 0, 1, 0], &mut Vec::new()), None);
    }

    #[test]
    fn separate_classes_are_found_first() {
        let angles = [0.0_f32, 0.1, 0.2, 1.5, 1.6, 1.7];
        let values = angles.iter().flat_map(|angle| [angle.cos(), angle.sin()]).collect();
        let vectors = Cow::Owned(Matrix::new(6, 2, values));
        let data = Labelled { vectors, labels: vec![0, 0, 0, 1, 1, 1] };
        for found in rank_all(&data) {
            assert_eq!(found.unwrap(), Found { first: 1, average_precision: 1.0 });
        }
    }
}
