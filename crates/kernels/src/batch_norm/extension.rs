//! Batch normalization at Burn's extension point: the dispatch, and the tape.

use super::BatchNormOptions;
use super::statistics::{Forward, Moments, Parameters, Saved};
use super::{planes, rows};
use crate::buffer;
use crate::fast_path::{Owned, Values, tensor};
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Flex, TensorMetadata, backend_extension};

/// The normalization as an operation of a backend: output, mean and variance. A residual of no
/// elements stands for none, because the extension point takes no optional tensors.
#[backend_extension(Autodiff, Flex)]
pub(crate) trait FusedBatchNorm: Backend {
    fn fused_batch_norm(
        input: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        residual: FloatTensor<Self>,
        options: BatchNormOptions,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}

/// Images, channels and values per plane.
fn extents(input: &FlexTensor) -> [usize; 3] {
    let shape = input.shape();
    let dims = shape.as_slice();
    [dims[0], dims[1], dims[2..].iter().product()]
}

impl FusedBatchNorm for Flex {
    fn fused_batch_norm(
        input: FlexTensor,
        gamma: FlexTensor,
        beta: FlexTensor,
        residual: FlexTensor,
        options: BatchNormOptions,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        let [images, channels, plane] = extents(&input);
        let shape = input.shape();
        let [input, gamma, beta, residual] =
            [input, gamma, beta, residual].map(|tensor| Values::of(&tensor));
        let parameters = Parameters {
            gamma: gamma.as_slice(),
            beta: beta.as_slice(),
            epsilon: options.epsilon,
            relu: options.relu,
        };
        let (x, residual) = (input.as_slice(), residual.as_slice());
        let Forward { output, moments } = match plane {
            1 => rows::forward([images, channels], x, residual, parameters),
            _ => planes::forward([images, channels, plane], x, residual, parameters),
        };
        let each = |value: fn(&Moments) -> f64| {
            tensor(moments.iter().map(|moments| value(moments) as f32).collect(), [channels])
        };
        (tensor(output, shape), each(|moments| moments.mean), each(|moments| moments.variance))
    }
}

/// Normalizes by given moments: gamma, beta, mean, variance.
pub(super) fn evaluate(
    input: &FlexTensor,
    vectors: [FlexTensor; 4],
    residual: Option<&FlexTensor>,
    options: BatchNormOptions,
) -> FlexTensor {
    let [images, channels, plane] = extents(input);
    let [gamma, beta, mean, variance] = vectors.map(|vector| Values::of(&vector));
    let parameters = Parameters {
        gamma: gamma.as_slice(),
        beta: beta.as_slice(),
        epsilon: options.epsilon,
        relu: options.relu,
    };
    let moments = mean.as_slice().iter().zip(variance.as_slice());
    let maps: Vec<_> = moments
        .map(|(&mean, &variance)| Moments { mean: mean.into(), variance: variance.into() })
        .enumerate()
        .map(|(channel, moments)| moments.affine(channel, parameters))
        .collect();
    let residual = residual.map(Values::of);
    let residual = residual.as_ref().map_or(&[][..], Values::as_slice);
    let values = Values::of(input);
    let output = match (values.as_slice(), plane) {
        ([], _) => Vec::new(),
        (x, 1) => rows::evaluate(x, residual, &maps),
        (x, _) => planes::evaluate([images, channels, plane], x, residual, &maps),
    };
    tensor(output, input.shape())
}

#[derive(Debug)]
struct BatchNormBackward;

/// Tensors kept from the forward pass.
#[derive(Clone, Debug)]
struct State {
    input: FlexTensor,
    /// Kept only for the sign of the ReLU's output.
    output: Option<FlexTensor>,
    mean: FlexTensor,
    variance: FlexTensor,
    gamma: FlexTensor,
    epsilon: f64,
}

impl Backward<Flex, 4> for BatchNormBackward {
    type State = State;

    fn backward(
        self,
        ops: Ops<Self::State, 4>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let state = ops.state;
        let [images, channels, plane] = extents(&state.input);
        let [for_input, for_gamma, for_beta, for_residual] = ops.parents;
        // Usually nobody else holds the gradient, and it is changed in place.
        let mut gradient = Owned::of(grads.consume::<Flex>(&ops.node));
        let mut fresh =
            for_residual.is_some().then(|| buffer::to_overwrite(gradient.as_mut_slice().len()));
        let output = state.output.as_ref().map(Values::of);
        let [input, mean, variance, gamma] =
            [&state.input, &state.mean, &state.variance, &state.gamma].map(Values::of);
        let saved = Saved {
            x: input.as_slice(),
            output: output.as_ref().map_or(&[], Values::as_slice),
            mean: mean.as_slice(),
            variance: variance.as_slice(),
            gamma: gamma.as_slice(),
            epsilon: state.epsilon,
        };
        let (values, target) = (gradient.as_mut_slice(), fresh.as_deref_mut());
        let parameters = match plane {
            1 => rows::backward([images, channels], values, target, saved),
            _ => planes::backward([images, channels, plane], values, target, saved),
        };
        let gradient = gradient.into_tensor();
        let by_input = match fresh {
            Some(values) => {
                if let Some(node) = for_residual {
                    grads.register::<Flex>(node.id, gradient);
                }
                tensor(values, state.input.shape())
            }
            None => gradient,
        };
        if let Some(node) = for_input {
            grads.register::<Flex>(node.id, by_input);
        }
        for (index, node) in [for_gamma, for_beta].into_iter().enumerate() {
            if let Some(node) = node {
                let values = parameters.iter().map(|pair| pair[index]).collect();
                grads.register::<Flex>(node.id, tensor(values, [channels]));
            }
        }
    }
}

impl<C: CheckpointStrategy> FusedBatchNorm for Autodiff<Flex, C> {
    fn fused_batch_norm(
        input: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        residual: FloatTensor<Self>,
        options: BatchNormOptions,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let nodes = [input.node(), gamma.node(), beta.node(), residual.node()];
        let [input, gamma, beta, residual] =
            [input, gamma, beta, residual].map(FloatTensor::<Self>::into_primitive);
        let (output, mean, variance) =
            Flex::fused_batch_norm(input.clone(), gamma.clone(), beta, residual, options);
        let constants = [mean.clone(), variance.clone()].map(FloatTensor::<Self>::new);
        let output = match BatchNormBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(tape) => {
                let kept = options.relu.then(|| output.clone());
                let epsilon = options.epsilon;
                tape.finish(State { input, output: kept, mean, variance, gamma, epsilon }, output)
            }
            OpsKind::UnTracked(tape) => tape.finish(output),
        };
        let [mean, variance] = constants;
        (output, mean, variance)
    }
}
