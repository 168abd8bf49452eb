//! A picture on its way through the views.

use super::resample::{Resampler, Window};
use crate::sample::Image;

/// The weights of red, green and blue in a grey value (ITU-R BT.601).
pub(crate) const LUMA: [f32; 3] = [0.299, 0.587, 0.114];

/// A picture as numbers in `[0, 1]`, plane by plane; views change it in place.
///
/// One `Picture` serves many samples in turn, so that its buffers are allocated once.
#[derive(Clone, Debug, Default)]
pub struct Picture {
    /// Planes: 1 (grey) or 3 (red, green, blue).
    pub channels: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// `values[(channel * height + y) * width + x]`.
    pub values: Vec<f32>,
    /// The height and width that the encoder wants, for views that choose a size.
    pub target: [usize; 2],
    /// The colour of nothing in particular: the mean of the training data, one value per channel.
    pub mean: Vec<f32>,
    /// A second buffer for views that cannot work in place.
    pub(super) spare: Vec<f32>,
    pub(super) resampler: Resampler,
}

impl Picture {
    /// Takes in a part of a decoded image, as one grey plane or as three colour planes.
    ///
    /// # Panics
    /// Where either side has other than 1 or 3 channels, or the part is not inside the image.
    pub fn load(&mut self, image: &Image, part: Window, channels: usize) {
        (self.channels, self.height, self.width) = (channels, part.height, part.width);
        let pixels = part.height * part.width;
        self.values.clear();
        let grey = |pixel: &[u8]| (0..3).map(|c| LUMA[c] * unit(pixel[c])).sum::<f32>();
        match (image.channels, channels) {
            (1, 1 | 3) => {
                for row in rows(image, part) {
                    self.values.extend(row.iter().map(|&value| unit(value)));
                }
                for _ in 1..channels {
                    self.values.extend_from_within(..pixels);
                }
            }
            (3, 3) => {
                for channel in 0..3 {
                    for row in rows(image, part) {
                        let plane = row.chunks_exact(3).map(|pixel| unit(pixel[channel]));
                        self.values.extend(plane);
                    }
                }
            }
            (3, 1) => {
                for row in rows(image, part) {
                    self.values.extend(row.chunks_exact(3).map(grey));
                }
            }
            (from, to) => panic!("no way from {from} to {to} channels; there are 1 and 3"),
        }
    }

    /// Pixels of one plane.
    pub fn pixels(&self) -> usize {
        self.height * self.width
    }

    /// The planes, one after the other.
    pub fn planes_mut(&mut self) -> impl Iterator<Item = &mut [f32]> {
        let pixels = self.pixels();
        self.values.chunks_exact_mut(pixels)
    }

    /// Red, green and blue, or nothing where there is one channel.
    pub fn colours_mut(&mut self) -> Option<[&mut [f32]; 3]> {
        if self.channels != 3 {
            return None;
        }
        let pixels = self.pixels();
        let (red, rest) = self.values.split_at_mut(pixels);
        let (green, blue) = rest.split_at_mut(pixels);
        Some([red, green, blue])
    }

    /// Keeps a part of the picture and brings it to a new size.
    pub fn resize(&mut self, part: Window, [height, width]: [usize; 2]) {
        let whole = Window::whole(self.height, self.width);
        if part == whole && [height, width] == [self.height, self.width] {
            return;
        }
        let from = (self.height, self.width);
        self.spare.clear();
        self.spare.resize(self.channels * height * width, 0.0);
        let planes = self.values.chunks_exact(from.0 * from.1);
        self.resampler.resample(planes, from.1, part, [height, width], &mut self.spare);
        std::mem::swap(&mut self.values, &mut self.spare);
        (self.height, self.width) = (height, width);
    }

    /// Brings the whole picture to the target size.
    pub fn resize_whole(&mut self) {
        self.resize(Window::whole(self.height, self.width), self.target);
    }
}

/// The pixels of a part, row by row; in one piece where the rows lie side by side.
fn rows(image: &Image, part: Window) -> impl Iterator<Item = &[u8]> {
    let stride = image.width * image.channels;
    let (count, len) = if part.width == image.width {
        (1, part.height * stride)
    } else {
        (part.height, part.width * image.channels)
    };
    let first = part.top * stride + part.left * image.channels;
    (0..count).map(move |row| &image.pixels[first + row * stride..][..len])
}

fn unit(value: u8) -> f32 {
    f32::from(value) / 255.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(channels: usize, pixels: &[u8]) -> Image {
        Image { width: pixels.len() / channels, height: 1, channels, pixels: pixels.to_vec() }
    }

    /// The whole of a picture one pixel high.
    fn loaded(from: usize, pixels: &[u8], channels: usize) -> Vec<f32> {
        let image = image(from, pixels);
        let mut picture = Picture::default();
        picture.load(&image, Window::whole(image.height, image.width), channels);
        picture.values
    }

    #[test]
    fn colours_become_planes() {
        let planes = loaded(3, &[0, 51, 255, 255, 102, 0], 3);
        assert_eq!(planes, [0.0, 1.0, 0.2, 0.4, 1.0, 0.0]);
    }

    #[test]
    fn grey_is_the_weighted_sum_and_goes_to_every_plane() {
        assert_eq!(loaded(3, &[255, 0, 0, 0, 255, 0, 0, 0, 255], 1), LUMA);
        assert_eq!(loaded(1, &[0, 255], 3), [0.0, 1.0, 0.0, 1.0, 0.0, 1.0]);
        assert_eq!(loaded(1, &[51, 255], 1), [0.2, 1.0]);
    }

    #[test]
    fn a_part_is_the_same_loaded_alone_or_cut_from_the_whole() {
        let pixels = (0..7 * 6 * 3).map(|at| (at * 41 % 256) as u8).collect();
        let image = Image { width: 7, height: 6, channels: 3, pixels };
        for part in [
            Window { top: 2, left: 1, height: 3, width: 5 },
            Window { top: 2, left: 0, height: 3, width: 7 },
        ] {
            for channels in [1, 3] {
                let (mut whole, mut alone) = (Picture::default(), Picture::default());
                whole.load(&image, Window::whole(6, 7), channels);
                whole.resize(part, [part.height, part.width]);
                alone.load(&image, part, channels);
                assert_eq!(whole.values, alone.values);
                whole.load(&image, Window::whole(6, 7), channels);
                whole.resize(part, [2, 9]);
                alone.resize(Window::whole(part.height, part.width), [2, 9]);
                assert_eq!(whole.values, alone.values);
            }
        }
    }
}
