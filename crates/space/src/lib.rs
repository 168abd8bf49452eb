//! Points: vectors of samples, and what can be asked of them. Plain `f32`; no tensors.
//!
//! - [`matrix`]: vectors as rows; [`metric`]: what near means.
//! - [`index`]: who is near whom, exactly or by a graph.
//! - [`projection`]: fewer dimensions, down to a picture.
//! - [`cluster`], [`geometry`], [`logistic`], [`rank`], [`bootstrap`]: the arithmetic of the probes.
//! - [`probe`]: one question each to a space, such as kNN or a linear probe.
//! - [`direction`]: what leads from one class to another, and vector arithmetic.
//! - [`disentanglement`]: whether each number of a code says one thing, where factors are known.
//! - [`health`]: what can be seen without labels, while training.
//! - [`proof`]: all probes beside baselines, with intervals and a verdict; [`report`] draws it.
//! - [`file`](mod@file): vectors on disk.

pub mod bootstrap;
pub mod cluster;
pub mod direction;
pub mod disentanglement;
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
pub mod rank;
pub mod report;

pub use error::Error;
pub use matrix::Matrix;
pub use metric::Metric;
