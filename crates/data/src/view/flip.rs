//! Left and right change places.

use super::{Error, Fits, Picture, View, error};
use crate::random::Random;

/// Mirrors a picture left to right.
///
/// Not for digits, characters or anything else whose handedness is part of its meaning.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// How often, from 0 to 1.
    pub probability: f32,
}

impl Default for Config {
    fn default() -> Self {
        Config { probability: 0.5 }
    }
}

impl View for Config {
    const SUMMARY: &'static str = "mirrors a picture left to right";
    const REFERENCE: &'static str = "Chen et al. 2020 (SimCLR), appendix A";
    const FITS: Fits = Fits::Pictures;

    fn validate(&self) -> Result<(), Error> {
        error::probability("flip", self.probability)
    }

    fn change_picture(&self, picture: &mut Picture, random: &mut Random) {
        if random.chance(self.probability) {
            flip(&mut picture.values, picture.width);
        }
    }

    #[cfg(test)]
    fn neutral() -> Self {
        Config { probability: 0.0 }
    }
}

/// Reverses every row of `width` values.
fn flip(values: &mut [f32], width: usize) {
    values.chunks_exact_mut(width).for_each(<[f32]>::reverse);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_reversed_and_twice_is_nothing() {
        let mut values = vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        flip(&mut values, 3);
        assert_eq!(values, [3.0, 2.0, 1.0, 6.0, 5.0, 4.0]);
        flip(&mut values, 3);
        assert_eq!(values, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    }
}
