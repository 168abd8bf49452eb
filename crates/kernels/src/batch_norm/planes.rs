//! Batch normalization of images, `[images, channels, plane]`: one channel per task.
//!
//! Each channel is read twice, the second time mostly from the cache. Sums run in `f32` lanes for a
//! few thousand values, then in `f64`.

use super::loops::{self, Affine, Sums};
use super::statistics::{Forward, Moments, Parameters, Saved};
use crate::buffer::{self, Strip};
use crate::share::OneByOne;
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
    let normalize = |channel: usize, mut output: Strip<'_>| {
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
    output.par_chunks_mut(image).enumerate().one_by_one().for_each(|(n, output)| {
        for ((channel, map), output) in maps.iter().enumerate().zip(output.chunks_mut(plane)) {
            let start = n * image + channel * plane;
            let residual = (!residual.is_empty()).then(|| &residual[start..start + plane]);
            loops::affine(&x[start..start + plane], residual, *map, output);
        }
    });
    output
}

/// Gradients of `γ` and `β` per channel, by the formulas at [`Saved::gradients`].
///
/// `gradient` becomes the input gradient; with a residual branch it becomes that branch's gradient,
/// and `input` the input gradient.
pub(super) fn backward(
    [images, channels, plane]: [usize; 3],
    gradient: &mut [f32],
    input: Option<&mut [f32]>,
    saved: Saved<'_>,
) -> Vec<[f32; 2]> {
    let differentiate = |channel: usize, mut gradient: Strip<'_>, mut input: Option<Strip<'_>>| {
        let at = planes(channels, plane, channel);
        let output = |n: usize| (!saved.output.is_empty()).then(|| &saved.output[at(n)]);
        let mean = saved.mean[channel];
        let totals = sum(images, plane, |n, sums| {
            let (gradient, x) = (gradient.row(n), &saved.x[at(n)]);
            match (&input, output(n)) {
                (Some(_), Some(output)) => {
                    loops::mask(gradient, output);
                    loops::add_gradients(gradient, None, x, mean, sums);
                }
                (_, output) => loops::add_gradients(gradient, output, x, mean, sums),
            }
        });
        let (parameters, map) = saved.gradients(channel, totals, images * plane);
        for n in 0..images {
            let (gradient, x) = (gradient.row(n), &saved.x[at(n)]);
            match &mut input {
                Some(input) => {
                    input.row(n).copy_from_slice(gradient);
                    loops::input_gradient(input.row(n), None, x, map);
                }
                None => loops::input_gradient(gradient, output(n), x, map),
            }
        }
        parameters
    };
    let width = channels * plane;
    let strips = buffer::strips(gradient, width, plane).enumerate();
    match input {
        Some(input) => strips
            .zip(buffer::strips(input, width, plane))
            .map(|((channel, gradient), input)| differentiate(channel, gradient, Some(input)))
            .collect(),
        None => strips.map(|(channel, gradient)| differentiate(channel, gradient, None)).collect(),
    }
}
