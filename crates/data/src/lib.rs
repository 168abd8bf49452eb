//! What a sample is, and how samples come from files to an encoder.
//!
//! ```text
//! path ─► dataset ─► collection ─► preprocess ─► view ─► loader ─► Batch
//!         samples    train,        one shape     random  threads,
//!         with ids   validation,                 changes order
//!                    test
//! ```
//!
//! - A [`dataset`] gives single samples by index, from any thread: a [`sample::Value`], an id, perhaps
//!   a label. One file there is one format; [`dataset::open`] tells the format by the content.
//!   Pictures are decoded when they are read and never all at once; what must be unpacked to be read
//!   in any order stays in memory up to 512 MiB and beyond that in a temporary file.
//! - A [`collection`] divides a data set by the hash of the ids. The order of the samples, or samples
//!   added later, never move a sample from one split to another. [`leakage`] finds the exact
//!   duplicates that stand in two splits all the same.
//! - [`preprocess`] makes every sample the shape that a model expects and is saved with the model;
//!   a [`view`] changes it in ways that should not change its meaning; the [`loader`] does both on
//!   background threads, with the same result whatever their number.
//!
//! A sample that cannot be read is a [`error::SampleError`], which the loader skips and counts; data
//! that cannot be opened are an [`error::Error`], which says what was expected and what to do.

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
