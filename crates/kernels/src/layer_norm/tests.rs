use super::loops::{self, Moments};
use super::*;
use crate::testing::{assert_close, device, difference, read, sample, values};
use burn::tensor::{DType, Device, TensorData};
use proptest::prelude::*;

type Function = fn(Tensor<2>, Tensor<1>, Tensor<1>, f64) -> Tensor<2>;

fn fused_rms(input: Tensor<2>, gamma: Tensor<1>, _: Tensor<1>, epsilon: f64) -> Tensor<2> {
    rms_norm(input, gamma, epsilon)
}

fn stock_rms(input: Tensor<2>, gamma: Tensor<1>, _: Tensor<1>, epsilon: f64) -> Tensor<2> {
    composed_rms_norm(input, gamma, epsilon)
}

/// Fused, and the same composed.
const LAYER: [Function; 2] = [layer_norm, composed_layer_norm];
const ROOT: [Function; 2] = [fused_rms, stock_rms];

/// Output, and gradients of `Σ output² · fixed`, from a strided input, computed in a float type.
fn run(
    [rows, width]: [usize; 2],
    function: Function,
    precision: DType,
) -> (Tensor<2>, Vec<Vec<f64>>) {
    let device = device();
    let input = sample([width, rows], 1, &device).cast(precision);
    let input = (input * 3.0 + 2.0).detach().require_grad();
    let vector = |seed| sample([width], seed, &device).cast(precision).detach().require_grad();
    let (gamma, beta) = (vector(2), vector(3));
    let output = function(input.clone().transpose(), gamma.clone(), beta.clone(), 1e-5);
    let fixed = sample([rows, width], 5, &device).cast(precision);
    let grads = (output.clone() * output.clone() * fixed).sum().backward();
    let vectors = [gamma, beta].into_iter().filter_map(|vector| vector.grad(&grads));
    let mut gradients = vec![read(&input.grad(&grads).unwrap())];
    gradients.extend(vectors.map(|gradient| read(&gradient)));
    (output, gradients)
}

fn check(shape: [usize; 2], [fused, composed]: [Function; 2]) {
    let (output, gradients) = run(shape, fused, DType::F32);
    // In f32 the composition is no closer to the truth than we are.
    let (expected_output, expected_gradients) = run(shape, composed, DType::F64);
    assert_close(&output, &expected_output, 1e-5);
    assert_eq!(gradients.len(), expected_gradients.len());
    for (gradient, expected) in gradients.iter().zip(&expected_gradients) {
        // Beside one, because a sum may nearly cancel.
        let beside = |gradient: &[f64]| [gradient, &[1.0]].concat();
        let difference = difference(&beside(gradient), &beside(expected));
        assert!(difference < 1e-4, "gradients differ by {difference:e}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    // Few values per row make the normalization ill-conditioned in f32, hence at least six.
    #[test]
    fn agrees_with_the_composition(rows in 1usize..40, width in 6usize..200) {
        check([rows, width], LAYER);
        check([rows, width], ROOT);
    }

    #[test]
    fn loops_agree_with_their_scalar_twins(
        rows in 1usize..5, width in 6usize..100, centred: bool
    ) {
        let [x, g] = [1, 2].map(|seed| values(rows * width, seed));
        let [gamma, beta] = [3, 4].map(|seed| values(width, seed));
        let beta = if centred { &beta[..] } else { &[] };
        let run = |twin: bool| {
            let (mut y, mut moments) = (x.clone(), vec![Moments::default(); rows]);
            let (mut by_gamma, mut by_beta, mut g) = (gamma.clone(), beta.to_vec(), g.clone());
            let forward = if twin { loops::forward_body::<false> } else { loops::forward };
            let backward = if twin { loops::backward_body::<false> } else { loops::backward };
            forward(&x, &gamma, beta, 1e-5, &mut y, &mut moments);
            backward(&x, &gamma, &moments, &mut g, &mut by_gamma, &mut by_beta);
            let all = [y, g, by_gamma, by_beta].concat();
            all.into_iter().map(f64::from).collect::<Vec<_>>()
        };
        prop_assert!(difference(&run(false), &run(true)) < 2e-6);
    }
}

#[test]
fn agrees_over_many_blocks() {
    check([4200, 37], LAYER);
    check([300, 384], LAYER);
    check([300, 384], ROOT);
}

#[test]
fn a_large_mean_does_not_drown_a_small_variance() {
    let device = Device::flex();
    let input = sample([8, 200], 1, &device);
    let normal = |input| {
        layer_norm(input, Tensor::ones([200], &device), Tensor::zeros([200], &device), 1e-5)
    };
    // The input itself is rounded to 1000 · 2⁻²⁴ ≈ 6e-5.
    assert_close(&normal(input.clone() + 1000.0), &normal(input), 2e-4);
}

#[test]
fn gradient_agrees_with_finite_differences() {
    let shape = [4, 7];
    for [function, _] in [LAYER, ROOT] {
        let (_, gradients) = run(shape, function, DType::F32);
        let scaled = values(28, 1).iter().map(|x| x * 3.0 + 2.0).collect::<Vec<_>>();
        let arguments = [scaled, values(7, 2), values(7, 3)];
        // The loss in f64, on the composed path.
        let loss = |arguments: &[Vec<f64>; 3]| {
            let options = (&Device::flex(), DType::F64);
            let [input, gamma, beta] = arguments;
            let input = Tensor::<2>::from_data(TensorData::new(input.clone(), [7, 4]), options);
            let [gamma, beta] = [gamma, beta]
                .map(|v| Tensor::<1>::from_data(TensorData::new(v.clone(), [7]), options));
            let fixed = values(28, 5).into_iter().map(f64::from).collect::<Vec<_>>();
            let fixed = Tensor::<2>::from_data(TensorData::new(fixed, shape), options);
            let output = function(input.transpose(), gamma, beta, 1e-5);
            read(&(output.clone() * output * fixed).sum())[0]
        };
        let arguments = arguments.map(|v| v.into_iter().map(f64::from).collect::<Vec<_>>());
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
}

#[test]
fn nothing_in_nothing_out() {
    let device = device();
    let vector = || Tensor::ones([5], &device).require_grad();
    let (gamma, beta) = (vector(), vector());
    let output = layer_norm(Tensor::<3>::empty([2, 0, 5], &device), gamma.clone(), beta, 1e-5);
    assert_eq!(output.dims(), [2, 0, 5]);
    let grads = output.sum().backward();
    assert_eq!(read(&gamma.grad(&grads).unwrap()), [0.0; 5]);
    let none = || Tensor::ones([0], &device);
    assert_eq!(
        layer_norm(Tensor::<2>::empty([3, 0], &device), none(), none(), 1e-5).dims(),
        [3, 0]
    );
    assert_eq!(rms_norm(Tensor::<2>::empty([3, 0], &device), none(), 1e-5).dims(), [3, 0]);
}

#[test]
fn does_not_depend_on_the_number_of_threads() {
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let (output, gradients) = run([900, 70], layer_norm, DType::F32);
            (read(&output), gradients)
        })
    };
    assert_eq!(with(1), with(3));
}
