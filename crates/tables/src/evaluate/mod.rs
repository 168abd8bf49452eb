//! How well vectors agree with what people say, on files of similarities and of analogies.

mod analogy;
pub mod baseline;
mod correlation;
mod similarity;

pub use analogy::{AnalogyScore, Answer, Section, analogies, answers};
pub use correlation::spearman;
pub use similarity::{Pair, SimilarityScore, find, pairs, similarity};

#[cfg(test)]
mod tests;
