//! Who is near whom.
//!
//! | method | answer | when |
//! |---|---|---|
//! | [`exact`] | the true neighbours, by comparing with every vector | up to some 100 000 vectors, and as the judge |
//! | [`hnsw`] | nearly all of them, by walking a graph | beyond |

pub mod exact;
mod folder;
pub mod hnsw;
mod neighbours;

use serde::{Deserialize, Serialize};

pub use exact::Exact;
pub use folder::{Header, Index, Recall};
pub use hnsw::Hnsw;
pub use neighbours::Neighbours;

use crate::{Error, Matrix, Metric};

/// How an index searches: one line a method.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Compare with every vector.
    #[default]
    Exact,
    /// Walk a graph.
    Hnsw(hnsw::Options),
}

impl Method {
    /// Names of all methods.
    pub const NAMES: [&str; 2] = ["exact", "hnsw"];

    /// The method of a name, with its defaults.
    ///
    /// # Errors
    /// Where no method has this name.
    pub fn named(name: &str) -> Result<Self, Error> {
        match name {
            "exact" => Ok(Self::Exact),
            "hnsw" => Ok(Self::Hnsw(hnsw::Options::default())),
            _ => Err(Error::unknown("the index", name, &Self::NAMES)),
        }
    }
}

/// A built index of any method.
#[derive(Debug)]
pub enum Searcher {
    /// Compares with every vector.
    Exact(Exact),
    /// Walks a graph.
    Hnsw(Hnsw),
}

impl Searcher {
    /// Takes the vectors and makes them searchable.
    ///
    /// # Errors
    /// Vectors that are not finite, options out of range.
    pub fn build(vectors: Matrix, method: Method, metric: Metric) -> Result<Self, Error> {
        match method {
            Method::Exact => Exact::new(vectors, metric).map(Self::Exact),
            Method::Hnsw(options) => Hnsw::build(vectors, metric, options).map(Self::Hnsw),
        }
    }

    /// The vectors as they are compared: unit length under cosine.
    pub fn vectors(&self) -> &Matrix {
        match self {
            Self::Exact(index) => index.vectors(),
            Self::Hnsw(index) => index.vectors(),
        }
    }

    /// The `k` nearest rows of every query.
    ///
    /// # Errors
    /// Where the queries have another width or are not finite.
    pub fn search(&self, queries: &Matrix, k: usize) -> Result<Neighbours, Error> {
        match self {
            Self::Exact(index) => index.search(queries, k),
            Self::Hnsw(index) => index.search(queries, k),
        }
    }

    /// Share of the true `k` nearest that a search finds; 1 for exact search by definition.
    ///
    /// # Errors
    /// Where the queries have another width or are not finite.
    pub fn recall(&self, queries: &Matrix, k: usize) -> Result<f64, Error> {
        match self {
            Self::Exact(index) => index.search(queries, 1).map(|_| 1.0),
            Self::Hnsw(index) => index.recall(queries, k),
        }
    }
}

#[cfg(test)]
mod conformance;
