//! Dropout at Burn's extension point: the dispatch, and the tape.

use super::mask::Mask;
use crate::blocks;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Flex, backend_extension};

/// Dropout as an operation of a backend.
#[backend_extension(Autodiff, Flex)]
pub(crate) trait FusedDropout: Backend {
    fn fused_dropout(input: FloatTensor<Self>, mask: Mask) -> FloatTensor<Self>;
}

impl FusedDropout for Flex {
    fn fused_dropout(input: FlexTensor, mask: Mask) -> FlexTensor {
        // A power of two: the upper half of the places is the same within a block.
        let block = blocks::VALUES;
        let apply = |index, values: &mut [f32]| mask.apply(values, (index * block) as u64);
        blocks::change(input, block, apply).0
    }
}

#[derive(Debug)]
struct DropoutBackward;

impl Backward<Flex, 1> for DropoutBackward {
    type State = Mask;

    fn backward(
        self,
        ops: Ops<Self::State, 1>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let gradient = grads.consume::<Flex>(&ops.node);
        let [for_input] = ops.parents;
        if let Some(node) = for_input {
            grads.register::<Flex>(node.id, Flex::fused_dropout(gradient, ops.state));
        }
    }
}

impl<C: CheckpointStrategy> FusedDropout for Autodiff<Flex, C> {
    fn fused_dropout(input: FloatTensor<Self>, mask: Mask) -> FloatTensor<Self> {
        let nodes = [input.node()];
        let output = Flex::fused_dropout(input.into_primitive(), mask);
        match DropoutBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(tape) => tape.finish(mask, output),
            OpsKind::UnTracked(tape) => tape.finish(output),
        }
    }
}
