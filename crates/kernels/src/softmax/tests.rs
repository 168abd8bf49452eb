use super::*;
use crate::testing::{assert_close, device, difference, read, sample, values};
use burn::tensor::{DType, Device, TensorData};
use proptest::prelude::*;

type Function = fn(Tensor<3>) -> Tensor<3>;
type Loop = fn(&[f32], usize, &mut [f32]);

/// Fused, and Burn's own.
const SOFTMAX: [Function; 2] = [softmax, |input| stock::softmax(input, 2)];
const LOGARITHM: [Function; 2] = [log_softmax, |input| stock::log_softmax(input, 2)];

/// Output, and gradient of `Σ output² · fixed`, from a strided input.
fn run([a, b, width]: [usize; 3], function: Function) -> (Tensor<3>, Vec<f64>) {
    let device = device();
    let input = (sample([b, a, width], 1, &device) * 8.0).detach().require_grad();
    let output = function(input.clone().swap_dims(0, 1));
    let fixed = sample([a, b, width], 2, &device);
    let grads = (output.clone() * output.clone() * fixed).sum().backward();
    (output, read(&input.grad(&grads).unwrap()))
}

fn check(shape: [usize; 3], [fused, stock]: [Function; 2]) {
    let (output, gradient) = run(shape, fused);
    let (expected_output, expected_gradient) = run(shape, stock);
    assert_close(&output, &expected_output, 2e-6);
    // Beside one, because gradients of a certain softmax are nearly zero.
    let beside = |gradient: Vec<f64>| [gradient, vec![1.0]].concat();
    let difference = difference(&beside(gradient), &beside(expected_gradient));
    assert!(difference < 1e-5, "gradients differ by {difference:e}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn agrees_with_the_composition(a in 1usize..5, b in 1usize..9, width in 1usize..100) {
        check([a, b, width], SOFTMAX);
        check([a, b, width], LOGARITHM);
    }

    #[test]
    fn loops_agree_with_their_scalar_twins(rows in 1usize..5, width in 1usize..70) {
        let x: Vec<f32> = values(rows * width, 1).iter().map(|x| x * 9.0).collect();
        let mut g = values(rows * width, 2);
        let wide = |values: &[f32]| values.iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
        let mut agree = |fast: Loop, plain: Loop| {
            let (mut left, mut right) = (g.clone(), g.clone());
            fast(&x, width, &mut left);
            plain(&x, width, &mut right);
            g = right.clone();
            difference(&wide(&left), &wide(&right)) < 2e-6
        };
        prop_assert!(agree(loops::softmax, loops::softmax_body::<false>));
        prop_assert!(agree(loops::log_softmax, loops::log_softmax_body::<false>));
        prop_assert!(agree(loops::softmax_backward, loops::softmax_backward_body::<false>));
        prop_assert!(agree(loops::log_softmax_backward, loops::log_softmax_backward_body::<false>));
    }
}

#[test]
fn agrees_over_many_blocks() {
    check([30, 40, 197], SOFTMAX);
    check([30, 40, 197], LOGARITHM);
}

#[test]
fn masked_and_large_values_are_welcome() {
    let device = Device::flex();
    let input = [[f32::NEG_INFINITY, 1e4, 1e4], [-3e38, 0.0, 3e38]];
    let input = Tensor::<2>::from_data(input, &device);
    assert_eq!(read(&softmax(input.clone())), [0.0, 0.5, 0.5, 0.0, 0.0, 1.0]);
    let logarithm = read(&log_softmax(input));
    assert_eq!(logarithm[0], f64::NEG_INFINITY);
    assert!((logarithm[1] + std::f64::consts::LN_2).abs() < 1e-6);
}

#[test]
fn gradient_agrees_with_finite_differences() {
    let shape = [2, 3, 5];
    for [function, _] in [SOFTMAX, LOGARITHM] {
        let (_, gradient) = run(shape, function);
        let wide = |seed, scale: f64| -> Vec<f64> {
            values(30, seed).into_iter().map(|x| f64::from(x) * scale).collect()
        };
        let options = (&Device::flex(), DType::F64);
        let fixed = Tensor::<3>::from_data(TensorData::new(wide(2, 1.0), shape), options);
        let loss = |index: usize, step: f64| {
            let mut input = wide(1, 8.0);
            input[index] += step;
            let input = Tensor::<3>::from_data(TensorData::new(input, [3, 2, 5]), options);
            let output = function(input.swap_dims(0, 1));
            read(&(output.clone() * output * fixed.clone()).sum())[0]
        };
        for (index, gradient) in gradient.iter().enumerate() {
            let slope = (loss(index, 1e-4) - loss(index, -1e-4)) / 2e-4;
            let error = (slope - gradient).abs();
            assert!(error < 1e-4 * (1.0 + slope.abs()), "{slope} against {gradient}");
        }
    }
}

#[test]
fn nothing_in_nothing_out() {
    for shape in [[0, 5], [5, 0]] {
        let input = Tensor::<2>::empty(shape, &device());
        assert_eq!(softmax(input.clone()).dims(), shape);
        assert_eq!(log_softmax(input).dims(), shape);
    }
}

#[test]
fn does_not_depend_on_the_number_of_threads() {
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let (output, gradient) = run([30, 30, 61], softmax);
            (read(&output), gradient)
        })
    };
    assert_eq!(with(1), with(3));
}
