//! Exact search: every query against every vector, as one blocked matrix product.
//!
//! A block of queries times a block of rows gives keys in f32, larger is nearer; all that could be among the `k`
//! nearest are then scored again in f64, so that ties are ties and Euclidean distances do not cancel
//! (`|q|^2 - 2 q.x + |x|^2` loses all digits between near twins). The blocks depend on the sizes alone: the answer
//! is the same on one thread and on many.

use faer::{Accum, MatMut, MatRef, Par, linalg::matmul::matmul};
use rayon::prelude::*;

use super::Neighbours;
use crate::{Error, Matrix, Metric};

/// Queries per product: enough to keep the arithmetic units busy, few enough to stay in the cache.
const QUERIES: usize = 128;
/// Rows per product.
const ROWS: usize = 1024;
/// Queries whose candidates are held at once.
const CHUNK: usize = 4096;
/// Candidates scored again beyond `k`, against f32 rounding at the edge.
const SLACK: usize = 8;

/// All vectors, to be compared one by one.
#[derive(Clone, Debug)]
pub struct Exact {
    rows: Matrix,
    /// `|x|^2 / 2` of every row where the metric needs it, else empty.
    half_squares: Vec<f32>,
    metric: Metric,
}

impl Exact {
    /// Takes the vectors; under [`Metric::Cosine`] they are scaled to unit length.
    ///
    /// # Errors
    /// Where a vector is not finite.
    pub fn new(vectors: Matrix, metric: Metric) -> Result<Self, Error> {
        let rows = if metric == Metric::Cosine { vectors.normalized() } else { vectors };
        Self::prepared(rows, metric)
    }

    /// Takes vectors that are of unit length already where the metric is cosine.
    pub(crate) fn prepared(rows: Matrix, metric: Metric) -> Result<Self, Error> {
        finite("the vectors", &rows)?;
        let half_squares = match metric {
            Metric::Euclidean => (0..rows.rows())
                .map(|row| 0.5 * rows.row(row).iter().map(|v| v * v).sum::<f32>())
                .collect(),
            Metric::Dot | Metric::Cosine => Vec::new(),
        };
        Ok(Self { rows, half_squares, metric })
    }

    /// The vectors as they are compared.
    pub fn vectors(&self) -> &Matrix {
        &self.rows
    }

    /// How they are compared.
    pub fn metric(&self) -> Metric {
        self.metric
    }

    /// The `k` nearest rows of every query.
    ///
    /// # Errors
    /// Where the queries have another width or are not finite.
    pub fn search(&self, queries: &Matrix, k: usize) -> Result<Neighbours, Error> {
        check_queries(queries, self.rows.width())?;
        Ok(self.nearest(queries, k.min(self.rows.rows()), |_| None))
    }

    /// The `k` nearest other rows of the given rows.
    ///
    /// # Panics
    /// Where a row is not one of this index.
    pub fn search_rows(&self, rows: &[usize], k: usize) -> Neighbours {
        let k = k.min(self.rows.rows().saturating_sub(1));
        self.nearest(&self.rows.select(rows), k, |query| Some(rows[query] as u32))
    }

    /// The `k` nearest other rows of every row.
    pub fn search_all(&self, k: usize) -> Neighbours {
        let k = k.min(self.rows.rows().saturating_sub(1));
        self.nearest(&self.rows, k, |query| Some(query as u32))
    }

    fn nearest(
        &self,
        queries: &Matrix,
        k: usize,
        without: impl Fn(usize) -> Option<u32> + Sync,
    ) -> Neighbours {
        let mut answer = Neighbours { ids: Vec::new(), scores: Vec::new(), k };
        if k == 0 {
            return answer;
        }
        for start in (0..queries.rows()).step_by(CHUNK) {
            let end = (start + CHUNK).min(queries.rows());
            for (id, score) in self.nearest_of_chunk(queries, start..end, k, &without) {
                answer.ids.push(id);
                answer.scores.push(score);
            }
        }
        answer
    }

