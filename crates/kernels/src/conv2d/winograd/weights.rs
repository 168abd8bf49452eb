//! Kernels at the 36 points, and the gradient's way back.

use super::transforms::{self, POINTS};
use crate::buffer::{self, Strip};
use crate::conv2d::geometry::Geometry;
use crate::conv2d::lanes::{self, Lanes, for_lanes};
use rayon::prelude::*;

/// Kernels `[co, ci, 3, 3]` as they are, or as the adjoint convolution sees them.
#[derive(Clone, Copy)]
pub(in crate::conv2d) enum Kernels<'a> {
    Straight(&'a [f32]),
    /// Channels exchanged, each kernel turned by half a turn.
    Turned(&'a [f32]),
}

impl Kernels<'_> {
    /// The kernel from input channel `c` to output channel `o` of the convolution `g`.
    #[inline(always)]
    fn taps(&self, g: &Geometry, o: usize, c: usize) -> [f32; 9] {
        let nine = |weight: &[f32], index: usize| -> [f32; 9] {
            *weight[9 * index..].first_chunk().expect("nine taps")
        };
        match self {
            Self::Straight(weight) => nine(weight, o * g.channels_in + c),
            Self::Turned(weight) => {
                let mut taps = nine(weight, c * g.channels_out + o);
                taps.reverse();
                taps
            }
        }
    }
}

/// The kernels at all points: `[36, ci, co]`, the output channels filled up with zeros to whole
/// registers.
pub(super) fn points(g: &Geometry, kernels: Kernels<'_>) -> Vec<f32> {
    let width = g.channels_out.next_multiple_of(lanes::count());
    let mut points = buffer::to_overwrite(POINTS * g.channels_in * width);
    let strips = buffer::strips(&mut points, g.channels_in * width, width);
    strips.enumerate().for_each(|(c, mut strip)| channel_points(g, kernels, c, &mut strip));
    points
}

for_lanes! {
    /// The kernels that read one input channel.
    fn channel_points(g: &Geometry, kernels: Kernels<'_>, c: usize, points: &mut Strip<'_>)
        = channel_points_body
}

#[inline(always)]
fn channel_points_body<L: Lanes>(
    g: &Geometry,
    kernels: Kernels<'_>,
    c: usize,
    points: &mut Strip<'_>,
) {
    for first in (0..g.channels_out).step_by(L::COUNT) {
        let mut columns = [[0.0; 16]; 9];
        for o in first..(first + L::COUNT).min(g.channels_out) {
            let taps = kernels.taps(g, o, c);
            for (column, tap) in columns.iter_mut().zip(taps) {
                column[o - first] = tap;
            }
        }
        let mut taps = [L::splat(0.0); 9];
        for (tap, column) in taps.iter_mut().zip(&columns) {
            *tap = L::read(column, 0);
        }
        for (p, value) in transforms::weight_points(taps).iter().enumerate() {
            value.write(points.row(p), first);
        }
    }
}

for_lanes! {
    /// Adds the gradient of the kernels that read input channel `c`, from points `[36, ci, co]` to
    /// `taps [9, co]`, `width` being `co` filled up to whole registers.
    pub(super) fn add_taps(points: &[f32], step: usize, c: usize, width: usize, taps: &mut [f32])
        = add_taps_body
}

#[inline(always)]
fn add_taps_body<L: Lanes>(points: &[f32], step: usize, c: usize, width: usize, taps: &mut [f32]) {
    for o in (0..width).step_by(L::COUNT) {
        let values = transforms::taps::<L>(points, c * width + o, step);
        for (tap, value) in values.iter().enumerate() {
            let place = tap * width + o;
            value.plus(L::read(taps, place)).write(taps, place);
        }
    }
}
