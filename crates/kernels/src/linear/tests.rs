use super::*;
use crate::testing::{assert_close, device, difference, read, sample, values};
use burn::tensor::{DType, Device, TensorData};
use proptest::prelude::*;

#[derive(Clone, Copy, Debug)]
struct Case<const D: usize> {
    input: [usize; D],
    outputs: usize,
    bias: bool,
    activation: Option<Activation>,
}

const ACTIVATIONS: [Option<Activation>; 5] = [
    None,
    Some(Activation::Relu),
    Some(Activation::Gelu),
    Some(Activation::GeluTanh),
    Some(Activation::Silu),
];

/// Output and gradients of `Σ output² · fixed`.
fn run<const D: usize>(case: Case<D>, fused: bool) -> (Tensor<D>, Vec<Vec<f64>>) {
    let device = device();
    let inputs = case.input[D - 1];
    let input = sample(case.input, 1, &device).require_grad();
    let weight = sample([inputs, case.outputs], 2, &device).require_grad();
    let bias = case.bias.then(|| sample([case.outputs], 3, &device).require_grad());
    let function = if fused { linear } else { composed };
    let output = function(input.clone(), weight.clone(), bias.clone(), case.activation);
    let fixed = sample(output.dims(), 4, &device);
    let grads = (output.clone() * output.clone() * fixed).sum().backward();
    let mut gradients =
        vec![read(&input.grad(&grads).unwrap()), read(&weight.grad(&grads).unwrap())];
    gradients.extend(bias.map(|bias| read(&bias.grad(&grads).unwrap())));
    (output, gradients)
}

fn check<const D: usize>(case: Case<D>) {
    let (output, gradients) = run(case, true);
    let (expected_output, expected_gradients) = run(case, false);
    assert_close(&output, &expected_output, 2e-5);
    for (gradient, expected) in gradients.iter().zip(&expected_gradients) {
        let difference = difference(gradient, expected);
        assert!(difference < 1e-4, "gradients differ by {difference:e}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn agrees_with_the_composition(
        (rows, inputs, outputs) in (1usize..200, 1usize..150, 1usize..120),
        bias: bool,
        activation in prop::sample::select(&ACTIVATIONS),
    ) {
        check(Case { input: [rows, inputs], outputs, bias, activation });
    }
}

#[test]
fn any_rank_agrees_with_the_composition() {
    let activation = Some(Activation::Gelu);
    check(Case { input: [7], outputs: 5, bias: true, activation });
    check(Case { input: [3, 4, 5, 6], outputs: 7, bias: true, activation });
    check(Case { input: [2, 300, 40], outputs: 33, bias: false, activation: None });
}

#[test]
fn nothing_in_gives_nothing_out() {
    let device = Device::flex();
    let weight = sample([4, 3], 1, &device);
    let output = linear(Tensor::<3>::zeros([2, 0, 4], &device), weight, None, None);
    assert_eq!(output.dims(), [2, 0, 3]);
}

#[test]
fn strided_arguments_are_read_in_their_order() {
    let device = Device::flex();
    let input = sample([6, 5, 4], 1, &device).swap_dims(0, 2);
    let weight = sample([9, 6], 2, &device).transpose();
    let bias = Some(sample([18], 3, &device).narrow(0, 4, 9));
    let output = linear(input.clone(), weight.clone(), bias.clone(), Some(Activation::Silu));
    assert_close(&output, &composed(input, weight, bias, Some(Activation::Silu)), 1e-5);
}

#[test]
fn gradient_agrees_with_finite_differences() {
    let case =
        Case { input: [3, 4], outputs: 5, bias: true, activation: Some(Activation::GeluTanh) };
    let (_, gradients) = run(case, true);
    let arguments = [values(12, 1), values(20, 2), values(5, 3)];
    // The loss in f64, on the composed path.
    let loss = |arguments: &[Vec<f32>; 3]| {
        let wide = |v: &[f32]| v.iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
        let matrix = |v: &[f32], shape: [usize; 2]| {
            let device = (&Device::flex(), DType::F64);
            Tensor::<2>::from_data(TensorData::new(wide(v), shape), device)
        };
        let [input, weight, bias] = arguments;
        let bias = matrix(bias, [1, 5]).reshape([5]);
        let (input, weight) = (matrix(input, [3, 4]), matrix(weight, [4, 5]));
        let output = linear(input, weight, Some(bias), case.activation);
        let loss = (output.clone() * output * matrix(&values(15, 4), [3, 5])).sum();
        loss.to_data().iter::<f64>().next().unwrap()
    };
    for (argument, gradient) in gradients.iter().enumerate() {
        for index in 0..gradient.len() {
            let moved = |step: f32| {
                let mut arguments = arguments.clone();
                arguments[argument][index] += step;
                (loss(&arguments), f64::from(arguments[argument][index]))
            };
            let ((above, right), (below, left)) = (moved(1e-4), moved(-1e-4));
            let slope = (above - below) / (right - left);
            let error = (slope - gradient[index]).abs();
            assert!(error < 1e-3 * (1.0 + slope.abs()), "{slope} against {}", gradient[index]);
        }
    }
}

#[test]
fn does_not_depend_on_the_number_of_threads() {
    let activation = Some(Activation::Gelu);
    let case = Case { input: [700, 130], outputs: 90, bias: true, activation };
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let (output, gradients) = run(case, true);
            (read(&output), gradients)
        })
    };
    assert_eq!(with(1), with(3));
}
