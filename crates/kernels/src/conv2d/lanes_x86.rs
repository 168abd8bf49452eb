//! The registers of AVX2 and AVX-512.
//!
//! Nothing but [`super::lanes::for_lanes`] may name these types: their functions are safe to call and
//! run instructions that only it has seen detected.

#![allow(unsafe_code)]

use super::lanes::Lanes;
use std::arch::x86_64::*;

/// Eight floats (AVX2 and FMA).
#[derive(Clone, Copy)]
pub(super) struct Eight(__m256);

/// Sixteen floats (AVX-512).
#[derive(Clone, Copy)]
pub(super) struct Sixteen(__m512);

/// A mask of the first `count` of eight lanes begins at `8 - count`.
const FIRST: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];

impl Eight {
    #[inline(always)]
    fn first(count: usize) -> __m256i {
        let mask = &FIRST[8 - count.min(8)..][..8];
        // SAFETY: eight integers from a slice of eight; the instructions are those of the module.
        unsafe { _mm256_loadu_si256(mask.as_ptr().cast()) }
    }
}

// SAFETY of the blocks below: the module's doc says why the instructions exist; loads and stores
// touch a slice that has just been cut to a whole register, or only the lanes a slice has.
impl Lanes for Eight {
    const COUNT: usize = 8;

    #[inline(always)]
    fn splat(value: f32) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_set1_ps(value) })
    }

    #[inline(always)]
    fn read(values: &[f32], offset: usize) -> Self {
        let values = &values[offset..offset + 8];
        // SAFETY: see above.
        Self(unsafe { _mm256_loadu_ps(values.as_ptr()) })
    }

    #[inline(always)]
    unsafe fn read_at(place: *const f32) -> Self {
        // SAFETY: promised by the caller.
        Self(unsafe { _mm256_loadu_ps(place) })
    }

    #[inline(always)]
    fn write(self, values: &mut [f32], offset: usize) {
        let values = &mut values[offset..offset + 8];
        // SAFETY: see above.
        unsafe { _mm256_storeu_ps(values.as_mut_ptr(), self.0) }
    }

    #[inline(always)]
    fn read_part(values: &[f32]) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_maskload_ps(values.as_ptr(), Self::first(values.len())) })
    }

    #[inline(always)]
    fn write_part(self, values: &mut [f32]) {
        let mask = Self::first(values.len());
        // SAFETY: see above.
        unsafe { _mm256_maskstore_ps(values.as_mut_ptr(), mask, self.0) }
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_add_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_sub_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn times_plus(self, factor: Self, term: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_fmadd_ps(self.0, factor.0, term.0) })
    }

    #[inline(always)]
    fn transpose(rows: &mut [Self]) {
        let rows: &mut [Self; 8] = rows.first_chunk_mut().expect("eight rows");
        // SAFETY: see above.
        unsafe {
            let mut pairs = [_mm256_setzero_ps(); 8];
            for i in 0..4 {
                pairs[2 * i] = _mm256_unpacklo_ps(rows[2 * i].0, rows[2 * i + 1].0);
                pairs[2 * i + 1] = _mm256_unpackhi_ps(rows[2 * i].0, rows[2 * i + 1].0);
            }
            // Within each 128-bit half: column `c` of rows `4i .. 4i + 4` at `4i + c`.
            let mut quads = pairs;
            for at in [0, 4] {
                quads[at] = _mm256_shuffle_ps::<0x44>(pairs[at], pairs[at + 2]);
                quads[at + 1] = _mm256_shuffle_ps::<0xEE>(pairs[at], pairs[at + 2]);
                quads[at + 2] = _mm256_shuffle_ps::<0x44>(pairs[at + 1], pairs[at + 3]);
                quads[at + 3] = _mm256_shuffle_ps::<0xEE>(pairs[at + 1], pairs[at + 3]);
            }
            for c in 0..4 {
                rows[c].0 = _mm256_permute2f128_ps::<0x20>(quads[c], quads[c + 4]);
                rows[c + 4].0 = _mm256_permute2f128_ps::<0x31>(quads[c], quads[c + 4]);
            }
        }
    }
}

