//! How images are cut into tiles, and the evaluation of tiles at the points.

use super::pixels::{self, Frame};
use super::transforms::{self, POINTS, Walk};
use crate::conv2d::geometry::Geometry;
use crate::conv2d::lanes::{self, Lanes, for_lanes};
use crate::scratch;

/// How images are cut into tiles and gathered into blocks.
#[derive(Clone, Copy)]
pub(super) struct Tiling {
    pub(super) tiles: [usize; 2],
}

impl Tiling {
    pub(super) fn new(g: &Geometry) -> Self {
        Self { tiles: g.output.map(|extent| extent.div_ceil(4)) }
    }

    /// Tiles in one image.
    pub(super) fn count(&self) -> usize {
        self.tiles[0] * self.tiles[1]
    }

    /// Images whose tiles are multiplied together: enough to use a matrix product well, few enough
    /// to stay in the second-level cache.
    pub(super) fn images_per_block(&self) -> usize {
        32usize.div_ceil(self.count())
    }

    /// The padded input: all pixels under some tile.
    pub(super) fn input(&self, g: &Geometry) -> Frame {
        let copy = self.tiles.map(|tiles| 4 * tiles + 2);
        Frame { image: g.input, origin: g.padding, copy }
    }

    /// The output with its last tiles complete.
    pub(super) fn output(&self, g: &Geometry) -> Frame {
        Frame { image: g.output, origin: [0, 0], copy: self.tiles.map(|tiles| 4 * tiles) }
    }
}

/// Channels filled up to whole registers.
pub(super) fn filled(channels: usize) -> usize {
    channels.next_multiple_of(lanes::count())
}

/// Floats between neighbouring points: not a power of two, which would make all 36 compete for the
/// same lines of the cache.
pub(super) fn step(tiles: usize, channels: usize) -> usize {
    tiles * filled(channels) + 16
}

/// Evaluates `input [n, channels, h, w]` tile by tile: points `[36, n · tiles, filled channels]`.
pub(super) fn evaluate_input(g: &Geometry, input: &[f32], points: &mut [f32]) {
    let tiling = Tiling::new(g);
    let frame = tiling.input(g);
    scratch::with(frame.size(lanes::count()), |pixels| {
        input_points(input, g.channels_in, frame, tiling.tiles, pixels, points);
    });
}

/// Evaluates the output gradient in the same way.
pub(super) fn evaluate_gradient(g: &Geometry, gradient: &[f32], points: &mut [f32]) {
    let tiling = Tiling::new(g);
    let frame = tiling.output(g);
    scratch::with(frame.size(lanes::count()), |pixels| {
        gradient_points(gradient, g.channels_out, frame, tiling.tiles, pixels, points);
    });
}

for_lanes! {
    fn input_points(
        images: &[f32],
        channels: usize,
        frame: Frame,
        tiles: [usize; 2],
        pixels: &mut [f32],
        points: &mut [f32],
    ) = input_points_body
}

for_lanes! {
    fn gradient_points(
        images: &[f32],
        channels: usize,
        frame: Frame,
        tiles: [usize; 2],
        pixels: &mut [f32],
        points: &mut [f32],
    ) = gradient_points_body
}

#[inline(always)]
fn input_points_body<L: Lanes>(
    images: &[f32],
    channels: usize,
    frame: Frame,
    tiles: [usize; 2],
    pixels: &mut [f32],
    points: &mut [f32],
) {
    evaluate::<L, false>(images, channels, frame, tiles, pixels, points);
}

#[inline(always)]
fn gradient_points_body<L: Lanes>(
    images: &[f32],
    channels: usize,
    frame: Frame,
    tiles: [usize; 2],
    pixels: &mut [f32],
    points: &mut [f32],
) {
    evaluate::<L, true>(images, channels, frame, tiles, pixels, points);
}

#[inline(always)]
fn evaluate<L: Lanes, const GRADIENT: bool>(
    images: &[f32],
    channels: usize,
    frame: Frame,
    tiles: [usize; 2],
    pixels: &mut [f32],
    points: &mut [f32],
) {
    let plane = frame.image[0] * frame.image[1];
    let filled = channels.next_multiple_of(L::COUNT);
    let count = tiles[0] * tiles[1];
    let step = images.len() / (channels * plane) * count * filled + 16;
    assert!(points.len() >= POINTS * step, "points too short");
    pixels.fill(0.0);
    for (n, image) in images.chunks_exact(channels * plane).enumerate() {
        for (block, planes) in image.chunks(L::COUNT * plane).enumerate() {
            pixels::spread::<L>(frame, planes, pixels);
            let at = n * count * filled + block * L::COUNT;
            let walk = Walk { tiles, width: frame.copy[1], channels: filled, step, at };
            if GRADIENT {
                transforms::gradient_tiles::<L>(walk, pixels, points);
            } else {
                transforms::input_tiles::<L>(walk, pixels, points);
            }
        }
    }
}
