//! 3 by 3 convolution with a quarter of the multiplications: F(4 × 4, 3 × 3) of Winograd's minimal
//! filtering, Lavin and Gray 2016 ("Fast Algorithms for Convolutional Neural Networks").
//!
//! The output is cut into 4 by 4 tiles. A tile's input is evaluated at 36 points, where convolution
//! is a product, so that summing over channels is one matrix product per point:
//! 36 multiplications per channel instead of 144. All arithmetic is in `f32`; the error against
//! direct summation is a few units of 1e-6 of the largest value.
//!
//! Sixteen channels lie side by side while transforming, hence the demand on their number.

mod pixels;
mod product;
#[cfg(test)]
mod tests;
mod transforms;
mod vector;

use super::geometry::Geometry;
use crate::matmul::Matrix;
use crate::simd::{Level, level};
use crate::{buffer, scratch};
use pixels::Frame;
use rayon::prelude::*;
use transforms::{POINTS, Walk};

/// Parts a batch is cut into for the sum over images, whatever the number of threads.
const PARTS: usize = 8;

/// Whether a convolution can be, and is worth being, computed here.
pub(super) fn applies(g: &Geometry) -> bool {
    let shape = g.kernel == [3, 3] && g.stride == [1, 1] && g.groups == 1;
    let padding = g.padding[0] <= 2 && g.padding[1] <= 2;
    let channels = g.channels_in.is_multiple_of(16) && g.channels_out.is_multiple_of(16);
    let some = g.images > 0 && g.channels_in > 0 && g.channels_out > 0;
    // Tiles at the border may be mostly waste: at least half of the gain must remain.
    let worth = 9 * g.plane_out() >= 2 * POINTS * Tiling::new(g).count();
    shape && padding && channels && some && worth && available()
}

fn available() -> bool {
    level() == Level::Avx512
}

/// How images are cut into tiles and gathered into blocks.
#[derive(Clone, Copy)]
struct Tiling {
    tiles: [usize; 2],
}

impl Tiling {
    fn new(g: &Geometry) -> Self {
        Self { tiles: g.output.map(|extent| extent.div_ceil(4)) }
    }

    /// Tiles in one image.
    fn count(&self) -> usize {
        self.tiles[0] * self.tiles[1]
    }

    /// Images whose tiles are multiplied together: enough to use a matrix product well, few enough
    /// to stay in the second-level cache.
    fn images_per_block(&self) -> usize {
        32usize.div_ceil(self.count())
    }

    /// The padded input: all pixels under some tile.
    fn input(&self, g: &Geometry) -> (Frame, usize) {
        let [rows, width] = self.tiles.map(|tiles| 4 * tiles + 2);
        (Frame { image: g.input, origin: g.padding, width }, rows * width * 16)
    }

    /// The output with its last tiles complete.
    fn output(&self, g: &Geometry) -> (Frame, usize) {
        let [rows, width] = self.tiles.map(|tiles| 4 * tiles);
        (Frame { image: g.output, origin: [0, 0], width }, rows * width * 16)
    }
}

/// Floats between neighbouring points: not a power of two, which would make all 36 compete for the
/// same lines of the cache.
fn step(tiles: usize, channels: usize) -> usize {
    tiles * channels + 16
}

/// Evaluates `images [n, channels, h, w]` tile by tile: points `[36, n · tiles, channels]`.
#[target_feature(enable = "avx512f")]
fn evaluate(
    images: &[f32],
    channels: usize,
    (frame, size): (Frame, usize),
    tiles: [usize; 2],
    transform: impl Fn(Walk, &[f32], &mut [f32]),
    points: &mut [f32],
) {
    let plane = frame.image[0] * frame.image[1];
    let count = tiles[0] * tiles[1];
    let step = step(images.len() / (channels * plane) * count, channels);
    scratch::with(size, |pixels| {
        pixels.fill(0.0);
        for (n, image) in images.chunks_exact(channels * plane).enumerate() {
            for (block, planes) in image.chunks_exact(16 * plane).enumerate() {
                pixels::spread(frame, planes, pixels);
                let at = n * count * channels + block * 16;
                transform(Walk { tiles, width: frame.width, channels, step, at }, pixels, points);
            }
        }
    });
}

/// The weights at all points: `[36, ci, co]`.
fn weight_points(g: &Geometry, weight: &[f32]) -> Vec<f32> {
    let (depth, channels) = (g.channels_in, g.channels_out);
    let mut rows = buffer::to_overwrite(depth * POINTS * channels);
    rows.par_chunks_mut(POINTS * channels).enumerate().for_each(|(c, row)| {
        for o in 0..channels {
            let kernel = weight[(o * depth + c) * 9..].first_chunk().expect("nine taps");
            for (p, value) in transforms::weight_points(kernel).into_iter().enumerate() {
                row[p * channels + o] = value;
            }
        }
    });
    // [ci, 36, co] to [36, ci, co].
    let mut points = buffer::to_overwrite(rows.len());
    points.par_chunks_mut(channels).enumerate().for_each(|(index, line)| {
        let (p, c) = (index / depth, index % depth);
        line.copy_from_slice(&rows[(c * POINTS + p) * channels..][..channels]);
    });
    points
}

