//! The matrix product on one thread: sums held in registers, the right operand in panels.
//!
//! It rearranges nothing itself. Who multiplies decides what is worth packing ([`pack`]) and how
//! the work is cut.

pub(crate) mod block;
#[cfg(target_arch = "x86_64")]
mod lanes;
mod matrix;
pub(crate) mod pack;
#[cfg(test)]
mod tests;

pub(crate) use matrix::Matrix;

#[cfg(target_arch = "x86_64")]
use crate::simd::{Level, level};
use block::Block;
#[cfg(target_arch = "x86_64")]
use lanes::Lanes;

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

/// `destination = lhs · rhs`, or `destination += lhs · rhs` when `accumulate`.
///
/// Shapes: `lhs [m, k]`, `rhs [k, n]`, destination `[m, n]`, the upper left part of its block.
///
/// # Panics
/// When an operand is too small for its shape.
pub(crate) fn multiply(
    [m, n, k]: [usize; 3],
    destination: &mut Block<'_>,
    accumulate: bool,
    lhs: Matrix<'_>,
    rhs: Panels<'_>,
) {
    if m == 0 || n == 0 {
        return;
    }
    assert!(m <= destination.rows() && n <= destination.columns(), "destination too small");
    if k == 0 {
        if !accumulate {
            (0..m).for_each(|row| destination.row(row)[..n].fill(0.0));
        }
        return;
    }
    assert!((m - 1) * lhs.row + (k - 1) * lhs.column < lhs.data.len(), "lhs too short");
    let last = (n - 1) / PANEL * rhs.panel + (n - 1) % PANEL;
    assert!((k - 1) * rhs.row + last < rhs.data.len() && rhs.panel >= PANEL, "rhs too short");
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{__m256, __m512};
        #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
        fn wide(shape: [usize; 3], to: &mut Block<'_>, add: bool, l: Matrix<'_>, r: Panels<'_>) {
            // SAFETY: compiled for the vector's instructions; `multiply` has checked the operands.
            #[allow(unsafe_code)]
            unsafe {
                by_blocks::<__m512>(shape, to, add, l, r);
            }
        }
        #[target_feature(enable = "avx2,fma")]
        fn medium(shape: [usize; 3], to: &mut Block<'_>, add: bool, l: Matrix<'_>, r: Panels<'_>) {
            // SAFETY: as above.
            #[allow(unsafe_code)]
            unsafe {
                by_blocks::<__m256>(shape, to, add, l, r);
            }
        }
        match level() {
            // SAFETY: `level` has detected every feature `wide` is compiled for.
            #[allow(unsafe_code)]
            Level::Avx512 => return unsafe { wide([m, n, k], destination, accumulate, lhs, rhs) },
            // SAFETY: `level` has detected every feature `medium` is compiled for.
            #[allow(unsafe_code)]
            Level::Avx2 => return unsafe { medium([m, n, k], destination, accumulate, lhs, rhs) },
            Level::Portable => {}
        }
    }
    by_rows([m, n, k], destination, accumulate, lhs, rhs);
}

/// The same, row by row: the portable instance, and the twin of the others.
pub(crate) fn by_rows(
    [m, n, k]: [usize; 3],
    destination: &mut Block<'_>,
    accumulate: bool,
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
            for (target, sum) in target.iter_mut().zip(sums) {
                *target = if accumulate { *target + sum } else { sum };
            }
        }
    }
}

/// The same, in blocks of rows by two vectors.
///
/// # Safety
/// The processor must have the vector's instructions, and the operands the shape's extents.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
#[allow(unsafe_code)]
unsafe fn by_blocks<V: Lanes>(
    [m, n, k]: [usize; 3],
    destination: &mut Block<'_>,
    accumulate: bool,
    lhs: Matrix<'_>,
    rhs: Panels<'_>,
) {
    let blocks = m.div_ceil(V::ROWS);
    let depth = k.div_ceil(k.div_ceil(DEPTH));
    for column in (0..n).step_by(2 * V::WIDTH) {
        let width = (2 * V::WIDTH).min(n - column);
        // Innermost but for the rows, so that the sums of these columns stay in the nearest cache.
        for start in (0..k).step_by(depth) {
            let at = column / PANEL * rhs.panel + column % PANEL + start * rhs.row;
            for index in 0..blocks {
                // As even as can be: a block of few rows would leave the processor waiting.
                let rows = index * m / blocks..(index + 1) * m / blocks;
                let operands = Operands {
                    depth: depth.min(k - start),
                    lhs: lhs.data[rows.start * lhs.row + start * lhs.column..].as_ptr(),
                    lhs_steps: [lhs.row, lhs.column],
                    rhs: rhs.data[at..].as_ptr(),
                    rhs_step: rhs.row,
                    to: destination.first().wrapping_add(rows.start * destination.step() + column),
                    to_step: destination.step(),
                    width,
                    accumulate: accumulate || start > 0,
                };
                // SAFETY: rows, columns and depth of the block lie within the shape, to which the
                // caller has fitted the operands.
                unsafe { operands.block::<V>(rows.len()) }
            }
        }
    }
}

