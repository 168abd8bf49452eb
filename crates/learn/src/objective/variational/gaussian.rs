//! Gaussians with a diagonal covariance, one per sample, and draws from them.

use std::f64::consts::TAU;

use burn::tensor::{Device, Tensor, TensorData};
use pith_data::random::Random;

/// `N(mean, diag(exp(log_variance)))` of every sample.
#[derive(Clone, Debug)]
pub struct Gaussian {
    /// `[n, d]`.
    pub mean: Tensor<2>,
    /// `[n, d]`.
    pub log_variance: Tensor<2>,
}

impl Gaussian {
    /// A draw from each, made of standard normal noise, `[n, d]` (Kingma, Welling 2014, section
    /// 2.4).
    pub fn sample(&self, noise: Tensor<2>) -> Tensor<2> {
        self.mean.clone() + (self.log_variance.clone() / 2.0).exp() * noise
    }

    /// The Kullback-Leibler divergence from the standard normal distribution in nats, dimension by
    /// dimension, `[n, d]` (Kingma, Welling 2014, appendix B).
    pub fn divergence(&self) -> Tensor<2> {
        let Gaussian { mean, log_variance } = self.clone();
        (mean.square() + log_variance.clone().exp() - log_variance - 1.0) / 2.0
    }

    /// The logarithm of the density at `z`, dimension by dimension, `[n, d]`.
    pub fn log_density(&self, z: Tensor<2>) -> Tensor<2> {
        let precision = self.log_variance.clone().neg().exp();
        let distance = (z - self.mean.clone()).square() * precision;
        (distance + self.log_variance.clone() + TAU.ln()) / -2.0
    }
}

/// The logarithm of the standard normal density, dimension by dimension, `[n, d]`.
pub fn log_prior(z: Tensor<2>) -> Tensor<2> {
    (z.square() + TAU.ln()) / -2.0
}

/// `log sum exp` along a dimension, which keeps one place.
pub fn log_sum_exp<const D: usize>(logarithms: Tensor<D>, dimension: usize) -> Tensor<D> {
    let largest = logarithms.clone().detach().max_dim(dimension);
    (logarithms - largest.clone()).exp().sum_dim(dimension).log() + largest
}

/// Standard normal numbers, `[n, d]`.
pub fn noise([rows, width]: [usize; 2], random: &mut Random, device: &Device) -> Tensor<2> {
    let mut values: Vec<f32> = (0..(rows * width).div_ceil(2))
        .flat_map(|_| <[f32; 2]>::from(random.normal_pair()))
        .collect();
    values.truncate(rows * width);
    Tensor::from_data(TensorData::new(values, [rows, width]), device)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objective::golden;
    use burn::tensor::DType;

    fn row(values: [f64; 3]) -> Tensor<2> {
        Tensor::from_data(TensorData::new(values.to_vec(), [1, 3]), (&Device::flex(), DType::F64))
    }

    #[test]
    fn divergence_is_golden() {
        let posterior =
            Gaussian { mean: row([0.5, -1.0, 0.2]), log_variance: row([-0.3, 0.4, 0.0]) };
        let found: f64 = posterior.divergence().sum().into_scalar();
        assert!((found - 0.711321459161).abs() < 1e-12, "{found}");
    }

    /// Means of `a`, log-variances of `b`: the value from the formula in `f64`, the gradient from
    /// differences.
    #[test]
    fn divergence_has_the_gradient_of_its_formula() {
        let terms = golden::a().into_iter().zip(golden::b());
        let value = terms.map(|(m, l)| (m * m + l.exp() - l - 1.0) / 2.0).sum::<f64>() / 8.0;
        golden::check(value, |mean, log_variance| {
            Gaussian { mean, log_variance }.divergence().sum_dim(1).mean()
        });
    }

    #[test]
    fn densities_are_those_of_the_formula() {
        let posterior =
            Gaussian { mean: row([0.0, 1.0, 2.0]), log_variance: row([0.0, 4f64.ln(), 0.0]) };
        let found: Vec<f64> =
            posterior.log_density(row([0.0, 3.0, 2.0])).into_data().try_into_vec().expect("f64");
        let at_zero = -0.5 * TAU.ln();
        let expected = [at_zero, at_zero - 0.5 * 4f64.ln() - 0.5, at_zero];
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
        }
        let prior: Vec<f64> =
            log_prior(row([0.0, 1.0, 2.0])).into_data().try_into_vec().expect("f64");
        assert!(
            (prior[1] - (at_zero - 0.5)).abs() < 1e-12
                && (prior[2] - (at_zero - 2.0)).abs() < 1e-12
        );
    }

    #[test]
    fn log_sum_exp_does_not_overflow() {
        let found: f64 = log_sum_exp(row([1000.0, 1000.0, -1000.0]), 1).sum().into_scalar();
        assert!((found - 1000.0 - 2f64.ln()).abs() < 1e-9, "{found}");
    }
}
