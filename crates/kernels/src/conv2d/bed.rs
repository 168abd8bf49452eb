//! A plane laid out for a kernel that moves over it.

use super::geometry::Geometry;
use super::lanes;
use std::ops::Range;

/// One weight of a kernel and where it reads: for the output in row `y` and column `x` the value at
/// `y · step + x + offset` of a [`Bed`].
#[derive(Clone, Copy)]
pub(super) struct Tap {
    pub(super) weight: f32,
    pub(super) offset: usize,
}

/// Rows of padded values; within a row the columns `0, stride, 2 · stride, …` come first, then
/// `1, stride + 1, …`, so that the values one tap reads for neighbouring outputs are neighbours.
#[derive(Clone, Copy)]
pub(super) struct Bed {
    /// Extents of the plane.
    plane: [usize; 2],
    /// Row and column of the plane's first value in the whole padded plane.
    origin: [usize; 2],
    stride: [usize; 2],
    /// Rows of the padded plane that are laid out.
    first: usize,
    rows: usize,
    /// Floats of the columns of one remainder.
    phase: usize,
}

impl Bed {
    /// The padded input under some output rows.
    pub(super) fn under(g: &Geometry, rows: Range<usize>) -> Self {
        Self {
            plane: g.input,
            origin: g.padding,
            stride: g.stride,
            first: rows.start * g.stride[0],
            rows: (rows.len() - 1) * g.stride[0] + g.kernel[0],
            phase: g.output[1].next_multiple_of(lanes::count()) + (g.kernel[1] - 1) / g.stride[1],
        }
    }

    /// The output gradient, with room for `back` rows and columns before the first and for `steps`
    /// from it.
    pub(super) fn behind(g: &Geometry, back: [usize; 2], steps: [usize; 2]) -> Self {
        Self {
            plane: g.output,
            origin: back,
            stride: [1, 1],
            first: 0,
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

    /// Row of the plane that lies in row `row` of the bed.
    fn source(&self, row: usize) -> Option<usize> {
        let row = (self.first + row).checked_sub(self.origin[0])?;
        (row < self.plane[0]).then_some(row)
    }

    /// For the columns of one remainder: the first of the plane, and its place in the phase.
    fn columns(&self, remainder: usize) -> (usize, usize) {
        let stride = self.stride[1];
        let ahead = (remainder + stride - self.origin[1] % stride) % stride;
        (ahead, (self.origin[1] + ahead) / stride)
    }

    /// Copies a plane into `values`, whose columns around it were zero.
    pub(super) fn lay(&self, plane: &[f32], values: &mut [f32]) {
        for (index, row) in values.chunks_exact_mut(self.row()).take(self.rows).enumerate() {
            let Some(line) = self.source(index) else {
                row.fill(0.0);
                continue;
            };
            let line = &plane[line * self.plane[1]..][..self.plane[1]];
            for (remainder, phase) in row.chunks_exact_mut(self.phase).enumerate() {
                let (ahead, first) = self.columns(remainder);
                if first >= phase.len() || ahead >= line.len() {
                    continue;
                }
                let (target, line) = (&mut phase[first..], &line[ahead..]);
                match self.stride[1] {
                    1 => target[..line.len()].copy_from_slice(line),
                    2 => gather::<2>(line, target),
                    4 => gather::<4>(line, target),
                    stride => {
                        for (value, from) in target.iter_mut().zip(line.iter().step_by(stride)) {
                            *value = *from;
                        }
                    }
                }
            }
        }
    }

    /// Adds `values` to the places of the plane from which [`Bed::lay`] takes them.
    pub(super) fn lift(&self, values: &[f32], plane: &mut [f32]) {
        for (index, row) in values.chunks_exact(self.row()).take(self.rows).enumerate() {
            let Some(line) = self.source(index) else { continue };
            let line = &mut plane[line * self.plane[1]..][..self.plane[1]];
            for (remainder, phase) in row.chunks_exact(self.phase).enumerate() {
                let (ahead, first) = self.columns(remainder);
                if first >= phase.len() || ahead >= line.len() {
                    continue;
                }
                let (source, line) = (&phase[first..], &mut line[ahead..]);
                for (value, add) in line.iter_mut().step_by(self.stride[1]).zip(source) {
                    *value += add;
                }
            }
        }
    }
}

/// Every `STRIDE`-th value.
fn gather<const STRIDE: usize>(line: &[f32], target: &mut [f32]) {
    let count = line.len().div_ceil(STRIDE).min(target.len());
    let whole = count.min(line.len() / STRIDE);
    let (groups, _) = line.as_chunks::<STRIDE>();
    for (value, group) in target[..whole].iter_mut().zip(groups) {
        *value = group[0];
    }
    if whole < count {
        target[whole] = line[whole * STRIDE];
    }
}
