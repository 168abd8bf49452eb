//! Batch normalization (Ioffe and Szegedy 2015), with the residual and the ReLU that follow it.

use burn::module::{Module, Param, RunningState};
use burn::tensor::Tensor;
use pith_kernels::BatchNormOptions;

use super::Init;

/// Weight of a batch in the running statistics.
const MOMENTUM: f64 = 0.1;

/// What follows the normalization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// Nothing.
    Nothing,
    /// `max(0, y)`.
    Relu,
}

/// Normalizes every channel over the batch while training, and by running statistics after.
#[derive(Module, Debug)]
pub struct BatchNorm {
    /// Scale, `[channels]`.
    pub gamma: Param<Tensor<1>>,
    /// Shift, `[channels]`.
    pub beta: Param<Tensor<1>>,
    /// Mean over the batches seen, `[channels]`.
    pub running_mean: RunningState<Tensor<1>>,
    /// Unbiased variance over the batches seen, `[channels]`.
    pub running_variance: RunningState<Tensor<1>>,
}

impl BatchNorm {
    /// The identity, until it has seen data.
    pub fn new(channels: usize, init: &Init) -> Self {
        Self {
            gamma: init.constant([channels], 1.0),
            beta: init.constant([channels], 0.0),
            running_mean: RunningState::new(Tensor::zeros([channels], &init.device)),
            running_variance: RunningState::new(Tensor::ones([channels], &init.device)),
        }
    }

    /// The same without a scale and a shift to learn: they stay one and zero.
    pub fn plain(channels: usize, init: &Init) -> Self {
        Self {
            gamma: init.fixed([channels], vec![1.0; channels]),
            beta: init.fixed([channels], vec![0.0; channels]),
            ..Self::new(channels, init)
        }
    }

    /// `[n, channels, ..]` to the same shape; statistics of the batch on an autodiff device,
    /// running statistics elsewhere.
    pub fn forward<const D: usize>(&self, input: Tensor<D>, after: After) -> Tensor<D> {
        self.normalize(input, None, after)
    }

    /// `relu(normalize(input) + residual)`, shapes as in [`BatchNorm::forward`].
    pub fn forward_residual<const D: usize>(
        &self,
        input: Tensor<D>,
        residual: Tensor<D>,
    ) -> Tensor<D> {
        self.normalize(input, Some(residual), After::Relu)
    }

    fn normalize<const D: usize>(
        &self,
        input: Tensor<D>,
        residual: Option<Tensor<D>>,
        after: After,
    ) -> Tensor<D> {
        let options = BatchNormOptions { relu: after == After::Relu, ..Default::default() };
        let (gamma, beta) = (self.gamma.val(), self.beta.val());
        if !input.device().is_autodiff() {
            let moments = [self.running_mean.value(), self.running_variance.value()];
            return pith_kernels::batch_norm_evaluate(
                input,
                [gamma, beta],
                moments,
                residual,
                options,
            );
        }
        let result = pith_kernels::batch_norm(input, gamma, beta, residual, options);
        let (mean, variance) = result.moments.update(
            self.running_mean.value_sync(),
            self.running_variance.value_sync(),
            MOMENTUM,
        );
        self.running_mean.update(mean.detach());
        self.running_variance.update(variance.detach());
        result.output
    }
}
