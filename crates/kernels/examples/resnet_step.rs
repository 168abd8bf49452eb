//! Times the layers of a small residual network, forward and backward, beside Burn's own
//! operations, and a whole training step of the network:
//!
//! ```text
//! cargo run --release -p pith-kernels --example resnet_step
//! ```
//!
//! Medians of interleaved runs, in milliseconds.

use burn::tensor::{Device, Distribution, Tensor, activation, module, ops};
use pith_kernels::{BatchNormOptions, ConvOptions, batch_norm, conv2d};
use std::time::Instant;

/// Median times of functions run in turn, after one unmeasured round.
fn medians<const N: usize>(rounds: usize, mut functions: [&mut dyn FnMut(); N]) -> [f64; N] {
    let mut times: [Vec<f64>; N] = std::array::from_fn(|_| Vec::new());
    for round in 0..=rounds {
        for (function, times) in functions.iter_mut().zip(&mut times) {
            let start = Instant::now();
            function();
            if round > 0 {
                times.push(start.elapsed().as_secs_f64() * 1e3);
            }
        }
    }
    times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    })
}

fn report(name: &str, [burn, fused]: [f64; 2]) {
    println!("{name:<48} {burn:>9.2} {fused:>9.2} {:>7.1}x", burn / fused);
}

fn random<const D: usize>(shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::random(shape, Distribution::Normal(0.0, 1.0), device)
}

type Convolution = fn(Tensor<4>, Tensor<4>, ConvOptions) -> Tensor<4>;

fn fused_convolution(input: Tensor<4>, weight: Tensor<4>, options: ConvOptions) -> Tensor<4> {
    conv2d(input, weight, None, options)
}

fn burn_convolution(input: Tensor<4>, weight: Tensor<4>, options: ConvOptions) -> Tensor<4> {
    let ConvOptions { stride, padding, groups } = options;
    module::conv2d(input, weight, None, ops::ConvOptions::new(stride, padding, [1, 1], groups))
}

fn convolution(rounds: usize, shape: [usize; 4], channels: usize, kernel: usize, stride: usize) {
    let plain = Device::flex();
    let taped = Device::flex().autodiff();
    let options =
        ConvOptions { stride: [stride; 2], padding: [kernel / 2; 2], ..ConvOptions::default() };
    let weight_shape = [channels, shape[1], kernel, kernel];
    let forward = |convolution: Convolution| {
        let (input, weight) = (random(shape, &plain), random(weight_shape, &plain));
        move || drop(convolution(input.clone(), weight.clone(), options))
    };
    let name = format!("conv {kernel}x{kernel}/{stride} {shape:?} -> {channels}");
    let (mut burn, mut fused) = (forward(burn_convolution), forward(fused_convolution));
    report(&format!("{name}, forward"), medians(rounds, [&mut burn, &mut fused]));
    let step = |convolution: Convolution| {
        let input = random(shape, &taped).require_grad();
        let weight = random(weight_shape, &taped).require_grad();
        move || {
            let output = convolution(input.clone(), weight.clone(), options);
            drop(output.sum().backward());
        }
    };
    let (mut burn, mut fused) = (step(burn_convolution), step(fused_convolution));
    report(&format!("{name}, with backward"), medians(rounds, [&mut burn, &mut fused]));
}

type Normalization = fn(Tensor<4>, Tensor<1>, Tensor<1>, Option<Tensor<4>>) -> Tensor<4>;

fn fused_normalization(
    input: Tensor<4>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    residual: Option<Tensor<4>>,
) -> Tensor<4> {
    let options = BatchNormOptions { relu: true, ..BatchNormOptions::default() };
    batch_norm(input, gamma, beta, residual, options).output
}

/// The operations of `burn_nn::BatchNorm` in training.
fn burn_normalization(
    input: Tensor<4>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    residual: Option<Tensor<4>>,
) -> Tensor<4> {
    let [n, channels, h, w] = input.dims();
    let flat = input.clone().swap_dims(0, 1).reshape([channels, n * h * w]);
    let mean = flat.clone().mean_dim(1).reshape([1, channels, 1, 1]);
    let variance = (input.clone() - mean.clone()).square().swap_dims(0, 1);
    let variance = variance.reshape([channels, n * h * w]).mean_dim(1);
    let deviation = (variance.reshape([1, channels, 1, 1]) + 1e-5).sqrt();
    let output = (input - mean) / deviation * gamma.reshape([1, channels, 1, 1])
        + beta.reshape([1, channels, 1, 1]);
    let output = match residual {
        Some(residual) => output + residual,
        None => output,
    };
    activation::relu(output)
}

