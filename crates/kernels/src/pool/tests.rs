use super::windows::{self, Geometry};
use super::*;
use crate::testing::{assert_close, device, difference, read, sample, values};
use burn::tensor::{DType, Device, TensorData};
use proptest::prelude::*;

type Pool = fn(Tensor<4>, PoolOptions) -> Tensor<4>;

/// Output and gradient of `Σ output² · fixed`.
fn run(shape: [usize; 4], function: impl Fn(Tensor<4>) -> Tensor<4>) -> (Tensor<4>, Vec<f64>) {
    let input = sample(shape, 1, &device()).require_grad();
    let output = function(input.clone());
    let fixed = sample(output.dims(), 2, &device());
    let grads = (output.clone() * output.clone() * fixed).sum().backward();
    (output, read(&input.grad(&grads).unwrap()))
}

fn check(
    shape: [usize; 4],
    fused: impl Fn(Tensor<4>) -> Tensor<4>,
    composed: impl Fn(Tensor<4>) -> Tensor<4>,
) {
    let ((output, gradient), (expected, expected_gradient)) =
        (run(shape, fused), run(shape, composed));
    assert_close(&output, &expected, 1e-6);
    let difference = difference(&gradient, &expected_gradient);
    assert!(difference < 1e-5, "gradients differ by {difference:e}");
}

const PAIRS: [[Pool; 2]; 2] =
    [[max_pool2d, composed_max_pool2d], [average_pool2d, composed_average_pool2d]];

fn options() -> impl Strategy<Value = PoolOptions> {
    let axis = || (1usize..5, 1usize..4).prop_flat_map(|(k, s)| (Just(k), Just(s), 0..=k / 2));
    (axis(), axis()).prop_map(|(y, x)| PoolOptions {
        kernel: [y.0, x.0],
        stride: [y.1, x.1],
        padding: [y.2, x.2],
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn windows_agree_with_burn(
        (n, c, h, w) in (1usize..3, 1usize..4, 4usize..12, 4usize..40),
        options in options(),
    ) {
        for [fused, composed] in PAIRS {
            check([n, c, h, w], |x| fused(x, options), |x| composed(x, options));
        }
    }

    #[test]
    fn planes_agree_with_burn((n, c, h, w) in (1usize..4, 1usize..5, 1usize..12, 1usize..20)) {
        let [fused, composed] = [global_average_pool, composed_global_average_pool]
            .map(|pool| move |x| pool(x).unsqueeze_dims::<4>(&[2, 3]));
        check([n, c, h, w], fused, composed);
    }

    #[test]
    fn loops_agree_with_their_scalar_twins(
        (h, w) in (4usize..9, 4usize..50),
        options in options(),
    ) {
        let geometry = Geometry::new([h, w], options);
        let (input, outputs) = (values(h * w, 1), geometry.plane_out());
        let zeros = || vec![0.0; outputs];
        let [mut fast, mut plain] = [zeros(), zeros()];
        let [mut places, mut plain_places] = [vec![0; outputs], vec![0; outputs]];
        windows::largest(&geometry, &input, &mut fast, &mut places);
        windows::largest_body::<false>(&geometry, &input, &mut plain, &mut plain_places);
        prop_assert_eq!((&fast, &places), (&plain, &plain_places));
        windows::sums(&geometry, &input, 0.3, &mut fast);
        windows::sums_body::<false>(&geometry, &input, 0.3, &mut plain);
        prop_assert_eq!(&fast, &plain);
        let [mut fast, mut plain] = [input.clone(), input.clone()];
        windows::spread(&geometry, &zeros(), 0.3, &mut fast);
        windows::spread_body::<false>(&geometry, &zeros(), 0.3, &mut plain);
        prop_assert_eq!(&fast, &plain);
    }
}

const HALVE: PoolOptions = PoolOptions { kernel: [3, 3], stride: [2, 2], padding: [1, 1] };

#[test]
fn empty_batches_and_strided_inputs() {
    for pool in [max_pool2d, average_pool2d] {
        let empty = Tensor::<4>::zeros([0, 2, 8, 8], &device()).require_grad();
        assert_eq!(pool(empty.clone(), HALVE).dims(), [0, 2, 4, 4]);
        let grads = pool(empty.clone(), HALVE).sum().backward();
        assert_eq!(empty.grad(&grads).unwrap().dims(), [0, 2, 8, 8]);
    }
    for [fused, composed] in PAIRS {
        let turned = |pool: Pool| move |x: Tensor<4>| pool(x.swap_dims(2, 3), HALVE);
        check([2, 3, 8, 6], turned(fused), turned(composed));
    }
    let empty = Tensor::<4>::zeros([0, 2, 8, 8], &Device::flex());
    assert_eq!(global_average_pool(empty).dims(), [0, 2]);
}

#[test]
fn ties_and_what_is_not_a_number_follow_burn() {
    let mut pixels = vec![0.5f32; 49];
    pixels[16] = f32::NAN;
    pixels[30] = f32::NEG_INFINITY;
    let run = |pool: Pool| {
        let data = TensorData::new(pixels.clone(), [1, 1, 7, 7]);
        let input = Tensor::<4>::from_data(data, &device()).require_grad();
        let output = pool(input.clone(), HALVE);
        let grads = output.clone().sum().backward();
        let bits =
            |tensor: &Tensor<4>| read(tensor).into_iter().map(f64::to_bits).collect::<Vec<_>>();
        (bits(&output), bits(&input.grad(&grads).unwrap()))
    };
    assert_eq!(run(max_pool2d), run(composed_max_pool2d));
}

#[test]
fn gradients_agree_with_finite_differences() {
    let shape = [1, 2, 5, 6];
    for pool in [max_pool2d, average_pool2d] {
        let (output, gradient) = run(shape, |x| pool(x, HALVE));
        let fixed = values(output.dims().iter().product(), 2);
        let loss = |pixels: &[f32]| {
            let wide: Vec<f64> = pixels.iter().map(|&x| x.into()).collect();
            let device = (&Device::flex(), DType::F64);
            let input = Tensor::<4>::from_data(TensorData::new(wide, shape), device);
            let outputs = read(&pool(input, HALVE));
            outputs.iter().zip(&fixed).map(|(y, &f)| y * y * f64::from(f)).sum::<f64>()
        };
        for place in 0..60 {
            let moved = |step: f32| {
                let mut pixels = values(60, 1);
                pixels[place] += step;
                (loss(&pixels), f64::from(pixels[place]))
            };
            let ((above, right), (below, left)) = (moved(1e-4), moved(-1e-4));
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
            let [largest, mean] = [max_pool2d, average_pool2d].map(|pool| {
                let (output, gradient) = run([5, 40, 20, 20], |x| pool(x, HALVE));
                (read(&output), gradient)
            });
            (largest, mean)
        })
    };
    assert_eq!(with(1), with(3));
}
