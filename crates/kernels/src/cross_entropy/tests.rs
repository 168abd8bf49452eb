use super::*;
use crate::testing::{device, difference, read, sample, values};
use burn::tensor::{DType, Device, TensorData};
use proptest::prelude::*;

type Function = fn(Tensor<2>, Tensor<1, Int>, f64) -> Tensor<1>;

fn targets(rows: usize, classes: usize, device: &Device) -> Tensor<1, Int> {
    let targets: Vec<i64> = (0..rows).map(|row| (row * 7 % classes) as i64).collect();
    Tensor::from_data(TensorData::new(targets, [rows]), device)
}

/// Loss, and the gradient of three times it, from strided logits.
fn run([rows, classes]: [usize; 2], smoothing: f64, function: Function) -> (f64, Vec<f64>) {
    let device = device();
    let logits = (sample([classes, rows], 1, &device) * 8.0).detach().require_grad();
    let targets = targets(rows, classes, &device);
    let loss = function(logits.clone().transpose(), targets, smoothing);
    assert_eq!(loss.dims(), [1]);
    let grads = (loss.clone() * 3.0).backward();
    (read(&loss)[0], read(&logits.grad(&grads).unwrap()))
}

fn check(shape: [usize; 2], smoothing: f64) {
    let (loss, gradient) = run(shape, smoothing, cross_entropy);
    let (expected_loss, expected_gradient) = run(shape, smoothing, composed);
    assert!((loss - expected_loss).abs() < 3e-6 * (1.0 + loss), "{loss} against {expected_loss}");
    // Relative to the largest gradient there could be: that of certain classes is nearly zero.
    let beside = |gradient: Vec<f64>| [gradient, vec![3.0 / shape[0] as f64]].concat();
    let difference = difference(&beside(gradient), &beside(expected_gradient));
    assert!(difference < 3e-6, "gradients differ by {difference:e}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn agrees_with_the_composition(
        rows in 1usize..60, classes in 1usize..100, smooth: bool, smoothing in 0.0f64..1.0
    ) {
        check([rows, classes], if smooth { smoothing } else { 0.0 });
    }

    #[test]
    fn loops_agree_with_their_scalar_twins(rows in 1usize..5, classes in 1usize..70) {
        let x: Vec<f32> = values(rows * classes, 1).iter().map(|x| x * 9.0).collect();
        let targets: Vec<usize> = (0..rows).map(|row| row % classes).collect();
        let target = loops::Target { own: 0.9, every: 0.1 / classes as f32 };
        let run = |twin: bool| {
            let (mut x, mut normalizers) = (x.clone(), vec![0.0; rows]);
            let forward = if twin { loops::forward_body::<false> } else { loops::forward };
            let backward = if twin { loops::backward_body::<false> } else { loops::backward };
            let loss = forward(&x, &targets, target, &mut normalizers);
            backward(&mut x, &targets, target, &normalizers, 0.7);
            x.into_iter().map(f64::from).chain([loss]).collect::<Vec<_>>()
        };
        prop_assert!(difference(&run(false), &run(true)) < 2e-6);
    }
}

#[test]
fn agrees_over_many_blocks() {
    check([5000, 10], 0.1);
    check([300, 1000], 0.0);
}

#[test]
fn the_logits_survive_the_backward_pass() {
    let device = device();
    let logits = sample([4, 6], 1, &device).require_grad();
    let before = read(&logits);
    cross_entropy(logits.clone(), targets(4, 6, &device), 0.1).backward();
    assert_eq!(read(&logits), before);
}

#[test]
fn gradient_agrees_with_finite_differences() {
    let shape = [4, 7];
    for smoothing in [0.0, 0.2] {
        let (_, gradient) = run(shape, smoothing, cross_entropy);
        let options = (&Device::flex(), DType::F64);
        let loss = |index: usize, step: f64| {
            let mut logits: Vec<f64> =
                values(28, 1).into_iter().map(|x| f64::from(x) * 8.0).collect();
            logits[index] += step;
            let logits = Tensor::<2>::from_data(TensorData::new(logits, [7, 4]), options);
            let targets = targets(4, 7, &Device::flex());
            3.0 * read(&cross_entropy(logits.transpose(), targets, smoothing))[0]
        };
        for (index, gradient) in gradient.iter().enumerate() {
            let slope = (loss(index, 1e-4) - loss(index, -1e-4)) / 2e-4;
            assert!((slope - gradient).abs() < 1e-5, "{slope} against {gradient}");
        }
    }
}

#[test]
fn targets_may_come_without_a_tape() {
    let logits = sample([3, 5], 1, &device()).require_grad();
    let loss = cross_entropy(logits.clone(), targets(3, 5, &Device::flex()), 0.0);
    assert!(logits.grad(&loss.backward()).is_some());
}

#[test]
#[should_panic(expected = "the target of row 1 is 5, but there are 5 classes")]
fn a_target_that_is_no_class_is_refused() {
    let device = Device::flex();
    let targets = Tensor::<1, Int>::from_data([0, 5], &device);
    cross_entropy(sample([2, 5], 1, &device), targets, 0.0);
}

#[test]
#[should_panic(expected = "have no values to take a mean of")]
fn no_rows_have_no_mean() {
    let device = Device::flex();
    cross_entropy(Tensor::empty([0, 5], &device), Tensor::empty([0], &device), 0.0);
}

#[test]
fn does_not_depend_on_the_number_of_threads() {
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| run([5000, 10], 0.1, cross_entropy))
    };
    assert_eq!(with(1), with(3));
}
