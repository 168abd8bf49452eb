//! Rearranging keys and values, so that the product can read their transposes row by row.

use super::{Matrix, PANEL, Panels};
#[cfg(target_arch = "x86_64")]
use crate::simd::{Level, level};
use std::ops::Range;

/// Side of the squares that are exchanged in registers.
#[cfg(target_arch = "x86_64")]
const SIDE: usize = 8;

/// Floats that [`transpose`] writes into.
pub(crate) fn packed_len(rows: usize, depth: usize) -> usize {
    rows.next_multiple_of(PANEL) * depth
}

/// Writes `factor · sourceᵀ` as panels for [`super::product::Panels::packed`]; `source` is
/// `[rows, depth]`, its columns side by side. Columns of the last panel beyond `rows` stay as
/// they are.
///
/// # Panics
/// When a slice is too short.
pub(crate) fn transpose(
    source: Matrix<'_>,
    [rows, depth]: [usize; 2],
    factor: f32,
    panels: &mut [f32],
) {
    assert_eq!(source.column, 1, "columns side by side");
    #[cfg(target_arch = "x86_64")]
    if level() >= Level::Avx2 {
        // SAFETY: `level` has detected the instructions.
        #[allow(unsafe_code)]
        unsafe {
            transpose_squares(source, [rows, depth], factor, panels);
        }
        let whole = [rows - rows % SIDE, depth - depth % SIDE];
        transpose_part(source, [0..whole[0], whole[1]..depth], depth, factor, panels);
        transpose_part(source, [whole[0]..rows, 0..depth], depth, factor, panels);
        return;
    }
    transpose_part(source, [0..rows, 0..depth], depth, factor, panels);
}

/// Floats that [`rows`] writes into.
pub(crate) fn rows_len(rows: usize, columns: usize) -> usize {
    rows * columns.next_multiple_of(PANEL)
}

/// Copies `[rows, columns]`, its columns side by side, into panels without gaps between rows:
/// those of a head lie in as many pages of memory as there are rows.
///
/// # Panics
/// When a slice is too short.
pub(crate) fn rows<'a>(
    source: Matrix<'_>,
    [rows, columns]: [usize; 2],
    panels: &'a mut [f32],
) -> Panels<'a> {
    assert_eq!(source.column, 1, "columns side by side");
    let panels = &mut panels[..rows_len(rows, columns)];
    for (index, panel) in panels.chunks_exact_mut((rows * PANEL).max(1)).enumerate() {
        let first = index * PANEL;
        let count = PANEL.min(columns - first);
        for (row, line) in panel.chunks_exact_mut(PANEL).enumerate() {
            let source = &source.data[row * source.row + first..];
            match (line.first_chunk_mut::<PANEL>(), source.first_chunk()) {
                // Of known length: no call for a hundred bytes.
                (Some(line), Some(source)) if count == PANEL => *line = *source,
                _ => line[..count].copy_from_slice(&source[..count]),
            }
        }
    }
    Panels::packed(panels, rows)
}

/// Some rows and columns, one by one: the portable instance, and the twin of the other.
pub(crate) fn transpose_part(
    source: Matrix<'_>,
    [rows, columns]: [Range<usize>; 2],
    depth: usize,
    factor: f32,
    panels: &mut [f32],
) {
    for row in rows {
        let panel = &mut panels[row / PANEL * PANEL * depth + row % PANEL..];
        let values = &source.data[row * source.row..];
        for column in columns.clone() {
            panel[column * PANEL] = factor * values[column];
        }
    }
}

/// As many whole squares as there are.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn transpose_squares(
    source: Matrix<'_>,
    [rows, depth]: [usize; 2],
    factor: f32,
    panels: &mut [f32],
) {
    use std::arch::x86_64::{_mm256_loadu_ps, _mm256_mul_ps, _mm256_set1_ps, _mm256_storeu_ps};
    let factor = _mm256_set1_ps(factor);
    for row in (0..rows - rows % SIDE).step_by(SIDE) {
        let panel = &mut panels[row / PANEL * PANEL * depth + row % PANEL..];
        for column in (0..depth - depth % SIDE).step_by(SIDE) {
            let square = std::array::from_fn(|line| {
                let at = (row + line) * source.row + column;
                let values: &[f32; SIDE] = source.data[at..].first_chunk().expect("whole squares");
                // SAFETY: eight floats, as the type says.
                #[allow(unsafe_code)]
                let values = unsafe { _mm256_loadu_ps(values.as_ptr()) };
                _mm256_mul_ps(values, factor)
            });
            for (line, values) in exchange(square).into_iter().enumerate() {
                let at = (column + line) * PANEL;
                let place: &mut [f32; SIDE] = panel[at..].first_chunk_mut().expect("whole squares");
                // SAFETY: eight floats, as the type says.
                #[allow(unsafe_code)]
                unsafe {
                    _mm256_storeu_ps(place.as_mut_ptr(), values);
                }
            }
        }
    }
}

/// Exchanges rows and columns of a square: pairs, then quads, then halves of vectors.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn exchange(rows: [std::arch::x86_64::__m256; SIDE]) -> [std::arch::x86_64::__m256; SIDE] {
    use std::arch::x86_64::{
        _mm256_permute2f128_ps as halves, _mm256_shuffle_ps as quads, _mm256_unpackhi_ps as high,
        _mm256_unpacklo_ps as low,
    };
    let [a, b, c, d, e, f, g, h] = rows;
    let (ab, cd, ef, gh) = (low(a, b), low(c, d), low(e, f), low(g, h));
    let (ab_, cd_, ef_, gh_) = (high(a, b), high(c, d), high(e, f), high(g, h));
    // The four floats of one column of rows a to d, or e to h; column c + 4 in the upper half.
    let first = [
        quads::<0x44>(ab, cd),
        quads::<0xEE>(ab, cd),
        quads::<0x44>(ab_, cd_),
        quads::<0xEE>(ab_, cd_),
    ];
    let second = [
        quads::<0x44>(ef, gh),
        quads::<0xEE>(ef, gh),
        quads::<0x44>(ef_, gh_),
        quads::<0xEE>(ef_, gh_),
    ];
    std::array::from_fn(|column| {
        let (first, second) = (first[column % 4], second[column % 4]);
        if column < 4 { halves::<0x20>(first, second) } else { halves::<0x31>(first, second) }
    })
}
