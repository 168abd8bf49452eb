//! Times linear layers beside Burn's own, and each precision of a packed layer.
//!
//! `cargo run --release -p pith-kernels --example products -- [threads]`

use burn::tensor::{Device, Distribution, Tensor, activation, module};
use pith_kernels::{Activation, PackedLinear, Precision, linear};
use std::time::Instant;

const SHAPES: [[usize; 3]; 4] =
    [[2048, 384, 1536], [2048, 1536, 384], [4160, 192, 768], [256, 784, 512]];

fn main() {
    let threads = std::env::args().nth(1).map_or(2, |count| count.parse().expect("a number"));
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .use_current_thread()
        .build_global()
        .expect("the first pool");
    for shape in SHAPES {
        train(shape);
        infer(shape);
    }
}

/// Forward and backward, fused and composed.
fn train([rows, inputs, outputs]: [usize; 3]) {
    let device = Device::flex().autodiff();
    let random = |shape| Tensor::<2>::random(shape, Distribution::Default, &device);
    let input = random([rows, inputs]).detach().require_grad();
    let weight = (random([inputs, outputs]) * 0.1).detach().require_grad();
    let bias = random([1, outputs]).reshape([outputs]).detach().require_grad();
    let fixed = random([rows, outputs]);
    let forward = |fused: bool, gelu: bool| match (fused, gelu) {
        (true, true) => {
            let activation = Some(Activation::Gelu);
            linear(input.clone(), weight.clone(), Some(bias.clone()), activation)
        }
        (true, false) => linear(input.clone(), weight.clone(), Some(bias.clone()), None),
        (false, gelu) => {
            let output = module::linear(input.clone(), weight.clone(), Some(bias.clone()));
            if gelu { activation::gelu(output) } else { output }
        }
    };
    for gelu in [false, true] {
        let [mut fused, mut composed] = [[f64::MAX; 2]; 2];
        for _ in 0..20 {
            for (fast, best) in [(true, &mut fused), (false, &mut composed)] {
                let start = Instant::now();
                let output = forward(fast, gelu);
                best[0] = best[0].min(start.elapsed().as_secs_f64());
                let loss = (output * fixed.clone()).sum();
                let start = Instant::now();
                let gradients = loss.backward();
                best[1] = best[1].min(start.elapsed().as_secs_f64());
                drop(gradients);
            }
        }
        let milliseconds = |[forward, backward]: [f64; 2]| {
            format!("{:.2} forward, {:.2} backward", forward * 1e3, backward * 1e3)
        };
        println!(
            "{rows}×{inputs}×{outputs} gelu {gelu}: fused {}; Burn {} (ms)",
            milliseconds(fused),
            milliseconds(composed)
        );
    }
}

/// Inference in each precision.
fn infer([rows, inputs, outputs]: [usize; 3]) {
    let numbers = |count: usize, scale: f32| -> Vec<f32> {
        (0..count).map(|i| ((i * 7919) % 1009) as f32 / 1009.0 * scale - scale / 2.0).collect()
    };
    let (x, weight) = (numbers(rows * inputs, 2.0), numbers(inputs * outputs, 0.1));
    let bias = numbers(outputs, 1.0);
    let precisions = [Precision::F32, Precision::Int16, Precision::Int8];
    let layers = precisions
        .map(|precision| PackedLinear::new(&weight, [inputs, outputs], Some(&bias), precision));
    let mut output = vec![0.0; rows * outputs];
    for activation in [None, Some(Activation::Gelu)] {
        let mut best = [f64::MAX; 3];
        for _ in 0..40 {
            for (layer, best) in layers.iter().zip(&mut best) {
                let start = Instant::now();
                layer.apply(&x, &mut output, activation);
                *best = best.min(start.elapsed().as_secs_f64());
            }
        }
        let operations = 2.0 * (rows * inputs * outputs) as f64;
        for (precision, best) in precisions.iter().zip(best) {
            println!(
                "{rows}×{inputs}×{outputs} {activation:?} {precision:?}: {:.2} ms, {:.0} GFLOP/s",
                best * 1e3,
                operations / best / 1e9
            );
        }
    }
}
