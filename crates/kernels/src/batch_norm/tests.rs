use super::*;
use crate::testing::{assert_close, device, difference, read, sample, values};
use burn::tensor::{DType, Device, TensorData};
use proptest::prelude::*;

#[derive(Clone, Copy, Debug)]
struct Case<const D: usize> {
    input: [usize; D],
    residual: bool,
    relu: bool,
}

/// Output, moments and gradients of `Σ output² · fixed`.
fn run<const D: usize>(case: Case<D>, fused: bool) -> (Tensor<D>, BatchMoments, Vec<Vec<f64>>) {
    let device = device();
    let channels = case.input[1];
    let input = (sample(case.input, 1, &device) * 3.0 + 2.0).detach().require_grad();
    let gamma = sample([channels], 2, &device).require_grad();
    let beta = sample([channels], 3, &device).require_grad();
    let residual = case.residual.then(|| sample(case.input, 4, &device).require_grad());
    let options = BatchNormOptions { relu: case.relu, ..BatchNormOptions::default() };
    let function = if fused { batch_norm } else { composed };
    let Normalized { output, moments } =
        function(input.clone(), gamma.clone(), beta.clone(), residual.clone(), options);
    let fixed = sample(case.input, 5, &device);
    let grads = (output.clone() * output.clone() * fixed).sum().backward();
    let mut gradients = vec![read(&input.grad(&grads).unwrap())];
    gradients.extend([gamma, beta].map(|vector| read(&vector.grad(&grads).unwrap())));
    gradients.extend(residual.map(|residual| read(&residual.grad(&grads).unwrap())));
    (output, moments, gradients)
}

