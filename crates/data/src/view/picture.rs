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
    /// Takes in a decoded image, as one grey plane or as three colour planes.
    ///
    /// # Panics
    /// Where either side has other than 1 or 3 channels, or the image has no pixel.
    pub fn load(&mut self, image: &Image, channels: usize) {
        let pixels = image.width * image.height;
        assert!(pixels > 0 && image.pixels.len() == pixels * image.channels, "a broken image");
        (self.channels, self.height, self.width) = (channels, image.height, image.width);
        self.values.clear();
        match (image.channels, channels) {
            (1, 1) => self.values.extend(image.pixels.iter().map(|&v| unit(v))),
            (1, 3) => {
                self.values.extend(image.pixels.iter().map(|&v| unit(v)));
                self.values.extend_from_within(..);
                self.values.extend_from_within(..pixels);
            }
            (3, 3) => {
                for channel in 0..3 {
                    let plane = image.pixels.chunks_exact(3).map(|pixel| unit(pixel[channel]));
                    self.values.extend(plane);
                }
            }
            (3, 1) => {
                let grey = image.pixels.chunks_exact(3).map(|pixel| {
                    (0..3).map(|channel| LUMA[channel] * unit(pixel[channel])).sum::<f32>()
                });
                self.values.extend(grey);
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
        let whole = Window { top: 0, left: 0, height: self.height, width: self.width };
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

    /// Brings the whole picture to the target size: the largest centred part of the target's
    /// proportions, resized. This is "resize the shorter side, crop the centre" in one step.
    pub fn fit(&mut self) {
        let part = Window::centred(self.height, self.width, self.target);
        self.resize(part, self.target);
    }
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

    #[test]
    fn colours_become_planes() {
        let mut picture = Picture::default();
        picture.load(&image(3, &[0, 51, 255, 255, 102, 0]), 3);
        assert_eq!(picture.values, [0.0, 1.0, 0.2, 0.4, 1.0, 0.0]);
    }

    #[test]
    fn grey_is_the_weighted_sum_and_goes_to_every_plane() {
        let mut picture = Picture::default();
        picture.load(&image(3, &[255, 0, 0, 0, 255, 0, 0, 0, 255]), 1);
        assert_eq!(picture.values, LUMA);
        picture.load(&image(1, &[0, 255]), 3);
        assert_eq!(picture.values, [0.0, 1.0, 0.0, 1.0, 0.0, 1.0]);
    }

    #[test]
    fn fit_takes_the_centre() {
        let mut picture = Picture { target: [1, 1], ..Picture::default() };
        picture.load(&image(1, &[0, 255, 0]), 1);
        picture.fit();
        assert_eq!(picture.values, [1.0]);
    }
}