/// One block of the destination and what it is the product of.
#[cfg(target_arch = "x86_64")]
struct Operands {
    depth: usize,
    lhs: *const f32,
    lhs_steps: [usize; 2],
    rhs: *const f32,
    rhs_step: usize,
    to: *mut f32,
    to_step: usize,
    width: usize,
    accumulate: bool,
}

#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
impl Operands {
    /// # Safety
    /// As [`Self::sum`], with at most `V::ROWS` rows and two vectors.
    #[inline(always)]
    unsafe fn block<V: Lanes>(&self, rows: usize) {
        let two = self.width > V::WIDTH;
        let side_by_side = self.lhs_steps[0] == 1;
        macro_rules! choose {
            ($($rows:literal)*) => {
                match (rows, two, side_by_side) {
                    // SAFETY: promised by the caller.
                    $(($rows, false, false) => unsafe { self.columns::<V, $rows, 1, false>() },
                      ($rows, false, true) => unsafe { self.columns::<V, $rows, 1, true>() },
                      ($rows, true, false) => unsafe { self.columns::<V, $rows, 2, false>() },
                      ($rows, true, true) => unsafe { self.columns::<V, $rows, 2, true>() },)*
                    _ => unreachable!("at most {} rows", V::ROWS),
                }
            };
        }
        choose!(1 2 3 4 5 6 7 8 9 10 11 12);
    }

    /// `R` rows by `C` vectors, the last one perhaps partly used. Whole vectors are told apart, since
    /// a mask would take a register from the sums.
    ///
    /// # Safety
    /// As [`Self::sum`].
    #[inline(always)]
    unsafe fn columns<V: Lanes, const R: usize, const C: usize, const SIDE_BY_SIDE: bool>(&self) {
        // SAFETY: promised by the caller.
        unsafe {
            if self.width == C * V::WIDTH {
                self.sum::<V, R, C, SIDE_BY_SIDE, true>();
            } else {
                self.sum::<V, R, C, SIDE_BY_SIDE, false>();
            }
        }
    }

    /// `R` rows by `C` vectors, the last one used in part unless `WHOLE`. Where the rows of `lhs` lie
    /// side by side, their places are constants of the instructions; else they are counted from
    /// every third row, because there are fewer registers for addresses than rows.
    ///
    /// # Safety
    /// The processor must have the instructions of `V`; `lhs` must hold `R` rows of `depth`, `rhs`
    /// `depth` rows of `width`, the destination `R` rows of `width`, exclusively.
    #[inline(always)]
    unsafe fn sum<
        V: Lanes,
        const R: usize,
        const C: usize,
        const SIDE_BY_SIDE: bool,
        const WHOLE: bool,
    >(
        &self,
    ) {
        let [lhs_row, lhs_column] = self.lhs_steps;
        let last = self.width - (C - 1) * V::WIDTH;
        // SAFETY: row `depth` of `rhs`, element `(row, depth)` of `lhs`, row `row` of the
        // destination, and of each row no more than `width` floats.
        unsafe {
            let mut sums = [[V::splat(0.0); C]; R];
            let mut line = self.rhs;
            let mut thirds: [_; 4] =
                std::array::from_fn(|third| self.lhs.wrapping_add(3 * third * lhs_row));
            for _ in 0..self.depth {
                let mut terms = [V::splat(0.0); C];
                for (c, term) in terms.iter_mut().enumerate() {
                    let place = line.add(c * V::WIDTH);
                    let whole = WHOLE || c + 1 < C;
                    *term = if whole { V::load(place) } else { V::load_part(place, last) };
                }
                for (row, sums) in sums.iter_mut().enumerate() {
                    let place = match SIDE_BY_SIDE {
                        true => thirds[0].add(row),
                        false => thirds[row / 3].add(row % 3 * lhs_row),
                    };
                    let factor = V::splat(*place);
                    for (sum, term) in sums.iter_mut().zip(terms) {
                        *sum = sum.add_product(factor, term);
                    }
                }
                line = line.wrapping_add(self.rhs_step);
                thirds = thirds.map(|place| place.wrapping_add(lhs_column));
            }
            for (row, sums) in sums.into_iter().enumerate() {
                for (c, sum) in sums.into_iter().enumerate() {
                    let place = self.to.add(row * self.to_step + c * V::WIDTH);
                    let count = if c + 1 < C { V::WIDTH } else { last };
                    let sum =
                        if self.accumulate { sum.add(V::load_part(place, count)) } else { sum };
                    sum.store_part(place, count);
                }
            }
        }
    }
}
