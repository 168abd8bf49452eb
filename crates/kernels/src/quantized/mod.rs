//! Inference in fewer bits, on plain slices: linear layers that are packed once, and the
//! transformer block made of them.
//!
//! Weights are quantized when they are packed, a step per output. Rows are quantized when they
//! arrive, a step per row. The products of integers are summed exactly in 32 bits, so the sums are
//! the same on every processor and for every number of threads.

mod block;
#[cfg(test)]
mod block_tests;
mod format;
mod kernel;
mod panels;
mod product;
mod rows;
#[cfg(test)]
mod tests;

use crate::Activation;
use crate::linear::products::{self, Extents, Parameters};
pub use block::{LayerNorm, TransformerBlock};
use format::Format;
use panels::Panels;

/// What the factors of a product are kept as.
///
/// bfloat16 is missing on purpose. Where it was measured (Emerald Rapids) `vdpbf16ps` does half the
/// work per second of an ordinary `f32` multiply-add, `vpdpwssd` twice; and sixteen-bit integers
/// with a step per row and column round most values less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// As they are.
    F32,
    /// Sixteen-bit integers. In a row or column of `k` values, each is rounded to a multiple of
    /// about `max(largest / 32767, root mean square · √k / 46300)`.
    Int16,
    /// Eight-bit integers: weights symmetric around zero, rows between their extremes.
    Int8,
}

impl Precision {
    /// Whether this processor computes in this precision faster than in `f32`: AVX-512 VNNI.
    /// The result is the same where it does not, only later.
    pub fn is_accelerated(self) -> bool {
        self == Self::F32 || kernel::accelerated()
    }
}

/// A linear layer for inference: `output = act(x · weight + bias)`.
#[derive(Clone, Debug)]
pub struct PackedLinear {
    shape: [usize; 2],
    factors: Factors,
}

#[derive(Clone, Debug)]
enum Factors {
    Real { weight: Vec<f32>, bias: Vec<f32> },
    Integer(Panels),
}

impl PackedLinear {
    /// Packs `weight [inputs, outputs]`, row-major, and `bias [outputs]`.
    ///
    /// # Panics
    /// When the slices do not fit the shape, an extent is zero, or there are more than 66311
    /// inputs in `Int8`.
    pub fn new(
        weight: &[f32],
        shape: [usize; 2],
        bias: Option<&[f32]>,
        precision: Precision,
    ) -> Self {
        let [inputs, outputs] = shape;
        assert!(inputs > 0 && outputs > 0, "a layer of {shape:?} maps nothing");
        assert_eq!(weight.len(), inputs * outputs, "one weight per element of {shape:?}");
        let bias = bias.unwrap_or_default();
        assert!(bias.is_empty() || bias.len() == outputs, "one bias per output of {shape:?}");
        let integer = |format| Factors::Integer(Panels::pack(format, weight, shape, bias));
        let factors = match precision {
            Precision::F32 => Factors::Real { weight: weight.to_vec(), bias: bias.to_vec() },
            Precision::Int16 => integer(Format::Words),
            Precision::Int8 => integer(Format::Bytes),
        };
        Self { shape, factors }
    }

    /// Inputs and outputs.
    pub fn shape(&self) -> [usize; 2] {
        self.shape
    }

    /// Bytes that the packed weights take.
    pub fn bytes(&self) -> usize {
        match &self.factors {
            Factors::Real { weight, .. } => size_of_val(&weight[..]),
            Factors::Integer(panels) => panels.bytes(),
        }
    }

    /// `output = act(rows · weight + bias)`: rows `[n, inputs]`, output `[n, outputs]`.
    ///
    /// In the integer precisions, a row that holds something infinite, not a number or above 10^18
    /// gives a row that is not a number.
    ///
    /// # Panics
    /// When the slices are not as many whole rows.
    pub fn apply(&self, rows: &[f32], output: &mut [f32], activation: Option<Activation>) {
        let [inputs, outputs] = self.shape;
        let count = rows.len() / inputs;
        assert_eq!(rows.len(), count * inputs, "rows of {inputs} inputs");
        assert_eq!(output.len(), count * outputs, "{count} rows of {outputs} outputs");
        if count == 0 {
            return;
        }
        match &self.factors {
            Factors::Real { weight, bias } => {
                let extents = Extents { rows: count, inputs, outputs };
                products::forward(extents, rows, Parameters { weight, bias, activation }, output);
            }
            Factors::Integer(panels) => {
                product::apply(panels, rows, self.shape, activation, output);
            }
        }
    }
}
