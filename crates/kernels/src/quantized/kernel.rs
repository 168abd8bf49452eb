//! A tile of the product, summed in registers.

use super::format::Format;
use super::panels::{Line, WIDTH};
use crate::simd::{Level, dispatch, level};

/// Rows of a tile: with two vectors of columns, what 32 registers hold beside the operands.
pub(super) const HEIGHT: usize = 14;

/// Exact sums of a tile.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub(super) struct Sums(pub(super) [[i32; WIDTH]; HEIGHT]);

/// `sums[r][c] = Σ_k rows[k][r] · panel[k][c]` over the integers within the words.
///
/// Shapes: rows `[groups, height]`, panel `[groups, 2]` lines.
pub(super) fn multiply(
    format: Format,
    rows: &[i32],
    height: usize,
    panel: &[Line],
    sums: &mut Sums,
) {
    assert!((1..=HEIGHT).contains(&height), "a tile of {height} rows");
    assert_eq!(rows.len() / height, panel.len() / 2, "as many groups on both sides");
    #[cfg(target_arch = "x86_64")]
    if accelerated() {
        // SAFETY: `accelerated` has detected the features.
        #[allow(unsafe_code)]
        unsafe {
            match format {
                Format::Words => vector::multiply::<false>(rows, height, panel, sums),
                Format::Bytes => vector::multiply::<true>(rows, height, panel, sums),
            }
        }
        return;
    }
    portable(format, rows, height, panel, sums);
}

/// Whether this processor multiplies and adds neighbouring integers in one instruction (AVX-512
/// VNNI) and the process may use it.
pub(super) fn accelerated() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        level() == Level::Avx512 && std::arch::is_x86_feature_detected!("avx512vnni")
    }
    #[cfg(not(target_arch = "x86_64"))]
    false
}

dispatch! {
    /// The same in plain Rust.
    fn portable(format: Format, rows: &[i32], height: usize, panel: &[Line], sums: &mut Sums)
        = portable_body
}

#[inline(always)]
pub(super) fn portable_body<const FUSED: bool>(
    format: Format,
    rows: &[i32],
    height: usize,
    panel: &[Line],
    sums: &mut Sums,
) {
    match format {
        Format::Words => sum(words, rows, height, panel, sums),
        Format::Bytes => sum(bytes, rows, height, panel, sums),
    }
}

#[inline(always)]
fn sum(
    dot: impl Fn(i32, i32) -> i32,
    rows: &[i32],
    height: usize,
    panel: &[Line],
    sums: &mut Sums,
) {
    sums.0 = [[0; WIDTH]; HEIGHT];
    for (factors, lines) in rows.chunks_exact(height).zip(panel.as_chunks::<2>().0) {
        for (sums, &factor) in sums.0.iter_mut().zip(factors) {
            for (sums, Line(terms)) in sums.as_chunks_mut::<16>().0.iter_mut().zip(lines) {
                for (sum, &term) in sums.iter_mut().zip(terms) {
                    *sum = sum.wrapping_add(dot(factor, term));
                }
            }
        }
    }
}

/// Two signed products.
#[inline(always)]
fn words(row: i32, weight: i32) -> i32 {
    let low = i32::from(row as i16) * i32::from(weight as i16);
    low.wrapping_add((row >> 16) * (weight >> 16))
}

/// Four products of unsigned by signed.
#[inline(always)]
fn bytes(row: i32, weight: i32) -> i32 {
    let [rows, weights] = [row, weight].map(i32::to_le_bytes);
    (0..4).map(|i| i32::from(rows[i]) * i32::from(weights[i] as i8)).sum()
}

#[cfg(target_arch = "x86_64")]
mod vector {
    use super::{Line, Sums, WIDTH};
    use std::arch::x86_64::{
        __m512i, _mm512_dpbusd_epi32, _mm512_dpwssd_epi32, _mm512_load_si512, _mm512_set1_epi32,
        _mm512_setzero_si512, _mm512_storeu_si512,
    };

    /// Eight bits where `BYTES`, sixteen otherwise.
    #[target_feature(enable = "avx512f,avx512vnni")]
    pub(super) fn multiply<const BYTES: bool>(
        rows: &[i32],
        height: usize,
        panel: &[Line],
        sums: &mut Sums,
    ) {
        match height {
            1 => tile::<1, BYTES>(rows, panel, sums),
            2 => tile::<2, BYTES>(rows, panel, sums),
            3 => tile::<3, BYTES>(rows, panel, sums),
            4 => tile::<4, BYTES>(rows, panel, sums),
            5 => tile::<5, BYTES>(rows, panel, sums),
            6 => tile::<6, BYTES>(rows, panel, sums),
            7 => tile::<7, BYTES>(rows, panel, sums),
            8 => tile::<8, BYTES>(rows, panel, sums),
            9 => tile::<9, BYTES>(rows, panel, sums),
            10 => tile::<10, BYTES>(rows, panel, sums),
            11 => tile::<11, BYTES>(rows, panel, sums),
            12 => tile::<12, BYTES>(rows, panel, sums),
            13 => tile::<13, BYTES>(rows, panel, sums),
            _ => tile::<14, BYTES>(rows, panel, sums),
        }
    }

    #[target_feature(enable = "avx512f,avx512vnni")]
    fn tile<const R: usize, const BYTES: bool>(rows: &[i32], panel: &[Line], sums: &mut Sums) {
        let mut totals = [[_mm512_setzero_si512(); 2]; R];
        for (factors, lines) in rows.as_chunks::<R>().0.iter().zip(panel.as_chunks::<2>().0) {
            let terms = [load(&lines[0]), load(&lines[1])];
            for row in 0..R {
                let factor = _mm512_set1_epi32(factors[row]);
                for column in 0..2 {
                    let total = totals[row][column];
                    totals[row][column] = if BYTES {
                        _mm512_dpbusd_epi32(total, factor, terms[column])
                    } else {
                        _mm512_dpwssd_epi32(total, factor, terms[column])
                    };
                }
            }
        }
        #[allow(clippy::needless_range_loop, reason = "an iterator would pass them through memory")]
        for row in 0..R {
            let (halves, _) = sums.0[row].as_chunks_mut::<{ WIDTH / 2 }>();
            for column in 0..2 {
                // SAFETY: a half is sixteen words.
                #[allow(unsafe_code)]
                unsafe {
                    let half = halves[column].as_mut_ptr();
                    _mm512_storeu_si512(half.cast(), totals[row][column]);
                }
            }
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn load(line: &Line) -> __m512i {
        // SAFETY: a `Line` is sixteen words, aligned to 64 bytes.
        #[allow(unsafe_code)]
        unsafe {
            _mm512_load_si512(line.0.as_ptr().cast())
        }
    }
}
