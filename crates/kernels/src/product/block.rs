//! Rectangles of a row-major array, each exclusive to one thread.

use std::marker::PhantomData;
use std::ops::Range;

/// An exclusive borrow of some columns of some rows, like a `&mut [f32]` with gaps.
pub(crate) struct Block<'a> {
    first: *mut f32,
    rows: usize,
    columns: usize,
    /// Floats between the beginnings of neighbouring rows.
    step: usize,
    borrow: PhantomData<&'a mut [f32]>,
}

// SAFETY: a `Block` is an exclusive borrow of its floats, like `&mut [f32]`, which is `Send`.
#[allow(unsafe_code)]
unsafe impl Send for Block<'_> {}

impl<'a> Block<'a> {
    /// All of an array whose rows are `step` wide.
    ///
    /// # Panics
    /// Unless `values` holds whole rows.
    pub(crate) fn new(values: &'a mut [f32], step: usize) -> Self {
        assert!(values.is_empty() || values.len().is_multiple_of(step), "whole rows of {step}");
        let rows = values.len().checked_div(step).unwrap_or(0);
        let first = values.as_mut_ptr();
        Self { first, rows, columns: step, step, borrow: PhantomData }
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn columns(&self) -> usize {
        self.columns
    }

    /// Floats between the beginnings of neighbouring rows.
    pub(crate) fn step(&self) -> usize {
        self.step
    }

    /// Where the first row begins. Only the columns of the block's rows may be touched.
    pub(crate) fn first(&mut self) -> *mut f32 {
        self.first
    }

    pub(crate) fn row(&mut self, row: usize) -> &mut [f32] {
        assert!(row < self.rows, "row {row} of {}", self.rows);
        // SAFETY: the block's rows lie inside the array it was cut from and no other block has
        // these columns of them; `&mut self` lends one row at a time.
        #[allow(unsafe_code)]
        unsafe {
            std::slice::from_raw_parts_mut(self.first.add(row * self.step), self.columns)
        }
    }

    /// Some of the rows, for as long as the block itself is not used.
    pub(crate) fn part(&mut self, rows: Range<usize>) -> Block<'_> {
        assert!(rows.start <= rows.end && rows.end <= self.rows, "{rows:?} of {}", self.rows);
        let first = self.first.wrapping_add(rows.start * self.step);
        Block { first, rows: rows.len(), borrow: PhantomData, ..*self }
    }

    /// Takes over the values of a block of the same extents.
    pub(crate) fn copy_from(&mut self, other: &mut Block<'_>) {
        assert_eq!([self.rows, self.columns], [other.rows, other.columns], "the same extents");
        (0..self.rows).for_each(|row| self.row(row).copy_from_slice(other.row(row)));
    }

    pub(crate) fn fill(&mut self, value: f32) {
        (0..self.rows).for_each(|row| self.row(row).fill(value));
    }

    /// The first `count` columns and the others.
    pub(crate) fn split_columns(self, count: usize) -> (Self, Self) {
        assert!(count <= self.columns, "{count} columns of {}", self.columns);
        let first = self.first.wrapping_add(count);
        let right = Self { first, columns: self.columns - count, ..self };
        (Self { columns: count, ..self }, right)
    }

    /// For each range of rows, one block for every `width` columns.
    ///
    /// # Panics
    /// Unless the ranges ascend without overlap.
    pub(crate) fn grid(
        self,
        ranges: impl IntoIterator<Item = Range<usize>>,
        width: usize,
    ) -> Vec<Self> {
        let mut blocks = Vec::new();
        let mut free = 0;
        for rows in ranges {
            assert!(free <= rows.start && rows.start <= rows.end && rows.end <= self.rows);
            free = rows.end;
            for column in (0..self.columns).step_by(width.max(1)) {
                blocks.push(Self {
                    first: self.first.wrapping_add(rows.start * self.step + column),
                    rows: rows.len(),
                    columns: width.min(self.columns - column),
                    ..self
                });
            }
        }
        blocks
    }
}
