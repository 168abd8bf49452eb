//! Hierarchical navigable small worlds (Malkov and Yashunin 2016, arXiv:1603.09320): a graph of near neighbours with
//! ever sparser layers above it; a search walks from the top layer down towards the query.
//!
//! Departures: nodes enter in a seeded random order and in batches. A batch (a sixteenth of what stands already,
//! 2048 at most) looks for its neighbours in the graph as it was before, all at once; the links are then made in
//! order. So the graph is the same on one thread and on many, which insertion under locks is not. Candidates that the
//! selection drops are not put back (`keepPrunedConnections` false, as hnswlib). Answers are scored again in f64; a
//! query for which the graph reaches fewer than `k` nodes is answered by comparing with all.
//!
//! Choose it above some 100 000 vectors; its recall is measured where the index is built.

mod distance;
mod graph;
mod walk;

use std::path::Path;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use self::distance::Distance;
use self::graph::{Graph, HIGHEST};
use self::walk::{Near, Pool, Walk};
use super::exact::{check_queries, finite};
use super::{Exact, Neighbours};
use crate::{Error, Matrix, Metric};

/// Most nodes that enter at once.
const BATCH: usize = 2048;

/// How the graph is built and walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Options {
    /// Links per node and layer, `M`; twice as many in the lowest.
    pub connections: usize,
    /// Width of the beam while building, `efConstruction`.
    pub construction: usize,
    /// Width of the beam while searching, `ef`; at least `k` is used.
    pub search: usize,
    /// Seed of the layers and of the order of insertion.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { connections: 16, construction: 128, search: 64, seed: 0 }
    }
}

/// A navigable graph over vectors.
#[derive(Debug)]
pub struct Hnsw {
    vectors: Matrix,
    metric: Metric,
    options: Options,
    distance: Distance,
    graph: Graph,
    pool: Pool,
}

impl Hnsw {
    /// Builds the graph; under [`Metric::Cosine`] the vectors are scaled to unit length.
    ///
    /// # Errors
    /// No vectors, vectors that are not finite, options out of range.
    pub fn build(vectors: Matrix, metric: Metric, options: Options) -> Result<Self, Error> {
        finite("the vectors", &vectors)?;
        if vectors.rows() == 0 {
            return Err(Error::TooFew { what: "an hnsw index".into(), needed: 1, received: 0 });
        }
        if !(2..=1024).contains(&options.connections) || options.construction == 0 {
            let reason = format!(
                "connections should be 2 to 1024 and construction at least 1, received {} and {}",
                options.connections, options.construction
            );
            return Err(Error::Numeric { what: "building the hnsw index", reason });
        }
        let vectors = if metric == Metric::Cosine { vectors.normalized() } else { vectors };
        let draw = |row: usize, purpose: u64| mix(options.seed ^ mix(purpose ^ mix(row as u64)));
        let scale = 1.0 / (options.connections as f64).ln();
        let level = |row| (-uniform(draw(row, 1)).ln() * scale).min(f64::from(HIGHEST)) as u8;
        let levels = (0..vectors.rows()).map(level).collect();
        let mut order: Vec<u32> = (0..vectors.rows() as u32).collect();
        order.sort_by_cached_key(|&row| (draw(row as usize, 2), row));
        let graph = Graph::new(options.connections, levels, order[0]);
        let distance = Distance::new(metric);
        let mut index = Self { vectors, metric, options, distance, graph, pool: Pool::default() };
        let mut standing = 1;
        while standing < order.len() {
            let size = (standing / 16).clamp(1, BATCH).min(order.len() - standing);
            index.insert(&order[standing..standing + size]);
            standing += size;
        }
        Ok(index)
    }

    /// The vectors as they are compared.
    pub fn vectors(&self) -> &Matrix {
        &self.vectors
    }

    /// How they are compared.
    pub fn metric(&self) -> Metric {
        self.metric
    }

    /// How the graph was built and is walked.
    pub fn options(&self) -> Options {
        self.options
    }

    /// The `k` nearest rows of every query, as far as a beam of `options.search` finds them.
    ///
    /// # Errors
    /// Where the queries have another width or are not finite.
    pub fn search(&self, queries: &Matrix, k: usize) -> Result<Neighbours, Error> {
        self.search_with(queries, k, self.options.search)
    }

    /// [`Hnsw::search`] with another width of the beam.
    ///
    /// # Errors
    /// Where the queries have another width or are not finite.
    pub fn search_with(
        &self,
        queries: &Matrix,
        k: usize,
        width: usize,
    ) -> Result<Neighbours, Error> {
        check_queries(queries, self.vectors.width())?;
        let k = k.min(self.vectors.rows());
        let unit;
        let queries = if self.metric == Metric::Cosine {
            unit = queries.normalized();
            &unit
        } else {
            queries
        };
        let answers: Vec<Vec<(u32, f32)>> = (0..queries.rows())
            .into_par_iter()
            .map(|query| self.nearest(queries.row(query), k, width.max(k)))
            .collect();
        let ids = answers.iter().flatten().map(|pair| pair.0).collect();
        let scores = answers.iter().flatten().map(|pair| pair.1).collect();
        Ok(Neighbours { ids, scores, k })
    }

