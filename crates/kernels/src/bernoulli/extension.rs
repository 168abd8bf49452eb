//! The likelihood at Burn's extension point: the dispatch, and the tape.

use super::loops;
use crate::blocks;
use crate::fast_path::{Values, dims, tensor};
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Flex, backend_extension};

/// The likelihood of rows as an operation of a backend.
#[backend_extension(Autodiff, Flex)]
pub(crate) trait FusedBernoulli: Backend {
    fn fused_bernoulli(values: FloatTensor<Self>, odds: FloatTensor<Self>) -> FloatTensor<Self>;
}

impl FusedBernoulli for Flex {
    fn fused_bernoulli(values: FlexTensor, odds: FlexTensor) -> FlexTensor {
        let [rows, width] = dims(&odds);
        let (values, odds) = (Values::of(&values), Values::of(&odds));
        let (values, odds) = (values.as_slice(), odds.as_slice());
        let mut sums = vec![0.0; rows];
        if odds.is_empty() {
            return tensor(sums, [rows, 1]);
        }
        let block = blocks::of_rows(odds.len(), width) / width;
        blocks::each(&mut sums, block, |index, sums| {
            let [values, odds] = [values, odds].map(|x| blocks::part(x, index, block * width));
            loops::forward(values, odds, sums);
        });
        tensor(sums, [rows, 1])
    }
}

#[derive(Debug)]
struct BernoulliBackward;

impl Backward<Flex, 2> for BernoulliBackward {
    /// Values and odds.
    type State = [FlexTensor; 2];

    fn backward(
        self,
        ops: Ops<Self::State, 2>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let [values, odds] = ops.state;
        let gradient = Values::of(&grads.consume::<Flex>(&ops.node));
        let gradient = gradient.as_slice();
        let [rows, width] = dims(&odds);
        let block = blocks::of_rows(rows * width, width) / width.max(1);
        let rows_of = |index| blocks::part(gradient, index, block);
        let [for_values, for_odds] = ops.parents;
        if let Some(node) = for_values {
            let (gradient, _) = blocks::change(odds.clone(), block * width, |index, odds| {
                for (odds, gradient) in odds.chunks_exact_mut(width).zip(rows_of(index)) {
                    odds.iter_mut().for_each(|odds| *odds *= gradient);
                }
            });
            grads.register::<Flex>(node.id, gradient);
        }
        if let Some(node) = for_odds {
            let values = Values::of(&values);
            let (gradient, _) = blocks::change(odds, block * width, |index, odds| {
                let values = blocks::part(values.as_slice(), index, block * width);
                loops::backward(values, odds, rows_of(index));
            });
            grads.register::<Flex>(node.id, gradient);
        }
    }
}

impl<C: CheckpointStrategy> FusedBernoulli for Autodiff<Flex, C> {
    fn fused_bernoulli(values: FloatTensor<Self>, odds: FloatTensor<Self>) -> FloatTensor<Self> {
        let nodes = [values.node(), odds.node()];
        let [values, odds] = [values, odds].map(FloatTensor::<Self>::into_primitive);
        match BernoulliBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(tape) => {
                tape.finish([values.clone(), odds.clone()], Flex::fused_bernoulli(values, odds))
            }
            OpsKind::UnTracked(tape) => tape.finish(Flex::fused_bernoulli(values, odds)),
        }
    }
}
