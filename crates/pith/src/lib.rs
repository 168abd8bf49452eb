//! Representation learning, whole: raw data, encoder, latent space, proof and use.
//!
//! One crate to depend on; each module is a crate of the workspace.
pub use pith_data as data;
pub use pith_kernels as kernels;
pub use pith_learn as learn;
pub use pith_space as space;
pub use pith_tables as tables;
