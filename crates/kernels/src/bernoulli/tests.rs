use super::*;
use crate::testing::{device, difference, read, sample, values};
use burn::tensor::{DType, Device, TensorData};
use proptest::prelude::*;

type Function = fn(Tensor<2>, Tensor<2>) -> Tensor<2>;

/// Likelihoods, and the gradients of a weighted sum of them, from strided odds.
fn run([rows, width]: [usize; 2], function: Function) -> [Vec<f64>; 3] {
    let device = device();
    let x = sample([rows, width], 1, &device).abs().clamp_max(1.0).detach().require_grad();
    let odds = (sample([width, rows], 2, &device) * 12.0).detach().require_grad();
    let output = function(x.clone(), odds.clone().transpose());
    assert_eq!(output.dims(), [rows, 1]);
    let grads = (output.clone() * sample([rows, 1], 3, &device)).sum().backward();
    [read(&output), read(&x.grad(&grads).unwrap()), read(&odds.grad(&grads).unwrap())]
}

fn check(shape: [usize; 2]) {
    let found = run(shape, bernoulli_log_likelihood);
    for (found, expected) in found.into_iter().zip(run(shape, composed)) {
        // Relative to one nat: likelihoods near one have logarithms near zero.
        let [found, expected] = [found, expected].map(|values| [values, vec![1.0]].concat());
        assert!(difference(&found, &expected) < 3e-6, "{}", difference(&found, &expected));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn agrees_with_the_composition(rows in 1usize..60, width in 1usize..100) {
        check([rows, width]);
    }

    #[test]
    fn loops_agree_with_their_scalar_twins(rows in 1usize..5, width in 1usize..70) {
        let x: Vec<f32> = values(rows * width, 1).iter().map(|x| x.abs()).collect();
        let odds: Vec<f32> = values(rows * width, 2).iter().map(|x| x * 9.0).collect();
        let run = |twin: bool| {
            let (mut odds, mut sums) = (odds.clone(), vec![0.0; rows]);
            let forward = if twin { loops::forward_body::<false> } else { loops::forward };
            let backward = if twin { loops::backward_body::<false> } else { loops::backward };
            forward(&x, &odds, &mut sums);
            backward(&x, &mut odds, &sums);
            odds.into_iter().chain(sums).map(f64::from).collect::<Vec<_>>()
        };
        prop_assert!(difference(&run(false), &run(true)) < 4e-6);
    }
}

/// As many blocks as there can be.
#[test]
fn agrees_on_many_rows() {
    check([700, 130]);
}

#[test]
fn gradient_agrees_with_finite_differences() {
    let shape = [3, 5];
    let [_, by_values, by_odds] = run(shape, bernoulli_log_likelihood);
    let (x, weights) = (sample(shape, 1, &device()).abs().clamp_max(1.0), values(3, 3));
    let odds = sample([5, 3], 2, &device()).transpose() * 12.0;
    let [x, odds] = [read(&x), read(&odds)];
    let loss = |x: &[f64], odds: &[f64]| -> f64 {
        let one =
            |at: usize| f64::from(weights[at / 5]) * (x[at] * odds[at] - odds[at].exp().ln_1p());
        (0..15).map(one).sum()
    };
    let moved = |values: &[f64], at: usize, by: f64| {
        let mut values = values.to_vec();
        values[at] += by;
        values
    };
    for at in 0..15 {
        let slope = |by: [f64; 2]| {
            let [above, below] = [1e-4, -1e-4]
                .map(|step| loss(&moved(&x, at, by[0] * step), &moved(&odds, at, by[1] * step)));
            (above - below) / 2e-4
        };
        // The gradient of the odds comes back in their own order, by columns.
        let of_odds = by_odds[at % 5 * 3 + at / 5];
        for (slope, gradient) in [(slope([1.0, 0.0]), by_values[at]), (slope([0.0, 1.0]), of_odds)]
        {
            assert!((slope - gradient).abs() < 1e-4 * (1.0 + slope.abs()), "{slope}, {gradient}");
        }
    }
}

#[test]
fn certain_odds_cost_nothing_and_do_not_overflow() {
    let device = Device::flex();
    let x = Tensor::<2>::from_floats([[1.0, 0.0]], &device);
    let odds = Tensor::<2>::from_floats([[500.0, -500.0]], &device);
    assert_eq!(read(&bernoulli_log_likelihood(x, odds)), [0.0]);
}

#[test]
fn empty_rows_are_certain() {
    let device = Device::flex();
    let empty = |shape: [usize; 2]| Tensor::<2>::empty(shape, &device);
    assert_eq!(read(&bernoulli_log_likelihood(empty([2, 0]), empty([2, 0]))), [0.0, 0.0]);
    assert_eq!(bernoulli_log_likelihood(empty([0, 3]), empty([0, 3])).dims(), [0, 1]);
}

#[test]
fn other_types_take_the_composition() {
    let device = (&Device::flex(), DType::F64);
    let one = |value: f64| Tensor::<2>::from_data(TensorData::new(vec![value], [1, 1]), device);
    let found = read(&bernoulli_log_likelihood(one(1.0), one(0.0)))[0];
    assert!((found + std::f64::consts::LN_2).abs() < 1e-12, "{found}");
}

/// Where an input is surely empty, gradients would be below the normal numbers.
#[test]
fn certain_odds_have_no_gradient() {
    let device = device();
    let x = Tensor::<2>::from_floats([[0.0, 0.0, 1.0, 1.0]], &device);
    let odds = Tensor::<2>::from_floats([[-95.0, -59.0, 70.0, -3.0]], &device).require_grad();
    let grads = (bernoulli_log_likelihood(x, odds.clone()) * 0.01).sum().backward();
    let gradient = read(&odds.grad(&grads).unwrap());
    assert_eq!(gradient[..3], [0.0; 3]);
    assert!((gradient[3] - 0.01 / (1.0 + (-3f64).exp())).abs() < 1e-8, "{gradient:?}");
}
