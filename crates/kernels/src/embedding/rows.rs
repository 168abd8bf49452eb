//! Gathering rows, and adding them back.

use crate::buffer;
use rayon::prelude::*;

/// Values of one task, roughly.
const BLOCK: usize = 1 << 14;

/// The rows of the table that are asked for, one after the other.
///
/// # Panics
/// When an index is outside the table.
pub(super) fn gather(table: &[f32], width: usize, indices: &[usize]) -> Vec<f32> {
    let mut output = buffer::to_overwrite(indices.len() * width);
    if output.is_empty() {
        return output;
    }
    let vocabulary = table.len() / width;
    let task = (BLOCK / width).max(1);
    output.par_chunks_mut(task * width).zip(indices.par_chunks(task)).for_each(
        |(output, indices)| {
            for (output, &index) in output.chunks_exact_mut(width).zip(indices) {
                assert!(index < vocabulary, "index {index} in a table of {vocabulary} rows");
                output.copy_from_slice(&table[index * width..][..width]);
            }
        },
    );
    output
}

/// `result[index] = Σ gradient[position]` over the positions that asked for that row, in order.
pub(super) fn scatter(
    gradient: &[f32],
    [vocabulary, width]: [usize; 2],
    indices: &[usize],
) -> Vec<f32> {
    let mut result = vec![0.0; vocabulary * width];
    if gradient.is_empty() {
        return result;
    }
    let asked = by_row(indices);
    let runs = asked.chunk_by(|left, right| left.0 == right.0);
    let targets = distinct_rows(&mut result, width, runs);
    let task = (BLOCK / width).max(1);
    targets.into_par_iter().with_min_len(task).for_each(|(sum, run)| {
        for &(_, position) in run {
            let row = &gradient[position * width..][..width];
            sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        }
    });
    result
}

/// Row and position of every request, sorted by row, then by position.
fn by_row(indices: &[usize]) -> Vec<(usize, usize)> {
    let mut asked: Vec<_> = indices.iter().copied().zip(0..).collect();
    match asked.len() * size_of::<(usize, usize)>() > BLOCK {
        true => asked.par_sort_unstable(),
        false => asked.sort_unstable(),
    }
    asked
}

type Run<'a> = &'a [(usize, usize)];

/// Each row of the table that was asked for, beside its requests, which come sorted.
fn distinct_rows<'t, 'a>(
    table: &'t mut [f32],
    width: usize,
    runs: impl Iterator<Item = Run<'a>>,
) -> Vec<(&'t mut [f32], Run<'a>)> {
    let (mut rest, mut passed) = (table, 0);
    runs.map(|run| {
        let row = run[0].0;
        let (_, from) = std::mem::take(&mut rest).split_at_mut((row - passed) * width);
        let (target, after) = from.split_at_mut(width);
        (rest, passed) = (after, row + 1);
        (target, run)
    })
    .collect()
}
