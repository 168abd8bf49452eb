//! The product with sums held in registers: blocks of rows by two or four vectors.

use super::block::Block;
use super::lanes::Lanes;
use super::{DEPTH, Matrix, Onto, PANEL, Panels};

/// [`super::multiply`] in blocks of rows by two vectors, or by four where `V` has the registers.
///
/// # Safety
/// The processor must have the vector's instructions, and the operands the shape's extents.
#[inline(always)]
#[allow(unsafe_code)]
pub(super) unsafe fn multiply<V: Lanes>(
    [m, n, k]: [usize; 3],
    destination: &mut Block<'_>,
    onto: Onto<'_>,
    lhs: Matrix<'_>,
    rhs: Panels<'_>,
) {
    let mut column = 0;
    while column < n {
        // Two panels side by side where registers hold them: more sums for every value read.
        let vectors = if n - column >= 4 * V::WIDTH && V::WIDE { 4 } else { 2 };
        let width = (vectors * V::WIDTH).min(n - column);
        let (most, reach) = if vectors == 4 { (V::ROWS / 2, DEPTH / 2) } else { (V::ROWS, DEPTH) };
        let blocks = m.div_ceil(most);
        let depth = k.div_ceil(k.div_ceil(reach));
        // Innermost but for the rows, so that the sums of these columns stay in the nearest cache.
        for start in (0..k).step_by(depth) {
            let at = column / PANEL * rhs.panel + column % PANEL + start * rhs.row;
            for index in 0..blocks {
                // As even as can be: a block of few rows would leave the processor waiting.
                let rows = index * m / blocks..(index + 1) * m / blocks;
                let to = destination.first().wrapping_add(rows.start * destination.step() + column);
                let onto = match onto {
                    _ if start > 0 => Some((to.cast_const(), destination.step())),
                    Onto::Zero => None,
                    Onto::Destination => Some((to.cast_const(), destination.step())),
                    Onto::Row(row) => Some((row[column..].as_ptr(), 0)),
                };
                let operands = Operands {
                    depth: depth.min(k - start),
                    lhs: lhs.data[rows.start * lhs.row + start * lhs.column..].as_ptr(),
                    lhs_steps: [lhs.row, lhs.column],
                    rhs: rhs.data[at..].as_ptr(),
                    rhs_step: rhs.row,
                    rhs_panel: rhs.panel,
                    to,
                    to_step: destination.step(),
                    width,
                    onto,
                };
                // SAFETY: rows, columns and depth of the block lie within the shape, to which the
                // caller has fitted the operands; four vectors lie in two panels of two.
                unsafe { operands.block::<V>(rows.len()) }
            }
        }
        column += width;
    }
}

/// One block of the destination and what it is the product of.
struct Operands {
    depth: usize,
    lhs: *const f32,
    lhs_steps: [usize; 2],
    rhs: *const f32,
    rhs_step: usize,
    rhs_panel: usize,
    to: *mut f32,
    to_step: usize,
    width: usize,
    /// The first row to which sums are added, and the floats to the next.
    onto: Option<(*const f32, usize)>,
}

