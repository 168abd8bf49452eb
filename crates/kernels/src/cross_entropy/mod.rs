//! The cross-entropy of a classifier.

mod extension;
mod loops;
#[cfg(test)]
mod tests;

use crate::fast_path;
use burn::backend::Dispatch;
use burn::tensor::{Int, Tensor, activation};
use extension::FusedCrossEntropy;

/// The mean cross-entropy of the softmax of the logits, with label smoothing (Szegedy et al. 2016,
/// section 7):
///
/// `output = mean over rows of -Σ q log softmax(logits)`, with
/// `q = (1 - smoothing) · [class is the target] + smoothing / c`.
///
/// # Shapes
/// - logits `[n, c]`
/// - targets `[n]`, from 0 to c - 1
/// - output `[1]`
///
/// Differentiable in the logits.
///
/// # Panics
/// When shapes do not fit, there is no row to take a mean of, the smoothing is not from 0 to 1, or,
/// where fused, a target is not one of the classes.
pub fn cross_entropy(logits: Tensor<2>, targets: Tensor<1, Int>, smoothing: f64) -> Tensor<1> {
    let [rows, classes] = logits.dims();
    assert!(
        rows > 0 && classes > 0,
        "logits of [{rows}, {classes}] have no values to take a mean of"
    );
    assert_eq!(targets.dims(), [rows], "one target per row of [{rows}, {classes}]");
    assert!(
        (0.0..=1.0).contains(&smoothing),
        "the label smoothing must be from 0 to 1, received {smoothing}"
    );
    if !fast_path::accepts(&logits) {
        return composed(logits, targets, smoothing);
    }
    Tensor::from_dispatch(<Dispatch as FusedCrossEntropy>::fused_cross_entropy(
        logits.into_dispatch(),
        targets.into_dispatch(),
        smoothing,
    ))
}

/// The same by Burn's own operations.
fn composed(logits: Tensor<2>, targets: Tensor<1, Int>, smoothing: f64) -> Tensor<1> {
    let logarithms = activation::log_softmax(logits, 1); // [n, c]
    let own = logarithms.clone().gather(1, targets.unsqueeze_dim(1)).mean();
    if smoothing == 0.0 {
        return own.neg();
    }
    (own * (1.0 - smoothing) + logarithms.mean() * smoothing).neg()
}
