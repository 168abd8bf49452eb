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
/// happens before the first view.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Smallest and largest share of the area, within `(0, 1]`.
    pub scale: [f32; 2],
    /// Smallest and largest width / height.
    pub ratio: [f32; 2],
}

impl Default for Config {
    fn default() -> Self {
        Config { scale: [0.08, 1.0], ratio: [3.0 / 4.0, 4.0 / 3.0] }
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
        error::range(name, "ratio", self.ratio, (smallest, f32::MAX), proportions)
    }

    fn change_picture(&self, picture: &mut Picture, random: &mut Random) {
        let part = self.draw(picture.height, picture.width, random);
        picture.resize(part, picture.target);
    }
}

impl Config {
    /// The part to keep, as `RandomResizedCrop.get_params` of torchvision draws it.
    fn draw(&self, height: usize, width: usize, random: &mut Random) -> Window {
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