impl Sixteen {
    #[inline(always)]
    fn first(count: usize) -> __mmask16 {
        ((1u32 << count.min(16)) - 1) as __mmask16
    }
}

// SAFETY of the blocks below: as for `Eight`.
impl Lanes for Sixteen {
    const COUNT: usize = 16;

    #[inline(always)]
    fn splat(value: f32) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_set1_ps(value) })
    }

    #[inline(always)]
    fn read(values: &[f32], offset: usize) -> Self {
        let values = &values[offset..offset + 16];
        // SAFETY: see above.
        Self(unsafe { _mm512_loadu_ps(values.as_ptr()) })
    }

    #[inline(always)]
    unsafe fn read_at(place: *const f32) -> Self {
        // SAFETY: promised by the caller.
        Self(unsafe { _mm512_loadu_ps(place) })
    }

    #[inline(always)]
    fn write(self, values: &mut [f32], offset: usize) {
        let values = &mut values[offset..offset + 16];
        // SAFETY: see above.
        unsafe { _mm512_storeu_ps(values.as_mut_ptr(), self.0) }
    }

    #[inline(always)]
    fn read_part(values: &[f32]) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_maskz_loadu_ps(Self::first(values.len()), values.as_ptr()) })
    }

    #[inline(always)]
    fn write_part(self, values: &mut [f32]) {
        let mask = Self::first(values.len());
        // SAFETY: see above.
        unsafe { _mm512_mask_storeu_ps(values.as_mut_ptr(), mask, self.0) }
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_add_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_sub_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn times_plus(self, factor: Self, term: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_fmadd_ps(self.0, factor.0, term.0) })
    }

    #[inline(always)]
    fn transpose(rows: &mut [Self]) {
        let rows: &mut [Self; 16] = rows.first_chunk_mut().expect("sixteen rows");
        // SAFETY: see above.
        unsafe {
            let mut pairs = [_mm512_setzero_ps(); 16];
            for i in 0..8 {
                pairs[2 * i] = _mm512_unpacklo_ps(rows[2 * i].0, rows[2 * i + 1].0);
                pairs[2 * i + 1] = _mm512_unpackhi_ps(rows[2 * i].0, rows[2 * i + 1].0);
            }
            // Within each 128-bit quarter: column `c` of rows `4i .. 4i + 4` at `4i + c`.
            let mut quads = pairs;
            for at in [0, 4, 8, 12] {
                quads[at] = _mm512_shuffle_ps::<0x44>(pairs[at], pairs[at + 2]);
                quads[at + 1] = _mm512_shuffle_ps::<0xEE>(pairs[at], pairs[at + 2]);
                quads[at + 2] = _mm512_shuffle_ps::<0x44>(pairs[at + 1], pairs[at + 3]);
                quads[at + 3] = _mm512_shuffle_ps::<0xEE>(pairs[at + 1], pairs[at + 3]);
            }
            for c in 0..4 {
                let even_low = _mm512_shuffle_f32x4::<0x88>(quads[c], quads[c + 4]);
                let odd_low = _mm512_shuffle_f32x4::<0xDD>(quads[c], quads[c + 4]);
                let even_high = _mm512_shuffle_f32x4::<0x88>(quads[c + 8], quads[c + 12]);
                let odd_high = _mm512_shuffle_f32x4::<0xDD>(quads[c + 8], quads[c + 12]);
                rows[c].0 = _mm512_shuffle_f32x4::<0x88>(even_low, even_high);
                rows[c + 4].0 = _mm512_shuffle_f32x4::<0x88>(odd_low, odd_high);
                rows[c + 8].0 = _mm512_shuffle_f32x4::<0xDD>(even_low, even_high);
                rows[c + 12].0 = _mm512_shuffle_f32x4::<0xDD>(odd_low, odd_high);
            }
        }
    }
}
