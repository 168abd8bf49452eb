//! A plane laid out for a kernel that moves over it.

use super::sums::Tap;
use crate::conv2d::geometry::Geometry;
use crate::conv2d::lanes;

/// Rows of padded values; within a row the columns `0, stride, 2 · stride, …` come first, then
/// `1, stride + 1, …`, so that the values one tap reads for neighbouring outputs are neighbours.
pub(super) struct Bed {
    /// Extents of the plane.
    plane: [usize; 2],
    /// Row and column of the plane's first value.
    origin: [usize; 2],
    stride: [usize; 2],
    rows: usize,
    /// Floats of the columns of one remainder.
    phase: usize,
}

impl Bed {
    /// The padded input.
    pub(super) fn under(g: &Geometry) -> Self {
        Self {
            plane: g.input,
            origin: g.padding,
            stride: g.stride,
            rows: (g.output[0] - 1) * g.stride[0] + g.kernel[0],
            phase: g.output[1].next_multiple_of(lanes::count()) + (g.kernel[1] - 1) / g.stride[1],
        }
    }

    /// The output gradient, with room for the taps that look back.
    pub(super) fn of_gradient(g: &Geometry) -> Self {
        let back = [0, 1].map(|axis| (g.kernel[axis] - 1) / g.stride[axis]);
        let steps = super::steps(g);
        Self {
            plane: g.output,
            origin: back,
            stride: [1, 1],
            rows: back[0] + steps[0].max(g.output[0]),
            phase: back[1] + steps[1].max(g.output[1]).next_multiple_of(lanes::count()),
        }
    }

    fn row(&self) -> usize {
        self.stride[1] * self.phase
    }

    pub(super) fn size(&self) -> usize {
        self.rows * self.row()
    }

    /// Floats between the values a tap reads for vertically neighbouring outputs.
    pub(super) fn step(&self) -> usize {
        self.stride[0] * self.row()
    }

    /// Where each tap of a kernel finds its value for the first output. The weights are missing.
    pub(super) fn taps(&self, [height, width]: [usize; 2]) -> Vec<Tap> {
        let places = (0..height).flat_map(|a| (0..width).map(move |b| (a, b)));
        let offset = |(a, b): (usize, usize)| {
            a * self.row() + b % self.stride[1] * self.phase + b / self.stride[1]
        };
        places.map(|place| Tap { weight: 0.0, offset: offset(place) }).collect()
    }

    /// Where the value `back` rows and columns before the first is found.
    pub(super) fn back(&self, back: [usize; 2]) -> usize {
        (self.origin[0] - back[0]) * self.row() + self.origin[1] - back[1]
    }

    /// Copies a plane into `values`, which were zero around it.
    pub(super) fn lay(&self, plane: &[f32], values: &mut [f32]) {
        let lines = plane.chunks_exact(self.plane[1]);
        let rows = values.chunks_exact_mut(self.row()).skip(self.origin[0]);
        for (line, row) in lines.zip(rows) {
            if self.stride[1] == 1 {
                row[self.origin[1]..][..line.len()].copy_from_slice(line);
                continue;
            }
            for (remainder, phase) in row.chunks_exact_mut(self.phase).enumerate() {
                // The first column at or behind the origin with this remainder.
                let ahead =
                    (remainder + self.stride[1] - self.origin[1] % self.stride[1]) % self.stride[1];
                let first = (self.origin[1] + ahead) / self.stride[1];
                let source = line.iter().skip(ahead).step_by(self.stride[1]);
                for (value, from) in phase.iter_mut().skip(first).zip(source) {
                    *value = *from;
                }
            }
        }
    }
}
