use super::*;
use crate::testing::{assert_close, device, difference, read, sample, values};
use burn::tensor::{DType, Device, TensorData};
use proptest::prelude::*;

type Function = fn(Tensor<4>, [usize; 2], Interpolation) -> Tensor<4>;

/// Output and gradient of `Σ output² · fixed`; the input turned, to have strides.
fn run(
    function: Function,
    shape: [usize; 4],
    size: [usize; 2],
    interpolation: Interpolation,
    turned: bool,
) -> (Tensor<4>, Vec<f64>) {
    let input = sample(shape, 1, &device()).require_grad();
    let seen = if turned { input.clone().swap_dims(2, 3) } else { input.clone() };
    let output = function(seen, size, interpolation);
    let fixed = sample(output.dims(), 2, &device());
    let grads = (output.clone() * output.clone() * fixed).sum().backward();
    (output, read(&input.grad(&grads).unwrap()))
}

fn check(shape: [usize; 4], size: [usize; 2], interpolation: Interpolation, turned: bool) {
    let (output, gradient) = run(resize, shape, size, interpolation, turned);
    let (expected, expected_gradient) = run(composed, shape, size, interpolation, turned);
    assert_close(&output, &expected, 1e-6);
    let difference = difference(&gradient, &expected_gradient);
    assert!(difference < 1e-5, "gradients differ by {difference:e}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn agrees_with_burn(
        (n, c, h, w) in (1usize..3, 1usize..4, 1usize..9, 1usize..20),
        size in [1usize..20, 1usize..40],
        bilinear: bool,
        turned: bool,
    ) {
        let interpolation = if bilinear { Interpolation::Bilinear } else { Interpolation::Nearest };
        check([n, c, h, w], size, interpolation, turned);
    }

    #[test]
    fn repetition_agrees_with_burn(
        (h, w) in (1usize..9, 1usize..20),
        (times_y, times_x) in (1usize..4, 1usize..4),
    ) {
        check([2, 3, h, w], [h * times_y, w * times_x], Interpolation::Nearest, false);
    }
}

#[test]
fn an_empty_batch_stays_empty() {
    let empty = Tensor::<4>::zeros([0, 2, 3, 4], &device()).require_grad();
    let output = resize(empty.clone(), [5, 6], Interpolation::Bilinear);
    assert_eq!(output.dims(), [0, 2, 5, 6]);
    let grads = output.sum().backward();
    assert_eq!(empty.grad(&grads).unwrap().dims(), [0, 2, 3, 4]);
}

#[test]
fn follows_pytorch() {
    // x = torch.arange(6.).reshape(1, 1, 2, 3)
    // torch.nn.functional.interpolate(x, size=(3, 4), mode="bilinear", align_corners=False)
    // torch.nn.functional.interpolate(x, size=(3, 4), mode="nearest")
    let pixels = TensorData::new((0..6).map(|x| x as f32).collect::<Vec<_>>(), [1, 1, 2, 3]);
    let input = Tensor::<4>::from_data(pixels, &Device::flex());
    let bilinear = [0.0, 0.625, 1.375, 2.0, 1.5, 2.125, 2.875, 3.5, 3.0, 3.625, 4.375, 5.0];
    let nearest = [0.0, 0.0, 1.0, 2.0, 0.0, 0.0, 1.0, 2.0, 3.0, 3.0, 4.0, 5.0];
    for (expected, interpolation) in
        [(bilinear, Interpolation::Bilinear), (nearest, Interpolation::Nearest)]
    {
        let found = read(&resize(input.clone(), [3, 4], interpolation));
        assert!(difference(&found, &expected) < 1e-6, "{found:?}");
    }
}

#[test]
fn gradients_agree_with_finite_differences() {
    let (shape, size) = ([1, 1, 4, 5], [7, 6]);
    for interpolation in [Interpolation::Nearest, Interpolation::Bilinear] {
        let (_, gradient) = run(resize, shape, size, interpolation, false);
        let fixed = values(42, 2);
        let loss = |pixels: &[f32]| {
            let wide: Vec<f64> = pixels.iter().map(|&x| x.into()).collect();
            let device = (&Device::flex(), DType::F64);
            let input = Tensor::<4>::from_data(TensorData::new(wide, shape), device);
            let outputs = read(&resize(input, size, interpolation));
            outputs.iter().zip(&fixed).map(|(y, &f)| y * y * f64::from(f)).sum::<f64>()
        };
        for place in 0..20 {
            let moved = |step: f32| {
                let mut pixels = values(20, 1);
                pixels[place] += step;
                (loss(&pixels), f64::from(pixels[place]))
            };
            let ((above, right), (below, left)) = (moved(1e-3), moved(-1e-3));
            let slope = (above - below) / (right - left);
            assert!((slope - gradient[place]).abs() < 1e-4 * (1.0 + slope.abs()));
        }
    }
}

#[test]
fn does_not_depend_on_the_number_of_threads() {
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let interpolation = Interpolation::Bilinear;
            let (output, gradient) = run(resize, [5, 40, 9, 11], [20, 21], interpolation, false);
            (read(&output), gradient)
        })
    };
    assert_eq!(with(1), with(3));
}

/// A quotient in floating point is just below 1 here: `49 * (2 / 98)`.
#[test]
fn nearest_is_exact() {
    let pair = TensorData::new(vec![0.0f32, 1.0], [1, 1, 1, 2]);
    let input = Tensor::<4>::from_data(pair, &Device::flex());
    let found = read(&resize(input, [1, 98], Interpolation::Nearest));
    assert!(found.iter().enumerate().all(|(place, &value)| value == f64::from(place >= 49)));
}
