//! Activations at Burn's extension point: the dispatch, and the tape.

use super::{Activation, loops};
use crate::fast_path::{Values, tensor};
use crate::{blocks, buffer};
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Flex, TensorMetadata, backend_extension};

/// The activation as an operation of a backend. A bias of no elements stands for none, because the
/// extension point takes no optional tensors.
#[backend_extension(Autodiff, Flex)]
pub(crate) trait FusedActivation: Backend {
    fn fused_activation(
        input: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        activation: Activation,
    ) -> FloatTensor<Self>;
}

impl FusedActivation for Flex {
    fn fused_activation(input: FlexTensor, bias: FlexTensor, activation: Activation) -> FlexTensor {
        let (x, bias) = (Values::of(&input), Values::of(&bias));
        let (x, bias) = (x.as_slice(), bias.as_slice());
        let mut y = buffer::to_overwrite(x.len());
        let block = blocks::of_rows(x.len(), bias.len());
        blocks::each(&mut y, block, |index, y| {
            let x = blocks::part(x, index, block);
            match bias {
                [] => loops::forward(activation, x, y),
                _ => loops::biased_forward(activation, x, Some(bias), y),
            }
        });
        tensor(y, input.shape())
    }
}

#[derive(Debug)]
struct ActivationBackward;

impl Backward<Flex, 2> for ActivationBackward {
    type State = (FlexTensor, FlexTensor, Activation);

    fn backward(
        self,
        ops: Ops<Self::State, 2>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let (input, bias, activation) = ops.state;
        let [for_input, for_bias] = ops.parents;
        let gradient = grads.consume::<Flex>(&ops.node);
        let (x, bias) = (Values::of(&input), Values::of(&bias));
        let (x, bias) = (x.as_slice(), bias.as_slice());
        let block = blocks::of_rows(x.len(), bias.len());
        let (gradient, sums) = blocks::change(gradient, block, |index, gradient| {
            let x = blocks::part(x, index, block);
            match bias {
                [] => loops::backward(activation, x, gradient),
                _ => loops::biased_backward(activation, x, Some(bias), gradient),
            }
            for_bias.as_ref().map(|_| blocks::sum_of_rows(gradient, bias.len()))
        });
        if let Some(node) = for_input {
            grads.register::<Flex>(node.id, gradient);
        }
        if let Some(node) = for_bias {
            let sums = blocks::total(sums.iter().flatten().map(Vec::as_slice), bias.len());
            grads.register::<Flex>(node.id, tensor(sums, [bias.len()]));
        }
    }
}

impl<C: CheckpointStrategy> FusedActivation for Autodiff<Flex, C> {
    fn fused_activation(
        input: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        activation: Activation,
    ) -> FloatTensor<Self> {
        let nodes = [input.node(), bias.node()];
        let [input, bias] = [input, bias].map(FloatTensor::<Self>::into_primitive);
        match ActivationBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(tape) => {
                let state = (input.clone(), bias.clone(), activation);
                tape.finish(state, Flex::fused_activation(input, bias, activation))
            }
            OpsKind::UnTracked(tape) => {
                tape.finish(Flex::fused_activation(input, bias, activation))
            }
        }
    }
}
