//! How well vectors agree with what people say, on files of similarities and of analogies.

mod analogy;
mod correlation;
mod similarity;

pub use analogy::{AnalogyScore, Section, analogies};
pub use correlation::spearman;
pub use similarity::{SimilarityScore, similarity};

#[cfg(test)]
mod tests;
