//! The matrix product on one thread: sums held in registers, the right operand in panels.
//!
//! It rearranges nothing itself. Who multiplies decides what is worth packing ([`pack`]) and how
//! the work is cut.

pub(crate) mod block;
#[cfg(target_arch = "x86_64")]
mod lanes;
mod matrix;
pub(crate) mod pack;
#[cfg(target_arch = "x86_64")]
mod registers;
#[cfg(test)]
mod tests;

pub(crate) use matrix::Matrix;

#[cfg(target_arch = "x86_64")]
use crate::simd::{Level, level};
use block::Block;

/// Columns of a panel.
pub(crate) const PANEL: usize = 32;

/// Depth after which the sums go back to memory, so that a panel of that depth stays in the cache.
pub(crate) const DEPTH: usize = 256;

/// A right operand: rows of at most [`PANEL`] columns without gaps, panel after panel.
#[derive(Clone, Copy)]
pub(crate) struct Panels<'a> {
    data: &'a [f32],
    /// Floats between neighbouring rows of a panel.
    row: usize,
    /// Floats between neighbouring panels.
    panel: usize,
}

impl<'a> Panels<'a> {
    /// Panels one after the other, each `depth` rows of [`PANEL`].
    pub(crate) fn packed(data: &'a [f32], depth: usize) -> Self {
        Self { data, row: PANEL, panel: depth * PANEL }
    }

    /// A matrix as it lies, columns side by side.
    ///
    /// # Panics
    /// When its columns have gaps.
    pub(crate) fn of(matrix: Matrix<'a>) -> Self {
        assert_eq!(matrix.column, 1, "columns side by side");
        Self { data: matrix.data, row: matrix.row, panel: PANEL }
    }
}

/// What a product is added to.
#[derive(Clone, Copy)]
pub(crate) enum Onto<'a> {
    /// Nothing: what the destination holds is overwritten.
    Zero,
    /// What the destination holds.
    Destination,
    /// In every row these `n` values.
    Row(&'a [f32]),
}

impl Onto<'_> {
    /// What is there, where `more` of a sum follows.
    pub(crate) fn sum(more: bool) -> Self {
        if more { Self::Destination } else { Self::Zero }
    }
}

/// `destination = lhs · rhs`, added to what `onto` says.
///
/// Shapes: `lhs [m, k]`, `rhs [k, n]`, destination `[m, n]`, the upper left part of its block.
///
/// # Panics
/// When an operand is too small for its shape, or `lhs` has gaps along both axes.
pub(crate) fn multiply(
    [m, n, k]: [usize; 3],
    destination: &mut Block<'_>,
    onto: Onto<'_>,
    lhs: Matrix<'_>,
    rhs: Panels<'_>,
) {
    if m == 0 || n == 0 {
        return;
    }
    assert!(m <= destination.rows() && n <= destination.columns(), "destination too small");
    if k == 0 {
        match onto {
            Onto::Zero => (0..m).for_each(|row| destination.row(row)[..n].fill(0.0)),
            Onto::Destination => {}
            Onto::Row(row) => {
                (0..m).for_each(|m| destination.row(m)[..n].copy_from_slice(&row[..n]));
            }
        }
        return;
    }
    assert!((m - 1) * lhs.row + (k - 1) * lhs.column < lhs.data.len(), "lhs too short");
    if let Onto::Row(row) = onto {
        assert!(row.len() >= n, "a row too short to add to");
    }
    assert!(lhs.row == 1 || lhs.column == 1, "lhs without gaps along its rows or its columns");
    let last = (n - 1) / PANEL * rhs.panel + (n - 1) % PANEL;
    assert!((k - 1) * rhs.row + last < rhs.data.len() && rhs.panel >= PANEL, "rhs too short");
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{__m256, __m512};
        #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
        fn wide(
            shape: [usize; 3],
            to: &mut Block<'_>,
            onto: Onto<'_>,
            l: Matrix<'_>,
            r: Panels<'_>,
        ) {
            // SAFETY: compiled for the vector's instructions; `multiply` has checked the operands.
            #[allow(unsafe_code)]
            unsafe {
                registers::multiply::<__m512>(shape, to, onto, l, r);
            }
        }
        #[target_feature(enable = "avx2,fma")]
        fn medium(
            shape: [usize; 3],
            to: &mut Block<'_>,
            onto: Onto<'_>,
            l: Matrix<'_>,
            r: Panels<'_>,
        ) {
            // SAFETY: as above.
            #[allow(unsafe_code)]
            unsafe {
                registers::multiply::<__m256>(shape, to, onto, l, r);
            }
        }
        match level() {
            // SAFETY: `level` has detected every feature `wide` is compiled for.
            #[allow(unsafe_code)]
            Level::Avx512 => return unsafe { wide([m, n, k], destination, onto, lhs, rhs) },
            // SAFETY: `level` has detected every feature `medium` is compiled for.
            #[allow(unsafe_code)]
            Level::Avx2 => return unsafe { medium([m, n, k], destination, onto, lhs, rhs) },
            Level::Portable => {}
        }
    }
    by_rows([m, n, k], destination, onto, lhs, rhs);
}

/// The same, row by row: the portable instance, and the twin of the others.
pub(crate) fn by_rows(
    [m, n, k]: [usize; 3],
    destination: &mut Block<'_>,
    onto: Onto<'_>,
    lhs: Matrix<'_>,
    rhs: Panels<'_>,
) {
    for column in (0..n).step_by(PANEL) {
        let width = PANEL.min(n - column);
        let panel = &rhs.data[column / PANEL * rhs.panel..];
        for row in 0..m {
            let mut sums = [0.0; PANEL];
            for depth in 0..k {
                let factor = lhs.data[row * lhs.row + depth * lhs.column];
                let terms = &panel[depth * rhs.row..];
                match terms.first_chunk::<PANEL>() {
                    Some(terms) if width == PANEL => {
                        (0..PANEL).for_each(|c| sums[c] += factor * terms[c]);
                    }
                    _ => sums[..width].iter_mut().zip(terms).for_each(|(s, t)| *s += factor * t),
                }
            }
            let target = &mut destination.row(row)[column..column + width];
            for (c, (target, sum)) in target.iter_mut().zip(sums).enumerate() {
                *target = match onto {
                    Onto::Zero => sum,
                    Onto::Destination => *target + sum,
                    Onto::Row(row) => row[column + c] + sum,
                };
            }
        }
    }
}
