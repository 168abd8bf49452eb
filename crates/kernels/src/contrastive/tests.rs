use super::*;
use crate::testing::{assert_close, device, difference, read, sample, values};
use burn::tensor::{DType, Device, TensorData};
use proptest::prelude::*;

/// A loss of two matrices.
type Loss = fn(Tensor<2>, Tensor<2>, f64) -> Tensor<1>;

fn unit(shape: [usize; 2], seed: u64) -> Tensor<2> {
    composed_normalize(sample(shape, seed, &Device::flex()))
}

fn taped(rows: &Tensor<2>) -> Tensor<2> {
    Tensor::from_data(rows.to_data(), &device()).require_grad()
}

/// Value and both gradients, times three.
fn run(
    left: &Tensor<2>,
    right: &Tensor<2>,
    loss: impl Fn(Tensor<2>, Tensor<2>) -> Tensor<1>,
) -> [Vec<f64>; 3] {
    let (left, right) = (taped(left), taped(right));
    let value = loss(left.clone(), right.clone());
    let grads = (value.clone() * 3.0).backward();
    [read(&value), read(&left.grad(&grads).unwrap()), read(&right.grad(&grads).unwrap())]
}

fn composed_of_views(a: Tensor<2>, b: Tensor<2>, temperature: f64) -> Tensor<1> {
    composed_nt_xent(Tensor::cat(vec![a, b], 0), temperature)
}

