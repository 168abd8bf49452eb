//! What a sample is.

pub mod collection;
pub mod config;
pub mod dataset;
pub mod decode;
pub mod error;
pub mod sample;
pub mod schema;
mod split;
