//! Memory for results: allocated without being cleared, shared out to threads by columns.

use rayon::prelude::*;
use std::marker::PhantomData;

/// `len` floats that the caller overwrites before reading any of them.
///
/// Clearing a large result first would cost as much as computing it.
pub(crate) fn to_overwrite(len: usize) -> Vec<f32> {
    if cfg!(debug_assertions) {
        return vec![f32::NAN; len]; // so that a test sees what nobody has written
    }
    let mut values = Vec::with_capacity(len);
    // SAFETY: the capacity is `len`. Beyond the contract of `set_len`, which asks for initialized
    // elements, this rests on each caller in this crate writing a value before anything reads it. The
    // gaps between the points of Winograd's tiles are never written, and never read.
    #[allow(unsafe_code, clippy::uninit_vec)]
    unsafe {
        values.set_len(len);
    }
    values
}

/// Neighbouring columns of a `[rows, width]` array: exclusive to one thread.
///
/// One channel of `[images, channels, plane]` is such a strip, as wide as a plane.
pub(crate) struct Strip<'a> {
    first: *mut f32,
    /// Floats between neighbouring rows.
    step: usize,
    width: usize,
    rows: usize,
    borrow: PhantomData<&'a mut [f32]>,
}

// SAFETY: a `Strip` is an exclusive borrow of its columns, like `&mut [f32]`, which is `Send`.
#[allow(unsafe_code)]
unsafe impl Send for Strip<'_> {}

impl Strip<'_> {
    /// The strip's part of row `n`.
    pub(crate) fn row(&mut self, n: usize) -> &mut [f32] {
        assert!(n < self.rows, "row {n} of {}", self.rows);
        // SAFETY: `strips` has cut a whole number of rows, each `step` wide, into disjoint strips
        // that end inside their row; `&mut self` lends one row of the strip at a time.
        #[allow(unsafe_code)]
        unsafe {
            std::slice::from_raw_parts_mut(self.first.add(n * self.step), self.width)
        }
    }
}

/// Cuts a `[rows, width]` array into strips of `block` columns, the last one perhaps narrower.
pub(crate) fn strips(
    values: &mut [f32],
    width: usize,
    block: usize,
) -> impl IndexedParallelIterator<Item = Strip<'_>> {
    assert!(block > 0 && width > 0 && values.len().is_multiple_of(width), "whole rows");
    let rows = values.len() / width;
    let array = Array(values.as_mut_ptr());
    (0..width.div_ceil(block)).into_par_iter().map(move |index| Strip {
        first: array.column(index * block),
        step: width,
        width: block.min(width - index * block),
        rows,
        borrow: PhantomData,
    })
}

#[derive(Clone, Copy)]
struct Array(*mut f32);

impl Array {
    fn column(self, index: usize) -> *mut f32 {
        self.0.wrapping_add(index)
    }
}

// SAFETY: only an address; what may be done with it is decided by `Strip`.
#[allow(unsafe_code)]
unsafe impl Send for Array {}
// SAFETY: as above; sharing the address does not read or write through it.
#[allow(unsafe_code)]
unsafe impl Sync for Array {}
