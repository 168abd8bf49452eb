use super::*;
use crate::testing::{assert_close, device, difference, read, sample, values};
use burn::tensor::{DType, Device, TensorData};
use proptest::prelude::*;

/// Output and gradient of `Σ output² · fixed`.
fn run(
    function: impl Fn(Tensor<2>, Tensor<2, Int>) -> Tensor<3>,
    table: Tensor<2>,
    indices: &[i64],
) -> (Tensor<3>, Vec<f64>) {
    let table = table.detach().require_grad();
    let data = TensorData::new(indices.to_vec(), [2, indices.len() / 2]);
    let output = function(table.clone(), Tensor::from_data(data, &device()));
    let fixed = sample(output.dims(), 2, &device());
    let grads = (output.clone() * output.clone() * fixed).sum().backward();
    (output, read(&table.grad(&grads).unwrap()))
}

fn by_burn(table: Tensor<2>, indices: Tensor<2, Int>) -> Tensor<3> {
    let ([rows, columns], [_, width]) = (indices.dims(), table.dims());
    composed(table, indices).reshape([rows, columns, width])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn agrees_with_burn(
        width in 1usize..40,
        indices in prop::collection::vec(0i64..50, 1..200),
        turned: bool,
    ) {
        let indices = [&indices[..], &indices].concat();
        let table = || match turned {
            true => sample::<2>([width, 50], 1, &device()).transpose(),
            false => sample([50, width], 1, &device()),
        };
        let (output, gradient) = run(embedding, table(), &indices);
        let (expected, expected_gradient) = run(by_burn, table(), &indices);
        assert_close(&output, &expected, 0.0);
        prop_assert!(difference(&gradient, &expected_gradient) < 1e-5);
    }
}

#[test]
fn one_axis_of_indices_and_no_index() {
    let table = sample([5, 3], 1, &device()).require_grad();
    let indices = Tensor::<1, Int>::from_data([4, 0, 4], &device());
    let output: Tensor<2> = embedding(table.clone(), indices);
    assert_close(&output, &table.clone().select(0, Tensor::from_data([4, 0, 4], &device())), 0.0);
    let grads = output.sum().backward();
    let expected: Vec<f64> = [1.0, 0.0, 0.0, 0.0, 2.0].into_iter().flat_map(|x| [x; 3]).collect();
    assert_eq!(read(&table.grad(&grads).unwrap()), expected);

    let none = Tensor::<1, Int>::empty([0], &device());
    let output: Tensor<2> = embedding(table.clone(), none);
    assert_eq!(output.dims(), [0, 3]);
    let grads = output.sum().backward();
    assert_eq!(read(&table.grad(&grads).unwrap()), vec![0.0; 15]);
}

#[test]
#[should_panic(expected = "index 5 in a table of 5 rows")]
fn refuses_an_index_outside() {
    let table = sample([5, 3], 1, &Device::flex());
    let _: Tensor<2> = embedding(table, Tensor::<1, Int>::from_data([5], &Device::flex()));
}

#[test]
fn gradient_agrees_with_finite_differences() {
    let indices = [3, 1, 3, 0, 3, 1];
    let (_, gradient) = run(embedding, sample([4, 2], 1, &device()), &indices);
    let fixed = values(12, 2);
    let loss = |table: &[f32]| {
        let wide: Vec<f64> = table.iter().map(|&x| x.into()).collect();
        let device = (&Device::flex(), DType::F64);
        let table = Tensor::<2>::from_data(TensorData::new(wide, [4, 2]), device);
        let indices = Tensor::<1, Int>::from_data(indices, &Device::flex());
        let outputs = read::<2>(&embedding(table, indices));
        outputs.iter().zip(&fixed).map(|(y, &f)| y * y * f64::from(f)).sum::<f64>()
    };
    for place in 0..8 {
        let moved = |step: f32| {
            let mut table = values(8, 1);
            table[place] += step;
            (loss(&table), f64::from(table[place]))
        };
        let ((above, right), (below, left)) = (moved(1e-3), moved(-1e-3));
        let slope = (above - below) / (right - left);
        assert!((slope - gradient[place]).abs() < 1e-4 * (1.0 + slope.abs()));
    }
}

#[test]
fn does_not_depend_on_the_number_of_threads() {
    let indices: Vec<i64> = (0..9000).map(|i| (i * i) % 700).collect();
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| run(embedding, sample([700, 33], 1, &device()), &indices).1)
    };
    assert_eq!(with(1), with(3));
}
