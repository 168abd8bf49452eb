//! Fewer directions: to measure against, to look at.

pub mod pca;

pub use pca::Pca;
