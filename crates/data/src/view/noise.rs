//! Every number is disturbed a little.

use super::{Error, Fits, Picture, Row, View, error};
use crate::random::Random;

/// Adds independent Gaussian noise to every value of a picture or row.
///
/// Pictures are disturbed on their scale of `[0, 1]` and cut to it afterwards; rows after
/// standardization, so that `sigma` counts standard deviations of each column.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Standard deviation of the noise.
    pub sigma: f32,
    /// How often, from 0 to 1.
    pub probability: f32,
}

impl Default for Config {
    fn default() -> Self {
        Config { sigma: 0.1, probability: 1.0 }
    }
}

impl View for Config {
    const SUMMARY: &'static str = "adds Gaussian noise to pixels or features";
    const REFERENCE: &'static str = "Vincent et al. 2010 (denoising autoencoders), section 3.3";
    const FITS: Fits = Fits::Both;

    fn validate(&self) -> Result<(), Error> {
        error::within("noise", "sigma", self.sigma, (0.0, f32::MAX), "0 or more")?;
        error::probability("noise", self.probability)
    }

    fn change_picture(&self, picture: &mut Picture, random: &mut Random) {
        if random.chance(self.probability) {
            disturb(&mut picture.values, self.sigma, random);
            picture.values.iter_mut().for_each(|value| *value = value.clamp(0.0, 1.0));
        }
    }

    fn change_row(&self, row: &mut Row<'_>, random: &mut Random) {
        if random.chance(self.probability) {
            disturb(row.values, self.sigma, random);
        }
    }

    #[cfg(test)]
    fn neutral() -> Self {
        Config { sigma: 0.0, ..Config::default() }
    }
}

fn disturb(values: &mut [f32], sigma: f32, random: &mut Random) {
    for pair in values.chunks_mut(2) {
        let (first, second) = random.normal_pair();
        for (value, noise) in pair.iter_mut().zip([first, second]) {
            *value += sigma * noise;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_disturbance_has_the_standard_deviation_asked_for() {
        let mut values = vec![1.0; 9999];
        disturb(&mut values, 0.2, &mut Random::keyed(&[1]));
        let variance = values.iter().map(|v| (v - 1.0).powi(2)).sum::<f32>() / 9999.0;
        assert!((variance.sqrt() - 0.2).abs() < 0.01, "{}", variance.sqrt());
    }
}
