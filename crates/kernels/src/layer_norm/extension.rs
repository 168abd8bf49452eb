//! Layer and RMS normalization at Burn's extension point: the dispatch, and the tape.

use super::loops::{self, Moments};
use crate::fast_path::{Values, tensor};
use crate::share::OneByOne;
use crate::{blocks, buffer};
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Flex, TensorMetadata, backend_extension};
use rayon::prelude::*;

/// The normalization as an operation of a backend. A beta of no elements stands for none, and for
/// a mean that is not taken away.
#[backend_extension(Autodiff, Flex)]
pub(crate) trait FusedLayerNorm: Backend {
    fn fused_layer_norm(
        input: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        epsilon: f64,
    ) -> FloatTensor<Self>;
}

fn forward(
    input: &FlexTensor,
    gamma: &FlexTensor,
    beta: &FlexTensor,
    epsilon: f64,
) -> (FlexTensor, Vec<Moments>) {
    let shape = input.shape();
    let [input, gamma, beta] = [input, gamma, beta].map(Values::of);
    let (x, gamma, beta) = (input.as_slice(), gamma.as_slice(), beta.as_slice());
    let width = gamma.len();
    let mut y = buffer::to_overwrite(x.len());
    if x.is_empty() {
        return (tensor(y, shape), Vec::new());
    }
    let block = blocks::of_rows(x.len(), width);
    let mut moments = vec![Moments::default(); x.len() / width];
    let normalize = |x: &[f32], y: &mut [f32], moments: &mut [Moments]| {
        loops::forward(x, gamma, beta, epsilon as f32, y, moments);
    };
    if x.len() <= block {
        normalize(x, &mut y, &mut moments);
    } else {
        let rows = moments.par_chunks_mut(block / width);
        let values = x.par_chunks(block).zip(y.par_chunks_mut(block));
        values.zip(rows).one_by_one().for_each(|((x, y), moments)| normalize(x, y, moments));
    }
    (tensor(y, shape), moments)
}

impl FusedLayerNorm for Flex {
    fn fused_layer_norm(
        input: FlexTensor,
        gamma: FlexTensor,
        beta: FlexTensor,
        epsilon: f64,
    ) -> FlexTensor {
        forward(&input, &gamma, &beta, epsilon).0
    }
}

#[derive(Debug)]
struct LayerNormBackward;

/// What the forward pass leaves for the backward pass.
#[derive(Clone, Debug)]
struct State {
    input: FlexTensor,
    gamma: FlexTensor,
    moments: Vec<Moments>,
    centred: bool,
}

impl Backward<Flex, 3> for LayerNormBackward {
    type State = State;

    fn backward(
        self,
        ops: Ops<Self::State, 3>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let State { input, gamma, moments, centred } = ops.state;
        let gradient = grads.consume::<Flex>(&ops.node);
        let [input, gamma] = [&input, &gamma].map(Values::of);
        let (x, gamma) = (input.as_slice(), gamma.as_slice());
        let width = gamma.len();
        let block = blocks::of_rows(x.len(), width);
        let (gradient, sums) = blocks::change(gradient, block, |index, gradient| {
            let mut by_gamma = vec![0.0; width];
            let mut by_beta = vec![0.0; if centred { width } else { 0 }];
            let x = blocks::part(x, index, block);
            let moments = blocks::part(&moments, index, block / width);
            loops::backward(x, gamma, moments, gradient, &mut by_gamma, &mut by_beta);
            [by_gamma, by_beta]
        });
        let [for_input, for_gamma, for_beta] = ops.parents;
        if let Some(node) = for_input {
            grads.register::<Flex>(node.id, gradient);
        }
        for (index, node) in [for_gamma, for_beta].into_iter().enumerate() {
            if let Some(node) = node {
                let parts = sums.iter().map(|sums| sums[index].as_slice());
                grads.register::<Flex>(node.id, tensor(blocks::total(parts, width), [width]));
            }
        }
    }
}

impl<C: CheckpointStrategy> FusedLayerNorm for Autodiff<Flex, C> {
    fn fused_layer_norm(
        input: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        epsilon: f64,
    ) -> FloatTensor<Self> {
        let nodes = [input.node(), gamma.node(), beta.node()];
        let [input, gamma, beta] = [input, gamma, beta].map(FloatTensor::<Self>::into_primitive);
        let (output, moments) = forward(&input, &gamma, &beta, epsilon);
        match LayerNormBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(tape) => {
                let centred = beta.shape().num_elements() > 0;
                tape.finish(State { input, gamma, moments, centred }, output)
            }
            OpsKind::UnTracked(tape) => tape.finish(output),
        }
    }
}
