//! A matrix product for operands that are already in the cache and need no rearrangement.

use super::vector::{load, store};
use crate::matmul::Matrix;
use std::arch::x86_64::{_mm512_fmadd_ps, _mm512_set1_ps, _mm512_setzero_ps};

/// Rows of the destination held in registers at once.
const ROWS: usize = 8;

/// `destination = lhs · rhs`, or `destination += lhs · rhs` when `accumulate`.
///
/// Shapes: `lhs [m, k]`, `rhs [k, n]` and `destination [m, n]`, both row-major without gaps.
///
/// # Panics
/// When a slice is too short for its shape, or `n` is not a multiple of 16.
#[target_feature(enable = "avx512f")]
pub(super) fn multiply(
    [m, n, k]: [usize; 3],
    destination: &mut [f32],
    accumulate: bool,
    lhs: Matrix<'_>,
    rhs: &[f32],
) {
    assert!(m > 0 && n > 0 && k > 0 && n.is_multiple_of(16), "a product of whole vectors");
    assert!(destination.len() >= m * n, "destination too short");
    assert!((m - 1) * lhs.row + (k - 1) * lhs.column < lhs.data.len(), "lhs too short");
    assert!(rhs.len() >= k * n, "rhs too short");
    let mut column = 0;
    while column < n {
        let pair = n - column >= 32;
        for row in (0..m).step_by(ROWS) {
            let lhs = Matrix { data: &lhs.data[row * lhs.row..], ..lhs };
            let (rhs, target) = (&rhs[column..], &mut destination[row * n + column..]);
            // SAFETY: the assertions above bound all three operands; the block starts at
            // `(row, column)` and has at most `m - row` rows and `n - column` columns.
            #[allow(unsafe_code)]
            unsafe {
                match (m - row, pair) {
                    (1, false) => block::<1, 1>(k, n, lhs, rhs, target, accumulate),
                    (2, false) => block::<2, 1>(k, n, lhs, rhs, target, accumulate),
                    (3, false) => block::<3, 1>(k, n, lhs, rhs, target, accumulate),
                    (4, false) => block::<4, 1>(k, n, lhs, rhs, target, accumulate),
                    (5, false) => block::<5, 1>(k, n, lhs, rhs, target, accumulate),
                    (6, false) => block::<6, 1>(k, n, lhs, rhs, target, accumulate),
                    (7, false) => block::<7, 1>(k, n, lhs, rhs, target, accumulate),
                    (_, false) => block::<8, 1>(k, n, lhs, rhs, target, accumulate),
                    (1, true) => block::<1, 2>(k, n, lhs, rhs, target, accumulate),
                    (2, true) => block::<2, 2>(k, n, lhs, rhs, target, accumulate),
                    (3, true) => block::<3, 2>(k, n, lhs, rhs, target, accumulate),
                    (4, true) => block::<4, 2>(k, n, lhs, rhs, target, accumulate),
                    (5, true) => block::<5, 2>(k, n, lhs, rhs, target, accumulate),
                    (6, true) => block::<6, 2>(k, n, lhs, rhs, target, accumulate),
                    (7, true) => block::<7, 2>(k, n, lhs, rhs, target, accumulate),
                    (_, true) => block::<8, 2>(k, n, lhs, rhs, target, accumulate),
                }
            }
        }
        column += if pair { 32 } else { 16 };
    }
}

/// `R` rows by `C` vectors of the destination, summed in registers.
///
/// # Safety
/// `lhs` must hold `R` rows of `k`; `rhs` and `destination`, with rows `n` apart, `k` and `R` rows
/// of `16 · C`.
#[target_feature(enable = "avx512f")]
#[allow(unsafe_code)]
unsafe fn block<const R: usize, const C: usize>(
    k: usize,
    n: usize,
    lhs: Matrix<'_>,
    rhs: &[f32],
    destination: &mut [f32],
    accumulate: bool,
) {
    let mut sums = [[_mm512_setzero_ps(); C]; R];
    for depth in 0..k {
        // SAFETY: row `depth` of `k` rows of `rhs`, and element `(row, depth)` of `lhs`.
        unsafe {
            let line = rhs.as_ptr().add(depth * n);
            let mut terms = [_mm512_setzero_ps(); C];
            for (c, term) in terms.iter_mut().enumerate() {
                *term = load(line.add(16 * c));
            }
            for (row, sums) in sums.iter_mut().enumerate() {
                let factor =
                    _mm512_set1_ps(*lhs.data.as_ptr().add(row * lhs.row + depth * lhs.column));
                for (sum, term) in sums.iter_mut().zip(terms) {
                    *sum = _mm512_fmadd_ps(factor, term, *sum);
                }
            }
        }
    }
    for (row, sums) in sums.into_iter().enumerate() {
        for (c, sum) in sums.into_iter().enumerate() {
            // SAFETY: row `row` of `R`, vector `c` of `C`.
            unsafe {
                let place = destination.as_mut_ptr().add(row * n + 16 * c);
                let sum = if accumulate {
                    std::arch::x86_64::_mm512_add_ps(sum, load(place))
                } else {
                    sum
                };
                store(place, sum);
            }
        }
    }
}
