//! Operations on shapes of every kind: the kernels in `f32` against the composition in `f64`,
//! results and gradients.
//!
//!     cargo install cargo-fuzz
//!     cd crates/kernels && cargo +nightly fuzz run shapes
//!
//! cargo-fuzz builds with AddressSanitizer, so that a kernel that reaches beyond its operands ends
//! the run.

#![no_main]

use arbitrary::Arbitrary;
use burn::tensor::{DType, Device, Int, Tensor, TensorData};
use libfuzzer_sys::fuzz_target;
use pith_kernels::{
    Activation, AttentionOptions, ConvOptions, Interpolation, PoolOptions, Sequences,
    average_pool2d, conv2d, cross_entropy, embedding, group_norm, info_nce, layer_norm, linear,
    log_softmax, max_pool2d, nt_xent, resize, self_attention,
};

#[derive(Arbitrary, Clone, Copy, Debug)]
struct Picture {
    samples: u8,
    channels: u8,
    height: u8,
    width: u8,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
struct Window {
    kernel: [u8; 2],
    stride: [u8; 2],
    padding: [u8; 2],
}

#[derive(Arbitrary, Debug)]
enum Call {
    Conv2d { picture: Picture, window: Window, outputs: u8, groups: u8 },
    Pool { picture: Picture, window: Window, max: bool },
    Resize { picture: Picture, size: [u8; 2], nearest: bool },
    GroupNorm { picture: Picture, groups: u8 },
    Linear { rows: u16, inputs: u8, outputs: u8, gelu: bool },
    LayerNorm { rows: u8, width: u16 },
    LogSoftmax { rows: u8, width: u16 },
    CrossEntropy { rows: u8, classes: u16 },
    Embedding { rows: u8, width: u8, indices: Vec<u8> },
    Attention { lengths: Vec<u8>, heads: u8, dim: u8, causal: bool },
    Contrastive { rows: u8, width: u8, symmetric: bool },
}

/// 1 up to `most`.
fn some(value: impl Into<u64>, most: u64) -> usize {
    (value.into() % most + 1) as usize
}

impl Picture {
    fn dims(self) -> [usize; 4] {
        [
            some(self.samples, 5),
            some(self.channels, 40),
            some(self.height, 24),
            some(self.width, 24),
        ]
    }
}

impl Window {
    /// Kernel, stride and padding that fit a plane.
    fn within(self, plane: [usize; 2], most: u64) -> [[usize; 2]; 3] {
        let axes = [0, 1].map(|axis| {
            let kernel = some(self.kernel[axis], most);
            let padding = usize::from(self.padding[axis]) % (kernel / 2 + 1);
            let kernel = kernel.min(plane[axis] + 2 * padding);
            [kernel, some(self.stride[axis], 4), padding.min(kernel / 2)]
        });
        [0, 1, 2].map(|part| [axes[0][part], axes[1][part]])
    }
}

/// Different numbers near zero, the same for the same shape.
fn values(count: usize) -> Vec<f64> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64 ^ count as u64;
    (0..count)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            f64::from((state >> 40) as f32 / (1u64 << 23) as f32 - 1.0)
        })
        .collect()
}

fn leaf<const D: usize>(dims: [usize; D], kind: DType) -> Tensor<D> {
    let data = TensorData::new(values(dims.iter().product()), dims);
    Tensor::from_data(data, (&Device::flex().autodiff(), kind)).require_grad()
}

fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.into_data().iter::<f64>().collect()
}

fn assert_close(fast: &[f64], exact: &[f64]) {
    assert_eq!(fast.len(), exact.len(), "sizes");
    let size = exact.iter().fold(1.0_f64, |size, value| size.max(value.abs()));
    for (fast, exact) in fast.iter().zip(exact) {
        assert!((fast - exact).abs() <= 1e-3 * size, "{fast} instead of {exact}");
    }
}

/// The operation and the gradient of its result's weighted sum, by the kernel and composed.
fn check<const D: usize, const E: usize>(
    dims: [usize; D],
    operation: impl Fn(Tensor<D>, DType) -> Tensor<E>,
) {
    let [fast, exact] = [DType::F32, DType::F64].map(|kind| {
        let input = leaf(dims, kind);
        let output = operation(input.clone(), kind);
        let weights = leaf(output.dims(), kind).detach();
        let gradients = (output.clone() * weights).sum().backward();
        let gradient = input.grad(&gradients).expect("of every operation");
        [numbers(output), numbers(gradient)]
    });
    fast.iter().zip(&exact).for_each(|(fast, exact)| assert_close(fast, exact));
}

