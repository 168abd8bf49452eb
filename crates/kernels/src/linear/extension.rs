//! Linear layers at Burn's extension point: the dispatch, and the tape.

use super::products::{self, Extents, Parameters};
use crate::fast_path::{Owned, Values, dims, tensor};
use crate::{Activation, buffer};
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Flex, TensorMetadata, backend_extension};
use burn::tensor::Shape;

/// The layer as an operation of a backend. A bias of no elements stands for none, because the
/// extension point takes no optional tensors.
#[backend_extension(Autodiff, Flex)]
pub(crate) trait FusedLinear: Backend {
    fn fused_linear(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        activation: Option<Activation>,
    ) -> FloatTensor<Self>;
}

fn extents(input: &FlexTensor, weight: &FlexTensor) -> Extents {
    let [inputs, outputs] = dims(weight);
    Extents { rows: input.shape().num_elements() / inputs, inputs, outputs }
}

fn output_shape(input: &FlexTensor, e: Extents) -> Shape {
    let mut dims = input.shape().to_vec();
    dims.pop();
    dims.push(e.outputs);
    Shape::from(dims)
}

impl FusedLinear for Flex {
    fn fused_linear(
        input: FlexTensor,
        weight: FlexTensor,
        bias: FlexTensor,
        activation: Option<Activation>,
    ) -> FlexTensor {
        let e = extents(&input, &weight);
        let [x, weight, bias] = [&input, &weight, &bias].map(Values::of);
        let (weight, bias) = (weight.as_slice(), bias.as_slice());
        let mut output = buffer::to_overwrite(e.rows * e.outputs);
        products::forward(e, x.as_slice(), Parameters { weight, bias, activation }, &mut output);
        tensor(output, output_shape(&input, e))
    }
}

#[derive(Debug)]
struct LinearBackward;

/// Tensors kept from the forward pass.
#[derive(Clone, Debug)]
struct State {
    input: FlexTensor,
    weight: FlexTensor,
    bias: FlexTensor,
    /// `input · weight`, where an activation follows.
    nonlinear: Option<(Activation, FlexTensor)>,
}

impl Backward<Flex, 3> for LinearBackward {
    type State = State;

    fn backward(
        self,
        ops: Ops<Self::State, 3>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let State { input, weight, bias, nonlinear } = ops.state;
        let e = extents(&input, &weight);
        let [for_input, for_weight, for_bias] = ops.parents;
        let [x, weight, bias] = [&input, &weight, &bias].map(Values::of);
        let activation = nonlinear.as_ref().map(|(activation, _)| *activation);
        let parameters =
            Parameters { weight: weight.as_slice(), bias: bias.as_slice(), activation };
        let mut by_input = for_input.is_some().then(|| buffer::to_overwrite(e.rows * e.inputs));
        let incoming = grads.consume::<Flex>(&ops.node);
        let (gradient, by_bias) = match &nonlinear {
            None => {
                let gradient = Values::of(&incoming);
                let by_bias =
                    products::backward(e, parameters, gradient.as_slice(), by_input.as_deref_mut());
                (gradient, by_bias)
            }
            Some((_, products)) => {
                // Usually nobody else holds the gradient, and it is changed in place.
                let mut gradient = Owned::of(incoming);
                let by_bias = products::backward_activated(
                    e,
                    parameters,
                    Values::of(products).as_slice(),
                    gradient.as_mut_slice(),
                    by_input.as_deref_mut(),
                );
                (Values::of(&gradient.into_tensor()), by_bias)
            }
        };
        let gradient = gradient.as_slice();
        if let Some((node, values)) = for_input.zip(by_input) {
            grads.register::<Flex>(node.id, tensor(values, input.shape()));
        }
        if let Some(node) = for_weight {
            let result = products::weight_gradient(e, x.as_slice(), gradient);
            grads.register::<Flex>(node.id, tensor(result, [e.inputs, e.outputs]));
        }
        if let Some(node) = for_bias
            && !parameters.bias.is_empty()
        {
            grads.register::<Flex>(node.id, tensor(by_bias, [e.outputs]));
        }
    }
}

impl<C: CheckpointStrategy> FusedLinear for Autodiff<Flex, C> {
    fn fused_linear(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        activation: Option<Activation>,
    ) -> FloatTensor<Self> {
        let nodes = [input.node(), weight.node(), bias.node()];
        let [input, weight, bias] = [input, weight, bias].map(FloatTensor::<Self>::into_primitive);
        match LinearBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(tape) => {
                let (nonlinear, output) = match activation {
                    Some(activation) => {
                        let (products, output) = keeping(&input, &weight, &bias, activation);
                        (Some((activation, products)), output)
                    }
                    None => {
                        let [input, weight] = [&input, &weight].map(Clone::clone);
                        (None, Flex::fused_linear(input, weight, bias.clone(), None))
                    }
                };
                tape.finish(State { input, weight, bias, nonlinear }, output)
            }
            OpsKind::UnTracked(tape) => {
                tape.finish(Flex::fused_linear(input, weight, bias, activation))
            }
        }
    }
}

/// `input · weight` and `act(input · weight + bias)`.
fn keeping(
    input: &FlexTensor,
    weight: &FlexTensor,
    bias: &FlexTensor,
    activation: Activation,
) -> (FlexTensor, FlexTensor) {
    let e = extents(input, weight);
    let [x, weight, bias] = [input, weight, bias].map(Values::of);
    let (weight, bias) = (weight.as_slice(), bias.as_slice());
    let parameters = Parameters { weight, bias, activation: Some(activation) };
    let [mut products, mut output] = [0; 2].map(|_| buffer::to_overwrite(e.rows * e.outputs));
    let targets = [&mut products[..], &mut output[..]];
    products::forward_keeping(e, x.as_slice(), parameters, activation, targets);
    let shape = output_shape(input, e);
    (tensor(products, shape.clone()), tensor(output, shape))
}
