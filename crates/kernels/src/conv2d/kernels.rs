//! The three products of a convolution: output, input gradient, weight gradient.

use super::bed::Bed;
use super::columns::{self, Block};
use super::geometry::Geometry;
use super::winograd::{self, Kernels};
use super::{depthwise, lanes, patches};
use crate::product::block::Block as Target;
use crate::product::{Matrix, Onto, Panels, multiply};
use crate::share::OneByOne;
use crate::{buffer, scratch};
use rayon::prelude::*;
use std::iter::once;

/// Parts a batch is cut into for sums over images, whatever the number of threads.
const PARTS: usize = 16;

/// The output. Shapes as in [`Geometry`]; `bias` is empty or has one value per output channel.
pub(super) fn forward(g: &Geometry, input: &[f32], weight: &[f32], bias: &[f32]) -> Vec<f32> {
    if depthwise::applies(g) {
        return depthwise::forward(g, input, weight, bias);
    }
    if winograd::applies(g) {
        return winograd::forward(g, input, Kernels::Straight(weight), bias);
    }
    if patches::applies(g) {
        return patches::forward(g, input, weight, bias);
    }
    forward_by_columns(g, input, weight, bias)
}

/// `output[n] = weight · columns(input[n]) + bias`, some images at a time.
pub(super) fn forward_by_columns(
    g: &Geometry,
    input: &[f32],
    weight: &[f32],
    bias: &[f32],
) -> Vec<f32> {
    let mut output = buffer::to_overwrite(g.images * g.image_out());
    if output.is_empty() {
        return output;
    }
    let (_, images) = columns::extents(g);
    output.par_chunks_mut(images * g.image_out()).enumerate().one_by_one().for_each(
        |(index, output)| {
            let first = index * images;
            for block in columns::blocks(g, first..first + output.len() / g.image_out()) {
                for group in 0..g.groups {
                    forward_block(g, input, weight, bias, (group, &block), output);
                }
            }
        },
    );
    output
}

/// The output of one block; `output` begins with the block's first image.
fn forward_block(
    g: &Geometry,
    input: &[f32],
    weight: &[f32],
    bias: &[f32],
    (group, block): (usize, &Block),
    output: &mut [f32],
) {
    let weight = &weight[group * g.channels_out * g.depth()..];
    let channels = group * g.channels_out..(group + 1) * g.channels_out;
    let bias = |channel: usize| bias.get(channel).copied().unwrap_or(0.0);
    let (places, bed) = (block.places(g), Bed::under(g, block.rows.clone()).size());
    let sizes = [block.size(g, g.depth()), places * g.channels_out];
    scratch::with(bed + sizes[0] + sizes[1], |buffer| {
        let (bed, rest) = buffer.split_at_mut(bed);
        let (columns, sums) = rest.split_at_mut(sizes[0]);
        columns::gather(g, input, group, block, bed, columns);
        multiply_columns(g, weight, columns, places, sums);
        let length = block.rows.len() * g.output[1];
        for (channel, sums) in channels.zip(sums.chunks_exact(places)) {
            for (n, sums) in sums.chunks_exact(length).enumerate() {
                let start = n * g.image_out() + channel * g.plane_out();
                let target = &mut output[start + block.rows.start * g.output[1]..][..length];
                for (value, sum) in target.iter_mut().zip(sums) {
                    *value = sum + bias(channel);
                }
            }
        }
    });
}

/// `weight [co, k]` by `columns [k, places]`, a slice of `k` after the other so that the operands
/// stay in the cache.
fn multiply_columns(
    g: &Geometry,
    weight: &[f32],
    columns: &[f32],
    places: usize,
    sums: &mut [f32],
) {
    const SLICE: usize = 256;
    let panel = columns::panel();
    if g.depth() == 0 {
        sums.fill(0.0);
    }
    for first in (0..g.depth()).step_by(SLICE) {
        let depth = (g.depth() - first).min(SLICE);
        let lhs = Matrix::row_major(&weight[first..], g.depth());
        let targets = Target::new(sums, places).grid(once(0..g.channels_out), panel);
        for (columns, mut target) in columns.chunks_exact(g.depth() * panel).zip(targets) {
            let shape = [g.channels_out, target.columns(), depth];
            let rhs = Panels::of(Matrix::row_major(&columns[first * panel..], panel));
            multiply(shape, &mut target, Onto::sum(first > 0), lhs, rhs);
        }
    }
}

