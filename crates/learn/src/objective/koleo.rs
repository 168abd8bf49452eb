//! KoLeo: every sample away from its nearest neighbour.

use burn::tensor::Tensor;
use pith_kernels::normalize_rows;

/// Added to a distance before its logarithm, and in quadrature to the distance itself, whose root
/// would have no gradient where two samples coincide.
const EPSILON: f64 = 1e-8;

/// The differential entropy of the unit vectors as Kozachenko and Leonenko estimate it, negated
/// (Sablayrolles et al. 2019, equation 6; DINOv2, section 4): `[n, d]` of any length to `[1]`.
///
/// `-mean_i log( min_{j != i} |x_i - x_j| + eps )`
///
/// # Panics
/// Where there are fewer than two samples.
pub fn koleo(rows: Tensor<2>) -> Tensor<1> {
    let [samples, _] = rows.dims();
    assert!(samples > 1, "a nearest neighbour needs two samples, got {samples}");
    let unit = normalize_rows(rows);
    let free = unit.clone().detach();
    let itself = Tensor::<2>::eye(samples, &unit.device()).bool();
    let cosines = free.clone().matmul(free.transpose()).mask_fill(itself, -2.0);
    let nearest = cosines.argmax(1).reshape([samples]);
    let apart = unit.clone() - unit.select(0, nearest); // [n, d]
    let distance = (apart.square().sum_dim(1) + EPSILON * EPSILON).sqrt(); // [n, 1]
    (distance + EPSILON).log().mean().neg()
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::objective::golden;

    // x = X / np.linalg.norm(X, axis=1, keepdims=True); d = np.linalg.norm(x[:, None] - x, axis=2)
    // np.fill_diagonal(d, np.inf); -np.log(d.min(1) + 1e-8).mean(), for X = A and X = B
    #[test]
    fn koleo_is_golden() {
        golden::check(0.514471463896 + 0.676611923022, |a, b| koleo(a) + koleo(b));
    }

    #[test]
    fn samples_that_coincide_have_a_finite_gradient() {
        let rows = Tensor::<2>::ones([3, 4], &Device::flex().autodiff()).require_grad();
        let loss = koleo(rows.clone());
        assert!((loss.clone().into_scalar::<f64>() + 2e-8f64.ln()).abs() < 1e-3);
        let gradient = rows.grad(&loss.backward()).expect("a gradient");
        assert!(gradient.abs().sum().into_scalar::<f64>().is_finite());
    }
}
