//! The three products of a convolution: output, input gradient, weight gradient.

use super::geometry::Geometry;
use super::winograd::{self, Kernels};
use super::{columns, depthwise};
use crate::matmul::{Matrix, multiply};
use crate::scratch;
use rayon::prelude::*;

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
    forward_by_columns(g, input, weight, bias)
}

/// `output[n] = weight · columns(input[n]) + bias`, image by image.
pub(super) fn forward_by_columns(
    g: &Geometry,
    input: &[f32],
    weight: &[f32],
    bias: &[f32],
) -> Vec<f32> {
    let mut output = vec![0.0; g.images * g.image_out()];
    if output.is_empty() {
        return output;
    }
    let plane = g.plane_out();
    output.par_chunks_mut(g.image_out()).enumerate().for_each(|(n, output)| {
        let image = &input[n * g.image_in()..][..g.image_in()];
        for (channel, value) in output.chunks_exact_mut(plane).zip(bias) {
            channel.fill(*value);
        }
        for group in 0..g.groups {
            let image = &image[group * g.channels_in * g.plane_in()..];
            let weight = &weight[group * g.channels_out * g.depth()..];
            let weight = Matrix::row_major(weight, g.depth());
            let output = &mut output[group * g.channels_out * plane..];
            for_each_block(g, image, |columns, start, length| {
                let shape = [g.channels_out, length, g.depth()];
                let accumulate = !bias.is_empty();
                multiply(shape, &mut output[start..], plane, accumulate, weight, columns);
            });
        }
    });
    output
}

/// Calls `body(columns [k, length], start, length)` for each block of output places of one group.
fn for_each_block(g: &Geometry, image: &[f32], mut body: impl FnMut(Matrix<'_>, usize, usize)) {
    let image = &image[..g.channels_in * g.plane_in()];
    if g.is_pointwise() {
        return body(Matrix::row_major(image, g.plane_in()), 0, g.plane_out());
    }
    let block = g.rows_per_block();
    scratch::with(g.depth() * block * g.output[1], |buffer| {
        for first in (0..g.output[0]).step_by(block) {
            let rows = first..(first + block).min(g.output[0]);
            let length = rows.len() * g.output[1];
            let columns = &mut buffer[..g.depth() * length];
            columns::gather(g, image, rows, columns);
            body(Matrix::row_major(columns, length), first * g.output[1], length);
        }
    });
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
    let plane = g.plane_out();
    let block = g.rows_per_block();
    result.par_chunks_mut(g.image_in()).enumerate().for_each(|(n, image)| {
        let gradient = &gradient[n * g.image_out()..][..g.image_out()];
        let images = image.chunks_exact_mut(g.channels_in * g.plane_in());
        for (group, image) in images.enumerate() {
            let weight = &weight[group * g.channels_out * g.depth()..];
            let weight = Matrix::row_major(weight, g.depth()).transposed();
            let gradient = &gradient[group * g.channels_out * plane..];
            for first in (0..g.output[0]).step_by(block) {
                let rows = first..(first + block).min(g.output[0]);
                let length = rows.len() * g.output[1];
                scratch::with(g.depth() * length, |columns| {
                    let gradient = Matrix::row_major(&gradient[first * g.output[1]..], plane);
                    let shape = [g.depth(), length, g.channels_out];
                    multiply(shape, columns, length, false, weight, gradient);
                    columns::scatter(g, columns, rows, image);
                });
            }
        }
    });
    result
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
    weight_gradient_by_columns(g, input, gradient)
}

/// `∂L/∂weight = Σ_n gradient[n] · columns(input[n])ᵀ`.
///
/// Summed as `[k, co]` within each part of the batch, which suits the matrix product better than
/// `[co, k]`; the parts are then added in order.
pub(super) fn weight_gradient_by_columns(
    g: &Geometry,
    input: &[f32],
    gradient: &[f32],
) -> Vec<f32> {
    let (depth, channels) = (g.depth(), g.channels_out);
    let size = g.groups * depth * channels;
    let mut result = vec![0.0; size];
    if size == 0 || gradient.is_empty() {
        return result;
    }
    let plane = g.plane_out();
    let part = g.images.div_ceil(PARTS);
    let mut sums = vec![0.0; g.images.div_ceil(part) * size];
    sums.par_chunks_mut(size).enumerate().for_each(|(index, sum)| {
        for n in index * part..((index + 1) * part).min(g.images) {
            let image = &input[n * g.image_in()..][..g.image_in()];
            let gradient = &gradient[n * g.image_out()..][..g.image_out()];
            for (group, sum) in sum.chunks_exact_mut(depth * channels).enumerate() {
                let image = &image[group * g.channels_in * g.plane_in()..];
                let gradient = &gradient[group * channels * plane..];
                for_each_block(g, image, |columns, start, length| {
                    let gradient = Matrix::row_major(&gradient[start..], plane).transposed();
                    multiply([depth, channels, length], sum, channels, true, columns, gradient);
                });
            }
        }
    });
    // [groups, k, co] to [groups, co, k], adding the parts in order.
    result.par_chunks_mut(depth).enumerate().for_each(|(row, line)| {
        let (group, out) = (row / channels, row % channels);
        for sum in sums.chunks_exact(size) {
            let sum = &sum[group * depth * channels + out..];
            for (value, add) in line.iter_mut().zip(sum.iter().step_by(channels)) {
                *value += add;
            }
        }
    });
    result
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
