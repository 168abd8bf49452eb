//! Groups of near vectors, and how well they agree with known classes.

pub mod agreement;
pub mod k_means;

pub use agreement::Contingency;
pub use k_means::{KMeans, k_means};
