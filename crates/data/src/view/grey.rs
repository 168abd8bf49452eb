//! Colour is taken away.

use super::picture::LUMA;
use super::{Error, Fits, Picture, View, error};
use crate::random::Random;

/// Gives all three channels the grey value `0.299 r + 0.587 g + 0.114 b` (ITU-R BT.601).
/// A picture of one channel stays as it is.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// How often, from 0 to 1.
    pub probability: f32,
}

impl Default for Config {
    fn default() -> Self {
        Config { probability: 0.2 }
    }
}

impl View for Config {
    const SUMMARY: &'static str = "takes the colour away";
    const REFERENCE: &'static str = "Chen et al. 2020 (SimCLR), appendix A";
    const FITS: Fits = Fits::Pictures;

    fn validate(&self) -> Result<(), Error> {
        error::probability("grey", self.probability)
    }

    fn change_picture(&self, picture: &mut Picture, random: &mut Random) {
        if random.chance(self.probability)
            && let Some(colours) = picture.colours_mut()
        {
            grey(colours);
        }
    }

    #[cfg(test)]
    fn neutral() -> Self {
        Config { probability: 0.0 }
    }
}

fn grey([red, green, blue]: [&mut [f32]; 3]) {
    for ((r, g), b) in red.iter_mut().zip(green).zip(blue) {
        let value = LUMA[0] * *r + LUMA[1] * *g + LUMA[2] * *b;
        (*r, *g, *b) = (value, value, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_channels_become_the_weighted_sum() {
        let (mut red, mut green, mut blue) = ([1.0, 0.0, 0.5], [0.0, 1.0, 0.5], [0.0, 0.0, 0.5]);
        grey([&mut red, &mut green, &mut blue]);
        assert_eq!(red, [0.299, 0.587, 0.5]);
        assert_eq!((red, red), (green, blue));
    }
}
