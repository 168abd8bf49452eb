use super::*;
use crate::testing::{assert_close, device, difference, read, sample, values};
use burn::tensor::{DType, Device, TensorData, activation};
use proptest::prelude::*;

#[derive(Clone, Debug)]
struct Case {
    input: [usize; 4],
    weight: [usize; 4],
    bias: bool,
    options: ConvOptions,
}

fn case() -> impl Strategy<Value = Case> {
    let channels = (1usize..4, 1usize..6, 1usize..4);
    let extents = (0usize..6, 1usize..11, 1usize..11, 1usize..5, 1usize..5);
    let movement = (1usize..4, 1usize..4, 0usize..4, 0usize..4, any::<bool>());
    (channels, extents, movement).prop_filter_map(
        "the kernel must fit",
        |((groups, ci, co), (n, h, w, kh, kw), (sy, sx, py, px, bias))| {
            (kh <= h + 2 * py && kw <= w + 2 * px).then_some(Case {
                input: [n, groups * ci, h, w],
                weight: [groups * co, ci, kh, kw],
                bias,
                options: ConvOptions { stride: [sy, sx], padding: [py, px], groups },
            })
        },
    )
}

type Convolution = fn(Tensor<4>, Tensor<4>, Option<Tensor<1>>, ConvOptions) -> Tensor<4>;

/// Output and gradients of `Σ output² · fixed`, so that the output gradient is not constant.
fn run(case: &Case, convolution: Convolution) -> (Tensor<4>, [Vec<f64>; 3]) {
    let device = device();
    let input = sample(case.input, 1, &device).require_grad();
    let weight = sample(case.weight, 2, &device).require_grad();
    let bias = case.bias.then(|| sample([case.weight[0]], 3, &device).require_grad());
    let output = convolution(input.clone(), weight.clone(), bias.clone(), case.options);
    let fixed = sample(output.dims(), 4, &device);
    let grads = (output.clone() * output.clone() * fixed).sum().backward();
    let bias = bias.map(|bias| read(&bias.grad(&grads).unwrap())).unwrap_or_default();
    let gradients = [read(&input.grad(&grads).unwrap()), read(&weight.grad(&grads).unwrap()), bias];
    (output, gradients)
}

