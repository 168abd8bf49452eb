//! Group normalization at Burn's extension point: the dispatch, and the tape.

use super::loops::{self, Moments};
use crate::fast_path::{Values, tensor};
use crate::{blocks, buffer};
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Flex, TensorMetadata, backend_extension};

/// The normalization as an operation of a backend.
#[backend_extension(Autodiff, Flex)]
pub(crate) trait FusedGroupNorm: Backend {
    fn fused_group_norm(
        input: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        groups: usize,
        epsilon: f64,
    ) -> FloatTensor<Self>;
}

/// How an input `[n, c, ..]` falls into groups.
#[derive(Clone, Copy)]
struct Geometry {
    /// Groups of one image.
    groups: usize,
    /// Channels of one group.
    channels: usize,
    /// Values of one group in one image.
    values: usize,
}

impl Geometry {
    fn new(input: &FlexTensor, groups: usize) -> Self {
        let shape = input.shape();
        let dims = shape.as_slice();
        let channels = dims[1] / groups;
        Self { groups, channels, values: channels * dims[2..].iter().product::<usize>() }
    }

    /// Groups that one task handles.
    fn groups_per_block(self, len: usize) -> usize {
        blocks::of_rows(len, self.values) / self.values.max(1)
    }

    /// The channels' values that belong to a group, counted over all images.
    fn channels_of<T>(self, vector: &[T], group: usize) -> &[T] {
        blocks::part(vector, group % self.groups, self.channels)
    }
}

fn forward(
    input: &FlexTensor,
    gamma: &FlexTensor,
    beta: &FlexTensor,
    groups: usize,
    epsilon: f64,
) -> (FlexTensor, Vec<Moments>) {
    let geometry = Geometry::new(input, groups);
    let shape = input.shape();
    let [input, gamma, beta] = [input, gamma, beta].map(Values::of);
    let (x, gamma, beta) = (input.as_slice(), gamma.as_slice(), beta.as_slice());
    let mut y = buffer::to_overwrite(x.len());
    let block = geometry.groups_per_block(x.len());
    let moments = blocks::each(&mut y, block * geometry.values, |index, y| {
        let x = blocks::part(x, index, block * geometry.values);
        let pairs = x.chunks_exact(geometry.values).zip(y.chunks_exact_mut(geometry.values));
        let moments = pairs.enumerate().map(|(place, (x, y))| {
            let group = index * block + place;
            let [gamma, beta] = [gamma, beta].map(|all| geometry.channels_of(all, group));
            loops::forward(x, gamma, beta, epsilon as f32, y)
        });
        moments.collect::<Vec<_>>()
    });
    (tensor(y, shape), moments.concat())
}

impl FusedGroupNorm for Flex {
    fn fused_group_norm(
        input: FlexTensor,
        gamma: FlexTensor,
        beta: FlexTensor,
        groups: usize,
        epsilon: f64,
    ) -> FlexTensor {
        forward(&input, &gamma, &beta, groups, epsilon).0
    }
}

#[derive(Debug)]
struct GroupNormBackward;

/// What the forward pass leaves for the backward pass.
#[derive(Clone, Debug)]
struct State {
    input: FlexTensor,
    gamma: FlexTensor,
    groups: usize,
    moments: Vec<Moments>,
}

impl Backward<Flex, 3> for GroupNormBackward {
    type State = State;

    fn backward(
        self,
        ops: Ops<Self::State, 3>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let State { input, gamma, groups, moments } = ops.state;
        let geometry = Geometry::new(&input, groups);
        let gradient = grads.consume::<Flex>(&ops.node);
        let [input, gamma] = [&input, &gamma].map(Values::of);
        let (x, gamma) = (input.as_slice(), gamma.as_slice());
        let block = geometry.groups_per_block(x.len());
        let (gradient, sums) =
            blocks::change(gradient, block * geometry.values, |index, gradient| {
                let x = blocks::part(x, index, block * geometry.values);
                let moments = blocks::part(&moments, index, block);
                let mut sums = [0, 1].map(|_| vec![0.0; moments.len() * geometry.channels]);
                let [by_gamma, by_beta] = &mut sums;
                let pairs =
                    x.chunks_exact(geometry.values).zip(gradient.chunks_exact_mut(geometry.values));
                let sums_of_group = by_gamma
                    .chunks_exact_mut(geometry.channels)
                    .zip(by_beta.chunks_exact_mut(geometry.channels));
                let every = pairs.zip(sums_of_group).zip(moments).enumerate();
                for (place, (((x, gradient), (by_gamma, by_beta)), moments)) in every {
                    let gamma = geometry.channels_of(gamma, index * block + place);
                    loops::backward(x, gamma, *moments, gradient, by_gamma, by_beta);
                }
                sums
            });
        let [for_input, for_gamma, for_beta] = ops.parents;
        if let Some(node) = for_input {
            grads.register::<Flex>(node.id, gradient);
        }
        for (index, node) in [for_gamma, for_beta].into_iter().enumerate() {
            if let Some(node) = node {
                // Blocks need not end where an image does.
                let parts: Vec<f32> = sums.iter().flat_map(|sums| sums[index].clone()).collect();
                let images = parts.chunks_exact(gamma.len().max(1));
                let total = blocks::total(images, gamma.len());
                grads.register::<Flex>(node.id, tensor(total, [gamma.len()]));
            }
        }
    }
}

impl<C: CheckpointStrategy> FusedGroupNorm for Autodiff<Flex, C> {
    fn fused_group_norm(
        input: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        groups: usize,
        epsilon: f64,
    ) -> FloatTensor<Self> {
        let nodes = [input.node(), gamma.node(), beta.node()];
        let [input, gamma, beta] = [input, gamma, beta].map(FloatTensor::<Self>::into_primitive);
        let (output, moments) = forward(&input, &gamma, &beta, groups, epsilon);
        match GroupNormBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(tape) => tape.finish(State { input, gamma, groups, moments }, output),
            OpsKind::UnTracked(tape) => tape.finish(output),
        }
    }
}
