//! Convolution of each channel by itself, by direct summation.
//!
//! A plane is copied once into a padded bed, where every tap of the kernel reads whole registers
//! at a fixed offset; all three products then are sums over taps of shifted rows.

mod sums;
#[cfg(test)]
mod tests;

use super::bed::{Bed, Tap};
use super::geometry::Geometry;
use super::kernels::turned;
use super::lanes;
use crate::share::OneByOne;
use crate::{buffer, scratch};
use rayon::prelude::*;

/// Planes handled by one task.
const PLANES: usize = 8;

/// Whether a convolution can be computed here.
pub(super) fn applies(g: &Geometry) -> bool {
    g.channels_in == 1 && g.channels_out == 1 && g.images * g.groups * g.plane_out() > 0
}

/// The output, as [`super::kernels::forward`].
pub(super) fn forward(g: &Geometry, input: &[f32], weight: &[f32], bias: &[f32]) -> Vec<f32> {
    let bed = Bed::under(g, 0..g.output[0]);
    let mut output = buffer::to_overwrite(g.images * g.image_out());
    let tasks = output.par_chunks_mut(PLANES * g.plane_out());
    tasks.zip(input.par_chunks(PLANES * g.plane_in())).enumerate().one_by_one().for_each(
        |(task, (output, input))| {
            let mut taps = bed.taps(g.kernel);
            scratch::with(bed.size(), |values| {
                values.fill(0.0);
                let planes = input.chunks_exact(g.plane_in());
                let outputs = output.chunks_exact_mut(g.plane_out());
                for (index, (plane, output)) in planes.zip(outputs).enumerate() {
                    let channel = (task * PLANES + index) % g.groups;
                    bed.lay(plane, values);
                    let kernel = &weight[channel * taps.len()..];
                    taps.iter_mut().zip(kernel).for_each(|(tap, weight)| tap.weight = *weight);
                    let bias = bias.get(channel).copied().unwrap_or(0.0);
                    sums::correlate(values, bed.step(), &taps, bias, output, g.output[1]);
                }
            });
        },
    );
    output
}

/// The input gradient, as [`super::kernels::input_gradient`].
pub(super) fn input_gradient(g: &Geometry, weight: &[f32], gradient: &[f32]) -> Vec<f32> {
    if let Some(adjoint) = g.adjoint() {
        return forward(&adjoint, gradient, &turned(g, weight), &[]);
    }
    let back = std::array::from_fn(|axis| (g.kernel[axis] - 1) / g.stride[axis]);
    let bed = Bed::behind(g, back, steps(g));
    let mut result = buffer::to_overwrite(g.images * g.image_in());
    let tasks = result.par_chunks_mut(PLANES * g.plane_in());
    tasks.zip(gradient.par_chunks(PLANES * g.plane_out())).enumerate().one_by_one().for_each(
        |(task, (result, gradient))| {
            let steps = steps(g);
            scratch::with(bed.size() + steps[0] * steps[1], |buffer| {
                let (values, sums) = buffer.split_at_mut(bed.size());
                values.fill(0.0);
                let gradients = gradient.chunks_exact(g.plane_out());
                let results = result.chunks_exact_mut(g.plane_in());
                for (index, (gradient, result)) in gradients.zip(results).enumerate() {
                    let channel = (task * PLANES + index) % g.groups;
                    let taps = g.kernel[0] * g.kernel[1];
                    let weight = &weight[channel * taps..][..taps];
                    bed.lay(gradient, values);
                    result.fill(0.0);
                    scatter_phases(g, &bed, weight, values, sums, result);
                }
            });
        },
    );
    result
}

/// Steps of the kernel that reach some input, per axis.
fn steps(g: &Geometry) -> [usize; 2] {
    std::array::from_fn(|axis| (g.input[axis] + g.padding[axis] - 1) / g.stride[axis] + 1)
}

/// The input places that taps `q, q + stride, …` reach lie `stride` apart: with `i = u · stride +
/// q - padding`, `∂L/∂input[i] = Σ_t weight[q + t · stride] · gradient[u - t]`, on both axes.
fn scatter_phases(
    g: &Geometry,
    bed: &Bed,
    weight: &[f32],
    values: &[f32],
    sums: &mut [f32],
    result: &mut [f32],
) {
    let [rows, width] = steps(g);
    let place = |axis: usize, u: usize, q: usize| {
        let place = (u * g.stride[axis] + q).checked_sub(g.padding[axis])?;
        (place < g.input[axis]).then_some(place)
    };
    for qy in 0..g.stride[0].min(g.kernel[0]) {
        for qx in 0..g.stride[1].min(g.kernel[1]) {
            let mut taps = Vec::new();
            for (ty, a) in (qy..g.kernel[0]).step_by(g.stride[0]).enumerate() {
                for (tx, b) in (qx..g.kernel[1]).step_by(g.stride[1]).enumerate() {
                    let offset = bed.back([ty, tx]);
                    taps.push(Tap { weight: weight[a * g.kernel[1] + b], offset });
                }
            }
            sums::correlate(values, bed.step(), &taps, 0.0, sums, width);
            let first = (0..width).find(|&u| place(1, u, qx).is_some()).unwrap_or(width);
            for (u, sums) in sums.chunks_exact(width).take(rows).enumerate() {
                let (Some(y), Some(x)) = (place(0, u, qy), place(1, first, qx)) else { continue };
                let line = &mut result[y * g.input[1]..][x..g.input[1]];
                for (value, sum) in line.iter_mut().step_by(g.stride[1]).zip(&sums[first..]) {
                    *value = *sum;
                }
            }
        }
    }
}

/// The weight gradient, as [`super::kernels::weight_gradient`].
pub(super) fn weight_gradient(g: &Geometry, input: &[f32], gradient: &[f32]) -> Vec<f32> {
    let bed = Bed::under(g, 0..g.output[0]);
    let count = g.kernel[0] * g.kernel[1];
    let mut result = buffer::to_overwrite(g.groups * count);
    result.par_chunks_mut(count).enumerate().one_by_one().for_each(|(channel, result)| {
        let taps = bed.taps(g.kernel);
        scratch::with(bed.size() + count * lanes::count(), |buffer| {
            buffer.fill(0.0);
            let (values, totals) = buffer.split_at_mut(bed.size());
            for n in 0..g.images {
                let plane = n * g.groups + channel;
                bed.lay(&input[plane * g.plane_in()..][..g.plane_in()], values);
                let gradient = &gradient[plane * g.plane_out()..][..g.plane_out()];
                sums::add_products(values, bed.step(), &taps, gradient, g.output[1], totals);
            }
            for (value, total) in result.iter_mut().zip(totals.chunks_exact(lanes::count())) {
                *value = total.iter().sum();
            }
        });
    });
    result
}