#[allow(unsafe_code)]
impl Operands {
    /// # Safety
    /// As [`Self::sum`], with at most `V::ROWS` rows and two vectors, or half as many rows and four.
    #[inline(always)]
    unsafe fn block<V: Lanes>(&self, rows: usize) {
        let side_by_side = self.lhs_steps[0] == 1;
        macro_rules! choose_wide {
            ($($rows:literal)*) => {
                match (rows, side_by_side) {
                    // SAFETY: promised by the caller.
                    $(($rows, false) => unsafe { self.sum::<V, $rows, 4, false, true>() },
                      ($rows, true) => unsafe { self.sum::<V, $rows, 4, true, true>() },)*
                    _ => unreachable!("at most {} rows", V::ROWS / 2),
                }
            };
        }
        if V::WIDE && self.width == 4 * V::WIDTH {
            return choose_wide!(1 2 3 4 5 6);
        }
        let two = self.width > V::WIDTH;
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
    /// `depth` rows of `width`, two vectors of each in a panel, the destination `R` rows of `width`,
    /// exclusively.
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
        let last = self.width - (C - 1) * V::WIDTH;
        let [lhs_row, lhs_column] = self.steps(SIDE_BY_SIDE);
        // SAFETY: row `depth` of `rhs`, element `(row, depth)` of `lhs`, row `row` of the
        // destination, and of each row no more than `width` floats.
        unsafe {
            let mut sums = [[V::splat(0.0); C]; R];
            let mut line = self.rhs;
            let mut thirds: [_; 4] =
                std::array::from_fn(|third| self.lhs.wrapping_add(3 * third * lhs_row));
            // Two at a time: the counting of places costs as much as the sums of a row.
            for _ in 0..self.depth / 2 {
                self.add::<V, R, C, SIDE_BY_SIDE, WHOLE>(&mut sums, line, thirds, 0);
                self.add::<V, R, C, SIDE_BY_SIDE, WHOLE>(&mut sums, line, thirds, 1);
                line = line.wrapping_add(2 * self.rhs_step);
                thirds = thirds.map(|place| place.wrapping_add(2 * lhs_column));
            }
            if !self.depth.is_multiple_of(2) {
                self.add::<V, R, C, SIDE_BY_SIDE, WHOLE>(&mut sums, line, thirds, 0);
            }
            for (row, sums) in sums.into_iter().enumerate() {
                for (c, sum) in sums.into_iter().enumerate() {
                    let place = self.to.add(row * self.to_step + c * V::WIDTH);
                    let count = if c + 1 < C { V::WIDTH } else { last };
                    let sum = match self.onto {
                        Some((first, step)) => {
                            sum.add(V::load_part(first.add(row * step + c * V::WIDTH), count))
                        }
                        None => sum,
                    };
                    sum.store_part(place, count);
                }
            }
        }
    }

    /// Rows and columns of `lhs`, one of which is known to lie side by side.
    #[inline(always)]
    fn steps(&self, side_by_side: bool) -> [usize; 2] {
        if side_by_side { [1, self.lhs_steps[1]] } else { [self.lhs_steps[0], 1] }
    }

    /// Adds to the sums what is `ahead` lines of `rhs` and columns of `lhs` from these places.
    ///
    /// # Safety
    /// As [`Self::sum`]: there must be as many lines and columns.
    #[inline(always)]
    unsafe fn add<
        V: Lanes,
        const R: usize,
        const C: usize,
        const SIDE_BY_SIDE: bool,
        const WHOLE: bool,
    >(
        &self,
        sums: &mut [[V; C]; R],
        line: *const f32,
        thirds: [*const f32; 4],
        ahead: usize,
    ) {
        let last = self.width - (C - 1) * V::WIDTH;
        let [lhs_row, lhs_column] = self.steps(SIDE_BY_SIDE);
        // SAFETY: promised by the caller.
        unsafe {
            let line = line.add(ahead * self.rhs_step);
            let mut terms = [V::splat(0.0); C];
            for (c, term) in terms.iter_mut().enumerate() {
                let place = line.add(c / 2 * self.rhs_panel + c % 2 * V::WIDTH);
                let whole = WHOLE || c + 1 < C;
                *term = if whole { V::load(place) } else { V::load_part(place, last) };
            }
            for (row, sums) in sums.iter_mut().enumerate() {
                let place = match SIDE_BY_SIDE {
                    true => thirds[0].add(row),
                    false => thirds[row / 3].add(row % 3 * lhs_row),
                };
                let factor = V::splat(*place.add(ahead * lhs_column));
                for (sum, term) in sums.iter_mut().zip(terms) {
                    *sum = sum.add_product(factor, term);
                }
            }
        }
    }
}
