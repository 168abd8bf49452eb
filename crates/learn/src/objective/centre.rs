//! The running mean of what a teacher says, which is taken from it so that no prototype wins
//! everywhere (DINO, equation 4).

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use crate::nn::Init;

/// `c = momentum * c + (1 - momentum) * mean of the batch`, without gradient.
#[derive(Module, Debug)]
pub struct Centre {
    mean: Param<Tensor<2>>,
    momentum: f64,
}

impl Centre {
    /// Zero, until it has seen data.
    pub fn new(width: usize, momentum: f64, init: &Init) -> Self {
        Self { mean: init.fixed([1, width], vec![0.0; width]), momentum }
    }

    /// `[n, width]` less the centre.
    pub fn taken_from(&self, rows: Tensor<2>) -> Tensor<2> {
        rows - self.mean.val()
    }

    /// What the centre is to see of a batch, `[n, width]` to `[1, width]`.
    pub fn of(rows: Tensor<2>) -> Tensor<2> {
        rows.detach().mean_dim(0)
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

    #[test]
    fn the_centre_moves_by_its_momentum_and_takes_no_gradient() {
        let device = Device::flex().autodiff();
        let mut centre = Centre::new(2, 0.9, &Init::new(0, &device));
        let rows = Tensor::<2>::from_floats([[1.0, 4.0], [3.0, 0.0]], &device).require_grad();
        centre.follow(Centre::of(rows.clone()));
        centre.follow(Centre::of(rows.clone()));
        let left = centre.taken_from(rows);
        let values: Vec<f32> = left.clone().into_data().try_into_vec().expect("f32");
        let expected = [0.62, 3.62, 2.62, -0.38]; // 2 (0.9 * 0.1 + 0.1) = 0.38
        assert!(values.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{values:?}");
        assert!(!centre.mean.val().is_require_grad());
    }
}
