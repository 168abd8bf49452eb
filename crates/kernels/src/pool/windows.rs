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
        let best = output[outputs.clone()].iter_mut().zip(&mut places[outputs.clone()]);
        let keep = |(best, place): (&mut f32, &mut u32), value: f32, at: u32| {
            let better = value > *best || value.is_nan() || *place == u32::MAX;
            *best = if better { value } else { *best };
            *place = if better { at } else { *place };
        };
        let input = &input[start..];
        let at = |index: usize| (start + index * stride) as u32;
        match stride {
            1 => {
                best.zip(input).enumerate().for_each(|(i, (best, &value))| keep(best, value, at(i)))
            }
            2 => best
                .zip(input.chunks(2))
                .enumerate()
                .for_each(|(i, (best, pair))| keep(best, pair[0], at(i))),
            _ => best
                .zip(input.iter().step_by(stride))
                .enumerate()
                .for_each(|(i, (best, &value))| keep(best, value, at(i))),
        }
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
        let sums = output[outputs].iter_mut();
        let input = &input[start..];
        match stride {
            1 => sums.zip(input).for_each(|(sum, value)| *sum += value),
            2 => sums.zip(input.chunks(2)).for_each(|(sum, pair)| *sum += pair[0]),
            _ => sums.zip(input.iter().step_by(stride)).for_each(|(sum, value)| *sum += value),
        }
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