    fn nearest(&self, query: &[f32], k: usize, width: usize) -> Vec<(u32, f32)> {
        let walk = self.walk();
        let start = walk.descend(query, 0);
        let found = self.pool.with(|visited| walk.beam(query, &[start], width, 0, visited));
        let rows: Vec<u32> = if found.len() < k {
            (0..self.vectors.rows() as u32).collect()
        } else {
            // A few more than k, should f64 order them differently.
            found.iter().take(k + 8).map(|near| near.node).collect()
        };
        let score = |row: u32| (row, self.metric.score(query, self.vectors.row(row as usize)));
        let mut scored: Vec<(u32, f32)> = rows.into_iter().map(score).collect();
        let sign = if self.metric.larger_is_nearer() { -1.0 } else { 1.0 };
        scored.sort_by(|a, b| (sign * a.1).total_cmp(&(sign * b.1)).then(a.0.cmp(&b.0)));
        scored.truncate(k);
        scored
    }

    fn walk(&self) -> Walk<'_> {
        Walk { vectors: &self.vectors, distance: self.distance, graph: &self.graph }
    }

    /// Links a batch of new nodes into the graph.
    fn insert(&mut self, batch: &[u32]) {
        let links: Vec<Vec<Vec<u32>>> =
            batch.par_iter().map(|&node| self.links_of_new(node)).collect();
        let mut back: Vec<(usize, u32, u32)> = Vec::new();
        for (&node, layers) in batch.iter().zip(&links) {
            for (layer, targets) in layers.iter().enumerate() {
                self.graph.set_links(layer, node, targets);
                back.extend(targets.iter().map(|&target| (layer, target, node)));
            }
        }
        back.sort_unstable();
        let groups: Vec<_> = back.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)).collect();
        let merged: Vec<Vec<u32>> =
            groups.par_iter().map(|group| self.links_with_new(group)).collect();
        for (group, links) in groups.iter().zip(merged) {
            self.graph.set_links(group[0].0, group[0].1, &links);
        }
        let highest = batch.iter().copied().max_by_key(|&node| self.graph.level(node));
        if let Some(node) = highest
            && self.graph.level(node) > self.graph.level(self.graph.entry())
        {
            self.graph.set_entry(node);
        }
    }

    /// The links of a node that enters, by layer (Algorithm 1).
    fn links_of_new(&self, node: u32) -> Vec<Vec<u32>> {
        let (walk, query) = (self.walk(), self.vectors.row(node as usize));
        let top = self.graph.level(node).min(self.graph.level(self.graph.entry()));
        let mut layers = vec![Vec::new(); top + 1];
        let mut near = vec![walk.descend(query, top)];
        for layer in (0..=top).rev() {
            let width = self.options.construction;
            near = self.pool.with(|visited| walk.beam(query, &near, width, layer, visited));
            layers[layer] = walk.select(&near, self.options.connections);
        }
        layers
    }

    /// The links of a standing node, with those that new nodes bring: `(layer, node, new)`.
    fn links_with_new(&self, group: &[(usize, u32, u32)]) -> Vec<u32> {
        let (layer, node, _) = group[0];
        let standing = self.graph.links(layer, node).iter().copied();
        let all: Vec<u32> = standing.chain(group.iter().map(|link| link.2)).collect();
        let capacity = self.graph.capacity(layer);
        if all.len() <= capacity {
            return all;
        }
        let (walk, vector) = (self.walk(), self.vectors.row(node as usize));
        let mut near: Vec<Near> = all.iter().map(|&other| walk.near(vector, other)).collect();
        near.sort_unstable();
        walk.select(&near, capacity)
    }

    /// Writes the links; the vectors are kept beside them.
    ///
    /// # Errors
    /// A full disk, for example.
    pub fn save_graph(&self, path: &Path) -> Result<(), Error> {
        self.graph.save(path)
    }

    /// Puts links and the vectors of [`Hnsw::vectors`] together again.
    ///
    /// # Errors
    /// Where the file is damaged or belongs to other vectors.
    pub fn load(
        vectors: Matrix,
        metric: Metric,
        options: Options,
        path: &Path,
    ) -> Result<Self, Error> {
        finite("the vectors", &vectors)?;
        let graph = Graph::load(path, vectors.rows())?;
        let (distance, pool) = (Distance::new(metric), Pool::default());
        Ok(Self { vectors, metric, options, distance, graph, pool })
    }

    /// Share of the true `k` nearest that a search finds: `recall@k`.
    ///
    /// # Errors
    /// Where the queries have another width or are not finite.
    pub fn recall(&self, queries: &Matrix, k: usize) -> Result<f64, Error> {
        let truth = Exact::prepared(self.vectors.clone(), self.metric)?.search(queries, k)?;
        Ok(self.search(queries, k)?.recall(&truth))
    }
}

/// The mixing function of splitmix64 (Steele et al. 2014).
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

/// In `(0, 1]`.
fn uniform(bits: u64) -> f64 {
    ((bits >> 11) + 1) as f64 / (1u64 << 53) as f64
}
