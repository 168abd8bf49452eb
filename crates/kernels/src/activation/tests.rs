use super::*;
use crate::testing::{assert_close, device, difference, read, sample, values};
use burn::tensor::{DType, Device, TensorData};
use proptest::prelude::*;

const ALL: [Activation; 4] =
    [Activation::Relu, Activation::Gelu, Activation::GeluTanh, Activation::Silu];

type Function = fn(Tensor<2>, Option<Tensor<1>>, Activation) -> Tensor<2>;

/// Output, and gradients of `Σ output² · fixed`, from a strided input.
fn run(
    [rows, width]: [usize; 2],
    biased: bool,
    activation: Activation,
    function: Function,
) -> (Tensor<2>, Vec<Vec<f64>>) {
    let device = device();
    let input = (sample([width, rows], 1, &device) * 5.0).detach().require_grad();
    let bias = biased.then(|| sample([width], 2, &device).require_grad());
    let output = function(input.clone().transpose(), bias.clone(), activation);
    let fixed = sample([rows, width], 3, &device);
    let grads = (output.clone() * output.clone() * fixed).sum().backward();
    let mut gradients = vec![read(&input.grad(&grads).unwrap())];
    gradients.extend(bias.map(|bias| read(&bias.grad(&grads).unwrap())));
    (output, gradients)
}

fn check(shape: [usize; 2], biased: bool, activation: Activation) {
    let (output, gradients) = run(shape, biased, activation, activate);
    let (expected_output, expected_gradients) = run(shape, biased, activation, composed);
    assert_close(&output, &expected_output, 1e-6);
    assert_eq!(gradients.len(), expected_gradients.len());
    for (gradient, expected) in gradients.iter().zip(&expected_gradients) {
        let difference = difference(gradient, expected);
        // Burn's tanh form takes `tanh²` from 1; a bias adds up the rows' errors.
        assert!(difference < 1e-5, "{activation:?}: gradients differ by {difference:e}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn agrees_with_the_composition(
        rows in 1usize..40, width in 8usize..90, biased: bool, which in 0usize..4,
    ) {
        check([rows, width], biased, ALL[which]);
    }

    #[test]
    fn loops_agree_with_their_scalar_twins(
        rows in 1usize..5, width in 1usize..70, biased: bool, which in 0usize..4,
    ) {
        let six_times = |values: Vec<f32>| values.into_iter().map(|x| x * 6.0).collect::<Vec<_>>();
        let [x, g] = [1, 2].map(|seed| six_times(values(rows * width, seed)));
        let bias = values(width, 3);
        let bias = biased.then_some(&bias[..]);
        // Beside the inputs, so that differences are relative to those: outputs may be tiny.
        let wide = |values: &[f32]| {
            let all = values.iter().chain(&x).chain(&g).chain(&[1.0]);
            all.map(|&x| f64::from(x)).collect::<Vec<_>>()
        };

        let (mut fast, mut plain) = (g.clone(), g.clone());
        loops::biased_forward(ALL[which], &x, bias, &mut fast);
        loops::forward_body::<false>(ALL[which], &x, bias, &mut plain);
        prop_assert!(difference(&wide(&fast), &wide(&plain)) < 1e-6);

        let (mut fast, mut plain) = (g.clone(), g.clone());
        loops::biased_backward(ALL[which], &x, bias, &mut fast);
        loops::backward_body::<false>(ALL[which], &x, bias, &mut plain);
        prop_assert!(difference(&wide(&fast), &wide(&plain)) < 2e-6);
    }
}

#[test]
fn agrees_over_many_blocks() {
    check([700, 70], true, Activation::Gelu);
    check([700, 70], false, Activation::Silu);
}

/// The functions in `f64`, by Burn's operations, tell the slope.
#[test]
fn gradient_agrees_with_finite_differences() {
    let places: Vec<f32> = (-60..60).map(|place| place as f32 * 0.11 + 0.05).collect();
    let count = places.len();
    for activation in ALL {
        let input = Tensor::<1>::from_data(TensorData::new(places.clone(), [count]), &device());
        let input = input.require_grad();
        let grads = activate(input.clone(), None, activation).sum().backward();
        let gradient = read(&input.grad(&grads).unwrap());
        let at = |step: f64| {
            let moved: Vec<f64> = places.iter().map(|&x| f64::from(x) + step).collect();
            let options = (&Device::flex(), DType::F64);
            let moved = Tensor::<1>::from_data(TensorData::new(moved, [count]), options);
            read(&activate(moved, None, activation))
        };
        let slopes =
            at(1e-4).into_iter().zip(at(-1e-4)).map(|(above, below)| (above - below) / 2e-4);
        let difference = difference(&gradient, &slopes.collect::<Vec<_>>());
        assert!(difference < 1e-5, "{activation:?}: {difference:e}");
    }
}

#[test]
fn saturates_and_lets_what_is_no_number_be_seen() {
    let device = Device::flex();
    for activation in ALL {
        let input = Tensor::<1>::from_data([-1e4, -200.0, 0.0, 200.0, 1e4], &device);
        let expected = Tensor::<1>::from_data([0.0, 0.0, 0.0, 200.0, 1e4], &device);
        assert_eq!(read(&(activate(input, None, activation) + 0.0)), read(&expected));
        let none = activate(Tensor::<1>::from_data([f32::NAN], &device), None, activation);
        assert!(read(&none)[0].is_nan());
    }
}

#[test]
fn nothing_in_nothing_out() {
    let empty = Tensor::<3>::empty([2, 0, 5], &device());
    let bias = Tensor::ones([5], &device());
    assert_eq!(activate(empty.clone(), Some(bias), Activation::Gelu).dims(), [2, 0, 5]);
    assert_eq!(activate(empty, None, Activation::Gelu).dims(), [2, 0, 5]);
}

#[test]
fn does_not_depend_on_the_number_of_threads() {
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let (output, gradients) = run([900, 70], true, Activation::Gelu, activate);
            (read(&output), gradients)
        })
    };
    assert_eq!(with(1), with(3));
}
