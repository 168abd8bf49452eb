//! How what a teacher says is kept from being one prototype for all: a running mean is taken from it
//! (DINO, equation 4), or a batch is shared out evenly (Oquab et al. 2023, DINOv2, section 4).

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use pith_kernels::softmax;
use serde::{Deserialize, Serialize};

use super::sinkhorn::sinkhorn;
use crate::nn::Init;

/// How often DINOv2 scales columns and rows.
const ITERATIONS: usize = 3;

/// How a teacher's assignments are kept even.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Centring {
    /// By a running mean.
    Mean,
    /// By Sinkhorn-Knopp, within each batch.
    Sinkhorn,
}

/// With [`Centring::Mean`], `c = momentum * c + (1 - momentum) * mean of the batch`, without gradient.
#[derive(Module, Debug)]
pub struct Centre {
    mean: Param<Tensor<2>>,
    momentum: f64,
    #[module(skip)]
    centring: Centring,
}

impl Centre {
    /// Zero, until it has seen data.
    pub fn new(width: usize, centring: Centring, momentum: f64, init: &Init) -> Self {
        Self { mean: init.fixed([1, width], vec![0.0; width]), momentum, centring }
    }

    /// `[n, width]` less the centre.
    pub fn taken_from(&self, rows: Tensor<2>) -> Tensor<2> {
        rows - self.mean.val()
    }

    /// What is asked of a student where a teacher says this, `[n, width]`; rows sum to one.
    pub fn targets(&self, said: Tensor<2>, temperature: f64) -> Tensor<2> {
        match self.centring {
            Centring::Mean => softmax(self.taken_from(said) / temperature),
            Centring::Sinkhorn => sinkhorn(said, temperature, ITERATIONS),
        }
    }

    /// What the centre is to see of a batch, `[n, width]` to `[1, width]`; none where it stays zero.
    pub fn of(&self, rows: Tensor<2>) -> Option<Tensor<2>> {
        (self.centring == Centring::Mean).then(|| rows.detach().mean_dim(0))
    }

    /// Moves towards the mean of a batch, `[1, width]`.
    pub fn follow(&mut self, batch: Tensor<2>) {
        let (id, mean, mapper) = self.mean.clone().consume();
        let autodiff = mean.is_autodiff();
        let [mean, batch] = [mean, batch].map(Tensor::without_autodiff);
        let mean = mean * self.momentum + batch * (1.0 - self.momentum);
        let mean = if autodiff { mean.autodiff() } else { mean };
        self.mean = Param::from_mapped_value(id, mean, mapper);
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::objective::assignment::across_crops;
    use crate::objective::golden;

    #[test]
    fn the_centre_moves_by_its_momentum_and_takes_no_gradient() {
        let device = Device::flex().autodiff();
        let mut centre = Centre::new(2, Centring::Mean, 0.9, &Init::new(0, &device));
        let rows = Tensor::<2>::from_floats([[1.0, 4.0], [3.0, 0.0]], &device).require_grad();
        for _ in 0..2 {
            let seen = centre.of(rows.clone()).expect("a mean to follow");
            centre.follow(seen);
        }
        let left = centre.taken_from(rows);
        let values: Vec<f32> = left.clone().into_data().try_into_vec().expect("f32");
        let expected = [0.62, 3.62, 2.62, -0.38]; // 2 (0.9 * 0.1 + 0.1) = 0.38
        assert!(values.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{values:?}");
        assert!(!centre.mean.val().is_require_grad());
    }

    #[test]
    fn sinkhorn_is_golden_and_follows_nothing() {
        let (device, views) = (Device::flex(), golden::tensor);
        let centre = Centre::new(4, Centring::Sinkhorn, 0.9, &Init::new(0, &device));
        for (temperature, expected) in [(0.07, 0.23008753758384795), (0.3, 1.2994352212970934)] {
            let said =
                Tensor::cat(vec![views(golden::a(), &device), views(golden::b(), &device)], 0);
            let targets = centre.targets(said.clone(), temperature).split(8, 0);
            let logits = [views(golden::a(), &device), views(golden::b(), &device)];
            let loss: f64 = across_crops(&targets, &logits, 0.1).into_scalar();
            assert!((loss / expected - 1.0).abs() < 1e-9, "{loss} is not {expected}");
            assert!(centre.of(said).is_none());
        }
    }
}