/// `∂L/∂input` from `∂L/∂output`.
///
/// With stride one this is itself a convolution, by the weights turned half a turn.
pub(super) fn input_gradient(g: &Geometry, weight: &[f32], gradient: &[f32]) -> Vec<f32> {
    if depthwise::applies(g) {
        return depthwise::input_gradient(g, weight, gradient);
    }
    if let Some(adjoint) = g.adjoint() {
        if winograd::applies(&adjoint) {
            return winograd::forward(&adjoint, gradient, Kernels::Turned(weight), &[]);
        }
        return forward_by_columns(&adjoint, gradient, &turned(g, weight), &[]);
    }
    input_gradient_by_columns(g, weight, gradient)
}

/// `∂L/∂input[n] = scatter(weightᵀ · gradient[n])`.
pub(super) fn input_gradient_by_columns(
    g: &Geometry,
    weight: &[f32],
    gradient: &[f32],
) -> Vec<f32> {
    let mut result = vec![0.0; g.images * g.image_in()];
    if result.is_empty() || gradient.is_empty() {
        return result;
    }
    let (_, images) = columns::extents(g);
    let inputs = result.par_chunks_mut(images * g.image_in());
    let gradients = gradient.par_chunks(images * g.image_out());
    inputs.zip(gradients).one_by_one().for_each(|(input, gradient)| {
        for block in columns::blocks(g, 0..input.len() / g.image_in()) {
            for group in 0..g.groups {
                add_block(g, weight, gradient, (group, &block), input);
            }
        }
    });
    result
}

/// Adds the input gradient of one block.
fn add_block(
    g: &Geometry,
    weight: &[f32],
    gradient: &[f32],
    (group, block): (usize, &Block),
    input: &mut [f32],
) {
    /// Floats of the weights that are multiplied with all panels before the next.
    const WEIGHTS: usize = 128 * 1024;
    let weight = &weight[group * g.channels_out * g.depth()..];
    let (panel, bed) = (columns::panel(), Bed::under(g, block.rows.clone()).size());
    let sizes = [block.size(g, g.channels_out), block.size(g, g.depth())];
    scratch::with(bed + sizes[0] + sizes[1], |buffer| {
        let (bed, rest) = buffer.split_at_mut(bed);
        let (gradients, columns) = rest.split_at_mut(sizes[0]);
        columns::gather_gradient(g, gradient, group, block, gradients);
        let rows = (WEIGHTS / g.channels_out).clamp(1, g.depth());
        for first in (0..g.depth()).step_by(rows) {
            let rows = (g.depth() - first).min(rows);
            let lhs = Matrix::row_major(&weight[first..], g.depth()).transposed();
            let panels = columns.chunks_exact_mut(g.depth() * panel);
            for (columns, gradient) in panels.zip(gradients.chunks_exact(g.channels_out * panel)) {
                let mut target = Target::new(&mut columns[first * panel..], panel);
                let rhs = Panels::of(Matrix::row_major(gradient, panel));
                multiply([rows, panel, g.channels_out], &mut target, Onto::Zero, lhs, rhs);
            }
        }
        columns::scatter(g, columns, group, block, bed, input);
    });
}

/// `[groups · co, ci, kh, kw]` to `[groups · ci, co, kh, kw]` with both kernel axes reversed.
pub(super) fn turned(g: &Geometry, weight: &[f32]) -> Vec<f32> {
    let taps = g.kernel[0] * g.kernel[1];
    let mut result = vec![0.0; weight.len()];
    for (index, kernel) in weight.chunks_exact(taps).enumerate() {
        let (out, input) = (index / g.channels_in, index % g.channels_in);
        let (group, out) = (out / g.channels_out, out % g.channels_out);
        let place = (group * g.channels_in + input) * g.channels_out + out;
        let target = &mut result[place * taps..][..taps];
        for (value, from) in target.iter_mut().zip(kernel.iter().rev()) {
            *value = *from;
        }
    }
    result
}

