//! Vectors of floats, as the matrix product needs them.

use std::arch::x86_64::{
    __m256, __m512, _mm256_add_ps, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_loadu_si256,
    _mm256_maskload_ps, _mm256_maskstore_ps, _mm256_set1_ps, _mm512_add_ps, _mm512_fmadd_ps,
    _mm512_loadu_ps, _mm512_mask_storeu_ps, _mm512_maskz_loadu_ps, _mm512_set1_ps,
};

/// Some floats side by side.
///
/// # Safety
/// Every function needs the instructions of its vector, and the floats it names to be there.
#[allow(unsafe_code)]
pub(crate) trait Lanes: Copy {
    /// Floats in a vector.
    const WIDTH: usize;
    /// Rows of sums, two vectors wide, that registers hold beside the operands.
    const ROWS: usize;
    /// Whether registers hold half as many rows of four vectors as well, in two panels.
    const WIDE: bool;

    unsafe fn splat(value: f32) -> Self;
    unsafe fn load(place: *const f32) -> Self;
    /// The first `count` floats, at most `WIDTH`, zeros behind them.
    unsafe fn load_part(place: *const f32, count: usize) -> Self;
    /// Sets the first `count` floats, at most `WIDTH`.
    unsafe fn store_part(self, place: *mut f32, count: usize);
    /// `self + left · right`.
    unsafe fn add_product(self, left: Self, right: Self) -> Self;
    unsafe fn add(self, other: Self) -> Self;
}

#[allow(unsafe_code)]
impl Lanes for __m512 {
    const WIDTH: usize = 16;
    const ROWS: usize = 12;
    const WIDE: bool = 2 * Self::WIDTH == super::PANEL;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        // SAFETY: promised by the caller, here and below.
        unsafe { _mm512_set1_ps(value) }
    }

    #[inline(always)]
    unsafe fn load(place: *const f32) -> Self {
        // SAFETY: as above.
        unsafe { _mm512_loadu_ps(place) }
    }

    #[inline(always)]
    unsafe fn load_part(place: *const f32, count: usize) -> Self {
        // SAFETY: as above; masked lanes are not accessed.
        unsafe { _mm512_maskz_loadu_ps(((1u32 << count) - 1) as u16, place) }
    }

    #[inline(always)]
    unsafe fn store_part(self, place: *mut f32, count: usize) {
        // SAFETY: as above; masked lanes are not accessed.
        unsafe { _mm512_mask_storeu_ps(place, ((1u32 << count) - 1) as u16, self) }
    }

    #[inline(always)]
    unsafe fn add_product(self, left: Self, right: Self) -> Self {
        // SAFETY: as above.
        unsafe { _mm512_fmadd_ps(left, right, self) }
    }

    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        // SAFETY: as above.
        unsafe { _mm512_add_ps(self, other) }
    }
}

/// Eight set lanes, then eight that are not: a window of eight has the first `count` set when it
/// begins `8 - count` from the start.
static MASKS: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];

#[allow(unsafe_code)]
impl Lanes for __m256 {
    const WIDTH: usize = 8;
    const ROWS: usize = 6;
    const WIDE: bool = false;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        // SAFETY: promised by the caller, here and below.
        unsafe { _mm256_set1_ps(value) }
    }

    #[inline(always)]
    unsafe fn load(place: *const f32) -> Self {
        // SAFETY: as above.
        unsafe { _mm256_loadu_ps(place) }
    }

    #[inline(always)]
    unsafe fn load_part(place: *const f32, count: usize) -> Self {
        // SAFETY: as above; the window lies inside the masks, masked lanes are not accessed.
        unsafe {
            let mask = _mm256_loadu_si256(MASKS.as_ptr().add(8 - count).cast());
            _mm256_maskload_ps(place, mask)
        }
    }

    #[inline(always)]
    unsafe fn store_part(self, place: *mut f32, count: usize) {
        // SAFETY: as above; the window lies inside the masks, masked lanes are not accessed.
        unsafe {
            let mask = _mm256_loadu_si256(MASKS.as_ptr().add(8 - count).cast());
            _mm256_maskstore_ps(place, mask, self);
        }
    }

    #[inline(always)]
    unsafe fn add_product(self, left: Self, right: Self) -> Self {
        // SAFETY: as above.
        unsafe { _mm256_fmadd_ps(left, right, self) }
    }

    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        // SAFETY: as above.
        unsafe { _mm256_add_ps(self, other) }
    }
}
