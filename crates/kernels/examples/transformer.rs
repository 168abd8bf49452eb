//! Times six transformer blocks on 16 sequences of 128 tokens: composed of the operations on
//! tensors, and packed in each precision, with the cosine of the pooled outputs.
//!
//! `cargo run --release -p pith-kernels --example transformer -- [threads]`

use burn::tensor::{Device, Tensor, TensorData};
use pith_kernels::{
    Activation, AttentionOptions, LayerNorm, PackedLinear, Precision, Sequences, TransformerBlock,
    layer_norm, linear, self_attention,
};
use std::time::Instant;

const LAYERS: usize = 6;
const WIDTH: usize = 384;
const HIDDEN: usize = 4 * WIDTH;
const HEADS: usize = 12;
const BATCH: usize = 16;
const TOKENS: usize = 128;
const SHAPES: [[usize; 2]; 4] =
    [[WIDTH, 3 * WIDTH], [WIDTH, WIDTH], [WIDTH, HIDDEN], [HIDDEN, WIDTH]];

/// Reproducible values, nearly normal.
struct Random(u64);

impl Random {
    fn values(&mut self, count: usize, deviation: f32) -> Vec<f32> {
        let mut uniform = || {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 >> 40) as f32 / (1u64 << 24) as f32 - 0.5
        };
        let mut bell = || (0..12).map(|_| uniform()).sum::<f32>();
        (0..count).map(|_| bell() * deviation).collect()
    }
}

/// The weights and biases of one block; its norms are plain.
type Weights = [(Vec<f32>, Vec<f32>); 4];

fn main() {
    let threads = std::env::args().nth(1).map_or(2, |count| count.parse().expect("a number"));
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .use_current_thread()
        .build_global()
        .expect("the first pool");
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let weights: Vec<Weights> = (0..LAYERS)
        .map(|_| {
            SHAPES.map(|[inputs, outputs]| {
                let deviation = (1.0 / inputs as f32).sqrt();
                (random.values(inputs * outputs, deviation), random.values(outputs, 0.02))
            })
        })
        .collect();
    let input = random.values(BATCH * TOKENS * WIDTH, 1.0);
    let composed = composed(&weights);
    let real = packed(&weights, Precision::F32);
    let int16 = packed(&weights, Precision::Int16);
    let int8 = packed(&weights, Precision::Int8);
    type Run<'a> = &'a dyn Fn(&[f32]) -> Vec<f32>;
    let runs: [(&str, Run<'_>); 4] =
        [("tensors", &composed), ("F32", &real), ("Int16", &int16), ("Int8", &int8)];
    let mut best = [f64::MAX; 4];
    for _ in 0..25 {
        for ((_, run), best) in runs.iter().zip(&mut best) {
            let start = Instant::now();
            run(&input);
            *best = best.min(start.elapsed().as_secs_f64());
        }
    }
    let expected = pooled(&composed(&input));
    for ((name, run), best) in runs.iter().zip(best) {
        let cosine = expected
            .iter()
            .zip(&pooled(&run(&input)))
            .map(|(left, right)| cosine(left, right))
            .fold(1.0, f64::min);
        println!("{name}: {:.1} ms, least cosine {cosine:.7}", best * 1e3);
    }
}

fn packed(weights: &[Weights], precision: Precision) -> impl Fn(&[f32]) -> Vec<f32> {
    let norm = || LayerNorm { gamma: vec![1.0; WIDTH], beta: vec![0.0; WIDTH], epsilon: 1e-5 };
    let block = |weights: &Weights| {
        let mut layers = weights
            .iter()
            .zip(SHAPES)
            .map(|((weight, bias), shape)| PackedLinear::new(weight, shape, Some(bias), precision));
        let mut layer = || layers.next().expect("four layers");
        TransformerBlock {
            norm1: norm(),
            qkv: layer(),
            projection: layer(),
            norm2: norm(),
            up: layer(),
            down: layer(),
            activation: Activation::Gelu,
            attention: AttentionOptions::new(HEADS),
        }
    };
    let blocks: Vec<_> = weights.iter().map(block).collect();
    move |input| {
        let mut rows = input.to_vec();
        for block in &blocks {
            block.forward(&mut rows, &Sequences::Uniform(TOKENS));
        }
        rows
    }
}

fn composed(weights: &[Weights]) -> impl Fn(&[f32]) -> Vec<f32> {
    let device = Device::flex();
    let tensor = |values: &[f32], shape: [usize; 2]| {
        Tensor::<2>::from_data(TensorData::new(values.to_vec(), shape), &Device::flex())
    };
    let layers: Vec<_> = weights
        .iter()
        .map(|weights| {
            [0, 1, 2, 3].map(|index| {
                let (weight, bias) = &weights[index];
                let bias = tensor(bias, [1, bias.len()]).reshape([bias.len()]);
                (tensor(weight, SHAPES[index]), bias)
            })
        })
        .collect();
    let (ones, zeros) = (Tensor::ones([WIDTH], &device), Tensor::zeros([WIDTH], &device));
    move |input| {
        let mut x = tensor(input, [input.len() / WIDTH, WIDTH]);
        let norm = |x: Tensor<2>| layer_norm(x, ones.clone(), zeros.clone(), 1e-5);
        for layers in &layers {
            let map = |x: Tensor<2>, index: usize, activation: Option<Activation>| {
                let (weight, bias) = layers[index].clone();
                linear(x, weight, Some(bias), activation)
            };
            let qkv = map(norm(x.clone()), 0, None);
            let options = AttentionOptions::new(HEADS);
            let attended = self_attention(qkv, &Sequences::Uniform(TOKENS), None, &options);
            x = x + map(attended, 1, None);
            let inner = map(norm(x.clone()), 2, Some(Activation::Gelu));
            x = x + map(inner, 3, None);
        }
        x.to_data().iter::<f32>().collect()
    }
}

/// The mean of each sequence.
fn pooled(rows: &[f32]) -> Vec<Vec<f32>> {
    let mean = |rows: &[f32]| {
        let mut sums = vec![0.0; WIDTH];
        for row in rows.chunks_exact(WIDTH) {
            sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        }
        sums
    };
    rows.chunks_exact(TOKENS * WIDTH).map(mean).collect()
}

fn cosine(left: &[f32], right: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| {
        a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>()
    };
    dot(left, right) / (dot(left, left) * dot(right, right)).sqrt()
}
