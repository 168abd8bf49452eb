//! Image to columns and back: a convolution becomes a matrix product.
//!
//! Columns are stored in panels of two registers' width, `[panels, k, panel]`, as the product reads
//! them. Places run over images, rows and columns of the output; the last panel may be incomplete.

use super::bed::Bed;
use super::geometry::Geometry;
use super::lanes::{self, Lanes, for_lanes};
use std::ops::Range;

/// Output places handled at once: some images with all their rows, or some rows of one image.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub(super) images: Range<usize>,
    pub(super) rows: Range<usize>,
}

impl Block {
    pub(super) fn places(&self, g: &Geometry) -> usize {
        self.images.len() * self.rows.len() * g.output[1]
    }

    /// Floats of `depth` rows of panels.
    pub(super) fn size(&self, g: &Geometry, depth: usize) -> usize {
        self.places(g).next_multiple_of(panel()) * depth
    }
}

/// Places in a panel.
pub(super) fn panel() -> usize {
    2 * lanes::count()
}

/// Output rows and images of a block, so that the columns stay in the second-level cache.
pub(super) fn extents(g: &Geometry) -> (usize, usize) {
    const FLOATS: usize = 160 * 1024;
    const PLACES: usize = 256;
    let rows = (FLOATS / (g.depth() * g.output[1]).max(1)).clamp(1, g.output[0]);
    if rows < g.output[0] {
        return (rows, 1);
    }
    let plane = g.plane_out();
    (rows, (FLOATS / (g.depth() * plane).max(1)).min(PLACES.div_ceil(plane)).max(1))
}

/// All blocks of the given images.
pub(super) fn blocks(g: &Geometry, images: Range<usize>) -> impl Iterator<Item = Block> {
    let (rows, count) = extents(g);
    let (end, height) = (images.end, g.output[0]);
    images.step_by(count).flat_map(move |first| {
        (0..height).step_by(rows).map(move |row| Block {
            images: first..(first + count).min(end),
            rows: row..(row + rows).min(height),
        })
    })
}

for_lanes! {
    /// Writes the columns of a block. `bed` is room for a padded plane.
    pub(super) fn gather(
        g: &Geometry,
        input: &[f32],
        group: usize,
        block: &Block,
        bed: &mut [f32],
        columns: &mut [f32],
    ) = gather_body
}

#[inline(always)]
fn gather_body<L: Lanes>(
    g: &Geometry,
    input: &[f32],
    group: usize,
    block: &Block,
    bed: &mut [f32],
    columns: &mut [f32],
) {
    let (rows, width) = (block.rows.len(), g.output[1]);
    if g.is_pointwise() {
        let channels = [g.groups * g.channels_in, group * g.channels_in, g.channels_in];
        return copy_planes::<L>(g, input, channels, block, columns);
    }
    let layout = Bed::under(g, block.rows.clone());
    let taps = layout.taps(g.kernel);
    bed.fill(0.0);
    for (index, n) in block.images.clone().enumerate() {
        for c in 0..g.channels_in {
            let start = n * g.image_in() + (group * g.channels_in + c) * g.plane_in();
            layout.lay(&input[start..start + g.plane_in()], bed);
            for y in 0..rows {
                for x in (0..width).step_by(L::COUNT) {
                    let place = (index * rows + y) * width + x;
                    let spot = Spot::new::<L>(g.depth(), place, (width - x).min(L::COUNT));
                    for (t, tap) in taps.iter().enumerate() {
                        let value = L::read(bed, y * layout.step() + tap.offset + x);
                        spot.put(columns, c * taps.len() + t, value);
                    }
                }
            }
        }
    }
}

for_lanes! {
    /// The output gradient of a block in panels `[panels, co, panel]`.
    pub(super) fn gather_gradient(
        g: &Geometry,
        gradient: &[f32],
        group: usize,
        block: &Block,
        panels: &mut [f32],
    ) = gather_gradient_body
}

#[inline(always)]
fn gather_gradient_body<L: Lanes>(
    g: &Geometry,
    gradient: &[f32],
    group: usize,
    block: &Block,
    panels: &mut [f32],
) {
    let channels = [g.groups * g.channels_out, group * g.channels_out, g.channels_out];
    copy_planes::<L>(g, gradient, channels, block, panels);
}

/// Rows of planes as large as the output's into panels: `count` channels from `first` of `all`.
#[inline(always)]
fn copy_planes<L: Lanes>(
    g: &Geometry,
    planes: &[f32],
    [all, first, count]: [usize; 3],
    block: &Block,
    panels: &mut [f32],
) {
    let length = block.rows.len() * g.output[1];
    for (index, n) in block.images.clone().enumerate() {
        for c in 0..count {
            let start = (n * all + first + c) * g.plane_out() + block.rows.start * g.output[1];
            let plane = &planes[start..start + length];
            for x in (0..length).step_by(L::COUNT) {
                let count_here = (length - x).min(L::COUNT);
                let value = L::read_part(&plane[x..]);
                Spot::new::<L>(count, index * length + x, count_here).put(panels, c, value);
            }
        }
    }
}