fn check(case: &Case) {
    let (output, gradients) = run(case, conv2d);
    let (expected_output, expected_gradients) = run(case, composed);
    assert_close(&output, &expected_output, 2e-5);
    for (gradient, expected) in gradients.iter().zip(&expected_gradients) {
        let difference = difference(gradient, expected);
        assert!(difference < 5e-5, "gradients differ by {difference:e}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn agrees_with_the_composition(case in case().prop_filter("Burn divides by n", |c| c.input[0] > 0)) {
        check(&case);
    }
}

/// The layers of a small residual network, at the sizes where blocks and parts are cut.
#[test]
fn agrees_on_the_layers_of_a_residual_network() {
    let layer = |input, weight, stride, padding| {
        let options = ConvOptions { stride: [stride; 2], padding: [padding; 2], groups: 1 };
        check(&Case { input, weight, bias: false, options });
    };
    layer([17, 3, 32, 32], [32, 3, 3, 3], 1, 1);
    layer([5, 32, 32, 32], [64, 32, 3, 3], 2, 1);
    layer([5, 64, 16, 16], [64, 64, 3, 3], 1, 1);
    layer([5, 32, 32, 32], [64, 32, 1, 1], 2, 0);
    layer([33, 128, 8, 8], [128, 128, 3, 3], 1, 1);
}

/// Kernels side by side: every width that is copied by itself, strips that end within a kernel's line,
/// pixels behind the last patch.
#[test]
fn agrees_on_patches() {
    let patches = |input, channels, side| {
        let [_, planes, ..]: [usize; 4] = input;
        let weight = [channels, planes, side, side];
        let options = ConvOptions { stride: [side; 2], ..ConvOptions::default() };
        check(&Case { input, weight, bias: side % 2 == 0, options });
    };
    patches([18, 3, 32, 32], 40, 4);
    patches([2, 3, 33, 50], 24, 16);
    patches([3, 3, 21, 24], 7, 5);
    patches([2, 9, 16, 24], 5, 8);
    patches([5, 40, 9, 6], 33, 2);
}

#[test]
fn gradient_agrees_with_finite_differences() {
    let options = ConvOptions { stride: [2, 1], padding: [1, 2], groups: 2 };
    let case = Case { input: [2, 4, 5, 4], weight: [6, 2, 3, 3], bias: true, options };
    let (_, gradients) = run(&case, conv2d);
    let shapes = [values(160, 1), values(108, 2), values(6, 3)];
    // The loss in f64, on the composed path.
    let loss = |arguments: &[Vec<f32>; 3]| {
        let device = (&Device::flex(), DType::F64);
        let wide = |v: &[f32]| v.iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
        let input = TensorData::new(wide(&arguments[0]), case.input);
        let weight = TensorData::new(wide(&arguments[1]), case.weight);
        let bias = TensorData::new(wide(&arguments[2]), [6]);
        let bias = Some(Tensor::from_data(bias, device));
        let input = Tensor::<4>::from_data(input, device);
        let output = conv2d(input, Tensor::from_data(weight, device), bias, options);
        let fixed = TensorData::new(wide(&values(output.shape().num_elements(), 4)), output.dims());
        let fixed = Tensor::<4>::from_data(fixed, device);
        (output.clone() * output * fixed).sum().to_data().iter::<f64>().next().unwrap()
    };
    for (argument, gradient) in gradients.iter().enumerate() {
        for index in (0..gradient.len()).step_by(7) {
            let moved = |step: f32| {
                let mut arguments = shapes.clone();
                arguments[argument][index] += step;
                (loss(&arguments), f64::from(arguments[argument][index]))
            };
            let ((above, right), (below, left)) = (moved(1e-3), moved(-1e-3));
            let slope = (above - below) / (right - left);
            let error = (slope - gradient[index]).abs();
            assert!(error < 1e-4 * (1.0 + slope.abs()), "{slope} against {}", gradient[index]);
        }
    }
}

#[test]
fn mixes_with_other_operations_on_the_tape() {
    let device = device();
    let step = |convolution: Convolution| {
        let input = sample([3, 2, 6, 6], 1, &device);
        let weight = sample([4, 2, 3, 3], 2, &device).require_grad();
        let linear = sample([4 * 36, 5], 3, &device).require_grad();
        let options = ConvOptions { padding: [1, 1], ..ConvOptions::default() };
        let hidden = activation::relu(convolution(input, weight.clone(), None, options));
        // A permuted view: the gradient arrives with strides of its own.
        let hidden = hidden.permute([0, 2, 3, 1]).reshape([3, 4 * 36]);
        let loss = activation::log_softmax(hidden.matmul(linear.clone()), 1).slice([0..3, 1..2]);
        let grads = loss.mean().backward();
        (weight.grad(&grads).unwrap(), linear.grad(&grads).unwrap())
    };
    let ((weight, linear), (expected_weight, expected_linear)) = (step(conv2d), step(composed));
    assert_close(&weight, &expected_weight, 1e-5);
    assert_close(&linear, &expected_linear, 1e-5);
}

#[test]
fn runs_without_a_tape_and_on_views() {
    let device = Device::flex();
    let weight = sample([4, 2, 3, 3], 2, &device);
    let input = sample([6, 7, 2, 5], 1, &device).permute([3, 2, 1, 0]).slice_dim(0, 1..4);
    let options = ConvOptions { stride: [1, 2], ..ConvOptions::default() };
    let output = conv2d(input.clone(), weight.clone(), None, options);
    assert_close(&output, &composed(input, weight, None, options), 1e-5);
}

#[test]
fn an_empty_batch_gives_an_empty_batch() {
    let device = Device::flex();
    let weight = sample([4, 2, 3, 3], 2, &device);
    let output = conv2d(Tensor::empty([0, 2, 5, 5], &device), weight, None, ConvOptions::default());
    assert_eq!(output.dims(), [0, 4, 3, 3]);
}

/// By columns, by Winograd's blocks and stages, channel by channel.
#[test]
fn does_not_depend_on_the_number_of_threads() {
    let case = |input, weight, stride, groups| {
        let options = ConvOptions { stride: [stride; 2], padding: [1, 1], groups };
        Case { input, weight, bias: true, options }
    };
    let cases = [
        case([19, 5, 9, 9], [7, 5, 3, 3], 1, 1),
        case([19, 16, 9, 9], [24, 16, 3, 3], 2, 1),
        case([19, 32, 12, 12], [24, 32, 3, 3], 1, 1),
        case([19, 96, 4, 4], [128, 96, 3, 3], 1, 1),
        case([19, 16, 9, 9], [16, 1, 3, 3], 2, 16),
    ];
    let with = |case: &Case, threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let (output, gradients) = run(case, conv2d);
            (read(&output), gradients)
        })
    };
    for case in &cases {
        let one = with(case, 1);
        for threads in [2, 3] {
            assert!(one == with(case, threads), "{threads} threads differ for {case:?}");
        }
    }
}
