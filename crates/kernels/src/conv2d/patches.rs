//! Patches that do not overlap: the embedding of a vision transformer, and halvings of a picture.
//!
//! Each value of the input belongs to one patch, so that an image is a matrix `[places, k]` as it lies
//! but for the order of its values, and the weight gradient is a plain product with the output
//! gradient as it lies.

use super::geometry::Geometry;
use crate::product::block::Block;
use crate::product::{Matrix, Onto, Panels, multiply, pack};
use crate::share::OneByOne;
use crate::{buffer, scratch};
use rayon::prelude::*;
use std::iter::once;
use std::ops::Range;

/// Parts a batch is cut into for sums over images where one strip is all there is.
const PARTS: usize = 16;
/// Columns of the weight gradient that are summed at once.
const STRIP: usize = 64;

/// Whether kernels lie side by side on the input.
pub(super) fn applies(g: &Geometry) -> bool {
    g.groups == 1 && g.stride == g.kernel && g.padding == [0, 0] && g.kernel[1] > 1
}

/// The output, as [`super::kernels::forward`]: `output[n] = weight · patches[n]ᵀ + bias`.
pub(super) fn forward(g: &Geometry, input: &[f32], weight: &[f32], bias: &[f32]) -> Vec<f32> {
    let mut output = buffer::to_overwrite(g.images * g.image_out());
    if output.is_empty() {
        return output;
    }
    let [places, depth] = [g.plane_out(), g.depth()];
    let images = output.par_chunks_mut(g.image_out()).zip(input.par_chunks(g.image_in()));
    images.one_by_one().for_each(|(output, image)| {
        scratch::with(places * depth + pack::packed_len(places, depth), |buffer| {
            let (rows, panels) = buffer.split_at_mut(places * depth);
            gather(g, image, 0..depth, rows);
            pack::transpose(Matrix::row_major(rows, depth), [places, depth], 1.0, panels);
            for (plane, &bias) in output.chunks_exact_mut(places).zip(bias) {
                plane.fill(bias);
            }
            let shape = [g.channels_out, places, depth];
            let weight = Matrix::row_major(weight, depth);
            let panels = Panels::packed(panels, depth);
            let onto = Onto::sum(!bias.is_empty());
            multiply(shape, &mut Block::new(output, places), onto, weight, panels);
        });
    });
    output
}

/// `∂L/∂weight = Σ_n gradient[n] · patches[n]`, a strip of its columns after the other.
pub(super) fn weight_gradient(g: &Geometry, input: &[f32], gradient: &[f32]) -> Vec<f32> {
    let [places, depth] = [g.plane_out(), g.depth()];
    let size = g.channels_out * depth;
    let mut result = vec![0.0; size];
    if result.is_empty() || gradient.is_empty() {
        return result;
    }
    let part = g.images.div_ceil(PARTS / depth.div_ceil(STRIP).min(PARTS));
    let parts = g.images.div_ceil(part);
    let mut others = vec![0.0; (parts - 1) * size];
    let sums = once(&mut result[..]).chain(others.chunks_exact_mut(size));
    let strips: Vec<_> = sums
        .enumerate()
        .flat_map(|(part, sum)| {
            let strips = Block::new(sum, depth).grid(once(0..g.channels_out), STRIP);
            strips.into_iter().enumerate().map(move |(strip, target)| (part, strip, target))
        })
        .collect();
    strips.into_par_iter().one_by_one().for_each(|(index, strip, mut target)| {
        let columns = strip * STRIP..strip * STRIP + target.columns();
        let first = index * part;
        scratch::with(places * columns.len(), |rows| {
            for n in first..(first + part).min(g.images) {
                gather(g, &input[n * g.image_in()..][..g.image_in()], columns.clone(), rows);
                let shape = [g.channels_out, columns.len(), places];
                let gradient = Matrix::row_major(&gradient[n * g.image_out()..], places);
                let rows = Panels::of(Matrix::row_major(rows, columns.len()));
                multiply(shape, &mut target, Onto::sum(n > first), gradient, rows);
            }
        });
    });
    for part in others.chunks_exact(size) {
        result.iter_mut().zip(part).for_each(|(sum, value)| *sum += value);
    }
    result
}

/// Some values of every patch of an image, `[places, columns]`.
fn gather(g: &Geometry, image: &[f32], columns: Range<usize>, rows: &mut [f32]) {
    let [height, width] = g.kernel;
    let first = columns.start / width;
    for line in first..columns.end.div_ceil(width) {
        // The part of this line of the kernel that is asked for.
        let from = columns.start.max(line * width) - line * width;
        let to = columns.end.min((line + 1) * width) - line * width;
        let column = line * width + from - columns.start;
        let plane = &image[line / height * g.plane_in()..][..g.plane_in()];
        for (y, rows) in rows.chunks_exact_mut(g.output[1] * columns.len()).enumerate() {
            let values = &plane[(y * height + line % height) * g.input[1]..][..g.input[1]];
            let targets = rows.chunks_exact_mut(columns.len()).map(|row| &mut row[column..]);
            match (width, to - from) {
                (2, 2) => copy::<2>(values, targets),
                (4, 4) => copy::<4>(values, targets),
                (8, 8) => copy::<8>(values, targets),
                (16, 16) => copy::<16>(values, targets),
                _ => {
                    for (target, values) in targets.zip(values.chunks_exact(width)) {
                        target[..to - from].copy_from_slice(&values[from..to]);
                    }
                }
            }
        }
    }
}

/// As many values as a kernel is wide to the beginning of each target.
fn copy<'a, const WIDTH: usize>(values: &[f32], targets: impl Iterator<Item = &'a mut [f32]>) {
    for (target, values) in targets.zip(values.as_chunks::<WIDTH>().0) {
        *target.first_chunk_mut().expect("a line of the kernel") = *values;
    }
}
