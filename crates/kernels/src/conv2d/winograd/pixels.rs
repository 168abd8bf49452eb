//! Images with channels first to sixteen channels side by side, and back.

use super::vector::{read, read_part, transpose, write, write_part};
use std::arch::x86_64::_mm512_setzero_ps;

/// Where an image lies inside its padded copy.
#[derive(Clone, Copy)]
pub(super) struct Frame {
    /// Height and width of the image.
    pub(super) image: [usize; 2],
    /// Row and column of the image's first pixel in the copy.
    pub(super) origin: [usize; 2],
    /// Pixels in a row of the copy.
    pub(super) width: usize,
}

/// Sixteen channels `[16, h, w]` into `pixels [rows, width, 16]`. Pixels around are left alone.
#[target_feature(enable = "avx512f")]
pub(super) fn spread(frame: Frame, planes: &[f32], pixels: &mut [f32]) {
    let [height, width] = frame.image;
    for y in 0..height {
        let line = ((frame.origin[0] + y) * frame.width + frame.origin[1]) * 16;
        for x in (0..width).step_by(16) {
            let count = (width - x).min(16);
            let mut rows = [_mm512_setzero_ps(); 16];
            for (channel, row) in rows.iter_mut().enumerate() {
                let start = (channel * height + y) * width + x;
                *row = read_part(&planes[start..start + count]);
            }
            for (pixel, values) in transpose(rows).into_iter().take(count).enumerate() {
                write(pixels, line + (x + pixel) * 16, values);
            }
        }
    }
}

/// The way back: `pixels [rows, width, 16]` into sixteen channels `[16, h, w]`, plus `bias`, which
/// is empty or has sixteen values.
#[target_feature(enable = "avx512f")]
pub(super) fn collect(frame: Frame, pixels: &[f32], bias: &[f32], planes: &mut [f32]) {
    let [height, width] = frame.image;
    let bias = read_part(bias);
    for y in 0..height {
        let line = ((frame.origin[0] + y) * frame.width + frame.origin[1]) * 16;
        for x in (0..width).step_by(16) {
            let count = (width - x).min(16);
            let mut rows = [_mm512_setzero_ps(); 16];
            for (pixel, row) in rows.iter_mut().take(count).enumerate() {
                let values = read(pixels, line + (x + pixel) * 16);
                *row = std::arch::x86_64::_mm512_add_ps(values, bias);
            }
            for (channel, values) in transpose(rows).into_iter().enumerate() {
                let start = (channel * height + y) * width + x;
                write_part(&mut planes[start..start + count], values);
            }
        }
    }
}
