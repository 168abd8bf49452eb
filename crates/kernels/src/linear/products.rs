//! The products of a linear layer, forward and backward, on slices.
//!
//! Rows are cut into blocks whose size depends only on the shape. Each block is one
//! single-threaded matrix product, and bias and activation are applied while it is in the cache.

use crate::activation::loops;
use crate::matmul::{Matrix, multiply};
use crate::simd::dispatch;
use crate::{Activation, buffer, scratch};
use rayon::prelude::*;

/// The extents of a linear layer and its input, none of them zero.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extents {
    pub(crate) rows: usize,
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
}

/// What the layer multiplies and adds. A bias of no elements stands for none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parameters<'a> {
    /// `[inputs, outputs]`
    pub(crate) weight: &'a [f32],
    pub(crate) bias: &'a [f32],
    pub(crate) activation: Option<Activation>,
}

impl<'a> Parameters<'a> {
    fn bias(self) -> Option<&'a [f32]> {
        (!self.bias.is_empty()).then_some(self.bias)
    }
}

/// Fewer rows would spend the time on rearranging the weight, more would leave the cache.
const ROWS: std::ops::RangeInclusive<usize> = 128..=256;

impl Extents {
    fn rows_per_block(self) -> usize {
        self.rows.div_ceil(8).clamp(*ROWS.start(), *ROWS.end())
    }
}

/// `output = act(x · weight + bias)`.
pub(crate) fn forward(e: Extents, x: &[f32], parameters: Parameters<'_>, output: &mut [f32]) {
    let rows = e.rows_per_block();
    let blocks = output.par_chunks_mut(rows * e.outputs).zip(x.par_chunks(rows * e.inputs));
    blocks.for_each(|(output, x)| match parameters.activation {
        None => affine(e, x, parameters, output),
        Some(activation) => scratch::with(output.len(), |products| {
            product(e, x, parameters.weight, products);
            loops::biased_forward(activation, products, parameters.bias(), output);
        }),
    });
}

/// The same with this activation, which also keeps `products = x · weight` for [`backward`].
pub(super) fn forward_keeping(
    e: Extents,
    x: &[f32],
    parameters: Parameters<'_>,
    activation: Activation,
    [products, output]: [&mut [f32]; 2],
) {
    let rows = e.rows_per_block();
    let targets = output.par_chunks_mut(rows * e.outputs);
    let targets = targets.zip(products.par_chunks_mut(rows * e.outputs));
    targets.zip(x.par_chunks(rows * e.inputs)).for_each(|((output, products), x)| {
        product(e, x, parameters.weight, products);
        loops::biased_forward(activation, products, parameters.bias(), output);
    });
}

fn product(e: Extents, x: &[f32], weight: &[f32], target: &mut [f32]) {
    let (rows, weight) = (x.len() / e.inputs, Matrix::row_major(weight, e.outputs));
    let x = Matrix::row_major(x, e.inputs);
    multiply([rows, e.outputs, e.inputs], target, e.outputs, false, x, weight);
}

fn affine(e: Extents, x: &[f32], parameters: Parameters<'_>, output: &mut [f32]) {
    let Some(bias) = parameters.bias() else {
        return product(e, x, parameters.weight, output);
    };
    output.chunks_exact_mut(e.outputs).for_each(|row| row.copy_from_slice(bias));
    let weight = Matrix::row_major(parameters.weight, e.outputs);
    let shape = [x.len() / e.inputs, e.outputs, e.inputs];
    multiply(shape, output, e.outputs, true, Matrix::row_major(x, e.inputs), weight);
}

/// Turns `∂L/∂output` into `g = ∂L/∂(x · weight + bias)`, in place, and computes from it
/// `∂L/∂x = g · weightᵀ` where `by_input` is given. Returns `∂L/∂bias = Σ_rows g`.
pub(super) fn backward(
    e: Extents,
    parameters: Parameters<'_>,
    products: &[f32],
    gradient: &mut [f32],
    by_input: Option<&mut [f32]>,
) -> Vec<f32> {
    let rows = e.rows_per_block();
    let count = e.rows.div_ceil(rows);
    let mut by_input: Vec<_> = match by_input {
        Some(values) => values.chunks_mut(rows * e.inputs).map(Some).collect(),
        None => (0..count).map(|_| None).collect(),
    };
    let weight = Matrix::row_major(parameters.weight, e.outputs).transposed();
    let mut sums = vec![0.0; count * e.outputs];
    let blocks = gradient.par_chunks_mut(rows * e.outputs).zip(by_input.par_iter_mut());
    let blocks = blocks.zip(sums.par_chunks_mut(e.outputs)).enumerate();
    blocks.for_each(|(index, ((gradient, by_input), sums))| {
        if let Some(activation) = parameters.activation {
            let products = &products[index * rows * e.outputs..][..gradient.len()];
            loops::biased_backward(activation, products, parameters.bias(), gradient);
        }
        add_rows(gradient, sums);
        if let Some(by_input) = by_input {
            let shape = [by_input.len() / e.inputs, e.inputs, e.outputs];
            let gradient = Matrix::row_major(gradient, e.outputs);
            multiply(shape, by_input, e.inputs, false, gradient, weight);
        }
    });
    let (total, others) = sums.split_at_mut(e.outputs);
    add_rows(others, total);
    total.to_vec()
}

dispatch! {
    /// Adds every row of a matrix to `sums`.
    fn add_rows(matrix: &[f32], sums: &mut [f32]) = add_rows_body
}

#[inline(always)]
fn add_rows_body<const FUSED: bool>(matrix: &[f32], sums: &mut [f32]) {
    for row in matrix.chunks_exact(sums.len()) {
        sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
    }
}

/// `∂L/∂weight = xᵀ · g`, each part of its rows one product over the whole batch.
pub(super) fn weight_gradient(e: Extents, x: &[f32], gradient: &[f32]) -> Vec<f32> {
    let mut result = buffer::to_overwrite(e.inputs * e.outputs);
    let part = e.inputs.div_ceil(8).clamp(48, 128);
    result.par_chunks_mut(part * e.outputs).enumerate().for_each(|(index, result)| {
        let x = Matrix::row_major(&x[index * part..], e.inputs).transposed();
        let shape = [result.len() / e.outputs, e.outputs, e.rows];
        let gradient = Matrix::row_major(gradient, e.outputs);
        multiply(shape, result, e.outputs, false, x, gradient);
    });
    result
}
