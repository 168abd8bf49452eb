//! The inputs of the golden values: small matrices given by a formula, so that any language can
//! make them.
//!
//! ```python
//! i, j = np.meshgrid(np.arange(8), np.arange(4), indexing="ij")
//! A = np.sin(0.7 * i + 1.3 * j + 0.1) + 0.2 * np.cos(1.9 * i * j)
//! B = A + 0.15 * np.cos(2.3 * i - 0.9 * j)
//! ```

use burn::tensor::{DType, Device, Tensor, TensorData};

pub(crate) fn a() -> Vec<f64> {
    each(|i, j| (0.7 * i + 1.3 * j + 0.1).sin() + 0.2 * (1.9 * i * j).cos())
}

pub(crate) fn b() -> Vec<f64> {
    let change = each(|i, j| 0.15 * (2.3 * i - 0.9 * j).cos());
    a().iter().zip(change).map(|(a, change)| a + change).collect()
}

fn each(value: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    (0..8)
        .flat_map(|i| (0..4).map(move |j| (i, j)))
        .map(|(i, j)| value(i.into(), j.into()))
        .collect()
}

/// `[8, 4]` in double precision.
pub(crate) fn tensor(values: Vec<f64>, device: &Device) -> Tensor<2> {
    Tensor::from_data(TensorData::new(values, [8, 4]), (device, DType::F64))
}

/// `[8, 4]` in the precision of training.
pub(crate) fn tensor_f32(values: Vec<f64>, device: &Device) -> Tensor<2> {
    let values: Vec<f32> = values.into_iter().map(|value| value as f32).collect();
    Tensor::from_data(TensorData::new(values, [8, 4]), device)
}

/// Checks a loss of two views: its golden value in both precisions, and its gradient against
/// central differences.
pub(crate) fn check(expected: f64, loss: impl Fn(Tensor<2>, Tensor<2>) -> Tensor<1>) {
    let device = Device::flex();
    let value = |a: Vec<f64>, b: Vec<f64>| -> f64 {
        loss(tensor(a, &device), tensor(b, &device)).into_scalar()
    };
    let exact = value(a(), b());
    assert!((exact - expected).abs() <= 1e-9 * expected.abs(), "{exact} is not {expected}");
    let single: f64 = loss(tensor_f32(a(), &device), tensor_f32(b(), &device)).into_scalar();
    assert!(
        (single - expected).abs() <= 1e-5 * expected.abs(),
        "{single} is not {expected} in f32"
    );

    let tape = device.clone().autodiff();
    let (left, right) = (tensor(a(), &tape).require_grad(), tensor(b(), &tape).require_grad());
    let gradients = loss(left.clone(), right.clone()).backward();
    let gradient = |of: &Tensor<2>| -> Vec<f64> {
        of.grad(&gradients)
            .expect("both views have a gradient")
            .into_data()
            .try_into_vec()
            .expect("f64")
    };
    let step = 1e-5;
    for (side, gradient) in [gradient(&left), gradient(&right)].into_iter().enumerate() {
        for (place, found) in gradient.into_iter().enumerate() {
            let moved = |by: f64| {
                let mut views = [a(), b()];
                views[side][place] += by;
                let [a, b] = views;
                value(a, b)
            };
            let expected = (moved(step) - moved(-step)) / (2.0 * step);
            let error = (found - expected).abs();
            assert!(
                error <= 1e-6 * (1.0 + expected.abs()),
                "d[{side}][{place}] {found} is not {expected}"
            );
        }
    }
}