fn normalization(rounds: usize, shape: [usize; 4], residual: bool) {
    let device = Device::flex().autodiff();
    let step = |normalization: Normalization| {
        let input = random(shape, &device).require_grad();
        let gamma = Tensor::ones([shape[1]], &device).require_grad();
        let beta = Tensor::zeros([shape[1]], &device).require_grad();
        let residual = residual.then(|| random(shape, &device).require_grad());
        move || {
            let output =
                normalization(input.clone(), gamma.clone(), beta.clone(), residual.clone());
            drop(output.sum().backward());
        }
    };
    let (mut burn, mut fused) = (step(burn_normalization), step(fused_normalization));
    let residual = if residual { " + residual" } else { "" };
    let name = format!("batch norm{residual} + ReLU {shape:?}, with backward");
    report(&name, medians(rounds, [&mut burn, &mut fused]));
}

/// Weights of a network: a 3x3 stem, three stages of two blocks each, a linear layer.
struct Network {
    weights: Vec<Tensor<4>>,
    gammas: Vec<Tensor<1>>,
    betas: Vec<Tensor<1>>,
    linear: Tensor<2>,
}

const STAGES: [usize; 3] = [32, 64, 128];

impl Network {
    fn new(device: &Device) -> Self {
        let (mut weights, mut gammas, mut betas) = (Vec::new(), Vec::new(), Vec::new());
        let mut add = |from: usize, to: usize, kernel: usize| {
            let scale = (2.0 / (from * kernel * kernel) as f64).sqrt();
            let weight = random([to, from, kernel, kernel], device) * scale;
            weights.push(weight.detach().require_grad());
            gammas.push(Tensor::ones([to], device).require_grad());
            betas.push(Tensor::zeros([to], device).require_grad());
        };
        add(3, STAGES[0], 3);
        let mut from = STAGES[0];
        for to in STAGES {
            for block in 0..2 {
                add(from, to, 3);
                add(to, to, 3);
                if block == 0 && from != to {
                    add(from, to, 1);
                }
                from = to;
            }
        }
        let linear = (random([STAGES[2], 10], device) * 0.1).detach().require_grad();
        Self { weights, gammas, betas, linear }
    }

    fn step(&self, images: Tensor<4>, convolution: Convolution, normalization: Normalization) {
        let mut layer = 0;
        let mut conv = |x: Tensor<4>, stride: usize| {
            let weight = self.weights[layer].clone();
            let padding = [weight.dims()[2] / 2; 2];
            let options = ConvOptions { stride: [stride; 2], padding, groups: 1 };
            layer += 1;
            (convolution(x, weight, options), layer - 1)
        };
        let norm = |(x, layer): (Tensor<4>, usize), residual| {
            normalization(x, self.gammas[layer].clone(), self.betas[layer].clone(), residual)
        };
        let mut x = norm(conv(images, 1), None);
        for (stage, channels) in STAGES.into_iter().enumerate() {
            for block in 0..2 {
                let widens = x.dims()[1] != channels;
                let stride = if stage > 0 && block == 0 { 2 } else { 1 };
                let hidden = norm(conv(x.clone(), stride), None);
                let hidden = conv(hidden, 1);
                let shortcut = if widens { conv(x, stride).0 } else { x };
                x = norm(hidden, Some(shortcut));
            }
        }
        let features = x.mean_dim(3).mean_dim(2).reshape([-1, STAGES[2] as i32]);
        let logits = features.matmul(self.linear.clone());
        let loss = activation::log_softmax(logits, 1).slice_dim(1, 0..1).mean().neg();
        drop(loss.backward());
    }
}

fn network(rounds: usize, batch: usize) {
    let device = Device::flex().autodiff();
    let network = Network::new(&device);
    let images: Tensor<4> = random([batch, 3, 32, 32], &device);
    let name = format!("residual network 32-64-128, batch {batch}, step");
    let mut burn = || network.step(images.clone(), burn_convolution, burn_normalization);
    let mut fused = || network.step(images.clone(), fused_convolution, fused_normalization);
    report(&name, medians(rounds, [&mut burn, &mut fused]));
}

/// Only our own step, for a profiler to look at.
fn profile(rounds: usize, batch: usize) {
    let device = Device::flex().autodiff();
    let network = Network::new(&device);
    let images: Tensor<4> = random([batch, 3, 32, 32], &device);
    let mut fused = || network.step(images.clone(), fused_convolution, fused_normalization);
    let [fused] = medians(rounds, [&mut fused]);
    println!("{fused:.2}");
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let rounds = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(7);
    if arguments.next().is_some_and(|text| text == "profile") {
        return profile(rounds, 128);
    }
    println!("{:<48} {:>9} {:>9}", "", "Burn", "fused");
    convolution(rounds, [128, 64, 16, 16], 128, 3, 1);
    convolution(rounds, [128, 32, 32, 32], 32, 3, 1);
    convolution(rounds, [128, 128, 8, 8], 128, 3, 1);
    convolution(rounds, [128, 32, 32, 32], 64, 3, 2);
    convolution(rounds, [128, 32, 32, 32], 64, 1, 2);
    normalization(rounds, [256, 32, 32, 32], false);
    normalization(rounds, [256, 32, 32, 32], true);
    network(rounds, 128);
}
