//! Sixteen channels side by side, and the exchange of pixels and channels.

use std::arch::x86_64::{
    __m512, _mm512_loadu_ps, _mm512_mask_storeu_ps, _mm512_maskz_loadu_ps, _mm512_shuffle_f32x4,
    _mm512_shuffle_ps, _mm512_storeu_ps, _mm512_unpackhi_ps, _mm512_unpacklo_ps,
};

/// Sixteen floats.
pub(super) type Vector = __m512;

/// # Safety
/// Sixteen floats must be readable at `place`.
#[inline]
#[target_feature(enable = "avx512f")]
#[allow(unsafe_code)]
pub(super) unsafe fn load(place: *const f32) -> Vector {
    // SAFETY: promised by the caller.
    unsafe { _mm512_loadu_ps(place) }
}

/// # Safety
/// Sixteen floats must be writable at `place`.
#[inline]
#[target_feature(enable = "avx512f")]
#[allow(unsafe_code)]
pub(super) unsafe fn store(place: *mut f32, value: Vector) {
    // SAFETY: promised by the caller.
    unsafe { _mm512_storeu_ps(place, value) }
}

/// The sixteen floats that begin at `offset`.
#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn read(values: &[f32], offset: usize) -> Vector {
    let values = &values[offset..offset + 16];
    // SAFETY: the slice has just been cut to sixteen floats.
    #[allow(unsafe_code)]
    unsafe {
        load(values.as_ptr())
    }
}

/// Sets the sixteen floats that begin at `offset`.
#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn write(values: &mut [f32], offset: usize, value: Vector) {
    let values = &mut values[offset..offset + 16];
    // SAFETY: the slice has just been cut to sixteen floats.
    #[allow(unsafe_code)]
    unsafe {
        store(values.as_mut_ptr(), value);
    }
}

/// Up to sixteen floats, zeros behind them.
#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn read_part(values: &[f32]) -> Vector {
    let mask = ((1u32 << values.len().min(16)) - 1) as u16;
    // SAFETY: only as many floats are read as the slice has; masked lanes are not accessed.
    #[allow(unsafe_code)]
    unsafe {
        _mm512_maskz_loadu_ps(mask, values.as_ptr())
    }
}

/// Sets up to sixteen floats, as many as the slice has.
#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn write_part(values: &mut [f32], value: Vector) {
    let mask = ((1u32 << values.len().min(16)) - 1) as u16;
    // SAFETY: only as many floats are written as the slice has; masked lanes are not accessed.
    #[allow(unsafe_code)]
    unsafe {
        _mm512_mask_storeu_ps(values.as_mut_ptr(), mask, value);
    }
}

/// Exchanges rows and columns of a 16 by 16 matrix.
#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn transpose(rows: [Vector; 16]) -> [Vector; 16] {
    let mut pairs = rows;
    for i in 0..8 {
        pairs[2 * i] = _mm512_unpacklo_ps(rows[2 * i], rows[2 * i + 1]);
        pairs[2 * i + 1] = _mm512_unpackhi_ps(rows[2 * i], rows[2 * i + 1]);
    }
    // Within each 128-bit lane: column `c` of rows `4i .. 4i + 4` at `4i + c`.
    let mut quads = pairs;
    for i in 0..4 {
        let at = 4 * i;
        quads[at] = _mm512_shuffle_ps::<0x44>(pairs[at], pairs[at + 2]);
        quads[at + 1] = _mm512_shuffle_ps::<0xEE>(pairs[at], pairs[at + 2]);
        quads[at + 2] = _mm512_shuffle_ps::<0x44>(pairs[at + 1], pairs[at + 3]);
        quads[at + 3] = _mm512_shuffle_ps::<0xEE>(pairs[at + 1], pairs[at + 3]);
    }
    let mut result = quads;
    for c in 0..4 {
        let even_low = _mm512_shuffle_f32x4::<0x88>(quads[c], quads[c + 4]);
        let odd_low = _mm512_shuffle_f32x4::<0xDD>(quads[c], quads[c + 4]);
        let even_high = _mm512_shuffle_f32x4::<0x88>(quads[c + 8], quads[c + 12]);
        let odd_high = _mm512_shuffle_f32x4::<0xDD>(quads[c + 8], quads[c + 12]);
        result[c] = _mm512_shuffle_f32x4::<0x88>(even_low, even_high);
        result[c + 4] = _mm512_shuffle_f32x4::<0x88>(odd_low, odd_high);
        result[c + 8] = _mm512_shuffle_f32x4::<0xDD>(even_low, even_high);
        result[c + 12] = _mm512_shuffle_f32x4::<0xDD>(odd_low, odd_high);
    }
    result
}
