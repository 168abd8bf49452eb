//! Batch normalization of images, `[images, channels, plane]`: one channel per task.
//!
//! Each channel is read twice, the second time mostly from the cache. Sums run in `f32` lanes for a
//! few thousand values, then in `f64`.

use super::loops::{self, Affine, Sums};
use super::statistics::{Backward, Forward, Moments, Parameters, Saved};
use crate::buffer;
use rayon::prelude::*;
use std::ops::Range;

/// Values added in `f32` before the sum moves to `f64`.
const FLUSH: usize = 8192;

/// The planes of one channel among those of all images.
fn planes(channels: usize, plane: usize, channel: usize) -> impl Fn(usize) -> Range<usize> {
    move |n| {
        let start = (n * channels + channel) * plane;
        start..start + plane
    }
}

/// Sums over the planes of one channel, `add` called once for each image.
fn sum(images: usize, plane: usize, mut add: impl FnMut(usize, &mut Sums)) -> [f64; 2] {
    let mut totals = [0.0f64; 2];
    let (mut sums, mut pending) = (Sums::ZERO, 0);
    for n in 0..images {
        add(n, &mut sums);
        pending += plane;
        if pending >= FLUSH || n + 1 == images {
            for (total, sum) in totals.iter_mut().zip(sums.totals()) {
                *total += sum;
            }
            (sums, pending) = (Sums::ZERO, 0);
        }
    }
    totals
}

/// Normalizes by the moments of the batch.
pub(super) fn forward(
    [images, channels, plane]: [usize; 3],
    x: &[f32],
    residual: &[f32],
    parameters: Parameters<'_>,
) -> Forward {
    let mut output = buffer::to_overwrite(x.len());
    let normalize = |channel: usize, mut output: buffer::Strip<'_>| {
        let at = planes(channels, plane, channel);
        let shift = x[at(0)][0];
        let totals = sum(images, plane, |n, sums| loops::add_moments(&x[at(n)], shift, sums));
        let moments = Moments::from_sums(shift, totals, images * plane);
        let map = moments.affine(channel, parameters);
        for n in 0..images {
            let residual = (!residual.is_empty()).then(|| &residual[at(n)]);
            loops::affine(&x[at(n)], residual, map, output.row(n));
        }
        moments
    };
    let strips = buffer::strips(&mut output, channels * plane, plane).enumerate();
    let moments = strips.map(|(channel, output)| normalize(channel, output)).collect();
    Forward { output, moments }
}

/// Normalizes by given moments.
pub(super) fn evaluate(
    [_, channels, plane]: [usize; 3],
    x: &[f32],
    residual: &[f32],
    maps: &[Affine],
) -> Vec<f32> {
    let mut output = buffer::to_overwrite(x.len());
    let image = channels * plane;
    output.par_chunks_mut(image).enumerate().for_each(|(n, output)| {
        for ((channel, map), output) in maps.iter().enumerate().zip(output.chunks_mut(plane)) {
            let start = n * image + channel * plane;
            let residual = (!residual.is_empty()).then(|| &residual[start..start + plane]);
            loops::affine(&x[start..start + plane], residual, *map, output);
        }
    });
    output
}

/// The gradients, by the formulas at [`Saved::gradients`].
pub(super) fn backward(
    [images, channels, plane]: [usize; 3],
    gradient: &[f32],
    saved: Saved<'_>,
) -> Backward {
    let mut input = buffer::to_overwrite(gradient.len());
    let differentiate = |channel: usize, mut input: buffer::Strip<'_>| {
        let at = planes(channels, plane, channel);
        let output = |n: usize| (!saved.output.is_empty()).then(|| &saved.output[at(n)]);
        let mean = saved.mean[channel];
        let totals = sum(images, plane, |n, sums| {
            loops::add_gradients(&gradient[at(n)], output(n), &saved.x[at(n)], mean, sums);
        });
        let (parameters, map) = saved.gradients(channel, totals, images * plane);
        for n in 0..images {
            let (gradient, x) = (&gradient[at(n)], &saved.x[at(n)]);
            loops::input_gradient(gradient, output(n), x, map, input.row(n));
        }
        parameters
    };
    let strips = buffer::strips(&mut input, channels * plane, plane).enumerate();
    let parameters = strips.map(|(channel, input)| differentiate(channel, input)).collect();
    Backward { input, parameters }
}

/// The output gradient where the output is positive: what a residual branch receives.
pub(super) fn masked(gradient: &[f32], output: &[f32]) -> Vec<f32> {
    const PART: usize = 1 << 15;
    let mut result = buffer::to_overwrite(gradient.len());
    let parts = gradient.par_chunks(PART).zip(output.par_chunks(PART));
    result.par_chunks_mut(PART).zip(parts).for_each(|(result, (gradient, output))| {
        loops::masked(gradient, output, result);
    });
    result
}
