//! What a sample is.

pub mod collection;
pub mod dataset;
pub mod error;
pub mod sample;
pub mod schema;
