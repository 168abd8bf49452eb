//! Softmax at Burn's extension point: the dispatch, and the tape.

use super::loops;
use crate::fast_path::{Values, tensor};
use crate::{blocks, buffer};
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Flex, TensorMetadata, backend_extension};

/// The softmax, or its logarithm, as an operation of a backend.
#[backend_extension(Autodiff, Flex)]
pub(crate) trait FusedSoftmax: Backend {
    fn fused_softmax(input: FloatTensor<Self>, logarithm: bool) -> FloatTensor<Self>;
}

/// The extent of the last axis.
fn width(tensor: &FlexTensor) -> usize {
    tensor.shape().as_slice().last().copied().unwrap_or(1)
}

impl FusedSoftmax for Flex {
    fn fused_softmax(input: FlexTensor, logarithm: bool) -> FlexTensor {
        let width = width(&input);
        let x = Values::of(&input);
        let x = x.as_slice();
        let mut y = buffer::to_overwrite(x.len());
        let block = blocks::of_rows(x.len(), width);
        let function = if logarithm { loops::log_softmax } else { loops::softmax };
        blocks::each(&mut y, block, |index, y| function(blocks::part(x, index, block), width, y));
        tensor(y, input.shape())
    }
}

#[derive(Debug)]
struct SoftmaxBackward;

impl Backward<Flex, 1> for SoftmaxBackward {
    /// The output, and whether it is a logarithm.
    type State = (FlexTensor, bool);

    fn backward(
        self,
        ops: Ops<Self::State, 1>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let (output, logarithm) = ops.state;
        let gradient = grads.consume::<Flex>(&ops.node);
        let width = width(&output);
        let y = Values::of(&output);
        let y = y.as_slice();
        let block = blocks::of_rows(y.len(), width);
        let function =
            if logarithm { loops::log_softmax_backward } else { loops::softmax_backward };
        let (gradient, _) = blocks::change(gradient, block, |index, gradient| {
            function(blocks::part(y, index, block), width, gradient);
        });
        let [for_input] = ops.parents;
        if let Some(node) = for_input {
            grads.register::<Flex>(node.id, gradient);
        }
    }
}

impl<C: CheckpointStrategy> FusedSoftmax for Autodiff<Flex, C> {
    fn fused_softmax(input: FloatTensor<Self>, logarithm: bool) -> FloatTensor<Self> {
        let nodes = [input.node()];
        let output = Flex::fused_softmax(input.into_primitive(), logarithm);
        match SoftmaxBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(tape) => tape.finish((output.clone(), logarithm), output),
            OpsKind::UnTracked(tape) => tape.finish(output),
        }
    }
}