for_lanes! {
    /// Adds columns back to the places they were read from: the adjoint of [`gather`].
    pub(super) fn scatter(
        g: &Geometry,
        columns: &[f32],
        group: usize,
        block: &Block,
        bed: &mut [f32],
        input: &mut [f32],
    ) = scatter_body
}

#[inline(always)]
fn scatter_body<L: Lanes>(
    g: &Geometry,
    columns: &[f32],
    group: usize,
    block: &Block,
    bed: &mut [f32],
    input: &mut [f32],
) {
    let (rows, width) = (block.rows.len(), g.output[1]);
    let layout = Bed::under(g, block.rows.clone());
    let taps = layout.taps(g.kernel);
    for (index, n) in block.images.clone().enumerate() {
        for c in 0..g.channels_in {
            bed.fill(0.0);
            for (t, tap) in taps.iter().enumerate() {
                for y in 0..rows {
                    let line = &mut bed[y * layout.step() + tap.offset..];
                    for x in (0..width).step_by(L::COUNT) {
                        let place = (index * rows + y) * width + x;
                        let spot = Spot::new::<L>(g.depth(), place, (width - x).min(L::COUNT));
                        let value: L = spot.get(columns, c * taps.len() + t);
                        value.plus(L::read(line, x)).write(line, x);
                    }
                }
            }
            let start = n * g.image_in() + (group * g.channels_in + c) * g.plane_in();
            layout.lift(bed, &mut input[start..start + g.plane_in()]);
        }
    }
}

/// Where a register's worth of neighbouring places stands in each row of the panels.
#[derive(Clone, Copy)]
enum Spot {
    /// A whole register in one panel, from here in the first row.
    Whole(usize),
    /// Fewer places in one panel.
    Part { start: usize, count: usize },
    /// The end of a panel, `here` places, and the beginning of the next.
    Across { start: usize, here: usize, next: usize, count: usize },
}

impl Spot {
    /// `count` places from `place` on, in panels of `depth` rows.
    #[inline(always)]
    fn new<L: Lanes>(depth: usize, place: usize, count: usize) -> Self {
        let panel = 2 * L::COUNT;
        let (index, lane) = (place / panel, place % panel);
        let start = index * depth * panel + lane;
        if lane + count > panel {
            let next = (index + 1) * depth * panel;
            Self::Across { start, here: panel - lane, next, count }
        } else if count == L::COUNT {
            Self::Whole(start)
        } else {
            Self::Part { start, count }
        }
    }

    /// Sets the places of a row.
    #[inline(always)]
    fn put<L: Lanes>(self, panels: &mut [f32], row: usize, value: L) {
        let row = row * 2 * L::COUNT;
        match self {
            Self::Whole(start) => value.write(panels, row + start),
            Self::Part { start, count } => value.write_part(&mut panels[row + start..][..count]),
            Self::Across { start, here, next, count } => {
                let mut values = [0.0; 16];
                value.write(&mut values, 0);
                panels[row + start..][..here].copy_from_slice(&values[..here]);
                panels[row + next..][..count - here].copy_from_slice(&values[here..count]);
            }
        }
    }

    /// What [`Spot::put`] has set, zeros behind.
    #[inline(always)]
    fn get<L: Lanes>(self, panels: &[f32], row: usize) -> L {
        let row = row * 2 * L::COUNT;
        match self {
            Self::Whole(start) => L::read(panels, row + start),
            Self::Part { start, count } => L::read_part(&panels[row + start..][..count]),
            Self::Across { start, here, next, count } => {
                let mut values = [0.0; 16];
                values[..here].copy_from_slice(&panels[row + start..][..here]);
                values[here..count].copy_from_slice(&panels[row + next..][..count - here]);
                L::read(&values, 0)
            }
        }
    }
}

for_lanes! {
    /// The output gradient of a block with channels last: `[places, co]`, `width` apart, filled up
    /// with zeros.
    pub(super) fn transpose_gradient(
        g: &Geometry,
        gradient: &[f32],
        group: usize,
        block: &Block,
        rows: &mut [f32],
        width: usize,
    ) = transpose_gradient_body
}

#[inline(always)]
fn transpose_gradient_body<L: Lanes>(
    g: &Geometry,
    gradient: &[f32],
    group: usize,
    block: &Block,
    rows: &mut [f32],
    width: usize,
) {
    let length = block.rows.len() * g.output[1];
    for (index, n) in block.images.clone().enumerate() {
        for first in (0..g.channels_out).step_by(L::COUNT) {
            let channels = (g.channels_out - first).min(L::COUNT);
            let start = (n * g.groups + group) * g.channels_out + first;
            let start = start * g.plane_out() + block.rows.start * g.output[1];
            for x in (0..length).step_by(L::COUNT) {
                let count = (length - x).min(L::COUNT);
                let mut square = [L::splat(0.0); 16];
                for (channel, line) in square[..channels].iter_mut().enumerate() {
                    let start = start + channel * g.plane_out() + x;
                    *line = L::read_part(&gradient[start..start + count]);
                }
                L::transpose(&mut square);
                for (place, values) in square[..count].iter().enumerate() {
                    values.write(rows, (index * length + x + place) * width + first);
                }
            }
        }
    }
}
