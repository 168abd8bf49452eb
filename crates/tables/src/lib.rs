//! Object to vector without tensors: word vectors, learned, read, written, asked and judged.
//!
//! - [`corpus`]: text to numbers, in one pass.
//! - [`train`](mod@train): skip-gram and CBOW, with negative sampling or hierarchical softmax, with subwords.
//! - [`model`]: what training leaves; [`vectors`]: words and their vectors, and what can be asked.
//! - [`supervised`]: text classification; [`quantized`]: tables as codes.
//! - [`evaluate`]: similarity and analogy files.
//! - [`sentence`]: vectors of sentences; [`bias`]: what a vocabulary associates with what.
//! - [`format`](mod@format): the files of word2vec, GloVe and fastText.

pub mod bias;
pub mod corpus;
pub mod error;
pub mod evaluate;
pub mod format;
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
