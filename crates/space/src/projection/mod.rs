//! Fewer directions: to measure against, to look at.

pub mod pca;
pub mod tsne;

pub use pca::Pca;
