//! Contrastive losses with memory linear in the batch, and the rows of unit length they compare.

mod extension;
mod normalize;
#[cfg(test)]
mod tests;
mod tiles;

use crate::fast_path;
use crate::operation;
use burn::tensor::{Int, Tensor, activation};
use extension::{InfoNce, NormalizeRows, NtXent};

/// Shortest length a row is divided by, as in PyTorch's `normalize`.
const SHORTEST: f64 = 1e-12;

/// Rows scaled to unit length: `x / max(|x|, 1e-12)`, `[n, d]` to `[n, d]`.
///
/// Differentiable; a row of zeros has the gradient of `x / 1e-12`, as in PyTorch.
pub fn normalize_rows(rows: Tensor<2>) -> Tensor<2> {
    if !fast_path::accepts(&rows) {
        return composed_normalize(rows);
    }
    operation::unary(rows, NormalizeRows)
}

fn composed_normalize(rows: Tensor<2>) -> Tensor<2> {
    let squares = rows.clone().square().sum_dim(1);
    rows / squares.clamp_min(SHORTEST * SHORTEST).sqrt() // [n, d] / [n, 1]
}

/// InfoNCE, van den Oord, Li, Vinyals: Representation learning with contrastive predictive coding,
/// 2018, equation 4: query `i` must find key `i` among all keys.
///
/// `loss = mean over i of -log( exp(qᵢ·kᵢ / τ) / Σⱼ exp(qᵢ·kⱼ / τ) )`
///
/// The similarities are computed tile by tile and never stored; the backward pass computes them
/// again.
///
/// # Shapes
/// - queries `[n, d]`, keys `[m, d]` with `m ≥ n`, usually of unit length; loss `[1]`
///
/// # Panics
/// When there is no query, a query has no key, or widths differ or are zero.
pub fn info_nce(queries: Tensor<2>, keys: Tensor<2>, temperature: f64) -> Tensor<1> {
    let ([n, width], [m, key_width]) = (queries.dims(), keys.dims());
    assert!(n > 0 && n <= m, "{n} queries need as many keys, received {m}");
    assert!(width > 0 && width == key_width, "queries are {width} wide, keys {key_width}");
    if !(fast_path::accepts(&queries) && fast_path::accepts(&keys)) {
        return composed_info_nce(queries, keys, temperature);
    }
    operation::binary(queries, keys, InfoNce { temperature })
}

fn composed_info_nce(queries: Tensor<2>, keys: Tensor<2>, temperature: f64) -> Tensor<1> {
    let [n, _] = queries.dims();
    let device = queries.device();
    let similarity = queries.matmul(keys.transpose()) / temperature; // [n, m]
    let itself = Tensor::<1, Int>::arange(0..n as i64, &device).reshape([n, 1]);
    activation::log_softmax(similarity, 1).gather(1, itself).mean().neg()
}

/// NT-Xent, Chen, Kornblith, Norouzi, Hinton: A simple framework for contrastive learning of visual
/// representations, ICML 2020, equation 1: of `z`, the rows of `a` and then of `b`, each must find
/// its partner `p(i)`, the same row of the other half, among all but itself.
///
/// `loss = mean over i of -log( exp(zᵢ·zₚ / τ) / Σ_{j ≠ i} exp(zᵢ·zⱼ / τ) )`
///
/// Tiled as in [`info_nce`].
///
/// # Shapes
/// - `a` and `b` `[n, d]`, usually of unit length; loss `[1]`
///
/// # Panics
/// When there is nothing to compare, or shapes differ.
pub fn nt_xent(a: Tensor<2>, b: Tensor<2>, temperature: f64) -> Tensor<1> {
    assert_eq!(a.dims(), b.dims(), "two views of the same samples");
    assert!(a.dims().iter().all(|&extent| extent > 0), "nothing to compare in {:?}", a.dims());
    let fast = fast_path::accepts(&a) && fast_path::accepts(&b);
    let rows = Tensor::cat(vec![a, b], 0); // [2n, d]
    match fast {
        true => operation::unary(rows, NtXent { temperature }),
        false => composed_nt_xent(rows, temperature),
    }
}

fn composed_nt_xent(rows: Tensor<2>, temperature: f64) -> Tensor<1> {
    let [views, _] = rows.dims();
    let device = rows.device();
    let similarity = rows.clone().matmul(rows.transpose()) / temperature; // [2n, 2n]
    let itself = Tensor::<2>::eye(views, &device).bool();
    let others = similarity.mask_fill(itself, f32::NEG_INFINITY);
    let partner = Tensor::<1, Int>::arange(0..views as i64, &device)
        .add_scalar(views as i64 / 2)
        .remainder_scalar(views as i64)
        .reshape([views, 1]);
    activation::log_softmax(others, 1).gather(1, partner).mean().neg()
}
