use super::*;
use crate::testing::{assert_close, device, read, sample, values};
use burn::tensor::Device;
use proptest::prelude::*;

/// Output, and gradient of `Σ output² · fixed`.
fn run(shape: [usize; 2], function: impl Fn(Tensor<2>) -> Tensor<2>) -> (Tensor<2>, Vec<f64>) {
    let device = device();
    let input = sample(shape, 1, &device).require_grad();
    let output = function(input.clone().transpose());
    let fixed = sample([shape[1], shape[0]], 2, &device);
    let grads = (output.clone() * output.clone() * fixed).sum().backward();
    (output, read(&input.grad(&grads).unwrap()))
}

fn check(shape: [usize; 2], probability: f64, seed: u64) {
    let (output, gradient) = run(shape, |input| dropout(input, probability, seed));
    let (expected_output, expected_gradient) =
        run(shape, |input| composed(input, Mask::new(probability, seed)));
    assert_eq!(read(&output), read(&expected_output));
    let difference = crate::testing::difference(&gradient, &expected_gradient);
    assert!(difference < 1e-6, "{difference:e}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn agrees_with_the_composition(
        rows in 0usize..50, width in 0usize..50, probability in 0.0f64..0.99, seed: u64,
    ) {
        check([rows, width], probability, seed);
    }

    #[test]
    fn the_loop_agrees_with_the_mask(len in 0usize..100, start in 0u64..1 << 40, seed: u64) {
        let mask = Mask::new(0.3, seed);
        let mut fast = values(len, 1);
        let start = start >> 7 << 7;
        let expected: Vec<f32> =
            (start..).zip(&fast).map(|(place, value)| value * mask.factor(place)).collect();
        mask.apply(&mut fast, start);
        prop_assert_eq!(fast, expected);
    }
}

#[test]
fn agrees_over_many_blocks() {
    check([300, 301], 0.2, 5);
}

#[test]
fn gradient_agrees_with_finite_differences() {
    // Linear in the input: the slope is the factor, and the output is the input times it.
    let input = sample([20, 30], 1, &device()).require_grad();
    let output = dropout(input.clone(), 0.4, 3);
    let grads = output.sum().backward();
    let moved =
        dropout(input.clone().inner() + 1.0, 0.4, 3) - dropout(input.clone().inner(), 0.4, 3);
    assert_close(&input.grad(&grads).unwrap(), &moved, 1e-6);
}

/// Keeps what it should, with neighbours, seeds and shifted seeds independent: correlations of a
/// million places stay within five standard deviations.
#[test]
fn masks_look_random() {
    const COUNT: usize = 1 << 20;
    let kept = |seed: u64| -> Vec<f64> {
        let mask = Mask::new(0.25, seed);
        let kept = (0..COUNT as u64).map(|place| f64::from(u8::from(mask.factor(place) > 0.0)));
        // Standardized.
        kept.map(|kept| (kept - 0.75) / (0.25f64 * 0.75).sqrt()).collect()
    };
    let bound = 5.0 / (COUNT as f64).sqrt();
    let (first, second) = (kept(1), kept(2));
    for mask in [&first, &second] {
        let mean = mask.iter().sum::<f64>() / COUNT as f64;
        assert!(mean.abs() < bound, "mean {mean}");
    }
    let correlation = |left: &[f64], right: &[f64]| {
        left.iter().zip(right).map(|(l, r)| l * r).sum::<f64>() / COUNT as f64
    };
    for lag in (0..40).chain([64, 128, 384, 768, 1024, 4096, 65536]) {
        let across = correlation(&first[lag..], &second);
        assert!(across.abs() < bound, "seeds, {lag} apart: {across}");
        if lag > 0 {
            let along = correlation(&first[lag..], &first);
            assert!(along.abs() < bound, "{lag} apart: {along}");
        }
    }
}

#[test]
fn a_probability_of_zero_changes_nothing() {
    let input = sample([5, 5], 1, &Device::flex());
    assert_eq!(read(&dropout(input.clone(), 0.0, 1)), read(&input));
}

#[test]
fn does_not_depend_on_the_number_of_threads() {
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let (output, gradient) = run([300, 300], |input| dropout(input, 0.3, 1));
            (read(&output), gradient)
        })
    };
    assert_eq!(with(1), with(3));
}
