//! Convolution at Burn's extension point: the dispatch, and the tape.

use super::geometry::Geometry;
use super::{ConvOptions, kernels};
use crate::fast_path::{Values, dims, tensor};
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Flex, backend_extension};

/// The convolution as an operation of a backend. A bias of no elements stands for none, because
/// the extension point takes no optional tensors.
#[backend_extension(Autodiff, Flex)]
pub(crate) trait FusedConv2d: Backend {
    fn fused_conv2d(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        options: ConvOptions,
    ) -> FloatTensor<Self>;
}

impl FusedConv2d for Flex {
    fn fused_conv2d(
        input: FlexTensor,
        weight: FlexTensor,
        bias: FlexTensor,
        options: ConvOptions,
    ) -> FlexTensor {
        let g = Geometry::new(dims(&input), dims(&weight), &options);
        let (input, weight, bias) = (Values::of(&input), Values::of(&weight), Values::of(&bias));
        let output = kernels::forward(&g, input.as_slice(), weight.as_slice(), bias.as_slice());
        tensor(output, [g.images, g.groups * g.channels_out, g.output[0], g.output[1]])
    }
}

#[derive(Debug)]
struct Conv2dBackward;

impl Backward<Flex, 3> for Conv2dBackward {
    type State = (FlexTensor, FlexTensor, ConvOptions);

    fn backward(
        self,
        ops: Ops<Self::State, 3>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let (input, weight, options) = ops.state;
        let g = Geometry::new(dims(&input), dims(&weight), &options);
        let gradient = Values::of(&grads.consume::<Flex>(&ops.node));
        let gradient = gradient.as_slice();
        let [for_input, for_weight, for_bias] = ops.parents;
        if let Some(node) = for_input {
            let result = kernels::input_gradient(&g, Values::of(&weight).as_slice(), gradient);
            grads.register::<Flex>(node.id, tensor(result, dims::<4>(&input)));
        }
        if let Some(node) = for_weight {
            let result = kernels::weight_gradient(&g, Values::of(&input).as_slice(), gradient);
            grads.register::<Flex>(node.id, tensor(result, dims::<4>(&weight)));
        }
        if let Some(node) = for_bias {
            let result = kernels::bias_gradient(&g, gradient);
            grads.register::<Flex>(node.id, tensor(result, [g.groups * g.channels_out]));
        }
    }
}

impl<C: CheckpointStrategy> FusedConv2d for Autodiff<Flex, C> {
    fn fused_conv2d(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        options: ConvOptions,
    ) -> FloatTensor<Self> {
        let nodes = [input.node(), weight.node(), bias.node()];
        let [input, weight, bias] = [input, weight, bias].map(FloatTensor::<Self>::into_primitive);
        match Conv2dBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(tape) => {
                let state = (input.clone(), weight.clone(), options);
                tape.finish(state, Flex::fused_conv2d(input, weight, bias, options))
            }
            OpsKind::UnTracked(tape) => {
                tape.finish(Flex::fused_conv2d(input, weight, bias, options))
            }
        }
    }
}