fn whole_numbers<const D: usize>(dims: [usize; D], below: usize) -> Tensor<D, Int> {
    let count: usize = dims.iter().product();
    let numbers = (0..count).map(|index| (index * 7 % below) as i64).collect::<Vec<_>>();
    Tensor::from_data(TensorData::new(numbers, dims), &Device::flex().autodiff())
}

fuzz_target!(|call: Call| match call {
    Call::Conv2d { picture, window, outputs, groups } => {
        let groups = some(groups, 4);
        let [n, channels, height, width] = picture.dims();
        let channels = channels.next_multiple_of(groups);
        let outputs = some(outputs, 40).next_multiple_of(groups);
        let [kernel, stride, padding] = window.within([height, width], 7);
        check([n, channels, height, width], |input, kind| {
            let weight = leaf([outputs, channels / groups, kernel[0], kernel[1]], kind);
            let options = ConvOptions { stride, padding, groups };
            conv2d(input, weight, Some(leaf([outputs], kind)), options)
        });
    }
    Call::Pool { picture, window, max } => {
        let [n, channels, height, width] = picture.dims();
        let [kernel, stride, padding] = window.within([height, width], 5);
        let options = PoolOptions { kernel, stride, padding };
        check([n, channels, height, width], |input, _| match max {
            true => max_pool2d(input, options),
            false => average_pool2d(input, options),
        });
    }
    Call::Resize { picture, size, nearest } => {
        let size = size.map(|extent| some(extent, 40));
        let interpolation = if nearest { Interpolation::Nearest } else { Interpolation::Bilinear };
        check(picture.dims(), |input, _| resize(input, size, interpolation));
    }
    Call::GroupNorm { picture, groups } => {
        let groups = some(groups, 4);
        let [n, channels, height, width] = picture.dims();
        let channels = channels.next_multiple_of(groups);
        check([n, channels, height, width], |input, kind| {
            group_norm(input, leaf([channels], kind), leaf([channels], kind), groups, 1e-2)
        });
    }
    Call::Linear { rows, inputs, outputs, gelu } => {
        let [inputs, outputs] = [inputs, outputs].map(|width| some(width, 200));
        let activation = gelu.then_some(Activation::Gelu);
        check([some(rows, 300), inputs], |input, kind| {
            linear(input, leaf([inputs, outputs], kind), Some(leaf([outputs], kind)), activation)
        });
    }
    Call::LayerNorm { rows, width } => {
        let width = some(width, 600);
        check([some(rows, 40), width], |input, kind| {
            layer_norm(input, leaf([width], kind), leaf([width], kind), 1e-2)
        });
    }
    Call::LogSoftmax { rows, width } => {
        check([some(rows, 40), some(width, 600)], |input, _| log_softmax(input));
    }
    Call::CrossEntropy { rows, classes } => {
        let [rows, classes] = [some(rows, 100), some(classes, 600)];
        check([rows, classes], |logits, _| {
            cross_entropy(logits, whole_numbers([rows], classes), 0.1)
        });
    }
    Call::Embedding { rows, width, indices } => {
        let [rows, width] = [some(rows, 100), some(width, 100)];
        let count = indices.len().min(300) + 1;
        check([rows, width], |table, _| embedding::<2, 3>(table, whole_numbers([1, count], rows)));
    }
    Call::Attention { lengths, heads, dim, causal } => {
        let lengths: Vec<_> = lengths.into_iter().take(6).map(|length| some(length, 150)).collect();
        if lengths.is_empty() {
            return;
        }
        let (heads, dim) = (some(heads, 4), some(dim, 40));
        let rows = lengths.iter().sum();
        let sequences = Sequences::Ragged(lengths.into());
        let options = AttentionOptions { causal, ..AttentionOptions::new(heads) };
        check([rows, 3 * heads * dim], |qkv, _| self_attention(qkv, &sequences, None, &options));
    }
    Call::Contrastive { rows, width, symmetric } => {
        let [rows, width] = [some(rows, 90), some(width, 70)];
        check([rows, width], |a, kind| {
            let b = leaf([rows, width], kind) * 0.5 + 0.1;
            if symmetric { nt_xent(a, b, 0.5) } else { info_nce(a, b, 0.5) }
        });
    }
});
