//! Layers that encoders and heads share.
//!
//! Parameters are drawn from an explicit generator, so that a model is the same for the same seed
//! whatever else the program does.

pub mod batch_norm;
pub mod conv;
pub mod init;
pub mod linear;
pub mod mlp;
pub mod pool;
pub mod upsampler;

pub use batch_norm::BatchNorm;
pub use conv::Conv2d;
pub use init::Init;
pub use linear::Linear;
pub use mlp::Mlp;
pub use upsampler::Upsampler;
