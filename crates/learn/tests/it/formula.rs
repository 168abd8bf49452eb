//! Weights and inputs that both sides compute: `scale * sin(0.7 i + 0.013 i² + 1.3 k + 0.1)` for the
//! `i`-th number of the `k`-th tensor; `benches/torch_twin/formula.py` has the same.

use std::path::Path;

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use pith_learn::weights::{self, Weights};

/// The numbers of the `k`-th tensor.
pub fn numbers(count: usize, k: usize, scale: f64) -> Vec<f32> {
    let number = |i: f64| scale * (0.7 * i + 0.013 * i * i + 1.3 * k as f64 + 0.1).sin();
    (0..count).map(|i| number(i as f64) as f32).collect()
}

/// Pictures, `[n, channels, side, side]`.
pub fn pictures(shape: [usize; 4], k: usize, device: &Device) -> Tensor<4> {
    let values = numbers(shape.iter().product(), k, 1.0);
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// A module whose parameters are given by the formula, `k` in the order of their names, all but
/// those of a name that ends as `fixed` does; scales and variances lie around one.
pub fn filled<M: Module>(module: M, scale: f64, fixed: Option<&str>) -> M {
    let mut k = 0;
    let fill = |(name, data): (String, TensorData)| {
        if fixed.is_some_and(|end| name.ends_with(end)) {
            return (name, data);
        }
        let around = name.ends_with(".gamma") || name.ends_with(".running_variance");
        let around = if around { 1.0 } else { 0.0 };
        let shape = data.shape().to_vec();
        let values = numbers(shape.iter().product(), k, scale);
        k += 1;
        (name, TensorData::new(values.into_iter().map(|v| v + around).collect(), shape))
    };
    let weights: Weights = weights::collect(&module.valid()).into_iter().map(fill).collect();
    weights::restore(module, weights, Path::new("the formula")).expect("the same names")
}
