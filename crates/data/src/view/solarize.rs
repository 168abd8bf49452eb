//! Light parts are inverted.

use super::{Error, Fits, Picture, View, error};
use crate::random::Random;

/// Solarization: values of `threshold` and more become `1 - value`.
///
/// BYOL and VICReg solarize one of two views with probability 0.2; the default asks half of that
/// of every view.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// From which value on, from 0 to 1.
    pub threshold: f32,
    /// How often, from 0 to 1.
    pub probability: f32,
}

impl Default for Config {
    fn default() -> Self {
        Config { threshold: 0.5, probability: 0.1 }
    }
}

impl View for Config {
    const SUMMARY: &'static str = "inverts the light parts of a picture";
    const REFERENCE: &'static str = "Grill et al. 2020 (BYOL), appendix B";
    const FITS: Fits = Fits::Pictures;

    fn validate(&self) -> Result<(), Error> {
        error::within("solarize", "threshold", self.threshold, (0.0, 1.0), "from 0 to 1")?;
        error::probability("solarize", self.probability)
    }

    fn change_picture(&self, picture: &mut Picture, random: &mut Random) {
        if random.chance(self.probability) {
            solarize(&mut picture.values, self.threshold);
        }
    }

    #[cfg(test)]
    fn neutral() -> Self {
        Config { probability: 0.0, ..Config::default() }
    }
}

fn solarize(values: &mut [f32], threshold: f32) {
    for value in values {
        *value = if *value >= threshold { 1.0 - *value } else { *value };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_from_the_threshold_on_are_inverted() {
        let mut values = [0.0, 0.25, 0.5, 0.75, 1.0];
        solarize(&mut values, 0.5);
        assert_eq!(values, [0.0, 0.25, 0.5, 0.25, 0.0]);
    }
}
