//! Image to columns and back: a convolution becomes a matrix product.

use super::geometry::Geometry;
use std::ops::Range;

/// Writes the columns under the output rows `rows` of one group of one image.
///
/// `image [ci, h, w]` to `columns [ci · kh · kw, rows · ow]`; places in the padding are zero.
pub(super) fn gather(g: &Geometry, image: &[f32], rows: Range<usize>, columns: &mut [f32]) {
    let length = rows.len() * g.output[1];
    let planes = image.chunks_exact(g.plane_in());
    let mut destinations = columns.chunks_exact_mut(length);
    for plane in planes {
        for a in 0..g.kernel[0] {
            for b in 0..g.kernel[1] {
                let destination = destinations.next().expect("one row of columns per tap");
                if g.stride == [1, 1] && g.input[1] == g.output[1] {
                    shift_plane(g, plane, rows.clone(), [a, b], destination);
                } else {
                    gather_tap(g, plane, rows.clone(), [a, b], destination);
                }
            }
        }
    }
}

/// Output columns whose tap `b` falls inside the input.
fn inside(g: &Geometry, axis: usize, tap: usize) -> Range<usize> {
    let (stride, padding) = (g.stride[axis], g.padding[axis]);
    let first = padding.saturating_sub(tap).div_ceil(stride);
    let last = (g.input[axis] + padding).saturating_sub(tap).div_ceil(stride);
    let last = last.min(g.output[axis]);
    first.min(last)..last
}

/// The general case: row by row, with any stride.
fn gather_tap(
    g: &Geometry,
    plane: &[f32],
    rows: Range<usize>,
    [a, b]: [usize; 2],
    destination: &mut [f32],
) {
    let (inside_rows, inside_columns) = (inside(g, 0, a), inside(g, 1, b));
    for (row, line) in rows.zip(destination.chunks_exact_mut(g.output[1])) {
        if !inside_rows.contains(&row) || inside_columns.is_empty() {
            line.fill(0.0);
            continue;
        }
        let source = &plane[(row * g.stride[0] + a - g.padding[0]) * g.input[1]..][..g.input[1]];
        let source = &source[inside_columns.start * g.stride[1] + b - g.padding[1]..];
        line[..inside_columns.start].fill(0.0);
        line[inside_columns.end..].fill(0.0);
        let line = &mut line[inside_columns.clone()];
        match g.stride[1] {
            1 => line.copy_from_slice(&source[..line.len()]),
            stride => {
                for (value, from) in line.iter_mut().zip(source.iter().step_by(stride)) {
                    *value = *from;
                }
            }
        }
    }
}

/// Stride one and equal widths: the tap is the plane shifted as a whole, with the values that
/// wrapped around a row's end set to zero. One long copy instead of one per row.
fn shift_plane(
    g: &Geometry,
    plane: &[f32],
    rows: Range<usize>,
    [a, b]: [usize; 2],
    destination: &mut [f32],
) {
    let width = g.input[1];
    let inside_rows = inside(g, 0, a);
    let start = rows.start.max(inside_rows.start).min(rows.end);
    let end = rows.end.min(inside_rows.end).max(start);
    let (above, rest) = destination.split_at_mut((start - rows.start) * width);
    let (body, below) = rest.split_at_mut((end - start) * width);
    above.fill(0.0);
    below.fill(0.0);
    if body.is_empty() {
        return;
    }
    let source = &plane[(start + a - g.padding[0]) * width..][..body.len()];
    let inside_columns = inside(g, 1, b);
    if b < g.padding[1] {
        let shift = (g.padding[1] - b).min(width);
        body[shift..].copy_from_slice(&source[..source.len() - shift]);
        body.chunks_exact_mut(width).for_each(|line| line[..inside_columns.start].fill(0.0));
    } else {
        let shift = (b - g.padding[1]).min(width);
        let kept = source.len() - shift;
        body[..kept].copy_from_slice(&source[shift..]);
        body.chunks_exact_mut(width).for_each(|line| line[inside_columns.end..].fill(0.0));
    }
}

/// Adds columns back to the places they were read from: the adjoint of [`gather`].
pub(super) fn scatter(g: &Geometry, columns: &[f32], rows: Range<usize>, image: &mut [f32]) {
    let length = rows.len() * g.output[1];
    let mut sources = columns.chunks_exact(length);
    for plane in image.chunks_exact_mut(g.plane_in()) {
        for a in 0..g.kernel[0] {
            let inside_rows = inside(g, 0, a);
            for b in 0..g.kernel[1] {
                let source = sources.next().expect("one row of columns per tap");
                let inside_columns = inside(g, 1, b);
                if inside_columns.is_empty() {
                    continue;
                }
                let first = inside_columns.start * g.stride[1] + b - g.padding[1];
                for (row, line) in rows.clone().zip(source.chunks_exact(g.output[1])) {
                    if !inside_rows.contains(&row) {
                        continue;
                    }
                    let start = (row * g.stride[0] + a - g.padding[0]) * g.input[1] + first;
                    let target = plane[start..].iter_mut().step_by(g.stride[1]);
                    for (value, add) in target.zip(&line[inside_columns.clone()]) {
                        *value += add;
                    }
                }
            }
        }
    }
}