/// The convolution, as [`super::kernels::forward`].
///
/// # Panics
/// Unless [`applies`].
pub(super) fn forward(g: &Geometry, input: &[f32], weight: &[f32], bias: &[f32]) -> Vec<f32> {
    assert!(applies(g), "not for {g:?}");
    let weights = weight_points(g, weight);
    let images = Tiling::new(g).images_per_block();
    let mut output = buffer::to_overwrite(g.images * g.image_out());
    let blocks = output.par_chunks_mut(images * g.image_out());
    blocks.zip(input.par_chunks(images * g.image_in())).for_each(|(output, input)| {
        // SAFETY: `applies` has detected the instructions.
        #[allow(unsafe_code)]
        unsafe {
            forward_block(g, input, &weights, bias, output);
        }
    });
    output
}

#[target_feature(enable = "avx512f")]
fn forward_block(g: &Geometry, input: &[f32], weights: &[f32], bias: &[f32], output: &mut [f32]) {
    let tiling = Tiling::new(g);
    let tiles = output.len() / g.image_out() * tiling.count();
    let (step_in, step_out) = (step(tiles, g.channels_in), step(tiles, g.channels_out));
    let (frame, size) = tiling.output(g);
    scratch::with(POINTS * (step_in + step_out) + size, |buffer| {
        let (points_in, rest) = buffer.split_at_mut(POINTS * step_in);
        let (points_out, pixels) = rest.split_at_mut(POINTS * step_out);
        let transform = |walk, pixels: &[f32], points: &mut [f32]| {
            transforms::input_tiles(walk, pixels, points);
        };
        evaluate(input, g.channels_in, tiling.input(g), tiling.tiles, transform, points_in);
        for p in 0..POINTS {
            let shape = [tiles, g.channels_out, g.channels_in];
            let lhs = Matrix::row_major(&points_in[p * step_in..], g.channels_in);
            let rhs = &weights[p * g.channels_in * g.channels_out..];
            product::multiply(shape, &mut points_out[p * step_out..], false, lhs, rhs);
        }
        let planes = output.chunks_exact_mut(16 * g.plane_out());
        for (index, planes) in planes.enumerate() {
            let blocks = g.channels_out / 16;
            let (n, block) = (index / blocks, index % blocks);
            let walk = Walk {
                tiles: tiling.tiles,
                width: frame.width,
                channels: g.channels_out,
                step: step_out,
                at: n * tiling.count() * g.channels_out + block * 16,
            };
            transforms::output_tiles(walk, points_out, pixels);
            let bias = if bias.is_empty() { bias } else { &bias[block * 16..][..16] };
            pixels::collect(frame, pixels, bias, planes);
        }
    });
}

/// The weight gradient, as [`super::kernels::weight_gradient`].
///
/// # Panics
/// Unless [`applies`].
pub(super) fn weight_gradient(g: &Geometry, input: &[f32], gradient: &[f32]) -> Vec<f32> {
    assert!(applies(g), "not for {g:?}");
    let pairs = g.channels_in * g.channels_out;
    let part = g.images.div_ceil(PARTS);
    let mut sums = vec![0.0; g.images.div_ceil(part) * 9 * pairs];
    sums.par_chunks_mut(9 * pairs).enumerate().for_each(|(index, sum)| {
        let images = index * part..((index + 1) * part).min(g.images);
        let input = &input[images.start * g.image_in()..images.end * g.image_in()];
        let gradient = &gradient[images.start * g.image_out()..images.end * g.image_out()];
        // SAFETY: `applies` has detected the instructions.
        #[allow(unsafe_code)]
        unsafe {
            weight_gradient_part(g, input, gradient, sum);
        }
    });
    // [parts, 9, ci, co] to [co, ci, 9], adding the parts in order.
    let mut result = buffer::to_overwrite(9 * pairs);
    result.par_chunks_mut(9 * g.channels_in).enumerate().for_each(|(o, line)| {
        for (c, taps) in line.chunks_exact_mut(9).enumerate() {
            for (tap, value) in taps.iter_mut().enumerate() {
                let place = tap * pairs + c * g.channels_out + o;
                *value = sums.chunks_exact(9 * pairs).map(|sum| sum[place]).sum();
            }
        }
    });
    result
}

#[target_feature(enable = "avx512f")]
fn weight_gradient_part(g: &Geometry, input: &[f32], gradient: &[f32], sum: &mut [f32]) {
    let tiling = Tiling::new(g);
    let pairs = g.channels_in * g.channels_out;
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
            let transform = |walk, pixels: &[f32], points: &mut [f32]| {
                transforms::input_tiles(walk, pixels, points);
            };
            evaluate(input, g.channels_in, tiling.input(g), tiling.tiles, transform, points_in);
            let transform = |walk, pixels: &[f32], points: &mut [f32]| {
                transforms::gradient_tiles(walk, pixels, points);
            };
            let (channels, frame) = (g.channels_out, tiling.output(g));
            evaluate(gradient, channels, frame, tiling.tiles, transform, points_out);
            for p in 0..POINTS {
                let lhs = &points_in[p * step(tiles, g.channels_in)..];
                let lhs = Matrix::row_major(lhs, g.channels_in).transposed();
                let rhs = &points_out[p * step(tiles, g.channels_out)..];
                let shape = [g.channels_in, g.channels_out, tiles];
                product::multiply(shape, &mut points[p * pairs..], index > 0, lhs, rhs);
            }
        }
        transforms::add_weight_gradient(points, pairs, sum);
    });
}
