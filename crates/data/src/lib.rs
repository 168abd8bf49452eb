//! What a sample is.

pub mod collection;
pub mod config;
pub mod dataset;
pub mod decode;
pub mod error;
pub mod leakage;
pub mod loader;
pub mod preprocess;
pub mod random;
pub mod sample;
pub mod schema;
mod split;
pub mod view;
