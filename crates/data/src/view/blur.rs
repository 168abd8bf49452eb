//! Details are smeared out.

use super::{Error, Fits, Picture, View, error};
use crate::random::Random;

/// Gaussian blur: every pixel becomes a mean of its surroundings with weights
/// `exp(-distance² / (2 sigma²))`, with `sigma` uniform in a range, in pixels.
///
/// The surroundings are a square of `2 radius + 1` pixels with `radius = floor(floor(share ·
/// height) / 2)`, at least 1. Beyond its border a picture goes on as in a mirror (SimCLR's own code
/// takes black there, which darkens the border; torchvision mirrors).
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Smallest and largest standard deviation, in pixels.
    pub sigma: [f32; 2],
    /// Side of the square as a share of the picture's height, from 0 to 1.
    pub share: f32,
    /// How often, from 0 to 1.
    pub probability: f32,
}

impl Default for Config {
    fn default() -> Self {
        Config { sigma: [0.1, 2.0], share: 0.1, probability: 0.5 }
    }
}

impl View for Config {
    const SUMMARY: &'static str = "smears out details with a Gaussian of random width";
    const REFERENCE: &'static str = "Chen et al. 2020 (SimCLR), appendix A";
    const FITS: Fits = Fits::Pictures;

    fn validate(&self) -> Result<(), Error> {
        let name = "blur";
        let order = "[low, high] with 0 < low <= high";
        error::range(name, "sigma", self.sigma, (f32::MIN_POSITIVE, f32::MAX), order)?;
        error::within(name, "share", self.share, (0.0, 1.0), "from 0 to 1")?;
        error::probability(name, self.probability)
    }

    fn change_picture(&self, picture: &mut Picture, random: &mut Random) {
        if random.chance(self.probability) {
            let sigma = random.uniform(self.sigma[0], self.sigma[1]);
            let side = (self.share * picture.height as f32) as usize;
            blur(picture, &kernel(sigma, (side / 2).max(1)));
        }
    }

    #[cfg(test)]
    fn neutral() -> Self {
        Config { probability: 0.0, ..Config::default() }
    }
}

/// The weights from the middle outwards, such that the whole row of `2 radius + 1` sums to 1.
fn kernel(sigma: f32, radius: usize) -> Vec<f32> {
    let weight = |distance: usize| (-0.5 * (distance as f32 / sigma).powi(2)).exp();
    let total = 1.0 + 2.0 * (1..=radius).map(weight).sum::<f32>();
    (0..=radius).map(|distance| weight(distance) / total).collect()
}

/// Blurs rows, then columns.
fn blur(picture: &mut Picture, kernel: &[f32]) {
    let (height, width) = (picture.height, picture.width);
    picture.spare.clear();
    picture.spare.resize(picture.values.len(), 0.0);
    let rows = picture.values.chunks_exact(width).zip(picture.spare.chunks_exact_mut(width));
    for (row, out) in rows {
        for (x, out) in out.iter_mut().enumerate() {
            let sides = kernel.iter().enumerate().skip(1).map(|(distance, weight)| {
                weight * (row[before(x, distance, width)] + row[after(x, distance, width)])
            });
            *out = kernel[0] * row[x] + sides.sum::<f32>();
        }
    }
    let planes = picture.spare.chunks_exact(height * width);
    for (plane, out) in planes.zip(picture.values.chunks_exact_mut(height * width)) {
        let row = |y: usize| &plane[y * width..(y + 1) * width];
        for (y, out) in out.chunks_exact_mut(width).enumerate() {
            for (out, value) in out.iter_mut().zip(row(y)) {
                *out = kernel[0] * value;
            }
            for (distance, weight) in kernel.iter().enumerate().skip(1) {
                let sides = row(before(y, distance, height)).iter();
                let sides = sides.zip(row(after(y, distance, height)));
                for (out, (above, below)) in out.iter_mut().zip(sides) {
                    *out += weight * (above + below);
                }
            }
        }
    }
}

/// The position `distance` before `at`, mirrored at the first position.
fn before(at: usize, distance: usize, len: usize) -> usize {
    at.abs_diff(distance).min(len - 1)
}

/// The position `distance` after `at`, mirrored at the last position.
fn after(at: usize, distance: usize, len: usize) -> usize {
    len - 1 - before(len - 1 - at, distance, len)
}

#[cfg(test)]
mod tests {
    use super::*;

    // import numpy as np
    // x = np.array([[(x*x + 3*y*x + 7*y) % 17 / 16 for x in range(4)] for y in range(3)])
    // k = np.exp(-0.5 * (np.arange(-1, 2) / 0.8) ** 2); k /= k.sum()
    // p = np.pad(x, 1, mode="reflect")
    // h = sum(k[i] * p[:, i:i+4] for i in range(3)); v = sum(k[i] * h[i:i+3] for i in range(3))
    #[test]
    fn a_blur_is_the_mirrored_convolution() {
        let value = |x: usize, y: usize| ((x * x + 3 * y * x + 7 * y) % 17) as f32 / 16.0;
        let values = (0..12).map(|at| value(at % 4, at / 4)).collect();
        let mut picture =
            Picture { channels: 1, height: 3, width: 4, values, ..Picture::default() };
        blur(&mut picture, &kernel(0.8, 1));
        let expected = [
            0.281833, 0.269741, 0.281753, 0.340416, 0.435621, 0.391576, 0.355673, 0.382382,
            0.567051, 0.500173, 0.44283, 0.446706,
        ];
        for (received, expected) in picture.values.iter().zip(expected) {
            assert!((received - expected).abs() < 1e-6, "{received} is not {expected}");
        }
    }

    #[test]
    fn mirrors_stand_at_both_ends() {
        assert_eq!([before(0, 2, 5), before(1, 1, 5), before(3, 1, 5)], [2, 0, 2]);
        assert_eq!([after(4, 2, 5), after(3, 1, 5), after(1, 1, 5)], [2, 4, 2]);
        assert_eq!([before(0, 3, 1), after(0, 3, 1)], [0, 0]);
    }
}
