use super::*;
use crate::testing::{difference, values};
use crate::{AttentionOptions, Sequences, layer_norm, linear, self_attention};
use burn::tensor::{Device, Tensor, TensorData};

const WIDTH: usize = 48;
const HIDDEN: usize = 80;

/// Weights, biases, scales and shifts of a block.
struct Weights {
    /// qkv, projection, up, down.
    layers: [(Vec<f32>, [usize; 2], Vec<f32>); 4],
    norms: [[Vec<f32>; 2]; 2],
}

impl Weights {
    fn new(seed: u64) -> Self {
        let shapes = [[WIDTH, 3 * WIDTH], [WIDTH, WIDTH], [WIDTH, HIDDEN], [HIDDEN, WIDTH]];
        let mut stream = seed;
        let mut random = |count: usize, scale: f32, shift: f32| -> Vec<f32> {
            stream += 1;
            values(count, stream).iter().map(|x| x * scale + shift).collect()
        };
        Self {
            layers: shapes.map(|[inputs, outputs]| {
                let scale = (3.0 / inputs as f32).sqrt();
                let weight = random(inputs * outputs, scale, 0.0);
                (weight, [inputs, outputs], random(outputs, 0.1, 0.0))
            }),
            norms: [(); 2].map(|()| [random(WIDTH, 0.2, 1.0), random(WIDTH, 0.1, 0.0)]),
        }
    }

    fn block(&self, precision: Precision, attention: AttentionOptions) -> TransformerBlock {
        let [qkv, projection, up, down] = self
            .layers
            .each_ref()
            .map(|(weight, shape, bias)| PackedLinear::new(weight, *shape, Some(bias), precision));
        let [norm1, norm2] =
            self.norms.clone().map(|[gamma, beta]| LayerNorm { gamma, beta, epsilon: 1e-5 });
        let activation = Activation::Gelu;
        TransformerBlock { norm1, qkv, projection, norm2, up, down, activation, attention }
    }

    /// The block composed of the operations on tensors.
    fn composed(
        &self,
        rows: &[f32],
        sequences: &Sequences,
        options: &AttentionOptions,
    ) -> Vec<f32> {
        let device = Device::flex();
        let matrix = |values: &[f32], shape: [usize; 2]| {
            Tensor::<2>::from_data(TensorData::new(values.to_vec(), shape), &device)
        };
        let vector = |values: &[f32]| matrix(values, [1, values.len()]).reshape([values.len()]);
        let map = |x: Tensor<2>, index: usize, activation: Option<Activation>| {
            let (weight, shape, bias) = &self.layers[index];
            linear(x, matrix(weight, *shape), Some(vector(bias)), activation)
        };
        let norm = |x: Tensor<2>, index: usize| {
            let [gamma, beta] = &self.norms[index];
            layer_norm(x, vector(gamma), vector(beta), 1e-5)
        };
        let x = matrix(rows, [rows.len() / WIDTH, WIDTH]);
        let qkv = map(norm(x.clone(), 0), 0, None);
        let x = x + map(self_attention(qkv, sequences, None, options), 1, None);
        let inner = map(norm(x.clone(), 1), 2, Some(Activation::Gelu));
        (x + map(inner, 3, None)).to_data().iter::<f32>().collect()
    }
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&value| value.into()).collect()
}

fn batches() -> [(usize, Sequences); 4] {
    [
        (5 * 65, Sequences::Uniform(65)),
        (300, Sequences::Uniform(300)),
        (3 + 200 + 1 + 70, Sequences::Ragged([3, 200, 0, 1, 70].into())),
        (0, Sequences::Uniform(4)),
    ]
}

#[test]
fn real_block_agrees_with_the_operations_on_tensors() {
    let weights = Weights::new(1);
    for causal in [false, true] {
        let options = AttentionOptions { causal, ..AttentionOptions::new(4) };
        let block = weights.block(Precision::F32, options.clone());
        for (count, sequences) in batches() {
            let mut rows = values(count * WIDTH, 7);
            let expected = weights.composed(&rows, &sequences, &options);
            block.forward(&mut rows, &sequences);
            assert!(difference(&wide(&rows), &wide(&expected)) < 1e-5);
        }
    }
}

fn cosine(left: &[f32], right: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| {
        a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>()
    };
    dot(left, right) / (dot(left, left) * dot(right, right)).sqrt()
}

#[test]
fn six_blocks_keep_their_direction_in_fewer_bits() {
    let weights = [1, 2, 3, 4, 5, 6].map(|seed| Weights::new(100 * seed));
    let sequences = Sequences::Uniform(20);
    let run = |precision| {
        let mut rows = values(6 * 20 * WIDTH, 8);
        for weights in &weights {
            weights.block(precision, AttentionOptions::new(4)).forward(&mut rows, &sequences);
        }
        rows
    };
    let real = run(Precision::F32);
    for (precision, least) in [(Precision::Int16, 0.999_999), (Precision::Int8, 0.995)] {
        for (ours, real) in run(precision).chunks(WIDTH).zip(real.chunks(WIDTH)) {
            let cosine = cosine(ours, real);
            assert!(cosine > least, "{precision:?}: {cosine}");
        }
    }
}

#[test]
fn does_not_depend_on_the_number_of_threads() {
    let weights = Weights::new(1);
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let run = |precision| {
            let block = weights.block(precision, AttentionOptions::new(4));
            let mut rows = values(7 * 65 * WIDTH, 7);
            block.forward(&mut rows, &Sequences::Uniform(65));
            rows
        };
        pool.install(|| [Precision::F32, Precision::Int16, Precision::Int8].map(run))
    };
    assert_eq!(with(1), with(3));
}

#[test]
#[should_panic(expected = "norms take the width")]
fn a_norm_of_another_width_is_refused() {
    let weights = Weights::new(3);
    let mut block = weights.block(Precision::F32, AttentionOptions::new(4));
    block.norm2 = LayerNorm { gamma: vec![1.0; 24], beta: vec![0.0; 24], epsilon: 1e-5 };
    block.forward(&mut [0.0; 3 * WIDTH], &Sequences::Uniform(3));
}
