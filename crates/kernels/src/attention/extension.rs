//! Attention at Burn's extension point: the dispatch, and the tape.

use super::backward::{Gradients as Targets, backward};
use super::forward::{Forward, forward, weights};
use super::head::{Bias, Inputs};
use super::plan::Plan;
use crate::buffer;
use crate::fast_path::{Values, dims, tensor};
use crate::product::Matrix;
use crate::product::block::Block;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Flex, backend_extension};
use std::sync::Arc;

/// Attention as operations of a backend. A bias of no elements stands for none, because the
/// extension point takes no optional tensors.
#[backend_extension(Autodiff, Flex)]
pub(crate) trait FusedAttention: Backend {
    fn fused_self_attention(
        qkv: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        plan: Arc<Plan>,
    ) -> FloatTensor<Self>;

    fn fused_cross_attention(
        queries: FloatTensor<Self>,
        keys_values: FloatTensor<Self>,
        plan: Arc<Plan>,
    ) -> FloatTensor<Self>;
}

/// The columns of an array from `column` on.
fn columns(values: &[f32], width: usize, column: usize) -> Matrix<'_> {
    Matrix::row_major(values.get(column..).unwrap_or_default(), width)
}

fn self_inputs<'a>(qkv: &'a Values, bias: &'a Values, dims: [usize; 4], plan: &Plan) -> Inputs<'a> {
    let width = plan.heads * plan.dim;
    let part = |index: usize| columns(qkv.as_slice(), 3 * width, index * width);
    let values = bias.as_slice();
    let bias = Bias { values, shared: dims[0] == 1 };
    let bias = (!values.is_empty()).then_some(bias);
    Inputs { queries: part(0), keys: part(1), values: part(2), bias }
}

fn cross_inputs<'a>(queries: &'a Values, keys_values: &'a Values, plan: &Plan) -> Inputs<'a> {
    let width = plan.heads * plan.dim;
    Inputs {
        queries: columns(queries.as_slice(), width, 0),
        keys: columns(keys_values.as_slice(), 2 * width, 0),
        values: columns(keys_values.as_slice(), 2 * width, width),
        bias: None,
    }
}

fn run_self(qkv: &FlexTensor, bias: &FlexTensor, plan: &Plan) -> (FlexTensor, Vec<f32>) {
    let dims = dims(bias);
    let [qkv, bias] = [qkv, bias].map(Values::of);
    finish(forward(plan, self_inputs(&qkv, &bias, dims, plan)), plan)
}

fn run_cross(
    queries: &FlexTensor,
    keys_values: &FlexTensor,
    plan: &Plan,
) -> (FlexTensor, Vec<f32>) {
    let [queries, keys_values] = [queries, keys_values].map(Values::of);
    finish(forward(plan, cross_inputs(&queries, &keys_values, plan)), plan)
}

fn finish(Forward { output, log_sums }: Forward, plan: &Plan) -> (FlexTensor, Vec<f32>) {
    (tensor(output, [plan.rows[0], plan.heads * plan.dim]), log_sums)
}

/// The probabilities: see [`super::attention_weights`].
pub(super) fn attention_weights(qkv: &FlexTensor, plan: &Plan) -> FlexTensor {
    let width = plan.heads * plan.dim;
    let qkv = Values::of(qkv);
    let part = |index: usize| columns(qkv.as_slice(), 3 * width, index * width);
    let inputs = Inputs { queries: part(0), keys: part(1), values: part(2), bias: None };
    let length = plan.length();
    tensor(weights(plan, inputs), [plan.spans.len(), plan.heads, length, length])
}

impl FusedAttention for Flex {
    fn fused_self_attention(qkv: FlexTensor, bias: FlexTensor, plan: Arc<Plan>) -> FlexTensor {
        run_self(&qkv, &bias, &plan).0
    }

    fn fused_cross_attention(
        queries: FlexTensor,
        keys_values: FlexTensor,
        plan: Arc<Plan>,
    ) -> FlexTensor {
        run_cross(&queries, &keys_values, &plan).0
    }
}

/// What the backward pass needs of the forward pass: the two tensors it was given, and the
/// logarithms of the sums.
#[derive(Clone, Debug)]
struct State {
    inputs: [FlexTensor; 2],
    log_sums: Arc<[f32]>,
    plan: Arc<Plan>,
}

