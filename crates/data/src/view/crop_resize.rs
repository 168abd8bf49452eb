//! A random part of the picture, brought to the encoder's size.

use super::{Error, Fits, Picture, View, Window, error};
use crate::random::Random;

/// Random resized crop: a part with a random area and random proportions, resized.
///
/// The area is uniform in `scale` (as a share of the picture's), the proportions width / height
/// log-uniform in `ratio`. After ten draws that do not fit into the picture, the largest centred
/// part whose proportions lie within `ratio` is taken. Resizing is bilinear with antialiasing.
///
/// The first `crop-resize` of a recipe brings a picture to the encoder's size; without one, that
/// happens before the first view. A `size` makes the views of a training smaller or larger than what
/// the encoder is asked about later: smaller ones take less time, and a crop shows things larger
/// than a whole picture does, so that less is lost than one would think (Touvron et al. 2019).
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Smallest and largest share of the area, within `(0, 1]`.
    pub scale: [f32; 2],
    /// Smallest and largest width / height.
    pub ratio: [f32; 2],
    /// Side of the square that a part becomes; the encoder's size where left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<usize>,
}

impl Default for Config {
    fn default() -> Self {
        Config { scale: [0.08, 1.0], ratio: [3.0 / 4.0, 4.0 / 3.0], size: None }
    }
}

impl View for Config {
    const SUMMARY: &'static str = "a random part of a picture, resized";
    const REFERENCE: &'static str =
        "Szegedy et al. 2015 (Inception); RandomResizedCrop of torchvision";
    const FITS: Fits = Fits::Pictures;

    fn validate(&self) -> Result<(), Error> {
        let name = "crop-resize";
        let (smallest, largest) = (f32::MIN_POSITIVE, 1.0);
        let shares = "[low, high] with 0 < low <= high <= 1";
        error::range(name, "scale", self.scale, (smallest, largest), shares)?;
        let proportions = "[low, high] with 0 < low <= high";
        error::range(name, "ratio", self.ratio, (smallest, f32::MAX), proportions)?;
        match self.size {
            Some(size) => error::side(name, size),
            None => Ok(()),
        }
    }

    fn change_picture(&self, picture: &mut Picture, random: &mut Random) {
        let part = self.draw(picture.height, picture.width, random);
        picture.resize(part, picture.target);
    }

    #[cfg(test)]
    fn neutral() -> Self {
        Config { scale: [1.0, 1.0], ratio: [1.0, 1.0], size: None }
    }
}

impl Config {
    /// The part to keep, as `RandomResizedCrop.get_params` of torchvision draws it.
    pub(super) fn draw(&self, height: usize, width: usize, random: &mut Random) -> Window {
        let area = (height * width) as f32;
        let [narrowest, widest] = self.ratio;
        for _ in 0..10 {
            let target = area * random.uniform(self.scale[0], self.scale[1]);
            let ratio = random.uniform(narrowest.ln(), widest.ln()).exp();
            let part_width = (target * ratio).sqrt().round_ties_even() as usize;
            let part_height = (target / ratio).sqrt().round_ties_even() as usize;
            if (1..=width).contains(&part_width) && (1..=height).contains(&part_height) {
                let top = random.below(height - part_height + 1);
                let left = random.below(width - part_width + 1);
                return Window { top, left, height: part_height, width: part_width };
            }
        }
        self.centre(height, width)
    }

    /// The largest centred part whose proportions are allowed.
    fn centre(&self, height: usize, width: usize) -> Window {
        let [narrowest, widest] = self.ratio;
        let ratio = width as f32 / height as f32;
        let (part_height, part_width) = if ratio < narrowest {
            ((width as f32 / narrowest).round_ties_even() as usize, width)
        } else if ratio > widest {
            (height, (height as f32 * widest).round_ties_even() as usize)
        } else {
            (height, width)
        };
        let (part_height, part_width) = (part_height.clamp(1, height), part_width.clamp(1, width));
        let (top, left) = ((height - part_height) / 2, (width - part_width) / 2);
        Window { top, left, height: part_height, width: part_width }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn area_and_proportions_are_as_asked() {
        let config = Config { scale: [0.2, 0.6], ..Config::default() };
        let mut random = Random::keyed(&[9]);
        let (mut smallest, mut largest) = (f32::MAX, 0.0f32);
        for _ in 0..2000 {
            let part = config.draw(300, 400, &mut random);
            let share = (part.height * part.width) as f32 / (300.0 * 400.0);
            let ratio = part.width as f32 / part.height as f32;
            assert!((0.74..1.35).contains(&ratio), "{part:?}");
            assert!((0.198..0.602).contains(&share), "{part:?}");
            (smallest, largest) = (smallest.min(share), largest.max(share));
        }
        assert!(smallest < 0.21 && largest > 0.58, "from {smallest} to {largest}");
    }

    #[test]
    fn what_cannot_be_drawn_is_the_largest_centre() {
        // A whole picture of 1 : 10 has no part of its area within the proportions.
        let config = Config { scale: [1.0, 1.0], ..Config::default() };
        let part = config.draw(10, 100, &mut Random::keyed(&[1]));
        assert_eq!(part, Window { top: 0, left: 43, height: 10, width: 13 });
        let part = config.draw(100, 9, &mut Random::keyed(&[1]));
        assert_eq!(part, Window { top: 44, left: 0, height: 12, width: 9 });
    }

    proptest::proptest! {
        #[test]
        fn the_part_lies_inside(height in 1usize..200, width in 1usize..200, key: u64) {
            let part = Config::default().draw(height, width, &mut Random::keyed(&[key]));
            proptest::prop_assert!(part.height >= 1 && part.top + part.height <= height);
            proptest::prop_assert!(part.width >= 1 && part.left + part.width <= width);
        }
    }
}
