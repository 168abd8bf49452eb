//! Sums over the taps of a kernel, and over places for each tap.

use crate::conv2d::bed::Tap;
use crate::conv2d::lanes::{Lanes, for_lanes};

/// That every tap reads whole registers inside `values`.
#[inline(always)]
fn assert_inside<L: Lanes>(values: &[f32], step: usize, taps: &[Tap], [rows, width]: [usize; 2]) {
    let most = taps.iter().map(|tap| tap.offset).max().unwrap_or(0);
    let last = (rows - 1) * step + most + width.next_multiple_of(L::COUNT);
    assert!(last <= values.len(), "a tap reaches {last} of {} values", values.len());
}

for_lanes! {
    /// `output[y, x] = bias + Σ_t weight[t] · values[y · step + x + offset[t]]`.
    pub(super) fn correlate(
        values: &[f32],
        step: usize,
        taps: &[Tap],
        bias: f32,
        output: &mut [f32],
        width: usize,
    ) = correlate_body
}

#[inline(always)]
fn correlate_body<L: Lanes>(
    values: &[f32],
    step: usize,
    taps: &[Tap],
    bias: f32,
    output: &mut [f32],
    width: usize,
) {
    assert!(!output.is_empty() && output.len().is_multiple_of(width), "whole rows of {width}");
    let rows = output.len() / width;
    assert_inside::<L>(values, step, taps, [rows, width]);
    for (block, output) in output.chunks_mut(4 * width).enumerate() {
        let values = &values[4 * block * step..];
        for x in (0..width).step_by(L::COUNT) {
            // SAFETY: `assert_inside`; the block's rows begin at row `4 · block`.
            #[allow(unsafe_code)]
            unsafe {
                match output.len() / width {
                    4 => block_of_rows::<L, 4>(values, step, taps, bias, output, width, x),
                    3 => block_of_rows::<L, 3>(values, step, taps, bias, output, width, x),
                    2 => block_of_rows::<L, 2>(values, step, taps, bias, output, width, x),
                    _ => block_of_rows::<L, 1>(values, step, taps, bias, output, width, x),
                }
            }
        }
    }
}

/// A register of each of `R` rows.
///
/// # Safety
/// `values[y · step + x + offset]` and a register behind it must exist for `y < R` and all taps.
#[inline(always)]
#[allow(unsafe_code)]
unsafe fn block_of_rows<L: Lanes, const R: usize>(
    values: &[f32],
    step: usize,
    taps: &[Tap],
    bias: f32,
    output: &mut [f32],
    width: usize,
    x: usize,
) {
    let mut sums = [L::splat(bias); R];
    for tap in taps {
        let weight = L::splat(tap.weight);
        for (y, sum) in sums.iter_mut().enumerate() {
            // SAFETY: promised by the caller.
            let value = unsafe { L::read_at(values.as_ptr().add(y * step + x + tap.offset)) };
            *sum = value.times_plus(weight, *sum);
        }
    }
    for (y, sum) in sums.iter().enumerate() {
        let end = (x + L::COUNT).min(width);
        sum.write_part(&mut output[y * width + x..y * width + end]);
    }
}

for_lanes! {
    /// `totals[t] += Σ_{y, x} gradient[y, x] · values[y · step + x + offset[t]]`, each total spread
    /// over the lanes of a register.
    pub(super) fn add_products(
        values: &[f32],
        step: usize,
        taps: &[Tap],
        gradient: &[f32],
        width: usize,
        totals: &mut [f32],
    ) = add_products_body
}

#[inline(always)]
fn add_products_body<L: Lanes>(
    values: &[f32],
    step: usize,
    taps: &[Tap],
    gradient: &[f32],
    width: usize,
    totals: &mut [f32],
) {
    assert_inside::<L>(values, step, taps, [gradient.len() / width, width]);
    for (taps, totals) in taps.chunks(9).zip(totals.chunks_mut(9 * L::COUNT)) {
        // SAFETY: `assert_inside`.
        #[allow(unsafe_code)]
        unsafe {
            match taps.len() {
                9 => add_taps::<L, 9>(values, step, taps, gradient, width, totals),
                8 => add_taps::<L, 8>(values, step, taps, gradient, width, totals),
                7 => add_taps::<L, 7>(values, step, taps, gradient, width, totals),
                6 => add_taps::<L, 6>(values, step, taps, gradient, width, totals),
                5 => add_taps::<L, 5>(values, step, taps, gradient, width, totals),
                4 => add_taps::<L, 4>(values, step, taps, gradient, width, totals),
                3 => add_taps::<L, 3>(values, step, taps, gradient, width, totals),
                2 => add_taps::<L, 2>(values, step, taps, gradient, width, totals),
                _ => add_taps::<L, 1>(values, step, taps, gradient, width, totals),
            }
        }
    }
}

/// The totals of `T` taps, kept in registers over all places.
///
/// # Safety
/// As for [`block_of_rows`], for all rows and columns of the gradient.
#[inline(always)]
#[allow(unsafe_code)]
unsafe fn add_taps<L: Lanes, const T: usize>(
    values: &[f32],
    step: usize,
    taps: &[Tap],
    gradient: &[f32],
    width: usize,
    totals: &mut [f32],
) {
    let mut sums = [L::splat(0.0); T];
    let mut offsets = [0; T];
    for (t, sum) in sums.iter_mut().enumerate() {
        *sum = L::read(totals, t * L::COUNT);
        offsets[t] = taps[t].offset;
    }
    for (y, line) in gradient.chunks_exact(width).enumerate() {
        for x in (0..width).step_by(L::COUNT) {
            let factor = L::read_part(&line[x..]);
            for (sum, offset) in sums.iter_mut().zip(offsets) {
                // SAFETY: promised by the caller.
                let value = unsafe { L::read_at(values.as_ptr().add(y * step + x + offset)) };
                *sum = value.times_plus(factor, *sum);
            }
        }
    }
    for (t, sum) in sums.iter().enumerate() {
        sum.write(totals, t * L::COUNT);
    }
}
