//! Attention by Burn's own operations: what the fused kernels must agree with, and what runs on
//! every other backend and element type.

use super::plan::{Plan, Span};
use burn::tensor::{Bool, Device, Tensor, TensorData, activation};
use std::ops::Range;

/// As [`super::self_attention`].
pub(super) fn self_attention(qkv: &Tensor<2>, bias: Option<Tensor<4>>, plan: &Plan) -> Tensor<2> {
    attention(thirds(qkv, plan), bias, plan)
}

/// As [`super::cross_attention`].
pub(super) fn cross_attention(
    queries: Tensor<2>,
    keys_values: Tensor<2>,
    plan: &Plan,
) -> Tensor<2> {
    let width = plan.heads * plan.dim;
    let keys = keys_values.clone().narrow(1, 0, width);
    attention([queries, keys, keys_values.narrow(1, width, width)], None, plan)
}

/// As [`super::attention_weights`].
pub(super) fn attention_weights(qkv: &Tensor<2>, plan: &Plan) -> Tensor<4> {
    let (count, length) = (plan.spans.len(), plan.length());
    if count * length == 0 {
        return Tensor::zeros([count, plan.heads, length, length], &qkv.device());
    }
    let [queries, keys, _] = thirds(qkv, plan).map(|part| heads(part, count, plan));
    probabilities(queries, keys, None, &plan.spans, [length; 2], plan)
}

/// Queries, keys and values.
fn thirds(qkv: &Tensor<2>, plan: &Plan) -> [Tensor<2>; 3] {
    let width = plan.heads * plan.dim;
    [0, 1, 2].map(|index| qkv.clone().narrow(1, index * width, width))
}

/// All sequences at once where they are uniform, one after the other where they are not.
fn attention(
    [queries, keys, values]: [Tensor<2>; 3],
    bias: Option<Tensor<4>>,
    plan: &Plan,
) -> Tensor<2> {
    let [count, rows] = [queries.dims()[0], keys.dims()[0]];
    if count == 0 || rows == 0 {
        return queries * 0.0;
    }
    if let Some(lengths) = plan.lengths {
        return attend([queries, keys, values], bias, &plan.spans, lengths, plan);
    }
    let one = |span: &Span| {
        let lengths = [span.queries.len(), span.keys.len()];
        let of = |tensor: &Tensor<2>, rows: &Range<usize>| {
            tensor.clone().narrow(0, rows.start, rows.len())
        };
        let queries = of(&queries, &span.queries);
        if span.keys.is_empty() {
            return queries * 0.0;
        }
        let inputs = [queries, of(&keys, &span.keys), of(&values, &span.keys)];
        let span = Span { queries: 0..lengths[0], keys: 0..lengths[1] };
        attend(inputs, None, &[span], lengths, plan)
    };
    let spans = plan.spans.iter().filter(|span| !span.queries.is_empty());
    Tensor::cat(spans.map(one).collect(), 0)
}

/// Sequences of queries and of keys, each of one length: `[n · length, heads · dim]`.
fn attend(
    inputs: [Tensor<2>; 3],
    bias: Option<Tensor<4>>,
    spans: &[Span],
    lengths: [usize; 2],
    plan: &Plan,
) -> Tensor<2> {
    let [queries, keys, values] = inputs.map(|input| heads(input, spans.len(), plan));
    let probabilities = probabilities(queries, keys, bias, spans, lengths, plan);
    // [n, heads, t, dim] to [n · t, heads · dim]
    let output = probabilities.matmul(values).swap_dims(1, 2);
    output.reshape([spans.len() * lengths[0], plan.heads * plan.dim])
}

/// `[n · t, heads · dim]` as `[n, heads, t, dim]`.
fn heads(rows: Tensor<2>, count: usize, plan: &Plan) -> Tensor<4> {
    let length = rows.dims()[0] / count;
    rows.reshape([count, length, plan.heads, plan.dim]).swap_dims(1, 2)
}

/// `[n, heads, t, s]`; zero where a key is not seen.
fn probabilities(
    queries: Tensor<4>,
    keys: Tensor<4>,
    bias: Option<Tensor<4>>,
    spans: &[Span],
    lengths: [usize; 2],
    plan: &Plan,
) -> Tensor<4> {
    let scores = queries.matmul(keys.swap_dims(2, 3)) * plan.scale;
    let scores = match bias {
        Some(bias) => scores + bias,
        None => scores,
    };
    // Not -∞, of which a softmax over nothing else would make no number.
    let least = scores.dtype().finfo().map_or(f64::from(f32::MIN), |info| info.min);
    let unseen = unseen(spans, lengths, plan.causal, &scores.device()).expand(scores.dims());
    let unseen = unseen.bool_or(scores.clone().equal_elem(f32::NEG_INFINITY));
    activation::softmax(scores.mask_fill(unseen.clone(), least), 3).mask_fill(unseen, 0.0)
}

/// Where a query does not see a key: `[n, 1, t, s]`.
fn unseen(spans: &[Span], lengths: [usize; 2], causal: bool, device: &Device) -> Tensor<4, Bool> {
    let [queries, keys] = lengths;
    let mut values = Vec::with_capacity(spans.len() * queries * keys);
    for span in spans {
        for query in 0..queries {
            let seen = |key: usize| {
                query < span.queries.len() && key < span.keys.len() && !(causal && key > query)
            };
            values.extend((0..keys).map(|key| !seen(key)));
        }
    }
    Tensor::from_bool(TensorData::new(values, [spans.len(), 1, queries, keys]), device)
}
