//! Group normalization.

mod extension;
mod loops;
#[cfg(test)]
mod tests;

use crate::fast_path;
use burn::backend::Dispatch;
use burn::tensor::Tensor;
use extension::FusedGroupNorm;

/// Group normalization, Wu and He 2018:
///
/// `output = (input - mean) / √(variance + ε) · gamma + beta`
///
/// with the mean and the (biased) variance of each image's groups of neighbouring channels. One
/// group is a layer normalization over whole images, `c` groups an instance normalization.
///
/// # Shapes
/// - input and output `[n, c, ..]`
/// - gamma, beta `[c]`
///
/// Differentiable in input, gamma and beta.
///
/// # Panics
/// When shapes do not fit, or the channels do not fall into groups of one size.
pub fn group_norm<const D: usize>(
    input: Tensor<D>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    groups: usize,
    epsilon: f64,
) -> Tensor<D> {
    let dims = input.dims();
    assert!(D >= 2, "group normalization needs [n, c, ..], received {dims:?}");
    assert!(
        groups > 0 && dims[1].is_multiple_of(groups),
        "{} channels do not fall into {groups} groups",
        dims[1]
    );
    for vector in [&gamma, &beta] {
        assert_eq!(vector.dims(), [dims[1]], "one value per channel of {dims:?}");
    }
    if ![&gamma, &beta].into_iter().all(fast_path::accepts) || !fast_path::accepts(&input) {
        return composed(input, gamma, beta, groups, epsilon);
    }
    Tensor::from_dispatch(<Dispatch as FusedGroupNorm>::fused_group_norm(
        input.into_dispatch(),
        gamma.into_dispatch(),
        beta.into_dispatch(),
        groups,
        epsilon,
    ))
}

/// The same by Burn's own operations.
fn composed<const D: usize>(
    input: Tensor<D>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    groups: usize,
    epsilon: f64,
) -> Tensor<D> {
    let dims = input.dims();
    let plane = dims[2..].iter().product::<usize>();
    let grouped = input.reshape([dims[0], groups, dims[1] / groups * plane]);
    let centred = grouped.clone() - grouped.mean_dim(2);
    let variance = (centred.clone() * centred.clone()).mean_dim(2);
    let normal = (centred / (variance + epsilon).sqrt()).reshape([dims[0], dims[1], plane]);
    let [gamma, beta] = [gamma, beta].map(|vector| vector.reshape([1, dims[1], 1]));
    (normal * gamma + beta).reshape(dims)
}
