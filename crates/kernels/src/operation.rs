//! One door to Burn's extension point for operations whose tape is simple: given tensors in, one
//! tensor out, and whatever the backward pass needs kept in between.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::Tensor;
use std::fmt::Debug;

/// A fused operation of `N` tensors, with its arguments that are no tensors.
pub(crate) trait Operation<const N: usize>: Clone + Debug + Send + 'static {
    /// What the backward pass needs.
    type Saved: Clone + Debug + Send + 'static;

    /// The output, and what to keep.
    fn forward(&self, inputs: [FlexTensor; N]) -> (FlexTensor, Self::Saved);

    /// The output alone, where nothing will be asked backwards.
    fn evaluate(&self, inputs: [FlexTensor; N]) -> FlexTensor {
        self.forward(inputs).0
    }

    /// The gradients of the inputs that want one, from the gradient of the output.
    fn backward(
        &self,
        saved: Self::Saved,
        gradient: FlexTensor,
        wanted: [bool; N],
    ) -> [Option<FlexTensor>; N];
}

/// Runs an operation of one tensor. [`crate::fast_path::accepts`] must have agreed.
pub(crate) fn unary<const I: usize, const O: usize>(
    input: Tensor<I>,
    operation: impl Operation<1>,
) -> Tensor<O> {
    Tensor::from_dispatch(<Dispatch as Fused>::fused_unary(input.into_dispatch(), operation))
}

/// Runs an operation of two tensors. [`crate::fast_path::accepts`] must have agreed.
pub(crate) fn binary<const L: usize, const R: usize, const O: usize>(
    left: Tensor<L>,
    right: Tensor<R>,
    operation: impl Operation<2>,
) -> Tensor<O> {
    let (left, right) = (left.into_dispatch(), right.into_dispatch());
    Tensor::from_dispatch(<Dispatch as Fused>::fused_binary(left, right, operation))
}

/// The door, by the number of tensors.
#[backend_extension(Autodiff, Flex)]
trait Fused: Backend {
    fn fused_unary<O: Operation<1>>(input: FloatTensor<Self>, operation: O) -> FloatTensor<Self>;

    fn fused_binary<O: Operation<2>>(
        left: FloatTensor<Self>,
        right: FloatTensor<Self>,
        operation: O,
    ) -> FloatTensor<Self>;
}

impl Fused for Flex {
    fn fused_unary<O: Operation<1>>(input: FlexTensor, operation: O) -> FlexTensor {
        operation.evaluate([input])
    }

    fn fused_binary<O: Operation<2>>(
        left: FlexTensor,
        right: FlexTensor,
        operation: O,
    ) -> FlexTensor {
        operation.evaluate([left, right])
    }
}

impl<C: CheckpointStrategy> Fused for Autodiff<Flex, C> {
    fn fused_unary<O: Operation<1>>(input: FloatTensor<Self>, operation: O) -> FloatTensor<Self> {
        taped::<1, C, O>([input], &operation)
    }

    fn fused_binary<O: Operation<2>>(
        left: FloatTensor<Self>,
        right: FloatTensor<Self>,
        operation: O,
    ) -> FloatTensor<Self> {
        taped::<2, C, O>([left, right], &operation)
    }
}

fn taped<const N: usize, C: CheckpointStrategy, O: Operation<N>>(
    inputs: [FloatTensor<Autodiff<Flex, C>>; N],
    operation: &O,
) -> FloatTensor<Autodiff<Flex, C>> {
    let nodes = inputs.each_ref().map(FloatTensor::<Autodiff<Flex, C>>::node);
    let inputs = inputs.map(FloatTensor::<Autodiff<Flex, C>>::into_primitive);
    match Tape(operation.clone()).prepare::<C>(nodes).compute_bound().stateful() {
        OpsKind::Tracked(tape) => {
            let (output, saved) = operation.forward(inputs);
            tape.finish(saved, output)
        }
        OpsKind::UnTracked(tape) => tape.finish(operation.evaluate(inputs)),
    }
}

#[derive(Debug)]
struct Tape<O>(O);

impl<const N: usize, O: Operation<N>> Backward<Flex, N> for Tape<O> {
    type State = O::Saved;

    fn backward(
        self,
        ops: Ops<Self::State, N>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let gradient = grads.consume::<Flex>(&ops.node);
        let wanted = ops.parents.each_ref().map(Option::is_some);
        let results = self.0.backward(ops.state, gradient, wanted);
        for (node, result) in ops.parents.into_iter().zip(results) {
            if let (Some(node), Some(result)) = (node, result) {
                grads.register::<Flex>(node.id, result);
            }
        }
    }
}