fn check<const D: usize>(case: Case<D>) {
    let (output, moments, gradients) = run(case, true);
    let (expected_output, expected_moments, expected_gradients) = run(case, false);
    assert_close(&output, &expected_output, 1e-4);
    assert_close(&moments.mean, &expected_moments.mean, 1e-5);
    assert_close(&moments.variance, &expected_moments.variance, 1e-4);
    assert_eq!(moments.count, expected_moments.count);
    for (gradient, expected) in gradients.iter().zip(&expected_gradients) {
        let difference = difference(gradient, expected);
        assert!(difference < 1e-3, "gradients differ by {difference:e}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    // Few values per channel make the normalization ill-conditioned in f32, hence at least six.
    #[test]
    fn images_agree_with_the_composition(
        (n, c, h, w) in (2usize..6, 1usize..7, 3usize..12, 1usize..14),
        residual: bool,
        relu: bool,
    ) {
        check(Case { input: [n, c, h, w], residual, relu });
    }

    #[test]
    fn vectors_agree_with_the_composition(
        (n, c) in (6usize..40, 1usize..200),
        residual: bool,
        relu: bool,
    ) {
        check(Case { input: [n, c], residual, relu });
    }
}

#[test]
fn long_channels_agree_with_the_composition() {
    check(Case { input: [40, 3, 16, 17], residual: true, relu: true });
    check(Case { input: [700, 70], residual: false, relu: true });
}

#[test]
fn a_large_mean_does_not_drown_a_small_variance() {
    let device = Device::flex();
    let input = sample([8, 2, 20, 20], 1, &device);
    let ones = || Tensor::ones([2], &device);
    let zeros = || Tensor::zeros([2], &device);
    let options = BatchNormOptions::default();
    let near = batch_norm(input.clone(), ones(), zeros(), None, options);
    let far = batch_norm(input + 1000.0, ones(), zeros(), None, options);
    // The input itself is rounded to 1000 · 2⁻²⁴ ≈ 6e-5.
    assert_close(&far.moments.variance, &near.moments.variance, 1e-4);
}

#[test]
fn gradient_agrees_with_finite_differences() {
    let shape = [3, 2, 2, 3];
    let options = BatchNormOptions { relu: true, ..BatchNormOptions::default() };
    let case = Case { input: shape, residual: true, relu: true };
    let (_, _, gradients) = run(case, true);
    let scaled = values(36, 1).iter().map(|x| x * 3.0 + 2.0).collect::<Vec<_>>();
    let arguments = [scaled, values(2, 2), values(2, 3), values(36, 4)];
    // The loss in f64, on the composed path.
    let loss = |arguments: &[Vec<f32>; 4]| {
        let device = (&Device::flex(), DType::F64);
        let wide = |v: &[f32]| v.iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
        let full = |v: &[f32]| Tensor::<4>::from_data(TensorData::new(wide(v), shape), device);
        let vector = |v: &[f32]| Tensor::<1>::from_data(TensorData::new(wide(v), [2]), device);
        let [input, gamma, beta, residual] = arguments;
        let (gamma, beta) = (vector(gamma), vector(beta));
        let output = batch_norm(full(input), gamma, beta, Some(full(residual)), options).output;
        let loss = (output.clone() * output * full(&values(36, 5))).sum();
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
fn evaluation_agrees_with_the_composition() {
    fn agree<const D: usize>(shape: [usize; D]) {
        let run = |device: &Device| {
            let vector = |seed| sample([5], seed, device);
            let options = BatchNormOptions { relu: true, ..BatchNormOptions::default() };
            let moments = [vector(3), vector(4).abs()];
            let residual = Some(sample(shape, 5, device));
            let input = sample(shape, 0, device);
            batch_norm_evaluate(input, [vector(1), vector(2)], moments, residual, options)
        };
        assert_close(&run(&Device::flex()), &run(&device()).inner(), 1e-5);
    }
    agree([3, 5, 4, 7]);
    agree([9, 5]);
    agree([0, 5, 2, 2]);
}

#[test]
fn running_moments_follow_pytorch() {
    // m = torch.nn.BatchNorm1d(1, momentum=0.1); m(torch.tensor([[1.], [2.], [6.]]))
    // m.running_mean, m.running_var  ->  0.3, 1.6
    let device = Device::flex();
    let input = Tensor::<2>::from_data([[1.0], [2.0], [6.0]], &device);
    let (ones, zeros) = (Tensor::ones([1], &device), Tensor::zeros([1], &device));
    let options = BatchNormOptions::default();
    let moments = batch_norm(input, ones.clone(), zeros.clone(), None, options).moments;
    let (mean, variance) = moments.update(zeros, ones, 0.1);
    assert_close(&mean, &Tensor::from_data([0.3], &device), 1e-6);
    assert_close(&variance, &Tensor::from_data([1.6], &device), 1e-6);
}

#[test]
fn does_not_depend_on_the_number_of_threads() {
    let case = Case { input: [9, 13, 5, 7], residual: true, relu: true };
    let rows = Case { input: [90, 130], residual: false, relu: true };
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let ((images, _, left), (vectors, _, right)) = (run(case, true), run(rows, true));
            (read(&images), left, read(&vectors), right)
        })
    };
    assert_eq!(with(1), with(3));
}

/// As in PyTorch: neither the batch nor the running statistics hide it.
#[test]
fn what_is_not_a_number_does_not_hide() {
    let device = Device::flex().autodiff();
    for bad in [f32::NAN, f32::INFINITY] {
        let input = sample([3, 2, 2, 2], 1, &device).slice_fill([1..2, 0..1, 0..1, 0..1], bad);
        let ones = || Tensor::<1>::ones([2], &device);
        let result = batch_norm(input, ones(), ones(), None, BatchNormOptions::default());
        let (_, variance) = result.moments.update(ones(), ones(), 0.1);
        let variance = read(&variance);
        assert!(variance[0].is_nan() && variance[1].is_finite(), "{variance:?}");
        let output = read(&result.output.slice([0..3, 0..1]));
        assert!(output.iter().all(|value| value.is_nan()), "{output:?}");
    }
}
