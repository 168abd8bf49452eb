//! Multi-head scaled dot-product attention, Vaswani et al. 2017 ("Attention Is All You Need"),
//! equation 1, without ever holding the probabilities of all heads: the forward pass keeps one
//! logarithm of a sum per query and head, the backward pass computes the probabilities once more,
//! tile by tile, as Dao et al. 2022 do ("FlashAttention", algorithms 2 and 4).
//!
//! Departure: a tile holds some queries and *all* keys they see, so that a softmax is taken over
//! whole rows and never corrected; memory is linear in the length all the same.

mod backward;
mod composed;
mod derivative;
#[cfg(test)]
mod edge_tests;
mod extension;
mod forward;
mod head;
mod plan;
mod softmax;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod twins;

use crate::fast_path;
use crate::product::Matrix;
use burn::backend::{Dispatch, Flex};
use burn::tensor::Tensor;
use extension::FusedAttention;
use head::Inputs;
use plan::Plan;
use std::sync::Arc;

/// How the rows of a batch belong to sequences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sequences {
    /// Every sequence has this many rows.
    Uniform(usize),
    /// Lengths one after the other, no padding rows at all.
    Ragged(Arc<[usize]>),
}

/// How queries look at keys.
#[derive(Clone, Debug, PartialEq)]
pub struct AttentionOptions {
    /// Heads, each with an equal share of the columns.
    pub heads: usize,
    /// Whether query `i` of a sequence sees only its keys `0 ..= i`.
    pub causal: bool,
    /// What products of queries and keys are multiplied by; one over the root of a head's width
    /// where nothing is given.
    pub scale: Option<f64>,
    /// For padded batches of uniform sequences: keys of sequence `i` from `key_lengths[i]` on are
    /// not seen. In self-attention the queries there give zeros and have no gradient.
    pub key_lengths: Option<Arc<[usize]>>,
}

impl AttentionOptions {
    /// Every query of a sequence sees every key of it, at the usual scale.
    pub fn new(heads: usize) -> Self {
        Self { heads, causal: false, scale: None, key_lengths: None }
    }
}

/// Self-attention, for every sequence and head:
///
/// `output = softmax(scale · q kᵀ + bias) v`
///
/// A query that sees no key, or whose bias is `-∞` everywhere, gives zeros.
///
/// # Shapes
/// - qkv `[rows, 3 · width]`: queries, keys and values side by side, heads within each
/// - bias `[1 or n, heads, t, t]`, for `n` uniform sequences of `t` rows
/// - output `[rows, width]`
///
/// Differentiable in qkv and bias.
///
/// # Panics
/// When shapes, sequences and heads do not fit together.
pub fn self_attention(
    qkv: Tensor<2>,
    sequences: &Sequences,
    bias: Option<Tensor<4>>,
    options: &AttentionOptions,
) -> Tensor<2> {
    let plan = self_plan(&qkv, sequences, bias.as_ref(), options);
    if !(fast_path::accepts(&qkv) && bias.as_ref().is_none_or(fast_path::accepts)) {
        return composed::self_attention(&qkv, bias, &plan);
    }
    let bias = bias.unwrap_or_else(|| Tensor::empty([0, 0, 0, 0], &qkv.device()));
    Tensor::from_dispatch(<Dispatch as FusedAttention>::fused_self_attention(
        qkv.into_dispatch(),
        bias.into_dispatch(),
        plan,
    ))
}

/// [`self_attention`] on slices, without a bias, for inference: qkv `[rows, 3 · width]` to
/// `[rows, width]`.
pub(crate) fn self_attention_of_slices(
    qkv: &[f32],
    width: usize,
    sequences: &Sequences,
    options: &AttentionOptions,
) -> Vec<f32> {
    let rows = qkv.len() / (3 * width);
    let plan = Plan::new([rows, rows], width, [sequences; 2], options, true);
    let [queries, keys, values] = [0, 1, 2]
        .map(|part| Matrix::row_major(qkv.get(part * width..).unwrap_or_default(), 3 * width));
    forward::forward(&plan, Inputs { queries, keys, values, bias: None }).output
}

/// Cross-attention: queries of one array look at keys and values of another, sequence by sequence.
///
/// The padding of keys is expressed by ragged lengths, or for uniform sequences by
/// [`AttentionOptions::key_lengths`]. A query that sees no key gives zeros.
///
/// # Shapes
/// - queries `[rows_q, width]`
/// - keys and values `[rows_k, 2 · width]`, side by side, heads within each
/// - output `[rows_q, width]`
///
/// Differentiable in both.
///
/// # Panics
/// When shapes, sequences and heads do not fit together.
pub fn cross_attention(
    queries: Tensor<2>,
    keys_values: Tensor<2>,
    sequences: [&Sequences; 2],
    options: &AttentionOptions,
) -> Tensor<2> {
    let ([rows, width], [key_rows, columns]) = (queries.dims(), keys_values.dims());
    assert_eq!(columns, 2 * width, "keys and values side by side, each as wide as the queries");
    let plan = Arc::new(Plan::new([rows, key_rows], width, sequences, options, false));
    if !(fast_path::accepts(&queries) && fast_path::accepts(&keys_values)) {
        return composed::cross_attention(queries, keys_values, &plan);
    }
    Tensor::from_dispatch(<Dispatch as FusedAttention>::fused_cross_attention(
        queries.into_dispatch(),
        keys_values.into_dispatch(),
        plan,
    ))
}

/// The probabilities of [`self_attention`] themselves, for maps of attention: `[n, heads, t, t]`
/// for `n` uniform sequences of `t` rows. The result is on no tape.
///
/// # Panics
/// When shapes, sequences and heads do not fit together, or the sequences are ragged.
pub fn attention_weights(
    qkv: Tensor<2>,
    sequences: &Sequences,
    options: &AttentionOptions,
) -> Tensor<4> {
    assert!(matches!(sequences, Sequences::Uniform(_)), "maps of ragged sequences differ in size");
    let plan = self_plan(&qkv, sequences, None, options);
    let qkv = if qkv.device().is_autodiff() { qkv.inner() } else { qkv };
    if !fast_path::accepts(&qkv) {
        return composed::attention_weights(&qkv, &plan);
    }
    let qkv = qkv.try_into_primitive::<Flex>().expect("`accepts` has checked the backend");
    Tensor::from_primitive::<Flex>(extension::attention_weights(&qkv, &plan))
}

/// Checks shapes; the plan of a self-attention.
fn self_plan(
    qkv: &Tensor<2>,
    sequences: &Sequences,
    bias: Option<&Tensor<4>>,
    options: &AttentionOptions,
) -> Arc<Plan> {
    let [rows, columns] = qkv.dims();
    assert!(
        columns.is_multiple_of(3),
        "queries, keys and values side by side, received {columns} columns"
    );
    let mut plan = Plan::new([rows, rows], columns / 3, [sequences; 2], options, true);
    if let Some(bias) = bias {
        let (dims, count) = (bias.dims(), plan.spans.len());
        let Sequences::Uniform(length) = *sequences else {
            panic!("a bias is for uniform sequences")
        };
        let rest = [plan.heads, length, length];
        assert!(
            dims[1..] == rest && (dims[0] == 1 || dims[0] == count),
            "a bias must be [1 or {count}, {}, {length}, {length}], received {dims:?}",
            plan.heads
        );
        // The parts of a sequence would add to the same gradient.
        plan.cut = false;
    }
    Arc::new(plan)
}
