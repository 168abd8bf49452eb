//! The cross-entropy at Burn's extension point: the dispatch, and the tape.

use super::loops::{self, Target};
use crate::blocks;
use crate::fast_path::{Values, dims, tensor};
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Autodiff, Backend, Flex, backend_extension};

/// The mean cross-entropy as an operation of a backend.
#[backend_extension(Autodiff, Flex)]
pub(crate) trait FusedCrossEntropy: Backend {
    fn fused_cross_entropy(
        logits: FloatTensor<Self>,
        targets: IntTensor<Self>,
        smoothing: f64,
    ) -> FloatTensor<Self>;
}

/// The targets as classes, checked.
fn classes(targets: FlexTensor, count: usize) -> Vec<usize> {
    let classes = targets.into_data();
    let classes = classes.iter::<i64>().enumerate().map(|(row, class)| match class.try_into() {
        Ok(class) if class < count => class,
        _ => panic!("the target of row {row} is {class}, but there are {count} classes"),
    });
    classes.collect()
}

fn target(smoothing: f64, classes: usize) -> Target {
    Target { own: (1.0 - smoothing) as f32, every: (smoothing / classes as f64) as f32 }
}

/// The mean loss, and `log Σ e^x` of each row.
fn forward(logits: &FlexTensor, targets: &[usize], smoothing: f64) -> (FlexTensor, Vec<f32>) {
    let [rows, width] = dims(logits);
    let x = Values::of(logits);
    let x = x.as_slice();
    let block = blocks::of_rows(x.len(), width) / width;
    let target = target(smoothing, width);
    let mut normalizers = vec![0.0; rows];
    let losses = blocks::each(&mut normalizers, block, |index, normalizers| {
        let x = blocks::part(x, index, block * width);
        loops::forward(x, blocks::part(targets, index, block), target, normalizers)
    });
    let mean = losses.iter().sum::<f64>() / rows as f64;
    (tensor(vec![mean as f32], [1]), normalizers)
}

impl FusedCrossEntropy for Flex {
    fn fused_cross_entropy(logits: FlexTensor, targets: FlexTensor, smoothing: f64) -> FlexTensor {
        let [_, width] = dims(&logits);
        forward(&logits, &classes(targets, width), smoothing).0
    }
}

#[derive(Debug)]
struct CrossEntropyBackward;

/// What the forward pass leaves for the backward pass.
#[derive(Clone, Debug)]
struct State {
    logits: FlexTensor,
    targets: Vec<usize>,
    normalizers: Vec<f32>,
    smoothing: f64,
}

impl Backward<Flex, 1> for CrossEntropyBackward {
    type State = State;

    fn backward(
        self,
        ops: Ops<Self::State, 1>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let State { logits, targets, normalizers, smoothing } = ops.state;
        let gradient = Values::of(&grads.consume::<Flex>(&ops.node));
        let [rows, width] = dims(&logits);
        let factor = gradient.as_slice()[0] / rows as f32;
        let target = target(smoothing, width);
        let block = blocks::of_rows(rows * width, width) / width;
        let (gradient, _) = blocks::change(logits, block * width, |index, x| {
            let targets = blocks::part(&targets, index, block);
            let normalizers = blocks::part(&normalizers, index, block);
            loops::backward(x, targets, target, normalizers, factor);
        });
        let [for_logits] = ops.parents;
        if let Some(node) = for_logits {
            grads.register::<Flex>(node.id, gradient);
        }
    }
}

impl<C: CheckpointStrategy> FusedCrossEntropy for Autodiff<Flex, C> {
    fn fused_cross_entropy(
        logits: FloatTensor<Self>,
        targets: IntTensor<Self>,
        smoothing: f64,
    ) -> FloatTensor<Self> {
        let nodes = [logits.node()];
        let logits = logits.into_primitive();
        let [_, width] = dims(&logits);
        let targets = classes(targets, width);
        let (loss, normalizers) = forward(&logits, &targets, smoothing);
        match CrossEntropyBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(tape) => {
                tape.finish(State { logits, targets, normalizers, smoothing }, loss)
            }
            OpsKind::UnTracked(tape) => tape.finish(loss),
        }
    }
}
