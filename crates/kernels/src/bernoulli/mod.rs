//! How likely binary values are, given their log-odds.

mod extension;
mod loops;
#[cfg(test)]
mod tests;

use crate::fast_path;
use burn::backend::Dispatch;
use burn::tensor::Tensor;
use extension::FusedBernoulli;

/// The logarithm of the likelihood of each row of independent Bernoulli variables, minus what is also
/// called the binary cross-entropy with logits:
///
/// `output[n] = Σ_d values[n, d] · odds[n, d] - log(1 + e^odds[n, d])`
///
/// in nats, where `odds` are logarithms of odds. Values may lie between 0 and 1.
///
/// # Shapes
/// - values and odds `[n, d]`
/// - output `[n, 1]`
///
/// Differentiable in both.
///
/// # Panics
/// When the shapes differ.
pub fn bernoulli_log_likelihood(values: Tensor<2>, odds: Tensor<2>) -> Tensor<2> {
    assert_eq!(values.dims(), odds.dims(), "one logarithm of odds for each value");
    if !(fast_path::accepts(&values) && fast_path::accepts(&odds)) {
        return composed(values, odds);
    }
    Tensor::from_dispatch(<Dispatch as FusedBernoulli>::fused_bernoulli(
        values.into_dispatch(),
        odds.into_dispatch(),
    ))
}

/// The same by Burn's own operations.
fn composed(values: Tensor<2>, odds: Tensor<2>) -> Tensor<2> {
    let softplus = odds.clone().clamp_min(0.0) + odds.clone().abs().neg().exp().log1p();
    (values * odds).sum_dim(1) - softplus.sum_dim(1)
}
