//! Encoders: view to latent.
//!
//! Adding one is a file here and a line in the list below.

use burn::tensor::Tensor;
use pith_data::sample::Shape;

use crate::Error;
use crate::input::Input;
use crate::method::methods;

methods! {
    /// Maps a view to its latent; see [`Encode`].
    Encoder: Encode(Shape) {
        mlp::Mlp = "mlp",
        cnn::Cnn = "cnn",
        resnet::ResNet = "resnet",
        vit::Vit = "vit",
    }
}

/// What an encoder makes of a batch of `n` inputs.
#[derive(Clone, Debug)]
pub struct Latent {
    /// One vector per sample, `[n, width]`.
    pub pooled: Tensor<2>,
}

/// What every encoder can do.
pub trait Encode {
    /// A batch of inputs to their latents. On an autodiff device as in training; elsewhere without
    /// randomness and without effect of one sample on another.
    fn encode(&self, input: &Input) -> Latent;
    /// Numbers per pooled vector.
    fn width(&self) -> usize;
}

/// The channels of a picture, for encoders that take nothing else.
fn channels(encoder: &str, shape: Shape) -> Result<usize, Error> {
    match shape {
        Shape::Pixels { channels, .. } => Ok(channels),
        other => Err(Error::Recipe(format!(
            "encoder `{encoder}` takes pictures, and the data gives {other:?}; use `mlp`"
        ))),
    }
}

/// Refuses settings that must be whole numbers above zero.
fn positive(key: &str, values: &[usize]) -> Result<(), Error> {
    match values.iter().all(|&value| value > 0) && !values.is_empty() {
        true => Ok(()),
        false => {
            Err(Error::Recipe(format!("{key} must be numbers above zero, received {values:?}")))
        }
    }
}
