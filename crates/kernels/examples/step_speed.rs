//! How long optimizer steps, contrastive losses, pooling, resize and embedding take: the least of
//! many repetitions in milliseconds, beside Burn's own operations where they are the comparison.
//! `benches/training/steps.py` measures the same in PyTorch.

use burn::tensor::ops::{InterpolateMode, InterpolateOptions, MaxPoolOptions};
use burn::tensor::{Device, Distribution, Int, Tensor, activation, module};
use pith_kernels::optimize::{self, AdamW, Sgd};
use pith_kernels::{Interpolation, PoolOptions};
use std::time::Instant;

/// The least time of `repetitions` calls, in milliseconds.
fn least(repetitions: usize, mut body: impl FnMut()) -> f64 {
    let once = |_| {
        let start = Instant::now();
        body();
        start.elapsed().as_secs_f64() * 1e3
    };
    (0..repetitions).map(once).fold(f64::INFINITY, f64::min)
}

fn random<const D: usize>(shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::random(shape, Distribution::Normal(0.0, 1.0), device)
}

fn report(name: &str, [fused, burn]: [f64; 2]) {
    println!("{name:44} {fused:9.3} {burn:9.3}");
}

fn optimizers() {
    const WEIGHTS: usize = 8_400_000;
    let device = Device::flex();
    let flat = || random([WEIGHTS], &device);
    let (mut weights, gradient) = (flat(), flat());
    let mut state = [flat(), flat().abs()];
    let mut step = AdamW {
        rate: 1e-3,
        betas: [0.9, 0.999],
        epsilon: 1e-8,
        weight_decay: 1e-4,
        step: 0,
        gradient_scale: 1.0,
    };
    let fused = least(40, || {
        step.step += 1;
        let taken = std::mem::replace(&mut weights, Tensor::empty([0], &device));
        let held = std::mem::replace(&mut state, [(); 2].map(|()| Tensor::empty([0], &device)));
        (weights, state) = optimize::adamw(taken, gradient.clone(), held, step);
    });
    report("AdamW, 8.4 M weights", [fused, f64::NAN]);

    let [mut velocity, mut mean] = state;
    let step =
        Sgd { rate: 0.1, momentum: 0.9, weight_decay: 1e-4, nesterov: false, gradient_scale: 1.0 };
    let fused = least(40, || {
        let taken = std::mem::replace(&mut weights, Tensor::empty([0], &device));
        let held = std::mem::replace(&mut velocity, Tensor::empty([0], &device));
        (weights, velocity) = optimize::sgd(taken, gradient.clone(), held, step);
    });
    report("SGD with momentum, 8.4 M weights", [fused, f64::NAN]);
    let fused = least(40, || {
        let held = std::mem::replace(&mut mean, Tensor::empty([0], &device));
        mean = optimize::average(held, weights.clone(), 0.99);
    });
    report("moving average, 8.4 M weights", [fused, f64::NAN]);
    let fused = least(40, || {
        optimize::squared_norm(&gradient);
    });
    report("norm, 8.4 M weights", [fused, f64::NAN]);
}

/// Forward, and backward from a gradient of ones.
fn train<const I: usize, const O: usize>(
    input: &Tensor<I>,
    function: impl Fn(Tensor<I>) -> Tensor<O>,
) -> f64 {
    least(25, || {
        let input = input.clone().detach().require_grad();
        let mut grads = function(input.clone()).backward();
        input.grad_remove(&mut grads);
    })
}

fn operations() {
    let device = Device::flex().autodiff();
    for views in [512, 4096] {
        let rows = random([views, 128], &device);
        let fused = train(&rows, |rows| {
            let halves = pith_kernels::normalize_rows(rows).split(views / 2, 0);
            pith_kernels::nt_xent(halves[0].clone(), halves[1].clone(), 0.2)
        });
        let burn = train(&rows, |rows| {
            let rows = rows.clone() / rows.square().sum_dim(1).sqrt();
            let itself = Tensor::<2>::eye(views, &device).bool();
            let partner = Tensor::<1, Int>::arange(0..views as i64, &device)
                .add_scalar(views as i64 / 2)
                .remainder_scalar(views as i64)
                .reshape([views, 1]);
            let similarity = rows.clone().matmul(rows.transpose()) / 0.2;
            let others = similarity.mask_fill(itself, f32::NEG_INFINITY);
            activation::log_softmax(others, 1).gather(1, partner).mean().neg()
        });
        report(&format!("NT-Xent, {views} views of 128, training"), [fused, burn]);
    }

    let pixels = random([128, 64, 32, 32], &device);
    let options = PoolOptions { kernel: [3, 3], stride: [2, 2], padding: [1, 1] };
    let fused = train(&pixels, |x| pith_kernels::max_pool2d(x, options));
    let burn = train(&pixels, |x| {
        let options = MaxPoolOptions::new([3, 3]).with_stride([2, 2]).with_padding([1, 1]);
        module::max_pool2d(x, options)
    });
    report("max pooling 3x3, 128x64x32x32, training", [fused, burn]);
    let fused = train(&pixels, pith_kernels::global_average_pool);
    let burn = train(&pixels, |x| x.flatten::<3>(2, 3).mean_dim(2));
    report("global average, 128x64x32x32, training", [fused, burn]);

    let pixels = random([128, 64, 16, 16], &device);
    for (name, ours, theirs) in [
        ("nearest", Interpolation::Nearest, InterpolateMode::Nearest),
        ("bilinear", Interpolation::Bilinear, InterpolateMode::Bilinear),
    ] {
        let fused = train(&pixels, |x| pith_kernels::resize(x, [32, 32], ours));
        let burn = train(&pixels, |x| {
            let options = InterpolateOptions::new(theirs.clone());
            let options = options.with_output_size([32, 32]).with_align_corners(false);
            module::interpolate(x, options)
        });
        report(&format!("{name} 16x16 to 32x32, 128x64, training"), [fused, burn]);
    }

    let table = random([30_000, 384], &device);
    let ids: Vec<i32> = (0..8192i64).map(|i| (i * i * 7919 % 30_000) as i32).collect();
    let ids = Tensor::<1, Int>::from_data(&ids[..], &device).reshape([64, 128]);
    let fused = train::<2, 3>(&table, |table| pith_kernels::embedding(table, ids.clone()));
    let burn = train::<2, 3>(&table, |table| module::embedding(table, ids.clone()));
    report("embedding 30000x384, 8192 tokens, training", [fused, burn]);
}

fn main() {
    println!("{:44} {:>9} {:>9}", "milliseconds", "pith", "burn");
    optimizers();
    operations();
}
