//! What the tests of every operation share.

use burn::tensor::{DType, Device, Tensor, TensorData};

/// A device that records gradients.
pub(crate) fn device() -> Device {
    Device::flex().autodiff()
}

/// Reproducible values in (-1, 1), different for every seed.
pub(crate) fn values(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    };
    (0..count + 4).map(|_| next()).skip(4).collect()
}

/// A tensor of [`values`].
pub(crate) fn sample<const D: usize>(shape: [usize; D], seed: u64, device: &Device) -> Tensor<D> {
    let count = shape.iter().product();
    Tensor::from_data(TensorData::new(values(count, seed), shape), (device, DType::F32))
}

/// All values of a tensor.
pub(crate) fn read<const D: usize>(tensor: &Tensor<D>) -> Vec<f64> {
    tensor.to_data().iter::<f64>().collect()
}

/// Largest difference, relative to the largest value; not a number where one side alone is none.
pub(crate) fn difference(left: &[f64], right: &[f64]) -> f64 {
    assert_eq!(left.len(), right.len());
    let scale = right.iter().fold(1e-3f64, |most, value| most.max(value.abs()));
    let apart = left.iter().zip(right).map(|(l, r)| match l.is_nan() && r.is_nan() || l == r {
        true => 0.0,
        false => (l - r).abs(),
    });
    // `max` would drop what is not a number.
    apart.fold(0.0f64, |most, more| if more <= most { most } else { more }) / scale
}

/// Fails unless two tensors agree within `tolerance` of the largest value.
pub(crate) fn assert_close<const D: usize>(left: &Tensor<D>, right: &Tensor<D>, tolerance: f64) {
    assert_eq!(left.dims(), right.dims());
    let difference = difference(&read(left), &read(right));
    assert!(difference <= tolerance, "differ by {difference:e}, allowed {tolerance:e}");
}
