//! Numbers that training holds and no optimizer touches: running counts, codebooks, queues. They
//! are parameters without gradient, so that checkpoints have them.

use burn::module::Param;
use burn::tensor::Tensor;

/// Puts another value in a parameter's place, off the tape. One that wants gradients still does.
pub fn hold<const D: usize>(param: &mut Param<Tensor<D>>, value: Tensor<D>) {
    *param = param.clone().map(|old| {
        let value = value.detach();
        if old.is_require_grad() { value.require_grad() } else { value }
    });
}
