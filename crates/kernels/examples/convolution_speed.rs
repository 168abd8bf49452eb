//! Times every kind of convolution: forward, input gradient, weight gradient.
//!
//! ```text
//! cargo run --release -p pith-kernels --example convolution_speed -- [rounds] [threads] [name]
//! ```
//!
//! Each time is the shortest of the rounds, in milliseconds; behind it 10⁹ operations a second of
//! direct summation, the same for all three. `benches/training/convolution.py` does the same in
//! PyTorch and tells which variables make glibc keep the memory of large results.

use burn::tensor::{Device, Distribution, Tensor};
use pith_kernels::{ConvOptions, conv2d};
use std::time::Instant;

struct Layer {
    name: &'static str,
    input: [usize; 4],
    channels: usize,
    kernel: usize,
    options: ConvOptions,
}

const fn layer(
    name: &'static str,
    input: [usize; 4],
    channels: usize,
    [kernel, stride, padding]: [usize; 3],
    groups: usize,
) -> Layer {
    let options = ConvOptions { stride: [stride; 2], padding: [padding; 2], groups };
    Layer { name, input, channels, kernel, options }
}

const LAYERS: [Layer; 24] = [
    layer("stem 3x3", [128, 3, 32, 32], 32, [3, 1, 1], 1),
    layer("3x3", [128, 32, 32, 32], 32, [3, 1, 1], 1),
    layer("3x3 / 2", [128, 32, 32, 32], 64, [3, 2, 1], 1),
    layer("1x1 / 2", [128, 32, 32, 32], 64, [1, 2, 0], 1),
    layer("3x3", [128, 64, 16, 16], 64, [3, 1, 1], 1),
    layer("3x3 / 2", [128, 64, 16, 16], 128, [3, 2, 1], 1),
    layer("1x1 / 2", [128, 64, 16, 16], 128, [1, 2, 0], 1),
    layer("3x3", [128, 128, 8, 8], 128, [3, 1, 1], 1),
    layer("ResNet-18 stem", [64, 3, 32, 32], 64, [3, 1, 1], 1),
    layer("ResNet-18 64", [64, 64, 32, 32], 64, [3, 1, 1], 1),
    layer("ResNet-18 128 / 2", [64, 64, 32, 32], 128, [3, 2, 1], 1),
    layer("ResNet-18 128", [64, 128, 16, 16], 128, [3, 1, 1], 1),
    layer("ResNet-18 256 / 2", [64, 128, 16, 16], 256, [3, 2, 1], 1),
    layer("ResNet-18 256", [64, 256, 8, 8], 256, [3, 1, 1], 1),
    layer("ResNet-18 512 / 2", [64, 256, 8, 8], 512, [3, 2, 1], 1),
    layer("ResNet-18 512", [64, 512, 4, 4], 512, [3, 1, 1], 1),
    layer("ResNet-18 1x1 / 2", [64, 256, 8, 8], 512, [1, 2, 0], 1),
    layer("patches 4", [64, 3, 32, 32], 192, [4, 4, 0], 1),
    layer("patches 16", [8, 3, 224, 224], 192, [16, 16, 0], 1),
    layer("depthwise 7x7", [64, 96, 32, 32], 96, [7, 1, 3], 96),
    layer("depthwise 3x3", [64, 96, 32, 32], 96, [3, 1, 1], 96),
    layer("depthwise 3x3 / 2", [64, 96, 32, 32], 96, [3, 2, 1], 96),
    layer("1x1", [64, 96, 32, 32], 96, [1, 1, 0], 1),
    layer("24 channels", [64, 24, 32, 32], 40, [3, 1, 1], 1),
];

impl Layer {
    fn weight(&self) -> [usize; 4] {
        [self.channels, self.input[1] / self.options.groups, self.kernel, self.kernel]
    }

    /// Shortest times of forward, input gradient and weight gradient.
    fn times(&self, rounds: usize) -> [f64; 3] {
        let (plain, taped) = (Device::flex(), Device::flex().autodiff());
        let (input, weight) = (random(self.input, &plain), random(self.weight(), &plain));
        let forward = shortest(rounds, || {
            let (input, weight) = (input.clone(), weight.clone());
            let start = Instant::now();
            let output = conv2d(input, weight, None, self.options);
            let spent = start.elapsed().as_secs_f64();
            drop(output);
            spent
        });
        let (input, weight) = (random(self.input, &taped), random(self.weight(), &taped));
        let backward = |input: Tensor<4>, weight: Tensor<4>| {
            shortest(rounds, || {
                let output = conv2d(input.clone(), weight.clone(), None, self.options);
                // A backward pass begins by making this; its time is not ours.
                let start = Instant::now();
                drop(Tensor::<4>::ones(output.dims(), &plain));
                let ones = start.elapsed().as_secs_f64();
                let start = Instant::now();
                let gradients = output.backward();
                let spent = start.elapsed().as_secs_f64();
                drop(gradients);
                spent - ones
            })
        };
        let for_input = backward(input.clone().require_grad(), weight.clone());
        [forward, for_input, backward(input, weight.require_grad())]
    }

    /// Multiplications and additions of direct summation.
    fn operations(&self) -> f64 {
        let places = (0..2).map(|axis| {
            let padded = self.input[2 + axis] + 2 * self.options.padding[axis];
            (padded - self.kernel) / self.options.stride[axis] + 1
        });
        let weights = self.weight().into_iter().product::<usize>();
        2.0 * (self.input[0] * places.product::<usize>() * weights) as f64
    }
}

fn random<const D: usize>(shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::random(shape, Distribution::Normal(0.0, 1.0), device)
}

/// The least of what `work` returns, after one call that does not count.
fn shortest(rounds: usize, mut work: impl FnMut() -> f64) -> f64 {
    work();
    (0..rounds).map(|_| work()).fold(f64::INFINITY, f64::min)
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut number =
        |default| arguments.next().map_or(default, |text| text.parse().expect("a number"));
    let (rounds, threads) = (number(15), number(2));
    let only = arguments.next().unwrap_or_default();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).use_current_thread();
    pool.build_global().expect("the first use of the pool");
    println!("{:<46}{:>15}{:>15}{:>15}", "", "forward", "input grad", "weight grad");
    for layer in LAYERS.iter().filter(|layer| layer.name.contains(&only)) {
        print!("{:<20}{:<20}{:>6}", layer.name, format!("{:?}", layer.input), layer.channels);
        for time in layer.times(rounds) {
            print!("{:>9.2} {:>5.0}", time * 1e3, layer.operations() / time / 1e9);
        }
        println!();
    }
}
