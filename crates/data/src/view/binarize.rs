//! Grey becomes black or white by chance.

use super::{Error, Fits, Picture, View, error};
use crate::random::Random;

/// Every value of a picture becomes 1 with itself as the probability, else 0: anew each time the
/// picture is seen. Likelihoods of such pictures can be compared with those published for
/// "stochastically" (dynamically) binarized data.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// How often, from 0 to 1.
    pub probability: f32,
}

impl Default for Config {
    fn default() -> Self {
        Config { probability: 1.0 }
    }
}

impl View for Config {
    const SUMMARY: &'static str = "turns every grey value to 0 or 1 by chance";
    const REFERENCE: &'static str = "Salakhutdinov, Murray 2008, section 5; Burda et al. 2016";
    const FITS: Fits = Fits::Pictures;

    fn validate(&self) -> Result<(), Error> {
        error::probability("binarize", self.probability)
    }

    fn change_picture(&self, picture: &mut Picture, random: &mut Random) {
        if random.chance(self.probability) {
            for value in &mut picture.values {
                *value = f32::from(u8::from(random.chance(*value)));
            }
        }
    }

    #[cfg(test)]
    fn neutral() -> Self {
        Config { probability: 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_comes_as_often_as_the_grey_says_and_nothing_lies_between() {
        let mut picture = Picture { values: vec![0.0; 20_000], ..Picture::default() };
        picture.values[..10_000].fill(0.3);
        picture.values[19_990..].fill(1.0);
        Config::default().change_picture(&mut picture, &mut Random::keyed(&[1]));
        assert!(picture.values.iter().all(|&value| value == 0.0 || value == 1.0));
        let white: f32 = picture.values[..10_000].iter().sum();
        assert!((white - 3000.0).abs() < 200.0, "{white}"); // four standard deviations
        assert_eq!(picture.values[10_000..].iter().sum::<f32>(), 10.0);
    }
}
