//! Images with channels first to a register of channels side by side, and back.

use crate::conv2d::lanes::Lanes;

/// Where an image lies inside its padded copy.
#[derive(Clone, Copy)]
pub(super) struct Frame {
    /// Height and width of the image.
    pub(super) image: [usize; 2],
    /// Row and column of the image's first pixel in the copy.
    pub(super) origin: [usize; 2],
    /// Height and width of the copy.
    pub(super) copy: [usize; 2],
}

impl Frame {
    /// Floats of the copy, with `lanes` channels side by side.
    pub(super) fn size(&self, lanes: usize) -> usize {
        self.copy[0] * self.copy[1] * lanes
    }

    fn line(&self, y: usize) -> usize {
        (self.origin[0] + y) * self.copy[1] + self.origin[1]
    }
}

/// Channels `[at most a register, h, w]` into `pixels [rows, width, lanes]`, missing channels being
/// zero. Pixels around are left alone.
#[inline(always)]
pub(super) fn spread<L: Lanes>(frame: Frame, planes: &[f32], pixels: &mut [f32]) {
    let [height, width] = frame.image;
    let plane = height * width;
    for y in 0..height {
        let line = frame.line(y) * L::COUNT;
        for x in (0..width).step_by(L::COUNT) {
            let count = (width - x).min(L::COUNT);
            let mut rows = [L::splat(0.0); 16];
            for (channel, row) in rows[..planes.len() / plane].iter_mut().enumerate() {
                let start = channel * plane + y * width + x;
                *row = L::read_part(&planes[start..start + count]);
            }
            L::transpose(&mut rows);
            for (pixel, values) in rows[..count].iter().enumerate() {
                values.write(pixels, line + (x + pixel) * L::COUNT);
            }
        }
    }
}

/// The way back: `pixels [rows, width, lanes]` into as many channels as `planes` has, plus `bias`,
/// which is empty or has a value for each.
#[inline(always)]
pub(super) fn collect<L: Lanes>(frame: Frame, pixels: &[f32], bias: &[f32], planes: &mut [f32]) {
    let [height, width] = frame.image;
    let plane = height * width;
    let channels = planes.len() / plane;
    let bias = L::read_part(bias);
    for y in 0..height {
        let line = frame.line(y) * L::COUNT;
        for x in (0..width).step_by(L::COUNT) {
            let count = (width - x).min(L::COUNT);
            let mut rows = [L::splat(0.0); 16];
            for (pixel, row) in rows[..count].iter_mut().enumerate() {
                *row = L::read(pixels, line + (x + pixel) * L::COUNT).plus(bias);
            }
            L::transpose(&mut rows);
            for (channel, values) in rows[..channels].iter().enumerate() {
                let start = channel * plane + y * width + x;
                values.write_part(&mut planes[start..start + count]);
            }
        }
    }
}
