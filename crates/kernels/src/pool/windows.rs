//! The loops over one plane. A place of the window is taken for all outputs of a row at once, so
//! that neighbouring outputs are neighbouring lanes.

use super::PoolOptions;
use crate::simd::dispatch;
use std::ops::Range;

/// A plane and what is pooled from it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Geometry {
    pub(super) input: [usize; 2],
    pub(super) output: [usize; 2],
    options: PoolOptions,
}

impl Geometry {
    pub(super) fn new(input: [usize; 2], options: PoolOptions) -> Self {
        Self { input, output: options.output(input), options }
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
    #[inline(always)]
    fn reach(&self, axis: usize, tap: usize) -> (Range<usize>, usize) {
        let (stride, padding) = (self.options.stride[axis], self.options.padding[axis]);
        let first = padding.saturating_sub(tap).div_ceil(stride);
        let end = (self.input[axis] + padding).saturating_sub(tap).div_ceil(stride);
        let end = end.min(self.output[axis]);
        (first.min(end)..end, first * stride + tap - padding)
    }

    /// Calls `body(outputs, inputs, stride, first input)` for each place of each window and each
    /// row of outputs: `outputs` is a range of the output plane, `inputs` begins at its first input.
    #[inline(always)]
    fn each_run(&self, mut body: impl FnMut(Range<usize>, usize, usize)) {
        let [stride_y, stride_x] = self.options.stride;
        for tap_y in 0..self.options.kernel[0] {
            let (rows, first_row) = self.reach(0, tap_y);
            for (index, row) in rows.enumerate() {
                let y = first_row + index * stride_y;
                for tap_x in 0..self.options.kernel[1] {
                    let (columns, x) = self.reach(1, tap_x);
                    let outputs =
                        row * self.output[1] + columns.start..row * self.output[1] + columns.end;
                    if !outputs.is_empty() {
                        body(outputs, y * self.input[1] + x, stride_x);
                    }
                }
            }
        }
    }
}

/// Calls `body(index, target, value)` for the targets and every `stride`-th of the inputs.
#[inline(always)]
fn each_value(targets: usize, stride: usize, input: &[f32], mut body: impl FnMut(usize, f32)) {
    match stride {
        1 => input[..targets].iter().enumerate().for_each(|(index, &value)| body(index, value)),
        2 => {
            let (pairs, rest) = input.as_chunks::<2>();
            let whole = targets.min(pairs.len());
            pairs[..whole].iter().enumerate().for_each(|(index, pair)| body(index, pair[0]));
            if whole < targets {
                body(whole, rest[0]);
            }
        }
        _ => {
            let values = input.iter().step_by(stride).take(targets);
            values.enumerate().for_each(|(index, &value)| body(index, value));
        }
    }
}

dispatch! {
    /// The largest value of every window, and where in the plane it was.
    fn largest(
        geometry: Geometry, input: &[f32], output: &mut [f32], places: &mut [u32]
    ) = largest_body
}

#[inline(always)]
pub(super) fn largest_body<const FUSED: bool>(
    geometry: Geometry,
    input: &[f32],
    output: &mut [f32],
    places: &mut [u32],
) {
    output.fill(f32::NEG_INFINITY);
    places.fill(u32::MAX);
    geometry.each_run(|outputs, start, stride| {
        let (best, places) = (&mut output[outputs.clone()], &mut places[outputs]);
        let targets = best.len().min(places.len());
        let (start_place, step) = (start as u32, stride as u32);
        each_value(targets, stride, &input[start..], |index, value| {
            // Wrapping, because a check for overflow would keep the loop from becoming a vector's.
            let at = start_place.wrapping_add(step.wrapping_mul(index as u32));
            let better = (value > best[index]) | value.is_nan() | (places[index] == u32::MAX);
            best[index] = if better { value } else { best[index] };
            places[index] = if better { at } else { places[index] };
        });
    });
}

dispatch! {
    /// The sum of every window, times a factor.
    fn sums(geometry: Geometry, input: &[f32], factor: f32, output: &mut [f32]) = sums_body
}

#[inline(always)]
pub(super) fn sums_body<const FUSED: bool>(
    geometry: Geometry,
    input: &[f32],
    factor: f32,
    output: &mut [f32],
) {
    output.fill(0.0);
    geometry.each_run(|outputs, start, stride| {
        let sums = &mut output[outputs];
        each_value(sums.len(), stride, &input[start..], |index, value| sums[index] += value);
    });
    output.iter_mut().for_each(|sum| *sum *= factor);
}

dispatch! {
    /// Adds `factor · gradient` of every window to each of its inputs.
    fn spread(geometry: Geometry, gradient: &[f32], factor: f32, input: &mut [f32]) = spread_body
}

#[inline(always)]
pub(super) fn spread_body<const FUSED: bool>(
    geometry: Geometry,
    gradient: &[f32],
    factor: f32,
    input: &mut [f32],
) {
    geometry.each_run(|outputs, start, stride| {
        let gradient = &gradient[outputs];
        let input = &mut input[start..];
        match stride {
            1 => input.iter_mut().zip(gradient).for_each(|(sum, g)| *sum += factor * g),
            _ => {
                let targets = input.iter_mut().step_by(stride);
                targets.zip(gradient).for_each(|(sum, g)| *sum += factor * g);
            }
        }
    });
}
