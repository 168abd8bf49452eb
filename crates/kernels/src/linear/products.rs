//! The products of a linear layer, forward and backward, on slices.
//!
//! Rows are cut into blocks whose size depends only on the shape, and all blocks share one packed
//! copy of the weight. Bias and activation are applied while a block is in the cache.

use crate::activation::loops;
use crate::product::Matrix;
use crate::product::block::Block;
use crate::product::{DEPTH, Onto, PANEL, Panels, multiply, pack};
use crate::share::OneByOne;
use crate::simd::dispatch;
use crate::{Activation, buffer, scratch};
use rayon::prelude::*;
use std::iter::once;

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

/// Rows of a block: fewer would read the weight too often, more would leave the cache.
const ROWS: std::ops::RangeInclusive<usize> = 24..=132;
/// Blocks that are enough for every thread to have some.
const BLOCKS: usize = 16;

impl Extents {
    fn rows_per_block(self) -> usize {
        let least = self.rows.div_ceil(*ROWS.end());
        let count = least.max((self.rows / ROWS.start()).clamp(1, BLOCKS));
        // A number of blocks that two or four threads can share evenly.
        let even = match count {
            0..4 => count,
            4..BLOCKS => count / 4 * 4,
            _ => count.next_multiple_of(4),
        };
        self.rows.div_ceil(even.max(least))
    }

