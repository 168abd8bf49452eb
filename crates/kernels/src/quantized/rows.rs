//! Rows of inputs, quantized when they arrive.

use super::format::{Format, Measure, inverse, nearest};
use crate::simd::dispatch;

/// Quantizes up to a tile's height of rows into `words [groups, rows]`, and returns how.
pub(super) fn quantize(
    format: Format,
    rows: &[f32],
    inputs: usize,
    words: &mut [i32],
    measures: &mut [Measure],
) {
    let height = rows.len() / inputs;
    for (index, row) in rows.chunks_exact(inputs).enumerate() {
        let measure = format.measure(row);
        measures[index] = measure;
        match format {
            Format::Words => write_words(row, measure, height, &mut words[index..]),
            Format::Bytes => write_bytes(row, measure, height, &mut words[index..]),
        }
    }
}

dispatch! {
    /// Writes pairs of values, each pair `stride` words after the last.
    fn write_words(row: &[f32], measure: Measure, stride: usize, words: &mut [i32])
        = write_words_body
}

#[inline(always)]
fn write_words_body<const FUSED: bool>(
    row: &[f32],
    measure: Measure,
    stride: usize,
    words: &mut [i32],
) {
    write::<2>(Format::Words, row, measure, stride, words);
}

dispatch! {
    /// Writes groups of four values, each group `stride` words after the last.
    fn write_bytes(row: &[f32], measure: Measure, stride: usize, words: &mut [i32])
        = write_bytes_body
}

#[inline(always)]
fn write_bytes_body<const FUSED: bool>(
    row: &[f32],
    measure: Measure,
    stride: usize,
    words: &mut [i32],
) {
    write::<4>(Format::Bytes, row, measure, stride, words);
}

#[inline(always)]
fn write<const GROUP: usize>(
    format: Format,
    row: &[f32],
    Measure { step, low }: Measure,
    stride: usize,
    words: &mut [i32],
) {
    let inverse = inverse(step);
    let word = |group: &[f32]| {
        let mut word = 0;
        for (input, &x) in group.iter().enumerate() {
            word |= format.place(nearest((x - low) * inverse), input);
        }
        word
    };
    // Sixteen groups at a time, because the scattered store would keep the rest from vectorizing.
    let mut places = words.iter_mut().step_by(stride);
    let (groups, rest) = row.as_chunks::<GROUP>();
    for groups in groups.chunks(16) {
        let mut packed = [0; 16];
        match groups.as_array::<16>() {
            Some(groups) => {
                for lane in 0..16 {
                    packed[lane] = word(&groups[lane]);
                }
            }
            None => {
                for (packed, group) in packed.iter_mut().zip(groups) {
                    *packed = word(group);
                }
            }
        }
        // In this order: `zip` takes from the left before it finds the right at its end.
        for (packed, place) in packed[..groups.len()].iter().zip(places.by_ref()) {
            *place = *packed;
        }
    }
    if let Some(place) = places.next()
        && !rest.is_empty()
    {
        *place = word(rest);
    }
}