    /// `[chunk, k]` neighbours. Work is cut by queries and by rows, so that one query keeps every core busy too.
    fn nearest_of_chunk(
        &self,
        queries: &Matrix,
        chunk: std::ops::Range<usize>,
        k: usize,
        without: &(impl Fn(usize) -> Option<u32> + Sync),
    ) -> Vec<(u32, f32)> {
        let count = self.rows.rows();
        let segment = count.div_ceil(16).max(16 * ROWS);
        let blocks: Vec<usize> = chunk.clone().step_by(QUERIES).collect();
        let segments: Vec<usize> = (0..count).step_by(segment).collect();
        let work: Vec<(usize, usize)> =
            blocks.iter().flat_map(|&block| segments.iter().map(move |&at| (block, at))).collect();
        let found: Vec<Vec<Candidates>> = work
            .par_iter()
            .map(|&(block, at)| {
                let block = block..(block + QUERIES).min(chunk.end);
                let rows = at..(at + segment).min(count);
                self.candidates(queries, block, rows, k + SLACK, without)
            })
            .collect();
        let answers: Vec<Vec<(u32, f32)>> = chunk
            .clone()
            .into_par_iter()
            .map(|query| {
                let block = (query - chunk.start) / QUERIES;
                let at = (query - chunk.start) % QUERIES;
                let parts = &found[block * segments.len()..(block + 1) * segments.len()];
                let ids = parts.iter().flat_map(|part| part[at].kept.iter().copied()).collect();
                self.best(queries.row(query), ids, k)
            })
            .collect();
        answers.concat()
    }

    /// Candidates of each query of a block within a segment of rows.
    fn candidates(
        &self,
        queries: &Matrix,
        block: std::ops::Range<usize>,
        segment: std::ops::Range<usize>,
        keep: usize,
        without: &(impl Fn(usize) -> Option<u32> + Sync),
    ) -> Vec<Candidates> {
        let width = self.rows.width();
        let mut candidates: Vec<Candidates> =
            block.clone().map(|query| Candidates::new(keep, without(query))).collect();
        let mut keys = vec![0f32; block.len() * ROWS];
        let left = &queries.values()[block.start * width..block.end * width];
        let left = MatRef::from_row_major_slice(left, block.len(), width);
        for start in segment.clone().step_by(ROWS) {
            let rows = start..(start + ROWS).min(segment.end);
            let right = &self.rows.values()[rows.start * width..rows.end * width];
            let right = MatRef::from_row_major_slice(right, rows.len(), width);
            let keys = &mut keys[..block.len() * rows.len()];
            let product = MatMut::from_row_major_slice_mut(&mut *keys, block.len(), rows.len());
            matmul(product, Accum::Replace, left, right.transpose(), 1.0, Par::Seq); // [queries, rows]
            for (keys, candidates) in keys.chunks_exact_mut(rows.len()).zip(&mut candidates) {
                if let Some(half_squares) = self.half_squares.get(rows.clone()) {
                    keys.iter_mut().zip(half_squares).for_each(|(key, half)| *key -= half);
                }
                candidates.scan(keys, rows.start as u32);
            }
        }
        candidates.iter_mut().for_each(Candidates::shrink);
        candidates
    }

    /// Scores candidates in f64 and keeps the `k` nearest.
    fn best(&self, query: &[f32], mut candidates: Vec<(f32, u32)>, k: usize) -> Vec<(u32, f32)> {
        candidates.sort_unstable_by(nearer);
        candidates.truncate(k + SLACK);
        let sign = if self.metric.larger_is_nearer() { 1.0 } else { -1.0 };
        let mut scored: Vec<(f32, u32)> = candidates
            .into_iter()
            .map(|(_, id)| (sign * self.metric.score(query, self.rows.row(id as usize)), id))
            .collect();
        scored.sort_unstable_by(nearer);
        scored.into_iter().take(k).map(|(score, id)| (id, sign * score)).collect()
    }
}

/// Larger keys first, equal keys in order of the row.
fn nearer(a: &(f32, u32), b: &(f32, u32)) -> std::cmp::Ordering {
    b.0.total_cmp(&a.0).then(a.1.cmp(&b.1))
}

/// The `keep` largest keys seen so far, found by partial selection: a buffer of twice the size, halved when full.
struct Candidates {
    kept: Vec<(f32, u32)>,
    keep: usize,
    /// No key at or below it can enter any more.
    threshold: f32,
    without: Option<u32>,
}

impl Candidates {
    fn new(keep: usize, without: Option<u32>) -> Self {
        Self { kept: Vec::with_capacity(2 * keep), keep, threshold: f32::NEG_INFINITY, without }
    }

    /// Looks at the keys of the rows from `first` on. Whole strips below the threshold cost one vector comparison.
    fn scan(&mut self, keys: &[f32], first: u32) {
        for (strip, keys) in keys.chunks(16).enumerate() {
            let full = self.kept.len() >= self.keep;
            if full && !keys.iter().fold(false, |any, &key| any | (key > self.threshold)) {
                continue;
            }
            for (at, &key) in keys.iter().enumerate() {
                let id = first + (strip * 16 + at) as u32;
                let enters = key > self.threshold || self.kept.len() < self.keep;
                if enters && self.without != Some(id) {
                    let key = if key.is_nan() { f32::NEG_INFINITY } else { key };
                    self.kept.push((key, id));
                    if self.kept.len() == 2 * self.keep {
                        self.shrink();
                    }
                }
            }
        }
    }

