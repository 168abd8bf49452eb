//! A matrix product for operands that are already in the cache and need no rearrangement.

use crate::conv2d::lanes::Lanes;
use crate::matmul::Matrix;

/// Rows of the destination held in registers at once, two registers each.
const fn rows<L: Lanes>() -> usize {
    if L::COUNT == 16 { 8 } else { 6 }
}

/// `destination = lhs · rhs`, or `destination += lhs · rhs` when `accumulate`.
///
/// Shapes: `lhs [m, k]`, `rhs [k, n]` and `destination [m, n]`, both row-major without gaps.
///
/// # Panics
/// When a slice is too short for its shape, or `n` is no multiple of the register.
#[inline(always)]
pub(super) fn multiply<L: Lanes>(
    [m, n, k]: [usize; 3],
    destination: &mut [f32],
    accumulate: bool,
    lhs: Matrix<'_>,
    rhs: &[f32],
) {
    assert!(m > 0 && n > 0 && k > 0 && n.is_multiple_of(L::COUNT), "a product of whole registers");
    assert!(destination.len() >= m * n, "destination too short");
    assert!((m - 1) * lhs.row + (k - 1) * lhs.column < lhs.data.len(), "lhs too short");
    assert!(rhs.len() >= k * n, "rhs too short");
    let mut column = 0;
    while column < n {
        let pair = n - column >= 2 * L::COUNT;
        for row in (0..m).step_by(rows::<L>()) {
            let lhs = Matrix { data: &lhs.data[row * lhs.row..], ..lhs };
            let (rhs, target) = (&rhs[column..], &mut destination[row * n + column..]);
            // SAFETY: the assertions above bound all three operands; the block starts at
            // `(row, column)` and has at most `m - row` rows and `n - column` columns.
            #[allow(unsafe_code)]
            unsafe {
                match ((m - row).min(rows::<L>()), pair) {
                    (1, false) => block::<L, 1, 1>(k, n, lhs, rhs, target, accumulate),
                    (2, false) => block::<L, 2, 1>(k, n, lhs, rhs, target, accumulate),
                    (3, false) => block::<L, 3, 1>(k, n, lhs, rhs, target, accumulate),
                    (4, false) => block::<L, 4, 1>(k, n, lhs, rhs, target, accumulate),
                    (5, false) => block::<L, 5, 1>(k, n, lhs, rhs, target, accumulate),
                    (6, false) => block::<L, 6, 1>(k, n, lhs, rhs, target, accumulate),
                    (7, false) => block::<L, 7, 1>(k, n, lhs, rhs, target, accumulate),
                    (_, false) => block::<L, 8, 1>(k, n, lhs, rhs, target, accumulate),
                    (1, true) => block::<L, 1, 2>(k, n, lhs, rhs, target, accumulate),
                    (2, true) => block::<L, 2, 2>(k, n, lhs, rhs, target, accumulate),
                    (3, true) => block::<L, 3, 2>(k, n, lhs, rhs, target, accumulate),
                    (4, true) => block::<L, 4, 2>(k, n, lhs, rhs, target, accumulate),
                    (5, true) => block::<L, 5, 2>(k, n, lhs, rhs, target, accumulate),
                    (6, true) => block::<L, 6, 2>(k, n, lhs, rhs, target, accumulate),
                    (7, true) => block::<L, 7, 2>(k, n, lhs, rhs, target, accumulate),
                    (_, true) => block::<L, 8, 2>(k, n, lhs, rhs, target, accumulate),
                }
            }
        }
        column += if pair { 2 * L::COUNT } else { L::COUNT };
    }
}

/// `R` rows by `C` registers of the destination, summed in registers.
///
/// # Safety
/// `lhs` must hold `R` rows of `k`; `rhs` and `destination`, with rows `n` apart, `k` and `R` rows
/// of `C` registers.
#[inline(always)]
#[allow(unsafe_code)]
unsafe fn block<L: Lanes, const R: usize, const C: usize>(
    k: usize,
    n: usize,
    lhs: Matrix<'_>,
    rhs: &[f32],
    destination: &mut [f32],
    accumulate: bool,
) {
    let mut sums = [[L::splat(0.0); C]; R];
    for depth in 0..k {
        let mut terms = [L::splat(0.0); C];
        for (c, term) in terms.iter_mut().enumerate() {
            // SAFETY: register `c` of row `depth` of `k` rows.
            *term = unsafe { L::read_at(rhs.as_ptr().add(depth * n + c * L::COUNT)) };
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
            let place = row * n + c * L::COUNT;
            let sum = if accumulate { sum.plus(L::read(destination, place)) } else { *sum };
            sum.write(destination, place);
        }
    }
}
