//! Encoders, objectives and the loop that trains them.
//!
//! A **recipe** names data, views, an encoder, an objective and a schedule. Training turns it into
//! a **run**: a folder with the resolved recipe, what was measured, checkpoints and a **model**
//! that can encode new samples.
//!
//! - [`encoder`]: view to latent, `[n, d]`.
//! - [`objective`]: what training asks of the latent space; owns its heads.
//! - [`mask`]: which patches of a picture are hidden.
//! - [`optimizer`]: how a gradient becomes a step.
//! - [`train`]: the loop, in the open.
//! - [`sheet`]: pictures of what was learned.
//! - [`recipe`]: the TOML file, its defaults and its errors.
//! - [`run`]: the folder a training writes.
//! - [`model`]: the folder that can encode.
//!
//! Tensors are concrete: the backend is a value, [`burn::tensor::Device`], not a type parameter.

pub mod device;
pub mod encoder;
pub mod error;
pub mod evidence;
pub mod input;
pub mod mask;
pub mod method;
pub mod model;
pub mod moment;
pub mod nn;
pub mod objective;
pub mod optimizer;
pub mod recipe;
pub mod run;
pub mod schedule;
pub mod sheet;
pub mod train;
pub mod transfer;
pub mod weights;

pub use error::Error;
pub use model::Model;
pub use recipe::Recipe;
