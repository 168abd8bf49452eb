//! Object to vector without tensors: word vectors, learned, read, written, asked and judged.
//!
//! - [`corpus`]: text to numbers, in one pass; [`corpus::phrases`]: `new york` is `new_york`.
//! - [`train`](mod@train): skip-gram, CBOW and structured skip-gram, with negative sampling or
//!   hierarchical softmax, with subwords.
//! - [`glove`] and [`closed_form`]: vectors from [counts](cooccurrence) of words near each other.
//! - [`items`]: vectors of what lies in baskets or stands in a graph.
//! - [`model`]: what training leaves; [`vectors`]: words and their vectors, and what can be asked.
//! - [`supervised`]: text classification; [`quantized`]: tables as codes.
//! - [`evaluate`]: similarity and analogy files.
//! - [`sentence`] and [`documents`]: vectors of texts; [`bias`]: what a vocabulary associates with
//!   what, and how to make it do so less.
//! - [`format`](mod@format): the files of word2vec, GloVe, fastText, NumPy, safetensors and model2vec.

pub mod bias;
pub mod closed_form;
pub mod cooccurrence;
pub mod corpus;
pub mod documents;
pub mod error;
pub mod evaluate;
pub mod format;
pub mod glove;
pub mod items;
mod linear;
pub mod model;
pub mod quantized;
mod random;
pub mod sentence;
mod shared;
pub mod supervised;
pub mod train;
pub mod vectors;

pub use corpus::Corpus;
pub use error::Error;
pub use model::Model;
pub use train::{Config, train};
pub use vectors::Vectors;
