//! The linear algebra of this crate: small symmetric matrices, and tall ones of a few hundred
//! columns.

mod eigen;
mod sparse;
mod svd;
mod tall;

pub(crate) use eigen::{Eigen, eigen};
pub(crate) use sparse::Sparse;
pub(crate) use svd::truncated;
pub(crate) use tall::{gram, mean, times};