/// Room for a gradient of `rows` by `width`; cleared where some rows get none.
fn target(rows: usize, width: usize, gaps: bool) -> Vec<f32> {
    if gaps { vec![0.0; rows * width] } else { buffer::to_overwrite(rows * width) }
}

#[derive(Debug)]
struct SelfAttentionBackward;

impl Backward<Flex, 2> for SelfAttentionBackward {
    type State = State;

    fn backward(
        self,
        ops: Ops<Self::State, 2>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let State { inputs: [qkv, bias], log_sums, plan } = ops.state;
        let gradient = Values::of(&grads.consume::<Flex>(&ops.node));
        let [for_qkv, for_bias] = ops.parents;
        let bias_dims = dims::<4>(&bias);
        let [qkv, bias] = [&qkv, &bias].map(Values::of);
        let inputs = self_inputs(&qkv, &bias, bias_dims, &plan);
        let (rows, width) = (plan.rows[0], plan.heads * plan.dim);
        let mut by_qkv = target(rows, 3 * width, plan.has_gaps(0));
        let (queries, rest) = Block::new(&mut by_qkv, 3 * width).split_columns(width);
        let (keys, values) = rest.split_columns(width);
        let into = Targets { queries, keys, values };
        let wanted = for_bias.is_some() && inputs.bias.is_some();
        let by_bias = backward(&plan, inputs, gradient.as_slice(), &log_sums, into, wanted);
        if let Some(node) = for_qkv {
            grads.register::<Flex>(node.id, tensor(by_qkv, [rows, 3 * width]));
        }
        if let Some(node) = for_bias {
            let values = by_bias.unwrap_or_default();
            grads.register::<Flex>(node.id, tensor(values, bias_dims));
        }
    }
}

#[derive(Debug)]
struct CrossAttentionBackward;

impl Backward<Flex, 2> for CrossAttentionBackward {
    type State = State;

    fn backward(
        self,
        ops: Ops<Self::State, 2>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let State { inputs: [queries, keys_values], log_sums, plan } = ops.state;
        let gradient = Values::of(&grads.consume::<Flex>(&ops.node));
        let [for_queries, for_keys_values] = ops.parents;
        let [queries, keys_values] = [&queries, &keys_values].map(Values::of);
        let inputs = cross_inputs(&queries, &keys_values, &plan);
        let ([rows, key_rows], width) = (plan.rows, plan.heads * plan.dim);
        let mut by_queries = target(rows, width, plan.has_gaps(0));
        let mut by_keys_values = target(key_rows, 2 * width, plan.has_gaps(1));
        let (keys, values) = Block::new(&mut by_keys_values, 2 * width).split_columns(width);
        let into = Targets { queries: Block::new(&mut by_queries, width), keys, values };
        backward(&plan, inputs, gradient.as_slice(), &log_sums, into, false);
        if let Some(node) = for_queries {
            grads.register::<Flex>(node.id, tensor(by_queries, [rows, width]));
        }
        if let Some(node) = for_keys_values {
            grads.register::<Flex>(node.id, tensor(by_keys_values, [key_rows, 2 * width]));
        }
    }
}

impl<C: CheckpointStrategy> FusedAttention for Autodiff<Flex, C> {
    fn fused_self_attention(
        qkv: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        plan: Arc<Plan>,
    ) -> FloatTensor<Self> {
        let nodes = [qkv.node(), bias.node()];
        let inputs = [qkv, bias].map(FloatTensor::<Self>::into_primitive);
        let (output, log_sums) = run_self(&inputs[0], &inputs[1], &plan);
        match SelfAttentionBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(tape) => {
                tape.finish(State { inputs, log_sums: log_sums.into(), plan }, output)
            }
            OpsKind::UnTracked(tape) => tape.finish(output),
        }
    }

    fn fused_cross_attention(
        queries: FloatTensor<Self>,
        keys_values: FloatTensor<Self>,
        plan: Arc<Plan>,
    ) -> FloatTensor<Self> {
        let nodes = [queries.node(), keys_values.node()];
        let inputs = [queries, keys_values].map(FloatTensor::<Self>::into_primitive);
        let (output, log_sums) = run_cross(&inputs[0], &inputs[1], &plan);
        match CrossAttentionBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(tape) => {
                tape.finish(State { inputs, log_sums: log_sums.into(), plan }, output)
            }
            OpsKind::UnTracked(tape) => tape.finish(output),
        }
    }
}
