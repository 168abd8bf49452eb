//! The gradient with respect to the kernels: at every point a product summed over tiles.

use super::forward::multiply;
use super::tiles::{Tiling, evaluate_gradient, evaluate_input, filled, step};
use super::transforms::POINTS;
use super::{applies, by_stages, weights};
use crate::conv2d::geometry::Geometry;
use crate::product::{Matrix, Onto};
use crate::share::OneByOne;
use crate::{buffer, scratch};
use rayon::prelude::*;

/// Parts a batch is cut into for the sum over images, whatever the number of threads.
const PARTS: usize = 8;

/// The weight gradient, as [`crate::conv2d::kernels::weight_gradient`].
///
/// # Panics
/// Unless [`applies`].
pub(in crate::conv2d) fn weight_gradient(
    g: &Geometry,
    input: &[f32],
    gradient: &[f32],
) -> Vec<f32> {
    assert!(applies(g), "not for {g:?}");
    if by_stages(g) { by_all_tiles(g, input, gradient) } else { by_parts(g, input, gradient) }
}

/// The batch in parts, each through all stages; the parts are added in order.
pub(super) fn by_parts(g: &Geometry, input: &[f32], gradient: &[f32]) -> Vec<f32> {
    let width = filled(g.channels_out);
    let size = 9 * g.channels_in * width;
    let part = g.images.div_ceil(PARTS);
    let mut sums = vec![0.0; g.images.div_ceil(part) * size];
    let inputs = input.par_chunks(part * g.image_in());
    let gradients = gradient.par_chunks(part * g.image_out());
    sums.par_chunks_mut(size).zip(inputs.zip(gradients)).one_by_one().for_each(
        |(sum, (input, gradient))| {
            add_part(g, input, gradient, sum);
        },
    );
    finish(g, &sums)
}

/// Adds the gradient of some images to `taps [ci, 9, filled co]`.
fn add_part(g: &Geometry, input: &[f32], gradient: &[f32], taps: &mut [f32]) {
    let tiling = Tiling::new(g);
    let width = filled(g.channels_out);
    // Not a power of two, see `step`.
    let pairs = g.channels_in * width + 16;
    let images = tiling.images_per_block();
    let most = images * tiling.count();
    let sizes = [pairs, step(most, g.channels_in), step(most, g.channels_out)];
    scratch::with(POINTS * sizes.iter().sum::<usize>(), |buffer| {
        let (points, rest) = buffer.split_at_mut(POINTS * sizes[0]);
        let (points_in, points_out) = rest.split_at_mut(POINTS * sizes[1]);
        let inputs = input.chunks(images * g.image_in());
        let gradients = gradient.chunks(images * g.image_out());
        for (index, (input, gradient)) in inputs.zip(gradients).enumerate() {
            let tiles = input.len() / g.image_in() * tiling.count();
            evaluate_input(g, input, points_in);
            evaluate_gradient(g, gradient, points_out);
            for (p, point) in points.chunks_exact_mut(pairs).enumerate() {
                add_point(g, tiles, p, [points_in, points_out], index > 0, point);
            }
        }
        for (c, taps) in taps.chunks_exact_mut(9 * width).enumerate() {
            weights::add_taps(points, pairs, c, width, taps);
        }
    });
}

/// All tiles stage by stage.
pub(super) fn by_all_tiles(g: &Geometry, input: &[f32], gradient: &[f32]) -> Vec<f32> {
    let tiling = Tiling::new(g);
    let images = tiling.images_per_block().min(g.images);
    let most = images * tiling.count();
    let blocks = g.images.div_ceil(images);
    let sizes = [step(most, g.channels_in), step(most, g.channels_out)].map(|size| size * POINTS);
    let mut points_in = buffer::to_overwrite(blocks * sizes[0]);
    let inputs = input.par_chunks(images * g.image_in());
    points_in.par_chunks_mut(sizes[0]).zip(inputs).one_by_one().for_each(|(points, input)| {
        evaluate_input(g, input, points);
    });
    let mut points_out = buffer::to_overwrite(blocks * sizes[1]);
    let gradients = gradient.par_chunks(images * g.image_out());
    points_out.par_chunks_mut(sizes[1]).zip(gradients).one_by_one().for_each(
        |(points, gradient)| {
            evaluate_gradient(g, gradient, points);
        },
    );
    let width = filled(g.channels_out);
    let pairs = g.channels_in * width + 16;
    let mut points = buffer::to_overwrite(POINTS * pairs);
    points.par_chunks_mut(pairs).enumerate().one_by_one().for_each(|(p, point)| {
        let operands = points_in.chunks_exact(sizes[0]).zip(points_out.chunks_exact(sizes[1]));
        for (index, (points_in, points_out)) in operands.enumerate() {
            let tiles = (g.images - index * images).min(images) * tiling.count();
            add_point(g, tiles, p, [points_in, points_out], index > 0, point);
        }
    });
    let mut taps = vec![0.0; 9 * g.channels_in * width];
    taps.par_chunks_mut(9 * width).enumerate().for_each(|(c, taps)| {
        weights::add_taps(&points, pairs, c, width, taps);
    });
    finish(g, &taps)
}

/// At point `p`: `[tiles, ci]ᵀ` by `[tiles, co]`.
fn add_point(
    g: &Geometry,
    tiles: usize,
    p: usize,
    [input, output]: [&[f32]; 2],
    accumulate: bool,
    point: &mut [f32],
) {
    let lhs = Matrix::row_major(&input[p * step(tiles, g.channels_in)..], filled(g.channels_in));
    let rhs = &output[p * step(tiles, g.channels_out)..];
    let shape = [g.channels_in, filled(g.channels_out), tiles];
    multiply(shape, point, Onto::sum(accumulate), lhs.transposed(), rhs);
}

/// `[parts, ci, 9, filled co]` to `[co, ci, 9]`, adding the parts in order.
fn finish(g: &Geometry, sums: &[f32]) -> Vec<f32> {
    let width = filled(g.channels_out);
    let size = 9 * g.channels_in * width;
    let mut result = buffer::to_overwrite(9 * g.channels_in * g.channels_out);
    result.par_chunks_mut(9 * g.channels_in).enumerate().for_each(|(o, line)| {
        for (index, value) in line.iter_mut().enumerate() {
            *value = sums.chunks_exact(size).map(|sum| sum[index * width + o]).sum();
        }
    });
    result
}
