//! Pooling of many planes: a fixed number of planes per task.

use super::windows::{self, Geometry};
use crate::buffer;
use crate::simd::dispatch;
use rayon::prelude::*;

/// Values of one task, roughly.
const BLOCK: usize = 1 << 14;

fn planes_per_task(plane: usize) -> usize {
    (BLOCK / plane).max(1)
}

/// The largest value of every window and its place in the plane.
pub(super) fn largest(geometry: &Geometry, input: &[f32]) -> (Vec<f32>, Vec<u32>) {
    let (plane_in, plane_out) = (geometry.plane_in(), geometry.plane_out());
    assert!(u32::try_from(plane_in).is_ok(), "a plane of {plane_in} values is too large");
    if input.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let planes = input.len() / plane_in;
    let mut output = buffer::to_overwrite(planes * plane_out);
    let mut places = vec![0; planes * plane_out];
    let task = planes_per_task(plane_in);
    output
        .par_chunks_mut(task * plane_out)
        .zip(places.par_chunks_mut(task * plane_out))
        .zip(input.par_chunks(task * plane_in))
        .for_each(|((output, places), input)| {
            let results = output.chunks_mut(plane_out).zip(places.chunks_mut(plane_out));
            for ((output, places), input) in results.zip(input.chunks(plane_in)) {
                windows::largest(geometry, input, output, places);
            }
        });
    (output, places)
}

/// The gradient of each output at the place of its largest value.
pub(super) fn give_to_largest(geometry: &Geometry, gradient: &[f32], places: &[u32]) -> Vec<f32> {
    let (plane_in, plane_out) = (geometry.plane_in(), geometry.plane_out());
    let mut result = buffer::to_overwrite(gradient.len() / plane_out * plane_in);
    let task = planes_per_task(plane_in);
    result
        .par_chunks_mut(task * plane_in)
        .zip(gradient.par_chunks(task * plane_out))
        .zip(places.par_chunks(task * plane_out))
        .for_each(|((result, gradient), places)| {
            result.fill(0.0);
            let given = gradient.chunks(plane_out).zip(places.chunks(plane_out));
            for (result, (gradient, places)) in result.chunks_mut(plane_in).zip(given) {
                for (g, &place) in gradient.iter().zip(places) {
                    result[place as usize] += g;
                }
            }
        });
    result
}

/// The mean of every window.
pub(super) fn means(geometry: &Geometry, input: &[f32]) -> Vec<f32> {
    let (plane_in, plane_out) = (geometry.plane_in(), geometry.plane_out());
    if input.is_empty() {
        return Vec::new();
    }
    let factor = (geometry.places() as f32).recip();
    let mut output = buffer::to_overwrite(input.len() / plane_in * plane_out);
    let task = planes_per_task(plane_in);
    output.par_chunks_mut(task * plane_out).zip(input.par_chunks(task * plane_in)).for_each(
        |(output, input)| {
            for (output, input) in output.chunks_mut(plane_out).zip(input.chunks(plane_in)) {
                windows::sums(geometry, input, factor, output);
            }
        },
    );
    output
}

/// The gradient of each output shared out over its window.
pub(super) fn share(geometry: &Geometry, gradient: &[f32]) -> Vec<f32> {
    let (plane_in, plane_out) = (geometry.plane_in(), geometry.plane_out());
    let factor = (geometry.places() as f32).recip();
    let mut result = buffer::to_overwrite(gradient.len() / plane_out * plane_in);
    let task = planes_per_task(plane_in);
    result.par_chunks_mut(task * plane_in).zip(gradient.par_chunks(task * plane_out)).for_each(
        |(result, gradient)| {
            result.fill(0.0);
            for (result, gradient) in result.chunks_mut(plane_in).zip(gradient.chunks(plane_out)) {
                windows::spread(geometry, gradient, factor, result);
            }
        },
    );
    result
}

/// The mean of every plane.
pub(super) fn plane_means(input: &[f32], plane: usize) -> Vec<f32> {
    let mut output = buffer::to_overwrite(input.len() / plane);
    let task = planes_per_task(plane);
    output
        .par_chunks_mut(task)
        .zip(input.par_chunks(task * plane))
        .for_each(|(output, input)| plane_mean(input, plane, output));
    output
}

/// Partial sums kept side by side, so that additions need not wait for each other.
const LANES: usize = 16;

dispatch! {
    /// The mean of each plane.
    fn plane_mean(input: &[f32], plane: usize, output: &mut [f32]) = plane_mean_body
}

#[inline(always)]
fn plane_mean_body<const FUSED: bool>(input: &[f32], plane: usize, output: &mut [f32]) {
    for (output, input) in output.iter_mut().zip(input.chunks_exact(plane)) {
        let mut sums = [0.0f32; LANES];
        let (blocks, rest) = input.as_chunks::<LANES>();
        for block in blocks {
            (0..LANES).for_each(|lane| sums[lane] += block[lane]);
        }
        sums.iter_mut().zip(rest).for_each(|(sum, value)| *sum += value);
        let sum: f64 = sums.iter().map(|&sum| f64::from(sum)).sum();
        *output = (sum / plane as f64) as f32;
    }
}

/// The gradient of each mean shared out over its plane.
pub(super) fn share_planes(gradient: &[f32], plane: usize) -> Vec<f32> {
    let mut result = buffer::to_overwrite(gradient.len() * plane);
    let task = planes_per_task(plane);
    result.par_chunks_mut(task * plane).zip(gradient.par_chunks(task)).for_each(
        |(result, gradient)| {
            for (result, g) in result.chunks_exact_mut(plane).zip(gradient) {
                result.fill(g / plane as f32);
            }
        },
    );
    result
}
