//! Rows of a table by their index.

mod rows;
#[cfg(test)]
mod tests;

use crate::fast_path::{self, Values, dims, tensor};
use crate::operation::{self, Operation};
use burn::backend::flex::FlexTensor;
use burn::tensor::{Int, Tensor};
use std::sync::Arc;

/// `output[..] = table[indices[..]]`.
///
/// The gradient of the table is added up in the order of the indices, row by row, and visits only
/// the rows that were asked for.
///
/// # Shapes
/// - table `[vocabulary, d]`, indices of `D` axes, output those and `d`; `E = D + 1`
///
/// Differentiable in the table.
///
/// # Panics
/// When an index is outside the table, or `E` is not `D + 1`.
pub fn embedding<const D: usize, const E: usize>(
    table: Tensor<2>,
    indices: Tensor<D, Int>,
) -> Tensor<E> {
    assert_eq!(E, D + 1, "the output has one axis more than the indices");
    let [_, width] = table.dims();
    let mut shape = [width; E];
    shape[..D].copy_from_slice(&indices.dims());
    if !fast_path::accepts(&table) {
        return composed(table, indices).reshape(shape);
    }
    let row = |index: i64| {
        usize::try_from(index).unwrap_or_else(|_| panic!("an index below zero: {index}"))
    };
    let indices = indices.into_data().iter::<i64>().map(row).collect();
    operation::unary::<2, 2>(table, Gather { indices }).reshape(shape)
}

fn composed<const D: usize>(table: Tensor<2>, indices: Tensor<D, Int>) -> Tensor<2> {
    table.select(0, indices.flatten(0, D - 1))
}

/// Rows of a table, `[vocabulary, d]` to `[count, d]`.
#[derive(Clone, Debug)]
struct Gather {
    indices: Arc<[usize]>,
}

impl Operation<1> for Gather {
    /// The shape of the table.
    type Saved = [usize; 2];

    fn forward(&self, [table]: [FlexTensor; 1]) -> (FlexTensor, Self::Saved) {
        let shape @ [_, width] = dims(&table);
        let output = rows::gather(Values::of(&table).as_slice(), width, &self.indices);
        (tensor(output, [self.indices.len(), width]), shape)
    }

    fn backward(
        &self,
        shape: Self::Saved,
        gradient: FlexTensor,
        _wanted: [bool; 1],
    ) -> [Option<FlexTensor>; 1] {
        let values = rows::scatter(Values::of(&gradient).as_slice(), shape, &self.indices);
        [Some(tensor(values, shape))]
    }
}
