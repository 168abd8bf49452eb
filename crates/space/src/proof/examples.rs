//! What neighbours look like: test samples with the training samples nearest to them.

use super::subset::hash;
use super::{Example, ExampleNeighbour, Split};
use crate::index::Exact;
use crate::{Error, Matrix, Metric};

/// Rows of test samples to show: class by class in turn, within a class by the hash of the id.
pub(super) fn choose(test: &Split, rows: &[usize], count: usize, seed: u64) -> Vec<usize> {
    let mut order = rows.to_vec();
    order.sort_by_cached_key(|&row| (hash(&test.ids[row], seed), row));
    let mut seen = std::collections::BTreeMap::new();
    let mut turns: Vec<(usize, Option<u32>, usize)> = order
        .into_iter()
        .map(|row| {
            let turn = seen.entry(test.labels[row]).or_insert(0);
            *turn += 1;
            (*turn, test.labels[row], row)
        })
        .collect();
    turns.sort_by_key(|&(turn, label, _)| (turn, label));
    turns.into_iter().take(count).map(|(_, _, row)| row).collect()
}

/// The training samples nearest to each of the test samples, by cosine.
///
/// `rows` are the training samples behind the rows of `bank`; `queries` rows of `test`.
pub(super) fn find(
    bank: &Matrix,
    (train, rows): (&Split, &[usize]),
    vectors: &Matrix,
    (test, queries): (&Split, &[usize]),
    count: usize,
) -> Result<Vec<Example>, Error> {
    if rows.is_empty() || queries.is_empty() || count == 0 {
        return Ok(Vec::new());
    }
    let bank = Exact::new(bank.clone(), Metric::Cosine)?;
    let found = bank.search(&vectors.select(queries), count)?;
    let example = |(place, &row): (usize, &usize)| {
        let pairs = found.ids_of(place).iter().zip(found.scores_of(place));
        let neighbour = |(&id, &cosine): (&u32, &f32)| {
            let row = rows[id as usize];
            let (id, label) = (train.ids[row].clone(), train.labels[row]);
            ExampleNeighbour { id, row, label, cosine: f64::from(cosine) }
        };
        Example {
            query: test.ids[row].clone(),
            query_row: row,
            label: test.labels[row],
            neighbours: pairs.map(neighbour).collect(),
        }
    };
    Ok(queries.iter().enumerate().map(example).collect())
}
