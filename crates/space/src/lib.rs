//! Points.
pub mod bootstrap;
pub mod cluster;
pub mod error;
pub mod file;
pub mod geometry;
pub mod health;
pub mod index;
pub mod logistic;
pub mod matrix;
pub mod metric;
pub mod probe;
pub mod projection;
pub mod proof;
pub mod report;

pub use error::Error;
pub use matrix::Matrix;
pub use metric::Metric;
