//! A matrix product for operands that are already in the cache and need no rearrangement.

#![allow(clippy::needless_pass_by_value, reason = "a borrowed array and its width are one value")]

use super::lanes::{Lanes, for_lanes};
use crate::matmul::Matrix;

/// Rows of the destination held in registers at once, two registers each.
const fn rows<L: Lanes>() -> usize {
    if L::COUNT == 16 { 8 } else { 6 }
}

/// A row-major array whose rows are `width` apart.
pub(super) struct Rows<T> {
    pub(super) data: T,
    pub(super) width: usize,
}

for_lanes! {
    /// `destination = lhs · rhs`, or `destination += lhs · rhs` when `accumulate`.
    ///
    /// Shapes: `lhs [m, k]`, `rhs [k, n]`, `destination [m, n]`. The rows of `rhs` are read in
    /// whole registers, whatever lies behind their `n` values.
    ///
    /// # Panics
    /// When a slice is too short for its shape.
    pub(super) fn multiply(
        shape: [usize; 3],
        destination: Rows<&mut [f32]>,
        accumulate: bool,
        lhs: Matrix<'_>,
        rhs: Rows<&[f32]>,
    ) = multiply_body
}

#[inline(always)]
fn multiply_body<L: Lanes>(
    [m, n, k]: [usize; 3],
    destination: Rows<&mut [f32]>,
    accumulate: bool,
    lhs: Matrix<'_>,
    rhs: Rows<&[f32]>,
) {
    let filled = n.next_multiple_of(L::COUNT);
    assert!(m > 0 && n > 0 && k > 0 && destination.width >= n, "a product of something");
    assert!(destination.data.len() >= (m - 1) * destination.width + n, "destination too short");
    assert!((m - 1) * lhs.row + (k - 1) * lhs.column < lhs.data.len(), "lhs too short");
    assert!(rhs.data.len() >= (k - 1) * rhs.width + filled, "rhs too short");
    let mut column = 0;
    while column < n {
        let pair = n - column > L::COUNT;
        for row in (0..m).step_by(rows::<L>()) {
            let lhs = Matrix { data: &lhs.data[row * lhs.row..], ..lhs };
            let rhs = Rows { data: &rhs.data[column..], width: rhs.width };
            let target = &mut destination.data[row * destination.width + column..];
            let target = Rows { data: target, width: destination.width };
            let shape = [n - column, k];
            // SAFETY: the assertions above bound the operands; the block starts at
            // `(row, column)` and has at most `m - row` rows and the registers of `n - column`.
            #[allow(unsafe_code)]
            unsafe {
                match ((m - row).min(rows::<L>()), pair) {
                    (1, false) => block::<L, 1, 1>(shape, target, accumulate, lhs, rhs),
                    (2, false) => block::<L, 2, 1>(shape, target, accumulate, lhs, rhs),
                    (3, false) => block::<L, 3, 1>(shape, target, accumulate, lhs, rhs),
                    (4, false) => block::<L, 4, 1>(shape, target, accumulate, lhs, rhs),
                    (5, false) => block::<L, 5, 1>(shape, target, accumulate, lhs, rhs),
                    (6, false) => block::<L, 6, 1>(shape, target, accumulate, lhs, rhs),
                    (7, false) => block::<L, 7, 1>(shape, target, accumulate, lhs, rhs),
                    (_, false) => block::<L, 8, 1>(shape, target, accumulate, lhs, rhs),
                    (1, true) => block::<L, 1, 2>(shape, target, accumulate, lhs, rhs),
                    (2, true) => block::<L, 2, 2>(shape, target, accumulate, lhs, rhs),
                    (3, true) => block::<L, 3, 2>(shape, target, accumulate, lhs, rhs),
                    (4, true) => block::<L, 4, 2>(shape, target, accumulate, lhs, rhs),
                    (5, true) => block::<L, 5, 2>(shape, target, accumulate, lhs, rhs),
                    (6, true) => block::<L, 6, 2>(shape, target, accumulate, lhs, rhs),
                    (7, true) => block::<L, 7, 2>(shape, target, accumulate, lhs, rhs),
                    (_, true) => block::<L, 8, 2>(shape, target, accumulate, lhs, rhs),
                }
            }
        }
        column += if pair { 2 * L::COUNT } else { L::COUNT };
    }
}

/// `R` rows by `C` registers of the destination, summed in registers; of the last register only
/// what belongs to the `n` columns is written.
///
/// # Safety
/// `lhs` must hold `R` rows of `k`, and `rhs` `k` rows of `C` registers.
#[inline(always)]
#[allow(unsafe_code)]
unsafe fn block<L: Lanes, const R: usize, const C: usize>(
    [n, k]: [usize; 2],
    destination: Rows<&mut [f32]>,
    accumulate: bool,
    lhs: Matrix<'_>,
    rhs: Rows<&[f32]>,
) {
    let mut sums = [[L::splat(0.0); C]; R];
    for depth in 0..k {
        let mut terms = [L::splat(0.0); C];
        for (c, term) in terms.iter_mut().enumerate() {
            // SAFETY: register `c` of row `depth` of `k` rows.
            *term = unsafe { L::read_at(rhs.data.as_ptr().add(depth * rhs.width + c * L::COUNT)) };
        }
        for (row, sums) in sums.iter_mut().enumerate() {
            // SAFETY: element `(row, depth)` of `R` rows of `k`.
            let factor = unsafe { *lhs.data.get_unchecked(row * lhs.row + depth * lhs.column) };
            let factor = L::splat(factor);
            for (sum, term) in sums.iter_mut().zip(terms) {
                *sum = term.times_plus(factor, *sum);
            }
        }
    }
    for (row, sums) in sums.iter().enumerate() {
        for (c, sum) in sums.iter().enumerate() {
            let first = row * destination.width + c * L::COUNT;
            if n >= (c + 1) * L::COUNT {
                let data = &mut *destination.data;
                let sum = if accumulate { sum.plus(L::read(data, first)) } else { *sum };
                sum.write(data, first);
            } else {
                let target = &mut destination.data[first..first + n - c * L::COUNT];
                let sum = if accumulate { sum.plus(L::read_part(target)) } else { *sum };
                sum.write_part(target);
            }
        }
    }
}
