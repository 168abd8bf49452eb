//! What methods of two branches share: the online branch predicts what the target branch says of
//! the other view, and the target branch takes no gradient.

use burn::module::Module;
use burn::tensor::Tensor;
use pith_kernels::normalize_rows;

use crate::Error;
use crate::encoder::Encoder;
use crate::input::Input;
use crate::nn::{Init, Mlp, Teacher};

/// Encoder and projector that follow those in training: the target network of BYOL, the momentum
/// encoder of MoCo. Batch norm uses the batch here too.
#[derive(Module, Debug)]
pub(super) struct Target {
    encoder: Teacher<Encoder>,
    projector: Teacher<Mlp>,
}

impl Target {
    pub(super) fn of(encoder: &Encoder, projector: &Mlp) -> Self {
        Self { encoder: Teacher::of(encoder), projector: Teacher::of(projector) }
    }

    /// A view to its projection, `[n, d]`, without gradient.
    pub(super) fn project(&self, view: &Input) -> Tensor<2> {
        let latent = self.encoder.module.encode(view).pooled;
        self.projector.module.forward(latent).detach()
    }

    /// `target = momentum * target + (1 - momentum) * online`.
    pub(super) fn follow(&mut self, encoder: &Encoder, projector: &Mlp, momentum: f64) {
        self.encoder.follow(encoder, momentum);
        self.projector.follow(projector, momentum);
    }
}

/// From projections to what they say of the other view's: one hidden layer, and the width of the
/// projector at both ends.
pub(super) fn predictor(
    key: &str,
    projector: &[usize],
    hidden: usize,
    init: &mut Init,
) -> Result<Mlp, Error> {
    let Some(&width) = projector.last().filter(|_| hidden > 0) else {
        return Err(Error::Recipe(format!("{key} must be a width above zero, received {hidden}")));
    };
    Ok(Mlp::new(&[width, hidden, width], true, init))
}

/// `loss(p1, z2) + loss(p2, z1)`: either view predicts the other.
pub(super) fn symmetric(
    [p1, p2]: [Tensor<2>; 2],
    [z1, z2]: [Tensor<2>; 2],
    loss: impl Fn(Tensor<2>, Tensor<2>) -> Tensor<1>,
) -> Tensor<1> {
    loss(p1, z2) + loss(p2, z1)
}

/// The mean of `-cos` of the rows of two matrices, `[n, d]` each; `[1]`.
pub(super) fn negative_cosine(predictions: Tensor<2>, targets: Tensor<2>) -> Tensor<1> {
    (normalize_rows(predictions) * normalize_rows(targets)).sum_dim(1).mean().neg()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objective::golden;

    #[test]
    fn negative_cosine_is_golden() {
        golden::check(-0.990445495830, negative_cosine);
    }

    #[test]
    fn either_view_predicts_the_other_and_not_itself() {
        let device = burn::tensor::Device::flex();
        let rows = |value: f32| Tensor::<2>::full([1, 1], value, &device);
        let loss = |p: Tensor<2>, z: Tensor<2>| (p * z).sum();
        let found: f64 =
            symmetric([rows(2.0), rows(3.0)], [rows(5.0), rows(7.0)], loss).into_scalar();
        assert_eq!(found, 2.0 * 7.0 + 3.0 * 5.0);
    }
}
