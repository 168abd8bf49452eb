//! A dictionary: atoms of unit length that codes add up. No code can be made small by making its
//! atom long.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use pith_kernels::normalize_rows;

use super::Init;

/// Atoms, and what is there without any of them.
#[derive(Module, Debug)]
pub struct Dictionary {
    /// Of any length: only their directions count. `[codes, size]`.
    atoms: Param<Tensor<2>>,
    /// `[size]`.
    centre: Param<Tensor<1>>,
}

impl Dictionary {
    /// Atoms in random directions, around zero.
    pub fn new(codes: usize, size: usize, init: &mut Init) -> Self {
        let atoms = init.normal([codes, size], 1.0 / (size as f32).sqrt());
        Self { atoms, centre: init.constant([size], 0.0) }
    }

    /// The atoms at unit length, `[codes, size]`.
    pub fn atoms(&self) -> Tensor<2> {
        normalize_rows(self.atoms.val())
    }

    /// `[n, codes]` to what they add up to from the centre, `[n, size]`.
    pub fn forward(&self, codes: Tensor<2>) -> Tensor<2> {
        pith_kernels::linear(codes, self.atoms(), Some(self.centre.val()), None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    #[test]
    fn a_code_of_one_moves_by_one() {
        let dictionary = Dictionary::new(5, 3, &mut Init::new(0, &Device::flex()));
        let drawn = dictionary.forward(Tensor::eye(5, &Device::flex())); // [5, 3]
        let lengths: Vec<f32> = drawn.square().sum_dim(1).into_data().try_into_vec().expect("f32");
        assert!(lengths.iter().all(|length| (length - 1.0).abs() < 1e-5), "{lengths:?}");
    }
}
