//! The convolution itself, which is also the input gradient of its adjoint.

use super::pixels::{self, Frame};
use super::tiles::{Tiling, evaluate_input, filled, step};
use super::transforms::{self, POINTS, Walk};
use super::weights::{self, Kernels};
use super::{applies, by_stages};
use crate::conv2d::geometry::Geometry;
use crate::conv2d::lanes::{self, Lanes, for_lanes};
use crate::product::block::Block;
use crate::product::{self, Matrix, Onto, Panels};
use crate::share::OneByOne;
use crate::{buffer, scratch};
use rayon::prelude::*;

/// The convolution, as [`crate::conv2d::kernels::forward`].
///
/// # Panics
/// Unless [`applies`].
pub(in crate::conv2d) fn forward(
    g: &Geometry,
    input: &[f32],
    kernels: Kernels<'_>,
    bias: &[f32],
) -> Vec<f32> {
    assert!(applies(g), "not for {g:?}");
    let weights = weights::points(g, kernels);
    if by_stages(g) {
        forward_by_stages(g, input, &weights, bias)
    } else {
        forward_by_blocks(g, input, &weights, bias)
    }
}

pub(super) fn forward_by_blocks(
    g: &Geometry,
    input: &[f32],
    weights: &[f32],
    bias: &[f32],
) -> Vec<f32> {
    let tiling = Tiling::new(g);
    let images = tiling.images_per_block();
    let mut output = buffer::to_overwrite(g.images * g.image_out());
    let blocks = output.par_chunks_mut(images * g.image_out());
    blocks.zip(input.par_chunks(images * g.image_in())).one_by_one().for_each(|(output, input)| {
        let tiles = output.len() / g.image_out() * tiling.count();
        let (step_in, step_out) = (step(tiles, g.channels_in), step(tiles, g.channels_out));
        scratch::with(POINTS * (step_in + step_out), |buffer| {
            let (points_in, points_out) = buffer.split_at_mut(POINTS * step_in);
            evaluate_input(g, input, points_in);
            let weights = weights.chunks_exact(g.channels_in * filled(g.channels_out));
            let points = points_in.chunks_exact(step_in).zip(points_out.chunks_exact_mut(step_out));
            for ((points_in, points_out), weights) in points.zip(weights) {
                multiply_point(g, tiles, points_in, weights, points_out);
            }
            for (n, image) in output.chunks_exact_mut(g.image_out()).enumerate() {
                collect(g, points_out, step_out, n, bias, image);
            }
        });
    });
    output
}

pub(super) fn forward_by_stages(
    g: &Geometry,
    input: &[f32],
    weights: &[f32],
    bias: &[f32],
) -> Vec<f32> {
    let tiling = Tiling::new(g);
    let images = tiling.images_per_block().min(g.images);
    let most = images * tiling.count();
    let block = POINTS * step(most, g.channels_in);
    let mut points_in = buffer::to_overwrite(g.images.div_ceil(images) * block);
    let inputs = input.par_chunks(images * g.image_in());
    points_in.par_chunks_mut(block).zip(inputs).one_by_one().for_each(|(points, input)| {
        evaluate_input(g, input, points);
    });
    let step_out = step(g.images * tiling.count(), g.channels_out);
    let mut points_out = buffer::to_overwrite(POINTS * step_out);
    let width = filled(g.channels_out);
    points_out.par_chunks_mut(step_out).enumerate().one_by_one().for_each(|(p, points_out)| {
        let weights = &weights[p * g.channels_in * width..];
        let targets = points_out[..step_out - 16].chunks_mut(most * width);
        for (points_in, target) in points_in.chunks_exact(block).zip(targets) {
            let tiles = target.len() / width;
            let points_in = &points_in[p * step(tiles, g.channels_in)..];
            multiply_point(g, tiles, points_in, weights, target);
        }
    });
    let mut output = buffer::to_overwrite(g.images * g.image_out());
    output.par_chunks_mut(g.image_out()).enumerate().one_by_one().for_each(|(n, image)| {
        collect(g, &points_out, step_out, n, bias, image);
    });
    output
}

/// At one point: `[tiles, ci]` by `[ci, co]`.
fn multiply_point(g: &Geometry, tiles: usize, input: &[f32], weights: &[f32], output: &mut [f32]) {
    let lhs = Matrix::row_major(input, filled(g.channels_in));
    multiply([tiles, filled(g.channels_out), g.channels_in], output, Onto::Zero, lhs, weights);
}

/// A [`product::multiply`] of operands without gaps between the rows.
pub(super) fn multiply(
    [m, n, k]: [usize; 3],
    destination: &mut [f32],
    onto: Onto<'_>,
    lhs: Matrix<'_>,
    rhs: &[f32],
) {
    let mut destination = Block::new(&mut destination[..m * n], n);
    let rhs = Panels::of(Matrix::row_major(rhs, n));
    product::multiply([m, n, k], &mut destination, onto, lhs, rhs);
}

/// The output image `n` from all points.
fn collect(g: &Geometry, points: &[f32], step: usize, n: usize, bias: &[f32], image: &mut [f32]) {
    let tiling = Tiling::new(g);
    let frame = tiling.output(g);
    let channels = filled(g.channels_out);
    let at = n * tiling.count() * channels;
    let walk = Walk { tiles: tiling.tiles, width: frame.copy[1], channels, step, at };
    scratch::with(frame.size(lanes::count()), |pixels| {
        collect_tiles(walk, frame, points, pixels, bias, image);
    });
}

for_lanes! {
    fn collect_tiles(
        walk: Walk,
        frame: Frame,
        points: &[f32],
        pixels: &mut [f32],
        bias: &[f32],
        image: &mut [f32],
    ) = collect_tiles_body
}

#[inline(always)]
fn collect_tiles_body<L: Lanes>(
    walk: Walk,
    frame: Frame,
    points: &[f32],
    pixels: &mut [f32],
    bias: &[f32],
    image: &mut [f32],
) {
    let plane = frame.image[0] * frame.image[1];
    for (block, planes) in image.chunks_mut(L::COUNT * plane).enumerate() {
        let first = block * L::COUNT;
        transforms::output_tiles::<L>(Walk { at: walk.at + first, ..walk }, points, pixels);
        let bias = if bias.is_empty() { bias } else { &bias[first..][..planes.len() / plane] };
        pixels::collect::<L>(frame, pixels, bias, planes);
    }
}
