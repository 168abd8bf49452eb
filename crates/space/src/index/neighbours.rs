//! The answer of a search.

/// The nearest rows of every query, nearest first; equal scores in order of the row.
#[derive(Clone, Debug, PartialEq)]
pub struct Neighbours {
    /// Row numbers `[queries, k]`.
    pub ids: Vec<u32>,
    /// Scores under the index's metric `[queries, k]`.
    pub scores: Vec<f32>,
    /// Neighbours per query: what was asked, or all there are where those are fewer.
    pub k: usize,
}

impl Neighbours {
    /// Number of queries answered; 0 where nobody has a neighbour.
    pub fn queries(&self) -> usize {
        self.ids.len().checked_div(self.k).unwrap_or(0)
    }

    /// The rows near one query.
    pub fn ids_of(&self, query: usize) -> &[u32] {
        &self.ids[query * self.k..(query + 1) * self.k]
    }

    /// Their scores.
    pub fn scores_of(&self, query: usize) -> &[f32] {
        &self.scores[query * self.k..(query + 1) * self.k]
    }

    /// Share of the true neighbours found: `|mine and truth| / |truth|`, over all queries.
    pub fn recall(&self, truth: &Self) -> f64 {
        let found: usize = (0..truth.queries())
            .map(|query| {
                let mine = self.ids_of(query);
                truth.ids_of(query).iter().filter(|id| mine.contains(id)).count()
            })
            .sum();
        found as f64 / truth.ids.len().max(1) as f64
    }
}
