//! A transformer for inference: rows go through a whole block while they are in a core's cache, in a
//! precision of choice.

use burn::module::Param;
use burn::tensor::{Tensor, TensorData};
use pith_kernels::{Activation, PackedLinear, Precision, Sequences, TransformerBlock};
use rayon::prelude::*;

use super::transformer::Block;
use super::{LayerNorm, Linear, Transformer};

/// Rows that a thread normalizes at a time.
const ROWS: usize = 256;

/// The blocks of a [`Transformer`] with packed weights, and its last normalization.
#[derive(Clone, Debug)]
pub struct Packed {
    blocks: Vec<TransformerBlock>,
    norm: pith_kernels::LayerNorm,
}

impl Packed {
    /// A copy of the weights as they are now.
    pub fn of(transformer: &Transformer, precision: Precision) -> Self {
        let blocks = transformer.blocks.iter().map(|block| packed_block(block, precision));
        Self { blocks: blocks.collect(), norm: packed_norm(&transformer.norm) }
    }

    /// Tokens one after the other, `[rows, width]`, to the same shape; on no tape.
    pub fn forward(&self, tokens: Tensor<2>, sequences: &Sequences) -> Tensor<2> {
        let (shape, device) = (tokens.dims(), tokens.device());
        let mut rows = values(tokens);
        for block in &self.blocks {
            block.forward(&mut rows, sequences);
        }
        let mut output = vec![0.0; rows.len()];
        let chunk = ROWS * shape[1];
        let chunks = rows.par_chunks(chunk).zip(output.par_chunks_mut(chunk));
        chunks.for_each(|(rows, output)| self.norm.apply(rows, output));
        Tensor::from_data(TensorData::new(output, shape), &device)
    }
}

fn packed_block(block: &Block, precision: Precision) -> TransformerBlock {
    let linear = |layer, scale| packed_linear(layer, scale, precision);
    TransformerBlock {
        norm1: packed_norm(&block.norm1),
        qkv: linear(&block.attention.qkv, None),
        projection: linear(&block.attention.projection, block.scale1.as_ref()),
        norm2: packed_norm(&block.norm2),
        up: linear(&block.up, None),
        down: linear(&block.down, block.scale2.as_ref()),
        activation: Activation::Gelu,
        attention: block.attention.options(),
    }
}

/// A layer, and what its outputs are multiplied by made part of it.
fn packed_linear(
    layer: &Linear,
    scale: Option<&Param<Tensor<1>>>,
    precision: Precision,
) -> PackedLinear {
    let shape = layer.weight.dims();
    let mut weight = values(layer.weight.val());
    let mut bias = layer.bias.as_ref().map(|bias| values(bias.val()));
    if let Some(scale) = scale {
        let scale = values(scale.val());
        for row in weight.chunks_exact_mut(shape[1]).chain(bias.as_deref_mut()) {
            row.iter_mut().zip(&scale).for_each(|(value, scale)| *value *= scale);
        }
    }
    PackedLinear::new(&weight, shape, bias.as_deref(), precision)
}

fn packed_norm(norm: &LayerNorm) -> pith_kernels::LayerNorm {
    pith_kernels::LayerNorm {
        gamma: values(norm.gamma.val()),
        beta: values(norm.beta.val()),
        epsilon: norm.epsilon as f32,
    }
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    match tensor.without_autodiff().into_data().try_into_vec() {
        Ok(values) => values,
        Err(error) => panic!("parameters and tokens are f32: {error:?}"),
    }
}

#[cfg(test)]
mod tests {
    use burn::module::Module;
    use burn::tensor::Device;

    use super::*;
    use crate::nn::{Init, transformer};

    const SHAPE: transformer::Shape = transformer::Shape {
        width: 24,
        depth: 3,
        heads: 2,
        hidden: 48,
        causal: false,
        layer_scale: Some(0.3),
        epsilon: 1e-6,
    };

    #[test]
    fn every_precision_is_near_the_layers_one_by_one() {
        let mut init = Init::new(4, &Device::flex());
        let transformer = Transformer::new(SHAPE, &mut init);
        // Biases and scales that are not all alike.
        let transformer = transformer.map(&mut Stirred(Init::new(5, &Device::flex())));
        let tokens = init.normal([6 * 7, 24], 1.0).val();
        let sequences = Sequences::Uniform(7);
        let expected = values(transformer.forward(tokens.clone(), &sequences));
        for (precision, tolerance) in
            [(Precision::F32, 1e-5), (Precision::Int16, 1e-3), (Precision::Int8, 0.2)]
        {
            let packed = Packed::of(&transformer, precision);
            let found = values(packed.forward(tokens.clone(), &sequences));
            let pairs = found.iter().zip(&expected);
            let largest = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(largest < tolerance, "{precision:?}: {largest}");
            assert!(precision == Precision::F32 || largest > 0.0, "{precision:?} rounds");
        }
    }

    struct Stirred(Init);

    impl burn::module::ModuleMapper for Stirred {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            let change = self.0.normal(param.dims(), 0.05).val();
            param.map(|value| value + change)
        }
    }
}
