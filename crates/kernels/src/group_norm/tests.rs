use super::loops;
use super::*;
use crate::testing::{assert_close, device, difference, read, sample, values};
use burn::tensor::{DType, Device, TensorData};
use proptest::prelude::*;

type Function<const D: usize> = fn(Tensor<D>, Tensor<1>, Tensor<1>, usize, f64) -> Tensor<D>;

/// Output, and gradients of `Σ output² · fixed`, computed in a float type.
fn run<const D: usize>(
    shape: [usize; D],
    groups: usize,
    function: Function<D>,
    precision: DType,
) -> (Tensor<D>, [Vec<f64>; 3]) {
    let device = device();
    let sample = |seed| sample(shape, seed, &device).cast(precision);
    let vector = |seed| crate::testing::sample([shape[1]], seed, &device).cast(precision);
    let input = (sample(1) * 3.0 + 2.0).detach().require_grad();
    let [gamma, beta] = [2, 3].map(|seed| vector(seed).detach().require_grad());
    // A view that is not contiguous.
    let flipped = input.clone().flip([0]);
    let output = function(flipped, gamma.clone(), beta.clone(), groups, 1e-5);
    let fixed = sample(5);
    let grads = (output.clone() * output.clone() * fixed).sum().backward();
    let [gamma, beta] = [gamma, beta].map(|vector| read(&vector.grad(&grads).unwrap()));
    (output, [read(&input.grad(&grads).unwrap()), gamma, beta])
}

fn check<const D: usize>(shape: [usize; D], groups: usize) {
    let (output, gradients) = run(shape, groups, group_norm, DType::F32);
    // In f32 the composition is no closer to the truth than we are.
    let (expected_output, expected_gradients) = run(shape, groups, composed, DType::F64);
    assert_close(&output, &expected_output, 1e-5);
    for (gradient, expected) in gradients.iter().zip(&expected_gradients) {
        // Beside one, because a sum may nearly cancel.
        let beside = |gradient: &[f64]| [gradient, &[1.0]].concat();
        let difference = difference(&beside(gradient), &beside(expected));
        assert!(difference < 1e-4, "gradients differ by {difference:e}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    // Few values per group make the normalization ill-conditioned in f32, hence at least six.
    #[test]
    fn agrees_with_the_composition(
        (n, groups, channels, h, w) in (1usize..6, 1usize..5, 1usize..5, 2usize..9, 3usize..14),
    ) {
        check([n, groups * channels, h, w], groups);
        check([n, groups * channels * 6], groups);
    }

    #[test]
    fn loops_agree_with_their_scalar_twins(channels in 1usize..5, plane in 6usize..100) {
        let [x, g] = [1, 2].map(|seed| values(channels * plane, seed));
        let [gamma, beta] = [3, 4].map(|seed| values(channels, seed));
        let run = |twin: bool| {
            let (mut y, mut g) = (x.clone(), g.clone());
            let (mut by_gamma, mut by_beta) = (gamma.clone(), beta.clone());
            let forward = if twin { loops::forward_body::<false> } else { loops::forward };
            let backward = if twin { loops::backward_body::<false> } else { loops::backward };
            let moments = forward(&x, &gamma, &beta, 1e-5, &mut y);
            backward(&x, &gamma, moments, &mut g, &mut by_gamma, &mut by_beta);
            let all = [y, g, by_gamma, by_beta].concat();
            all.into_iter().map(f64::from).collect::<Vec<_>>()
        };
        prop_assert!(difference(&run(false), &run(true)) < 2e-6);
    }
}

#[test]
fn agrees_over_many_blocks() {
    check([9, 12, 40, 37], 3);
    check([70, 10, 20, 30], 5);
}

#[test]
fn gradient_agrees_with_finite_differences() {
    let (shape, groups) = ([3, 4, 5], 2);
    let (_, gradients) = run(shape, groups, group_norm, DType::F32);
    let scaled = values(60, 1).iter().map(|x| x * 3.0 + 2.0).collect::<Vec<_>>();
    let arguments = [scaled, values(4, 2), values(4, 3)];
    let arguments = arguments.map(|v| v.into_iter().map(f64::from).collect::<Vec<_>>());
    // The loss in f64, on the composed path.
    let loss = |[input, gamma, beta]: &[Vec<f64>; 3]| {
        let options = (&Device::flex(), DType::F64);
        let full = |v: &[f64]| Tensor::<3>::from_data(TensorData::new(v.to_vec(), shape), options);
        let vector = |v: &[f64]| Tensor::<1>::from_data(TensorData::new(v.to_vec(), [4]), options);
        let fixed = values(60, 5).into_iter().map(f64::from).collect::<Vec<_>>();
        let (gamma, beta) = (vector(gamma), vector(beta));
        let output = group_norm(full(input).flip([0]), gamma, beta, groups, 1e-5);
        read(&(output.clone() * output * full(&fixed)).sum())[0]
    };
    for (argument, gradient) in gradients.iter().enumerate() {
        for (index, gradient) in gradient.iter().enumerate() {
            let moved = |step: f64| {
                let mut arguments = arguments.clone();
                arguments[argument][index] += step;
                loss(&arguments)
            };
            let slope = (moved(1e-4) - moved(-1e-4)) / 2e-4;
            let error = (slope - gradient).abs();
            assert!(error < 1e-4 * (1.0 + slope.abs()), "{slope} against {gradient}");
        }
    }
}

#[test]
fn nothing_in_nothing_out() {
    let device = device();
    let vector = || Tensor::ones([4], &device).require_grad();
    let (gamma, beta) = (vector(), vector());
    for shape in [[0, 4, 5], [3, 4, 0]] {
        let input = Tensor::<3>::empty(shape, &device);
        let output = group_norm(input, gamma.clone(), beta.clone(), 2, 1e-5);
        assert_eq!(output.dims(), shape);
        let grads = output.sum().backward();
        assert_eq!(read(&gamma.grad(&grads).unwrap()), [0.0; 4]);
    }
}

#[test]
fn does_not_depend_on_the_number_of_threads() {
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let (output, gradients) = run([70, 10, 20, 30], 5, group_norm, DType::F32);
            (read(&output), gradients)
        })
    };
    assert_eq!(with(1), with(3));
}
