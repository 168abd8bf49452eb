//! The loops of a resize: rows are mixed first, then the values within the mixed row.

use super::axis::{Axis, Tap};
use crate::buffer;
use crate::scratch;
use crate::simd::{dispatch, multiply_add};
use rayon::prelude::*;

/// Values of one task, roughly.
const BLOCK: usize = 1 << 14;

/// Both axes.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) rows: Axis,
    pub(super) columns: Axis,
}

impl Plan {
    /// Values of a plane before.
    fn old_plane(&self) -> usize {
        self.rows.old * self.columns.old
    }

    /// Values of a plane after.
    fn new_plane(&self) -> usize {
        self.rows.new_extent() * self.columns.new_extent()
    }

    fn planes_per_task(&self) -> usize {
        (BLOCK / self.new_plane().max(self.old_plane())).max(1)
    }
}

/// The new planes.
pub(super) fn forward(plan: &Plan, input: &[f32]) -> Vec<f32> {
    let (old, new, task) = (plan.old_plane(), plan.new_plane(), plan.planes_per_task());
    let mut output = buffer::to_overwrite(input.len() / old * new);
    output.par_chunks_mut(task * new).zip(input.par_chunks(task * old)).for_each(
        |(output, input)| {
            scratch::with(plan.columns.old, |mixed| {
                for (output, input) in output.chunks_mut(new).zip(input.chunks(old)) {
                    plane(plan, input, output, mixed);
                }
            });
        },
    );
    output
}

fn plane(plan: &Plan, input: &[f32], output: &mut [f32], mixed: &mut [f32]) {
    let (old_width, width) = (plan.columns.old, plan.columns.new_extent());
    for (place, tap) in plan.rows.taps.iter().enumerate() {
        let (before, output) = output.split_at_mut(place * width);
        let output = &mut output[..width];
        // Where rows are repeated, the row above is already what this one will be.
        let repeated = tap.share == 0.0
            && place > 0
            && plan.rows.taps[place - 1].share == 0.0
            && plan.rows.taps[place - 1].first == tap.first;
        if repeated {
            output.copy_from_slice(&before[(place - 1) * width..]);
            continue;
        }
        let row = |index: usize| &input[index * old_width..][..old_width];
        if tap.share == 0.0 {
            stretch(&plan.columns, row(tap.first), output);
        } else {
            mix(row(tap.first), row(tap.second), tap.share, mixed);
            stretch(&plan.columns, mixed, output);
        }
    }
}

fn stretch(columns: &Axis, row: &[f32], output: &mut [f32]) {
    match columns.repeats {
        Some(2) => repeat_twice(row, output),
        Some(times) => {
            for (output, value) in output.chunks_exact_mut(times).zip(row) {
                output.fill(*value);
            }
        }
        None => interpolate(&columns.taps, row, output),
    }
}

fn repeat_twice(row: &[f32], output: &mut [f32]) {
    let (pairs, _) = output.as_chunks_mut::<2>();
    for (pair, &value) in pairs.iter_mut().zip(row) {
        *pair = [value; 2];
    }
}

fn interpolate(taps: &[Tap], row: &[f32], output: &mut [f32]) {
    for (output, tap) in output.iter_mut().zip(taps) {
        let (first, second) = (row[tap.first], row[tap.second]);
        *output = first * (1.0 - tap.share) + second * tap.share;
    }
}

dispatch! {
    /// `(1 - share) · first + share · second`.
    fn mix(first: &[f32], second: &[f32], share: f32, output: &mut [f32]) = mix_body
}

#[inline(always)]
fn mix_body<const FUSED: bool>(first: &[f32], second: &[f32], share: f32, output: &mut [f32]) {
    for ((output, first), second) in output.iter_mut().zip(first).zip(second) {
        *output = multiply_add::<FUSED>(1.0 - share, *first, share * second);
    }
}

/// The gradient of the old planes: every new pixel gives to what it was made of.
pub(super) fn backward(plan: &Plan, gradient: &[f32]) -> Vec<f32> {
    let (old, new, task) = (plan.old_plane(), plan.new_plane(), plan.planes_per_task());
    let mut result = buffer::to_overwrite(gradient.len() / new * old);
    result.par_chunks_mut(task * old).zip(gradient.par_chunks(task * new)).for_each(
        |(result, gradient)| {
            scratch::with(plan.columns.old, |gathered| {
                for (result, gradient) in result.chunks_mut(old).zip(gradient.chunks(new)) {
                    give_back(plan, gradient, result, gathered);
                }
            });
        },
    );
    result
}

fn give_back(plan: &Plan, gradient: &[f32], result: &mut [f32], gathered: &mut [f32]) {
    let (old_width, width) = (plan.columns.old, plan.columns.new_extent());
    result.fill(0.0);
    for (tap, gradient) in plan.rows.taps.iter().zip(gradient.chunks_exact(width)) {
        gather(&plan.columns, gradient, gathered);
        add(gathered, 1.0 - tap.share, &mut result[tap.first * old_width..][..old_width]);
        if tap.share != 0.0 {
            add(gathered, tap.share, &mut result[tap.second * old_width..][..old_width]);
        }
    }
}

fn gather(columns: &Axis, gradient: &[f32], gathered: &mut [f32]) {
    match columns.repeats {
        Some(2) => {
            let (pairs, _) = gradient.as_chunks::<2>();
            for (gathered, [left, right]) in gathered.iter_mut().zip(pairs) {
                *gathered = left + right;
            }
        }
        Some(times) => {
            for (gathered, gradient) in gathered.iter_mut().zip(gradient.chunks_exact(times)) {
                *gathered = gradient.iter().sum();
            }
        }
        None => {
            gathered.fill(0.0);
            for (tap, g) in columns.taps.iter().zip(gradient) {
                gathered[tap.first] += (1.0 - tap.share) * g;
                gathered[tap.second] += tap.share * g;
            }
        }
    }
}

dispatch! {
    /// `sums += share · values`.
    fn add(values: &[f32], share: f32, sums: &mut [f32]) = add_body
}

#[inline(always)]
fn add_body<const FUSED: bool>(values: &[f32], share: f32, sums: &mut [f32]) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum = multiply_add::<FUSED>(share, *value, *sum);
    }
}

#[cfg(test)]
mod twins {
    use super::*;
    use crate::testing::values;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn loops_agree_with_their_scalar_twins(count in 1usize..100) {
            let [a, b, c] = [1, 2, 3].map(|seed| values(count, seed));
            let [mut fast, mut plain] = [c.clone(), c];
            mix(&a, &b, 0.3, &mut fast);
            mix_body::<false>(&a, &b, 0.3, &mut plain);
            add(&a, 0.7, &mut fast);
            add_body::<false>(&a, 0.7, &mut plain);
            for (fast, plain) in fast.iter().zip(&plain) {
                prop_assert!((fast - plain).abs() < 1e-6);
            }
        }
    }
}
