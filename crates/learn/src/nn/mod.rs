//! Layers that encoders and heads share.
//!
//! Parameters are drawn from an explicit generator, so that a model is the same for the same seed
//! whatever else the program does.

pub mod attention;
pub mod batch_norm;
pub mod codebook;
pub mod conv;
pub mod decoder;
pub mod dictionary;
pub mod drop_path;
pub mod held;
pub mod init;
pub mod layer_norm;
pub mod linear;
pub mod lora;
pub mod mlp;
pub mod packed;
pub mod patch_decoder;
pub mod pool;
pub mod positions;
pub mod teacher;
pub mod transformer;
pub mod upsampler;

pub use attention::SelfAttention;
pub use batch_norm::BatchNorm;
pub use codebook::Codebook;
pub use conv::Conv2d;
pub use decoder::Decoder;
pub use dictionary::Dictionary;
pub use drop_path::DropPath;
pub use init::Init;
pub use layer_norm::LayerNorm;
pub use linear::Linear;
pub use lora::Lora;
pub use mlp::Mlp;
pub use packed::Packed;
pub use patch_decoder::PatchDecoder;
pub use teacher::Teacher;
pub use transformer::Transformer;
pub use upsampler::Upsampler;
