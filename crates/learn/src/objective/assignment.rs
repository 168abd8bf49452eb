//! Crops of a sample that must agree on the prototypes that it belongs to.

use burn::tensor::Tensor;
use pith_kernels::log_softmax;

/// `-sum_k target_k log softmax(logits / temperature)_k` of every row, `[n, k]` each to `[n, 1]`.
pub fn cross_entropy(targets: Tensor<2>, logits: Tensor<2>, temperature: f64) -> Tensor<2> {
    (targets * log_softmax(logits / temperature)).sum_dim(1).neg()
}

/// Mean [`cross_entropy`] over all pairs of a target and another crop's logits, `[n, k]` each: the
/// crops that have a target come first (DINO, equation 3; SwAV, equation 6); `[1]`.
///
/// # Panics
/// Where there is no pair.
pub fn across_crops(targets: &[Tensor<2>], logits: &[Tensor<2>], temperature: f64) -> Tensor<1> {
    let mut pairs = 0;
    let mut terms = Vec::new();
    for (crop, logits) in logits.iter().enumerate() {
        let others = targets.iter().enumerate().filter(|(of, _)| *of != crop);
        pairs += others.clone().count();
        // The cross entropy is linear in its target, so that one of their sum will do.
        if let Some(sum) = others.map(|(_, target)| target.clone()).reduce(|sum, more| sum + more) {
            terms.push(cross_entropy(sum, logits.clone(), temperature).mean());
        }
    }
    assert!(pairs > 0, "{} targets and {} crops make no pair", targets.len(), logits.len());
    Tensor::cat(terms, 0).sum() / pairs as f64
}

#[cfg(test)]
mod tests {
    use pith_kernels::softmax;

    use super::*;
    use crate::objective::golden;

    /// DINO's: targets from the second view, centred and sharpened.
    #[test]
    fn cross_entropy_is_golden() {
        golden::check(0.360207132621, |a, b| {
            let targets = softmax((b.clone() - b.mean_dim(0)) / 0.04);
            cross_entropy(targets, a, 0.1).mean()
        });
    }

    // def ls(x): return x - np.log(np.exp(x).sum(1, keepdims=True))
    // T = [np.exp(ls(A / .3)), np.exp(ls(B / .3))]; S = [A, B, A * B]
    // np.mean([-(T[t] * ls(S[s] / .1)).sum(1).mean() for t in (0, 1) for s in range(len(S)) if s != t])
    #[test]
    fn pairs_of_crops_are_golden() {
        let targets = |a: &Tensor<2>, b: &Tensor<2>| [a, b].map(|v| softmax(v.clone() / 0.3));
        golden::check(0.9405481671093887, |a, b| across_crops(&targets(&a, &b), &[a, b], 0.1));
        golden::check(1.9401264317909623, |a, b| {
            across_crops(&targets(&a, &b), &[a.clone(), b.clone(), a * b], 0.1)
        });
    }
}
