//! Patches of the picture are hidden.

use super::{Error, Fits, Picture, View, error};
use crate::random::Random;

/// Random masking: the picture is laid out in square patches, a fixed share of which, drawn
/// without replacement, takes the mean colour of the training data (0 after normalization).
///
/// Departure from the paper, where masked patches are not shown to the encoder at all: here they
/// stay in place, for encoders that need whole pictures.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// The share of the patches to hide, from 0 to 1.
    pub ratio: f32,
    /// Side of a patch, in pixels. Patches at the right and lower border may be cut off.
    pub patch: usize,
}

impl Default for Config {
    fn default() -> Self {
        Config { ratio: 0.75, patch: 4 }
    }
}

impl View for Config {
    const SUMMARY: &'static str = "hides random patches of a picture";
    const REFERENCE: &'static str = "He et al. 2022 (masked autoencoders), section 3";
    const FITS: Fits = Fits::Pictures;

    fn validate(&self) -> Result<(), Error> {
        error::within("random-masking", "ratio", self.ratio, (0.0, 1.0), "from 0 to 1")?;
        error::within("random-masking", "patch", self.patch as f32, (1.0, f32::MAX), "1 or more")
    }

    fn change_picture(&self, picture: &mut Picture, random: &mut Random) {
        let columns = picture.width.div_ceil(self.patch);
        let patches = picture.height.div_ceil(self.patch) * columns;
        let mut hidden = (self.ratio * patches as f32).round() as usize;
        // Selection sampling (Knuth, volume 2, algorithm 3.4.2 S): every set of this size is
        // equally likely.
        for patch in 0..patches {
            if random.below(patches - patch) < hidden {
                hide(
                    picture,
                    patch / columns * self.patch,
                    patch % columns * self.patch,
                    self.patch,
                );
                hidden -= 1;
            }
        }
    }

    #[cfg(test)]
    fn neutral() -> Self {
        Config { ratio: 0.0, ..Config::default() }
    }
}

/// Paints the square with this corner and side in the mean colour.
fn hide(picture: &mut Picture, top: usize, left: usize, side: usize) {
    let (height, width) = (picture.height, picture.width);
    let planes = picture.values.chunks_exact_mut(height * width);
    for (plane, &mean) in planes.zip(&picture.mean) {
        for row in plane.chunks_exact_mut(width).skip(top).take(side) {
            row[left..width.min(left + side)].fill(mean);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_of_whole_patches_is_hidden() {
        let mut picture = Picture {
            channels: 1,
            height: 8,
            width: 10,
            values: vec![1.0; 80],
            mean: vec![0.25],
            ..Picture::default()
        };
        // 4 x 5 patches, of which 5 are hidden.
        Config { ratio: 0.25, patch: 2 }.change_picture(&mut picture, &mut Random::keyed(&[2]));
        assert_eq!(picture.values.iter().filter(|&&value| value == 0.25).count(), 5 * 4);
        for (y, x) in (0..4).flat_map(|y| (0..5).map(move |x| (2 * y, 2 * x))) {
            let at = |dy: usize, dx: usize| picture.values[(y + dy) * 10 + x + dx];
            assert!([at(0, 1), at(1, 0), at(1, 1)].iter().all(|&value| value == at(0, 0)));
        }
    }

    #[test]
    fn cut_patches_stay_inside() {
        let mut picture = Picture {
            channels: 1,
            height: 3,
            width: 5,
            values: vec![1.0; 15],
            mean: vec![0.5],
            ..Picture::default()
        };
        Config { ratio: 1.0, patch: 4 }.change_picture(&mut picture, &mut Random::keyed(&[3]));
        assert_eq!(picture.values, [0.5; 15]);
    }
}
