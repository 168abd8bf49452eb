//! Points.
pub mod bootstrap;
pub mod error;
pub mod geometry;
pub mod health;
pub mod index;
pub mod matrix;
pub mod metric;
pub mod probe;
pub mod projection;
pub mod proof;

pub use error::Error;
pub use matrix::Matrix;
pub use metric::Metric;