/// `∂L/∂weight`.
pub(super) fn weight_gradient(g: &Geometry, input: &[f32], gradient: &[f32]) -> Vec<f32> {
    if depthwise::applies(g) {
        return depthwise::weight_gradient(g, input, gradient);
    }
    if winograd::applies(g) {
        return winograd::weight_gradient(g, input, gradient);
    }
    if patches::applies(g) {
        return patches::weight_gradient(g, input, gradient);
    }
    weight_gradient_by_columns(g, input, gradient)
}

/// `∂L/∂weight = Σ_n gradient[n] · columns(input[n])ᵀ`, summed as `[k, co]` within each part of the
/// batch; the parts are then added in order.
pub(super) fn weight_gradient_by_columns(
    g: &Geometry,
    input: &[f32],
    gradient: &[f32],
) -> Vec<f32> {
    /// Floats of all sums together, as far as this leaves four parts.
    const SUMS: usize = 4 * 1024 * 1024;
    let (depth, channels) = (g.depth(), g.channels_out);
    let mut result = vec![0.0; g.groups * depth * channels];
    if result.is_empty() || gradient.is_empty() {
        return result;
    }
    let width = channels.next_multiple_of(lanes::count());
    let size = g.groups * depth * width;
    let part = g.images.div_ceil((SUMS / size).clamp(4, PARTS));
    let mut sums = vec![0.0; g.images.div_ceil(part) * size];
    sums.par_chunks_mut(size).enumerate().one_by_one().for_each(|(index, sum)| {
        let images = index * part..((index + 1) * part).min(g.images);
        for block in columns::blocks(g, images) {
            for (group, sum) in sum.chunks_exact_mut(depth * width).enumerate() {
                add_products(g, input, gradient, (group, &block), sum, width);
            }
        }
    });
    // [groups, k, filled co] to [groups, co, k], adding the parts in order.
    result.par_chunks_mut(depth).enumerate().for_each(|(row, line)| {
        let (group, out) = (row / channels, row % channels);
        for sum in sums.chunks_exact(size) {
            let sum = &sum[group * depth * width + out..];
            for (value, add) in line.iter_mut().zip(sum.iter().step_by(width)) {
                *value += add;
            }
        }
    });
    result
}

/// Adds `columns · gradientᵀ` of one block to `sum [k, co]`, rows `width` apart.
fn add_products(
    g: &Geometry,
    input: &[f32],
    gradient: &[f32],
    (group, block): (usize, &Block),
    sum: &mut [f32],
    width: usize,
) {
    let (places, panel) = (block.places(g), columns::panel());
    let bed = Bed::under(g, block.rows.clone()).size();
    let size = block.size(g, g.depth());
    scratch::with(bed + size + places * width, |buffer| {
        let (bed, rest) = buffer.split_at_mut(bed);
        let (columns, rows) = rest.split_at_mut(size);
        columns::gather(g, input, group, block, bed, columns);
        columns::transpose_gradient(g, gradient, group, block, rows, width);
        let panels = columns.chunks_exact(g.depth() * panel).zip(rows.chunks(panel * width));
        for (columns, rows) in panels {
            let shape = [g.depth(), width, rows.len() / width];
            let lhs = Matrix::row_major(columns, panel);
            let rhs = Panels::of(Matrix::row_major(rows, width));
            multiply(shape, &mut Target::new(sum, width), Onto::Destination, lhs, rhs);
        }
    });
}

/// `∂L/∂bias[c] = Σ_{n, y, x} gradient[n, c, y, x]`.
pub(super) fn bias_gradient(g: &Geometry, gradient: &[f32]) -> Vec<f32> {
    let channels = g.groups * g.channels_out;
    let plane = g.plane_out();
    let sum = |channel: usize| {
        let image = |n: usize| &gradient[(n * channels + channel) * plane..][..plane];
        (0..g.images).map(|n| f64::from(image(n).iter().sum::<f32>())).sum::<f64>() as f32
    };
    (0..channels).into_par_iter().map(sum).collect()
}
