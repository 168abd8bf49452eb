//! Fused CPU operations behind Burn's extension point.
//!
//! Every function here takes and returns ordinary `burn::tensor::Tensor`s and means exactly what
//! the composition of Burn's own operations means; it is only faster. When all arguments are `f32`
//! on the `flex` CPU backend the call goes through Burn's extension point to a kernel of this
//! crate, with a hand-written backward under autodiff. On every other device or element type the
//! same function runs the composition itself, which is also what the tests compare against.
//!
//! Results do not depend on the number of threads: work is cut by the shape of the problem, and
//! partial sums are added in a fixed order.
//!
//! `unsafe` lives in this crate, each block with its reason, and in one folder of `tables`.

mod activation;
#[cfg(feature = "allocator")]
pub mod allocator;
mod attention;
mod batch_norm;
mod bernoulli;
mod blocks;
mod buffer;
mod contrastive;
mod conv2d;
mod cross_entropy;
mod dropout;
mod embedding;
mod fast_path;
mod group_norm;
mod lanes;
mod layer_norm;
mod linear;
mod math;
mod operation;
pub mod optimize;
mod pool;
mod product;
mod quantized;
mod resize;
mod scratch;
mod share;
mod simd;
mod softmax;
#[cfg(test)]
mod testing;

pub use activation::{Activation, activate};
pub use attention::{
    AttentionOptions, Sequences, attention_weights, cross_attention, self_attention,
};
pub use batch_norm::{BatchMoments, BatchNormOptions, Normalized, batch_norm, batch_norm_evaluate};
pub use bernoulli::bernoulli_log_likelihood;
pub use contrastive::{info_nce, normalize_rows, nt_xent};
pub use conv2d::{ConvOptions, conv2d};
pub use cross_entropy::cross_entropy;
pub use dropout::dropout;
pub use embedding::embedding;
pub use group_norm::group_norm;
pub use layer_norm::{layer_norm, rms_norm};
pub use linear::linear;
pub use pool::{PoolOptions, average_pool2d, global_average_pool, max_pool2d};
pub use quantized::{LayerNorm, PackedLinear, Precision, TransformerBlock};
pub use resize::{Interpolation, resize};
pub use simd::{Level, level};
pub use softmax::{log_softmax, softmax};
