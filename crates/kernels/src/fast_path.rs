//! Which tensors our kernels accept, and the passage between Burn's tensors and plain slices.

use burn::backend::flex::{FlexTensor, Layout};
use burn::backend::{DispatchDevice, TensorMetadata};
use burn::tensor::{Bytes, DType, Device, Shape, Tensor};
use std::sync::OnceLock;

/// Whether a tensor is `f32` on the `flex` CPU backend, with or without autodiff.
///
/// The environment variable `PITH_KERNELS=off` refuses all: every operation is then the composition
/// of Burn's own, to measure what the kernels gain.
pub(crate) fn accepts<const D: usize>(tensor: &Tensor<D>) -> bool {
    tensor.dtype() == DType::F32 && is_flex(&tensor.device()) && enabled()
}

fn enabled() -> bool {
    static ENABLED: OnceLock<bool> = OnceLock::new();
    *ENABLED.get_or_init(|| std::env::var_os("PITH_KERNELS").is_none_or(|value| value != "off"))
}

fn is_flex(device: &Device) -> bool {
    matches!(device.clone().inner().as_dispatch(), DispatchDevice::Flex(_))
}

/// The values of a float tensor, in row-major order, whatever its strides were.
pub(crate) struct Values(FlexTensor);

impl Values {
    pub(crate) fn of(tensor: &FlexTensor) -> Self {
        Self(tensor.to_contiguous())
    }

    pub(crate) fn as_slice(&self) -> &[f32] {
        self.0.as_slice::<f32>().expect("a contiguous f32 tensor: `accepts` has checked the type")
    }
}

/// The values of a float tensor, in row-major order, to be changed: in place where nobody else
/// holds them, a copy otherwise.
pub(crate) struct Owned(FlexTensor);

impl Owned {
    pub(crate) fn of(tensor: FlexTensor) -> Self {
        let contiguous = tensor.to_contiguous();
        // The second handle would make the storage look shared.
        drop(tensor);
        Self(contiguous)
    }

    pub(crate) fn as_mut_slice(&mut self) -> &mut [f32] {
        self.0.storage_mut::<f32>()
    }

    pub(crate) fn into_tensor(self) -> FlexTensor {
        self.0
    }
}

/// The extents of a tensor whose rank is known.
pub(crate) fn dims<const D: usize>(tensor: &FlexTensor) -> [usize; D] {
    tensor.shape().dims()
}

/// A tensor from row-major values.
pub(crate) fn tensor(values: Vec<f32>, shape: impl Into<Shape>) -> FlexTensor {
    let shape = shape.into();
    assert_eq!(values.len(), shape.num_elements(), "one value per element of {shape:?}");
    FlexTensor::new(Bytes::from_elems(values), Layout::contiguous(shape), DType::F32)
}
