//! The head of DINO: a perceptron with GELU, a narrow unit vector, and prototypes of unit length
//! that it is compared with (Caron et al. 2021, appendix C).

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use pith_kernels::{Activation, activate, normalize_rows};

use crate::nn::batch_norm::After;
use crate::nn::{BatchNorm, Init, Linear};

/// Deviation of all initial weights, as the authors draw them.
const DEVIATION: f32 = 0.02;

/// Latent to cosines with the prototypes.
#[derive(Module, Debug)]
pub struct Head {
    layers: Vec<Linear>,
    /// Of each hidden layer, or of none.
    norms: Vec<BatchNorm>,
    /// Their directions, `[k, bottleneck]`; the length is divided out (weight normalization,
    /// Salimans and Kingma 2016, with the gain fixed to one).
    prototypes: Param<Tensor<2>>,
}

impl Head {
    /// Layers of the widths given, `[latent, hidden.., bottleneck]`, with batch norm in the hidden ones
    /// or not, and so many prototypes.
    pub fn new(widths: &[usize], norm: bool, prototypes: usize, init: &mut Init) -> Self {
        let layers = widths.windows(2).map(|pair| Linear {
            weight: init.normal([pair[0], pair[1]], DEVIATION),
            bias: Some(init.constant([pair[1]], 0.0)),
            lora: None,
        });
        let layers = layers.collect();
        let [_, hidden @ .., bottleneck] = widths else { panic!("a head has inputs and outputs") };
        let norms = hidden.iter().filter(|_| norm).map(|&width| BatchNorm::new(width, init));
        let norms = norms.collect();
        Self { layers, norms, prototypes: init.normal([prototypes, *bottleneck], DEVIATION) }
    }

    /// `[n, latent]` to `[n, k]`, within -1 and 1. Frozen prototypes take no gradient and pass it
    /// on to the layers before them.
    pub fn forward(&self, latents: Tensor<2>, frozen: bool) -> Tensor<2> {
        let prototypes = self.prototypes.val();
        let prototypes = if frozen { prototypes.detach() } else { prototypes };
        self.embed(latents).matmul(normalize_rows(prototypes).transpose())
    }

    /// `[n, latent]` to the unit vectors that are compared with the prototypes, `[n, bottleneck]`.
    fn embed(&self, latents: Tensor<2>) -> Tensor<2> {
        let last = self.layers.len() - 1;
        let hidden = self.layers[..last].iter().enumerate();
        let hidden = hidden.fold(latents, |rows, (depth, layer)| match self.norms.get(depth) {
            Some(norm) => {
                let rows = norm.forward(layer.forward(rows), After::Nothing);
                activate(rows, None, Activation::Gelu)
            }
            None => layer.activated(rows, Activation::Gelu),
        });
        normalize_rows(self.layers[last].forward(hidden))
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::weights;

    #[test]
    fn logits_are_cosines_and_frozen_prototypes_take_no_gradient() {
        let device = Device::flex().autodiff();
        let head = Head::new(&[3, 8, 4], false, 5, &mut Init::new(2, &device));
        let latents = Tensor::<2>::from_floats([[1.0, -2.0, 0.5], [30.0, 4.0, -9.0]], &device);
        for frozen in [false, true] {
            let logits = head.forward(latents.clone(), frozen);
            assert_eq!(logits.dims(), [2, 5]);
            assert!(logits.clone().abs().max().into_scalar::<f64>() <= 1.0 + 1e-6);
            let gradients = weights::gradients(&head, logits.square().sum().backward());
            assert_eq!(gradients.get("prototypes").is_none(), frozen);
            assert!(gradients.get("layers.0.weight").is_some());
        }
    }
}
