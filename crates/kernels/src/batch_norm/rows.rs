//! Batch normalization of vectors, `[rows, channels]`: a strip of channels per task.

use super::loops::{self, Affine, Gradient};
use super::row_loops;
use super::statistics::{Forward, Moments, Parameters, Saved};
use crate::buffer::{self, Strip};
use rayon::prelude::*;

/// Channels handled side by side.
const BLOCK: usize = 64;

/// Rows added in `f32` before the sums move to `f64`.
const FLUSH: usize = 256;

/// Sums per channel, `add(row, first, second)` called once for each row.
fn sum(
    rows: usize,
    width: usize,
    mut add: impl FnMut(usize, &mut [f32], &mut [f32]),
) -> [[f64; 2]; BLOCK] {
    let mut totals = [[0.0f64; 2]; BLOCK];
    for start in (0..rows).step_by(FLUSH) {
        let (mut first, mut second) = ([0.0f32; BLOCK], [0.0f32; BLOCK]);
        for row in start..(start + FLUSH).min(rows) {
            add(row, &mut first[..width], &mut second[..width]);
        }
        for (total, (first, second)) in totals.iter_mut().zip(first.iter().zip(&second)) {
            total[0] += f64::from(*first);
            total[1] += f64::from(*second);
        }
    }
    totals
}

/// Normalizes by the moments of the batch.
pub(super) fn forward(
    [rows, channels]: [usize; 2],
    x: &[f32],
    residual: &[f32],
    parameters: Parameters<'_>,
) -> Forward {
    let mut output = buffer::to_overwrite(x.len());
    let normalize = |index: usize, mut output: Strip<'_>| -> Vec<Moments> {
        let start = index * BLOCK;
        let width = BLOCK.min(channels - start);
        let at = |row: usize| row * channels + start..row * channels + start + width;
        let shift = &x[at(0)];
        let totals = sum(rows, width, |row, first, second| {
            row_loops::add_moments(&x[at(row)], shift, first, second);
        });
        let moments = shift.iter().zip(totals);
        let moments: Vec<_> =
            moments.map(|(&shift, totals)| Moments::from_sums(shift, totals, rows)).collect();
        let maps = moments.iter().enumerate();
        let maps: Vec<_> = maps.map(|(i, m)| m.affine(start + i, parameters)).collect();
        for row in 0..rows {
            let residual = (!residual.is_empty()).then(|| &residual[at(row)]);
            row_loops::affine(&x[at(row)], residual, &maps, output.row(row));
        }
        moments
    };
    let strips = buffer::strips(&mut output, channels, BLOCK).enumerate();
    let moments: Vec<_> = strips.map(|(index, output)| normalize(index, output)).collect();
    Forward { output, moments: moments.concat() }
}

/// Normalizes by given moments.
pub(super) fn evaluate(x: &[f32], residual: &[f32], maps: &[Affine]) -> Vec<f32> {
    let mut output = buffer::to_overwrite(x.len());
    let channels = maps.len();
    output.par_chunks_mut(channels).enumerate().with_min_len(16).for_each(|(row, output)| {
        let at = row * channels..(row + 1) * channels;
        let residual = (!residual.is_empty()).then(|| &residual[at.clone()]);
        row_loops::affine(&x[at], residual, maps, output);
    });
    output
}

/// As [`super::planes::backward`].
pub(super) fn backward(
    [rows, channels]: [usize; 2],
    gradient: &mut [f32],
    input: Option<&mut [f32]>,
    saved: Saved<'_>,
) -> Vec<[f32; 2]> {
    let differentiate = |index: usize, mut gradient: Strip<'_>, mut input: Option<Strip<'_>>| {
        let start = index * BLOCK;
        let width = BLOCK.min(channels - start);
        let at = |row: usize| row * channels + start..row * channels + start + width;
        let output = |row: usize| (!saved.output.is_empty()).then(|| &saved.output[at(row)]);
        let mean = &saved.mean[start..start + width];
        let totals = sum(rows, width, |row, first, second| {
            let (gradient, x) = (gradient.row(row), &saved.x[at(row)]);
            match (&input, output(row)) {
                (Some(_), Some(output)) => {
                    loops::mask(gradient, output);
                    row_loops::add_gradients(gradient, None, x, mean, first, second);
                }
                (_, output) => row_loops::add_gradients(gradient, output, x, mean, first, second),
            }
        });
        let gradients = totals.iter().take(width).enumerate();
        let (parameters, maps): (Vec<_>, Vec<Gradient>) =
            gradients.map(|(i, totals)| saved.gradients(start + i, *totals, rows)).unzip();
        for row in 0..rows {
            let (gradient, x) = (gradient.row(row), &saved.x[at(row)]);
            match &mut input {
                Some(input) => {
                    input.row(row).copy_from_slice(gradient);
                    row_loops::input_gradient(input.row(row), None, x, &maps);
                }
                None => row_loops::input_gradient(gradient, output(row), x, &maps),
            }
        }
        parameters
    };
    let strips = buffer::strips(gradient, channels, BLOCK).enumerate();
    let parameters: Vec<Vec<[f32; 2]>> = match input {
        Some(input) => strips
            .zip(buffer::strips(input, channels, BLOCK))
            .map(|((index, gradient), input)| differentiate(index, gradient, Some(input)))
            .collect(),
        None => strips.map(|(index, gradient)| differentiate(index, gradient, None)).collect(),
    };
    parameters.concat()
}