fn check(left: &Tensor<2>, right: &Tensor<2>, [fused, composed]: [Loss; 2], temperature: f64) {
    let found = run(left, right, |a, b| fused(a, b, temperature));
    let expected = run(left, right, |a, b| composed(a, b, temperature));
    for (found, expected) in found.iter().zip(&expected) {
        let difference = difference(found, expected);
        assert!(difference < 2e-5, "differ by {difference:e}");
    }
    let without_tape = fused(left.clone(), right.clone(), temperature);
    assert_eq!(read(&without_tape), found[0]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    // From two rows on: one alone has no gradient, and what is left of it is rounding.
    #[test]
    fn losses_agree_with_the_composition(
        (n, more, d) in (2usize..150, 0usize..40, 1usize..40),
        sharp: bool,
    ) {
        let temperature = if sharp { 0.05 } else { 0.5 };
        let (a, b) = (unit([n, d], 1), unit([n + more, d], 2));
        check(&a, &b, [info_nce, composed_info_nce], temperature);
        check(&a, &unit([n, d], 2), [nt_xent, composed_of_views], temperature);
    }

    // From two columns on: the direction of a single number does not change, and what is left of
    // its gradient is rounding.
    #[test]
    fn normalization_agrees_with_the_composition((n, d) in (0usize..70, 2usize..70)) {
        let fixed = sample([n, d], 2, &device());
        let run = |function: fn(Tensor<2>) -> Tensor<2>| {
            let rows = sample([n, d], 1, &device()).require_grad();
            let output = function(rows.clone());
            let grads = (output.clone() * output.clone() * fixed.clone()).sum().backward();
            (output, read(&rows.grad(&grads).unwrap()))
        };
        let ((output, gradient), (expected, expected_gradient)) =
            (run(normalize_rows), run(composed_normalize));
        assert_close(&output, &expected, 1e-6);
        prop_assert!(difference(&gradient, &expected_gradient) < 1e-5);
    }
}

#[test]
fn many_tiles_agree_with_the_composition() {
    let (a, b) = (unit([700, 9], 1), unit([1100, 9], 2));
    check(&a, &b, [info_nce, composed_info_nce], 0.1);
    check(&a, &unit([700, 9], 2), [nt_xent, composed_of_views], 0.1);
}

#[test]
fn rows_of_any_length_agree_with_the_composition() {
    let (a, b) = (unit([70, 5], 1) * 30.0, unit([70, 5], 2) * 30.0);
    check(&a, &b, [info_nce, composed_info_nce], 0.5);
    check(&a, &b, [nt_xent, composed_of_views], 0.5);
}

#[test]
fn strided_rows_agree_with_contiguous_ones() {
    let strided = || sample::<2>([6, 50], 1, &Device::flex()).transpose();
    let contiguous = || Tensor::<2>::from_data(strided().to_data(), &Device::flex());
    assert_eq!(read(&normalize_rows(strided())), read(&normalize_rows(contiguous())));
    let both = |a: Tensor<2>| {
        (read(&nt_xent(a.clone(), a.clone(), 0.3)), read(&info_nce(a.clone(), a, 0.3)))
    };
    assert_eq!(both(strided()), both(contiguous()));
}

#[test]
fn gradients_agree_with_finite_differences() {
    let shape = [5, 4];
    let [a, b] = [values(20, 1), values(20, 2)];
    let losses: [Loss; 2] = [
        |a, b, temperature| nt_xent(normalize_rows(a), normalize_rows(b), temperature),
        |a, b, temperature| info_nce(normalize_rows(a), normalize_rows(b), temperature),
    ];
    for loss in losses {
        let narrow = |values: &[f32]| {
            Tensor::<2>::from_data(TensorData::new(values.to_vec(), shape), &Device::flex())
        };
        let [_, by_a, by_b] = run(&narrow(&a), &narrow(&b), |a, b| loss(a, b, 0.3));
        // The loss in f64, on the composed path.
        let value = |sides: &[Vec<f32>; 2]| {
            let [a, b] = sides.each_ref().map(|values| {
                let wide: Vec<f64> = values.iter().map(|&x| x.into()).collect();
                let device = (&Device::flex(), DType::F64);
                Tensor::<2>::from_data(TensorData::new(wide, shape), device)
            });
            loss(a, b, 0.3).into_scalar::<f64>()
        };
        for (side, gradient) in [by_a, by_b].iter().enumerate() {
            for place in 0..20 {
                let moved = |step: f32| {
                    let mut sides = [a.clone(), b.clone()];
                    sides[side][place] += step;
                    (value(&sides), f64::from(sides[side][place]))
                };
                let ((above, right), (below, left)) = (moved(1e-3), moved(-1e-3));
                let slope = 3.0 * (above - below) / (right - left);
                let error = (slope - gradient[place]).abs();
                assert!(error < 1e-4 * (1.0 + slope.abs()), "{slope} and {}", gradient[place]);
            }
        }
    }
}

#[test]
fn a_row_of_zeros_stays_finite() {
    let rows = Tensor::<2>::zeros([2, 3], &device()).require_grad();
    let grads = normalize_rows(rows.clone()).sum().backward();
    // torch.nn.functional.normalize(torch.zeros(2, 3, requires_grad=True)).sum().backward()
    let expected = Tensor::<2>::full([2, 3], 1e12, &Device::flex());
    assert_close(&rows.grad(&grads).unwrap(), &expected, 1e-6);
}

#[test]
fn what_is_not_a_number_reaches_the_loss() {
    let mut rows = values(40, 1);
    rows[7] = f32::NAN;
    let rows = Tensor::<2>::from_data(TensorData::new(rows, [10, 4]), &Device::flex());
    let others = unit([10, 4], 2);
    assert!(info_nce(rows.clone(), others.clone(), 0.2).into_scalar::<f64>().is_nan());
    assert!(nt_xent(rows, others, 0.2).into_scalar::<f64>().is_nan());
}

#[test]
fn does_not_depend_on_the_number_of_threads() {
    let (a, b) = (unit([300, 17], 1), unit([300, 17], 2));
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let normalized =
                |loss: Loss| run(&a, &b, |a, b| loss(normalize_rows(a), normalize_rows(b), 0.2));
            (normalized(info_nce), normalized(nt_xent))
        })
    };
    assert_eq!(with(1), with(3));
}

#[test]
fn a_row_with_something_that_is_not_a_number_is_none_at_all() {
    let rows = Tensor::<2>::from_floats([[3.0, 4.0], [f32::NAN, 1.0]], &Device::flex());
    let found = read(&normalize_rows(rows));
    assert!((found[0] - 0.6).abs() < 1e-6 && found[2].is_nan() && found[3].is_nan(), "{found:?}");
}