    /// Calls `body` with the weight in panels.
    fn with_weight<R>(self, weight: &[f32], body: impl FnOnce(Panels<'_>) -> R) -> R {
        in_panels(Matrix::row_major(weight, self.outputs), [self.inputs, self.outputs], |panels| {
            body(Panels::packed(panels, self.inputs))
        })
    }

    /// The same with its transpose.
    fn with_transposed<R>(self, weight: &[f32], body: impl FnOnce(Panels<'_>) -> R) -> R {
        let panel = self.outputs * PANEL;
        scratch::with(self.inputs.div_ceil(PANEL) * panel, |panels| {
            panels.par_chunks_mut(panel).enumerate().one_by_one().for_each(|(index, panel)| {
                let first = index * PANEL;
                let rows = PANEL.min(self.inputs - first);
                let source = Matrix::row_major(&weight[first * self.outputs..], self.outputs);
                pack::transpose(source, [rows, self.outputs], 1.0, panel);
            });
            body(Panels::packed(panels, self.outputs))
        })
    }
}

/// `output = act(x · weight + bias)`.
pub(crate) fn forward(e: Extents, x: &[f32], parameters: Parameters<'_>, output: &mut [f32]) {
    let rows = e.rows_per_block();
    let blocks = output.par_chunks_mut(rows * e.outputs).zip(x.par_chunks(rows * e.inputs));
    e.with_weight(parameters.weight, |weight| {
        blocks.one_by_one().for_each(|(output, x)| match parameters.activation {
            None => affine(e, x, weight, parameters.bias(), output),
            Some(activation) => scratch::with(output.len(), |products| {
                affine(e, x, weight, None, products);
                loops::biased_forward(activation, products, parameters.bias(), output);
            }),
        });
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
    let blocks = targets.zip(x.par_chunks(rows * e.inputs));
    e.with_weight(parameters.weight, |weight| {
        blocks.one_by_one().for_each(|((output, products), x)| {
            affine(e, x, weight, None, products);
            loops::biased_forward(activation, products, parameters.bias(), output);
        });
    });
}

/// `target = x · weight (+ bias)` of one block.
fn affine(e: Extents, x: &[f32], weight: Panels<'_>, bias: Option<&[f32]>, target: &mut [f32]) {
    let shape = [x.len() / e.inputs, e.outputs, e.inputs];
    let x = Matrix::row_major(x, e.inputs);
    multiply(
        shape,
        &mut Block::new(target, e.outputs),
        bias.map_or(Onto::Zero, Onto::Row),
        x,
        weight,
    );
}

/// From `g = ∂L/∂(x · weight + bias)`: `∂L/∂x = g · weightᵀ` where `by_input` is given, and returns
/// `∂L/∂bias = Σ_rows g`.
pub(super) fn backward(
    e: Extents,
    parameters: Parameters<'_>,
    gradient: &[f32],
    by_input: Option<&mut [f32]>,
) -> Vec<f32> {
    let blocks = gradient.par_chunks(e.rows_per_block() * e.outputs);
    backward_of(e, parameters, blocks, by_input)
}

/// The same from `∂L/∂output`, which becomes `g` in place; `products` are those of
/// [`forward_keeping`].
pub(super) fn backward_activated(
    e: Extents,
    parameters: Parameters<'_>,
    products: &[f32],
    gradient: &mut [f32],
    by_input: Option<&mut [f32]>,
) -> Vec<f32> {
    let Some(activation) = parameters.activation else {
        panic!("a layer without an activation keeps no products")
    };
    let size = e.rows_per_block() * e.outputs;
    let blocks = gradient.par_chunks_mut(size).zip(products.par_chunks(size));
    let blocks = blocks.map(|(gradient, products)| {
        loops::biased_backward(activation, products, parameters.bias(), gradient);
        &*gradient
    });
    backward_of(e, parameters, blocks, by_input)
}

/// Each block of `g`, once it is asked for, is used while it is in the cache.
fn backward_of<'a>(
    e: Extents,
    parameters: Parameters<'_>,
    gradient: impl IndexedParallelIterator<Item = &'a [f32]>,
    by_input: Option<&mut [f32]>,
) -> Vec<f32> {
    let rows = e.rows_per_block();
    let count = e.rows.div_ceil(rows);
    let asked = by_input.is_some();
    let mut by_input: Vec<_> = match by_input {
        Some(values) => values.chunks_mut(rows * e.inputs).map(Some).collect(),
        None => (0..count).map(|_| None).collect(),
    };
    let mut sums = vec![0.0; count * e.outputs];
    let blocks = gradient.zip(by_input.par_iter_mut()).zip(sums.par_chunks_mut(e.outputs));
    let run = |weight: Option<Panels<'_>>| {
        blocks.one_by_one().for_each(|((gradient, by_input), sums)| {
            add_rows(gradient, sums);
            if let Some((by_input, weight)) = by_input.as_mut().zip(weight) {
                let shape = [by_input.len() / e.inputs, e.inputs, e.outputs];
                let gradient = Matrix::row_major(gradient, e.outputs);
                multiply(shape, &mut Block::new(by_input, e.inputs), Onto::Zero, gradient, weight);
            }
        });
    };
    match asked {
        true => e.with_transposed(parameters.weight, |weight| run(Some(weight))),
        false => run(None),
    }
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

/// `∂L/∂weight = xᵀ · g`, some rows of the batch after the other. Of these rows `x` is laid in panels
/// once, `g` by each strip of the result: as they lie, neighbouring rows would fall on the same lines
/// of the cache.
pub(super) fn weight_gradient(e: Extents, x: &[f32], gradient: &[f32]) -> Vec<f32> {
    let mut result = buffer::to_overwrite(e.inputs * e.outputs);
    let strip = e.outputs.div_ceil(8).next_multiple_of(PANEL).min(2 * PANEL);
    for start in (0..e.rows).step_by(DEPTH) {
        let depth = DEPTH.min(e.rows - start);
        let [x, gradient] = [(x, e.inputs), (gradient, e.outputs)]
            .map(|(values, width)| Matrix::row_major(&values[start * width..], width));
        in_panels(x, [depth, e.inputs], |x| {
            let strips = Block::new(&mut result, e.outputs).grid(once(0..e.inputs), strip);
            strips.into_par_iter().enumerate().one_by_one().for_each(|(index, mut target)| {
                let columns = target.columns();
                scratch::with(pack::rows_len(depth, columns), |panels| {
                    let gradient = gradient.starting_at([0, index * strip]);
                    let gradient = pack::rows(gradient, [depth, columns], panels);
                    for (index, panel) in x.chunks_exact(depth * PANEL).enumerate() {
                        let first = index * PANEL;
                        let rows = PANEL.min(e.inputs - first);
                        let mut target = target.part(first..first + rows);
                        let x = Matrix::row_major(panel, PANEL).transposed();
                        multiply(
                            [rows, columns, depth],
                            &mut target,
                            Onto::sum(start > 0),
                            x,
                            gradient,
                        );
                    }
                });
            });
        });
    }
    result
}

/// Calls `body` with `[rows, columns]` of a matrix in panels, each `rows` lines of [`PANEL`].
fn in_panels<R>(
    source: Matrix<'_>,
    [rows, columns]: [usize; 2],
    body: impl FnOnce(&[f32]) -> R,
) -> R {
    scratch::with(pack::rows_len(rows, columns), |panels| {
        panels.par_chunks_mut(rows * PANEL).enumerate().one_by_one().for_each(|(index, panel)| {
            let first = index * PANEL;
            pack::rows(source.starting_at([0, first]), [rows, PANEL.min(columns - first)], panel);
        });
        body(panels)
    })
}