    fn shrink(&mut self) {
        if self.kept.len() > self.keep {
            self.kept.select_nth_unstable_by(self.keep - 1, nearer);
            self.kept.truncate(self.keep);
            self.threshold = self.kept[self.keep - 1].0;
        }
    }
}

/// # Errors
/// Names the first row with NaN or infinity.
pub(crate) fn finite(what: &str, vectors: &Matrix) -> Result<(), Error> {
    match vectors.values().iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(at) => Err(Error::NotFinite { what: what.into(), row: at / vectors.width() }),
    }
}

/// # Errors
/// Where queries cannot be compared with vectors of `width`.
pub(crate) fn check_queries(queries: &Matrix, width: usize) -> Result<(), Error> {
    if queries.width() != width {
        let (what, received) = ("the query".into(), queries.width());
        return Err(Error::Width { what, expected: width, received });
    }
    finite("the queries", queries)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition: score all, sort all.
    fn slow(rows: &Matrix, query: &[f32], metric: Metric, k: usize) -> Vec<(u32, f32)> {
        let mut all: Vec<(u32, f32)> =
            (0..rows.rows()).map(|row| (row as u32, metric.score(query, rows.row(row)))).collect();
        let sign = if metric.larger_is_nearer() { -1.0 } else { 1.0 };
        all.sort_by(|a, b| (sign * a.1).total_cmp(&(sign * b.1)).then(a.0.cmp(&b.0)));
        all.truncate(k);
        all
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn equals_the_definition(
            values in prop::collection::vec(-4i8..4, 3 * 1100..3 * 1300),
            queries in prop::collection::vec(-4i8..4, 3 * 5),
            k in 1usize..12,
        ) {
            // Small whole numbers: many exact ties, and f32 products without rounding.
            let rows = Matrix::new(values.len() / 3, 3, values[..values.len() / 3 * 3].iter().map(|&v| f32::from(v)).collect());
            let queries = Matrix::new(5, 3, queries.iter().map(|&v| f32::from(v)).collect());
            for metric in [Metric::Dot, Metric::Euclidean] {
                let found = Exact::new(rows.clone(), metric).unwrap().search(&queries, k).unwrap();
                for query in 0..5 {
                    let truth = slow(&rows, queries.row(query), metric, k);
                    let mine: Vec<(u32, f32)> = found.ids_of(query).iter().copied()
                        .zip(found.scores_of(query).iter().copied()).collect();
                    let scores = |list: &[(u32, f32)]| list.iter().map(|pair| pair.1).collect::<Vec<_>>();
                    prop_assert_eq!(scores(&mine), scores(&truth));
                    prop_assert_eq!(mine, truth);
                }
            }
        }
    }

    #[test]
    fn leaves_the_query_itself_out() {
        let index =
            Exact::new(Matrix::new(4, 1, vec![0.0, 1.0, 3.0, 7.0]), Metric::Euclidean).unwrap();
        let all = index.search_all(2);
        assert_eq!(all.ids, [1, 2, 0, 2, 1, 0, 2, 1]);
        assert_eq!(all.scores[..2], [1.0, 3.0]);
        assert_eq!(index.search_rows(&[3], 9).ids, [2, 1, 0]);
    }

    #[test]
    fn euclidean_does_not_cancel_far_from_the_origin() {
        let rows = Matrix::new(3, 1, vec![10000.0, 10000.002, 10000.001]);
        let index = Exact::new(rows, Metric::Euclidean).unwrap();
        assert_eq!(index.search(&Matrix::new(1, 1, vec![10000.0]), 3).unwrap().ids, [0, 2, 1]);
    }

    #[test]
    fn refuses_what_it_cannot_compare() {
        let error = Exact::new(Matrix::new(2, 1, vec![1.0, f32::NAN]), Metric::Dot).unwrap_err();
        assert!(error.to_string().contains("row 1 holds NaN"), "{error}");
        let index = Exact::new(Matrix::new(1, 2, vec![1.0, 2.0]), Metric::Dot).unwrap();
        let error = index.search(&Matrix::new(1, 3, vec![0.0; 3]), 1).unwrap_err();
        assert!(error.to_string().starts_with("the query must be 2 numbers wide, received 3"));
    }
}
