//! A table of rows that several threads read and change without locks (Hogwild; Recht, Ré, Wright
//! and Niu, 2011): updates are sparse, so that two threads seldom meet, and an update that is lost
//! where they do costs little.
//!
//! This folder is the only place of the crate with `unsafe`. Why: two threads that touch one `f32`
//! without a lock must do so atomically, and the compiler never joins atomic operations into vector
//! instructions, which would cost most of the speed. So the values are `AtomicU32`, and the three
//! loops over a row are inline assembly of vector loads and stores, each of which stands for sixteen
//! (or eight) relaxed atomic ones; an aligned vector access never tears one of its 32-bit numbers.
//! Elsewhere than on x86-64 with AVX the same loops are plain relaxed atomics, and no `unsafe`.
//!
//! With one thread nothing races: the same order of calls gives the same bits.

#[cfg(target_arch = "x86_64")]
mod vector;

use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;

/// Numbers in a line of the cache; rows are padded to whole lines.
pub(crate) const LINE: usize = 16;

/// One cache line of a row.
#[repr(C, align(64))]
struct Line([AtomicU32; LINE]);

/// `rows` vectors of `width` numbers, each padded with zeros to `stride`.
pub(crate) struct Table {
    rows: usize,
    width: usize,
    lines_per_row: usize,
    lines: Box<[Line]>,
    level: Level,
}

/// Which form of the loops this processor runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Level {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

/// What is done with one line of a row and the private line beside it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Act {
    /// private = row
    Copy,
    /// private += row
    Sum,
    /// row += private
    Add,
}

impl Table {
    /// All values from `value(row, column)`.
    pub(crate) fn new(
        rows: usize,
        width: usize,
        mut value: impl FnMut(usize, usize) -> f32,
    ) -> Self {
        let lines_per_row = width.div_ceil(LINE);
        let lines = (0..rows * lines_per_row).map(|line| {
            let (row, first) = (line / lines_per_row, line % lines_per_row * LINE);
            Line(std::array::from_fn(|place| {
                let inside = first + place < width;
                AtomicU32::new(if inside { value(row, first + place).to_bits() } else { 0 })
            }))
        });
        Self { rows, width, lines_per_row, lines: lines.collect(), level: Level::detect() }
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Numbers from one padded row to the next: what a private copy of a row takes.
    pub(crate) fn stride(&self) -> usize {
        self.lines_per_row * LINE
    }

    /// Copies rows, one behind the other, to the front of `into`.
    pub(crate) fn gather(&self, rows: &[u32], into: &mut [f32]) {
        self.act::<{ Act::Copy as u8 }>(rows, into, self.lines_per_row);
    }

    /// Adds every one of the rows to `sum`.
    pub(crate) fn add_rows_to(&self, rows: &[u32], sum: &mut [f32]) {
        self.act::<{ Act::Sum as u8 }>(rows, sum, 0);
    }

    /// Adds to each row the private row of the same place in `deltas`.
    pub(crate) fn scatter(&self, rows: &[u32], deltas: &mut [f32]) {
        self.act::<{ Act::Add as u8 }>(rows, deltas, self.lines_per_row);
    }

    /// Adds the same private row to all of the rows.
    pub(crate) fn add_to_rows(&self, rows: &[u32], delta: &mut [f32]) {
        self.act::<{ Act::Add as u8 }>(rows, delta, 0);
    }

    /// Asks the processor to fetch a row that is needed soon.
    #[inline]
    pub(crate) fn prefetch(&self, row: u32) {
        #[cfg(target_arch = "x86_64")]
        vector::prefetch(self.row(row));
        #[cfg(not(target_arch = "x86_64"))]
        let _ = row;
    }

    /// The row without its padding.
    pub(crate) fn values(&self, row: usize) -> impl Iterator<Item = f32> + '_ {
        let values = self.row(row as u32).iter().flat_map(|line| &line.0);
        values.take(self.width).map(|value| f32::from_bits(value.load(Relaxed)))
    }

    #[inline]
    fn row(&self, row: u32) -> &[Line] {
        let first = row as usize * self.lines_per_row;
        &self.lines[first..first + self.lines_per_row]
    }

    /// Does the act for every row; the private lines go on by `step` from one row to the next.
    fn act<const ACT: u8>(&self, rows: &[u32], private: &mut [f32], step: usize) {
        let (private, _) = private.as_chunks_mut::<LINE>();
        match self.level {
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => vector::wide::<ACT>(self, rows, private, step),
            #[cfg(target_arch = "x86_64")]
            Level::Avx => vector::medium::<ACT>(self, rows, private, step),
            Level::Portable => portable::<ACT>(self, rows, private, step),
        }
    }
}

impl Level {
    fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512f") {
                return Self::Avx512;
            }
            if is_x86_feature_detected!("avx") {
                return Self::Avx;
            }
        }
        Self::Portable
    }
}

fn portable<const ACT: u8>(table: &Table, rows: &[u32], private: &mut [[f32; LINE]], step: usize) {
    for (place, &row) in rows.iter().enumerate() {
        for (line, private) in table.row(row).iter().zip(&mut private[place * step..]) {
            for (shared, private) in line.0.iter().zip(private) {
                let value = f32::from_bits(shared.load(Relaxed));
                if ACT == Act::Copy as u8 {
                    *private = value;
                } else if ACT == Act::Sum as u8 {
                    *private += value;
                } else {
                    shared.store((value + *private).to_bits(), Relaxed);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
