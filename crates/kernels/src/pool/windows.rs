//! The loops over one plane. A place of the window is taken for all outputs of a row at once, so
//! that neighbouring outputs are neighbouring lanes.

use super::PoolOptions;
use crate::simd::dispatch;
use std::ops::Range;

/// A plane and what is pooled from it.
#[derive(Clone, Debug)]
pub(super) struct Geometry {
    pub(super) input: [usize; 2],
    pub(super) output: [usize; 2],
    options: PoolOptions,
    runs: Vec<Run>,
}

/// Neighbouring outputs of a row and, a stride apart, the inputs that lie at one place of their
/// windows.
#[derive(Clone, Copy, Debug)]
struct Run {
    output: usize,
    length: usize,
    input: usize,
}

impl Geometry {
    pub(super) fn new(input: [usize; 2], options: PoolOptions) -> Self {
        let output = options.output(input);
        let mut geometry = Self { input, output, options, runs: Vec::new() };
        for tap_y in 0..options.kernel[0] {
            let (rows, first_row) = geometry.reach(0, tap_y);
            for (index, row) in rows.enumerate() {
                let y = first_row + index * options.stride[0];
                for tap_x in 0..options.kernel[1] {
                    let (columns, x) = geometry.reach(1, tap_x);
                    if !columns.is_empty() {
                        geometry.runs.push(Run {
                            output: row * output[1] + columns.start,
                            length: columns.len(),
                            input: y * input[1] + x,
                        });
                    }
                }
            }
        }
        geometry
    }

    pub(super) fn plane_in(&self) -> usize {
        self.input.iter().product()
    }

    pub(super) fn plane_out(&self) -> usize {
        self.output.iter().product()
    }

    /// Places of a window.
    pub(super) fn places(&self) -> usize {
        self.options.kernel.iter().product()
    }

    /// The outputs whose window has its place `tap` within the input, and the input of the first.
    fn reach(&self, axis: usize, tap: usize) -> (Range<usize>, usize) {
        let (stride, padding) = (self.options.stride[axis], self.options.padding[axis]);
        let first = padding.saturating_sub(tap).div_ceil(stride);
        let end = (self.input[axis] + padding).saturating_sub(tap).div_ceil(stride);
        let end = end.min(self.output[axis]);
        (first.min(end)..end, first * stride + tap - padding)
    }
}

dispatch! {
    /// The largest value of every window, and where in the plane it was.
    fn largest(
        geometry: &Geometry, input: &[f32], output: &mut [f32], places: &mut [u32]
    ) = largest_body
}

#[inline(always)]
pub(super) fn largest_body<const FUSED: bool>(
    geometry: &Geometry,
    input: &[f32],
    output: &mut [f32],
    places: &mut [u32],
) {
    output.fill(f32::NEG_INFINITY);
    places.fill(u32::MAX);
    let stride = geometry.options.stride[1];
    for run in &geometry.runs {
        let best = &mut output[run.output..][..run.length];
        let places = &mut places[run.output..][..run.length];
        let (values, first) = (&input[run.input..], run.input as u32);
        match stride {
            1 => keep_larger(best, places, values.iter().copied(), first, 1),
            2 => {
                let (pairs, rest) = values.as_chunks::<2>();
                let whole = run.length.min(pairs.len());
                let values = pairs.iter().map(|pair| pair[0]);
                keep_larger(&mut best[..whole], &mut places[..whole], values, first, 2);
                let (best, places) = (&mut best[whole..], &mut places[whole..]);
                let first = first + 2 * whole as u32;
                keep_larger(best, places, rest.iter().copied(), first, 2);
            }
            _ => {
                let values = values.iter().step_by(stride).copied();
                keep_larger(best, places, values, first, stride as u32);
            }
        }
    }
}

/// Takes over the values that are larger than the best so far, and their places.
#[inline(always)]
fn keep_larger(
    best: &mut [f32],
    places: &mut [u32],
    values: impl Iterator<Item = f32>,
    first: u32,
    step: u32,
) {
    let mut at = first;
    for ((best, place), value) in best.iter_mut().zip(places).zip(values) {
        let better = (value > *best) | value.is_nan() | (*place == u32::MAX);
        *best = if better { value } else { *best };
        *place = if better { at } else { *place };
        // Wrapping, because a check for overflow would keep the loop from becoming a vector's.
        at = at.wrapping_add(step);
    }
}

dispatch! {
    /// The sum of every window, times a factor.
    fn sums(geometry: &Geometry, input: &[f32], factor: f32, output: &mut [f32]) = sums_body
}

#[inline(always)]
pub(super) fn sums_body<const FUSED: bool>(
    geometry: &Geometry,
    input: &[f32],
    factor: f32,
    output: &mut [f32],
) {
    output.fill(0.0);
    let stride = geometry.options.stride[1];
    for run in &geometry.runs {
        let sums = &mut output[run.output..][..run.length];
        let values = &input[run.input..];
        match stride {
            1 => add(sums, values.iter().copied()),
            2 => {
                let (pairs, rest) = values.as_chunks::<2>();
                let whole = run.length.min(pairs.len());
                add(&mut sums[..whole], pairs.iter().map(|pair| pair[0]));
                add(&mut sums[whole..], rest.iter().copied());
            }
            _ => add(sums, values.iter().step_by(stride).copied()),
        }
    }
    for sum in output {
        *sum *= factor;
    }
}

#[inline(always)]
fn add(sums: &mut [f32], values: impl Iterator<Item = f32>) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum += value;
    }
}

dispatch! {
    /// Adds `factor · gradient` of every window to each of its inputs.
    fn spread(geometry: &Geometry, gradient: &[f32], factor: f32, input: &mut [f32]) = spread_body
}

#[inline(always)]
pub(super) fn spread_body<const FUSED: bool>(
    geometry: &Geometry,
    gradient: &[f32],
    factor: f32,
    input: &mut [f32],
) {
    let stride = geometry.options.stride[1];
    for run in &geometry.runs {
        let gradient = &gradient[run.output..][..run.length];
        for (sum, g) in input[run.input..].iter_mut().step_by(stride).zip(gradient) {
            *sum += factor * g;
        }
    }
}
