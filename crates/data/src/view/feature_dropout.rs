//! Columns of a table row are hidden.

use super::{Error, Fits, Row, View, error};
use crate::random::Random;

/// Masking noise: each column of a row is set to 0 with a probability of its own.
///
/// After standardization 0 is the mean of a number. A category loses its mark, as if it were
/// missing; a column of the table is hidden as a whole, whatever number of features it became.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// How often a column is hidden, from 0 to 1.
    pub probability: f32,
}

impl Default for Config {
    fn default() -> Self {
        Config { probability: 0.25 }
    }
}

impl View for Config {
    const SUMMARY: &'static str = "hides random columns of a table row";
    const REFERENCE: &'static str = "Vincent et al. 2010 (denoising autoencoders), section 3.3";
    const FITS: Fits = Fits::Rows;

    fn validate(&self) -> Result<(), Error> {
        error::probability("feature-dropout", self.probability)
    }

    fn change_row(&self, row: &mut Row<'_>, random: &mut Random) {
        for column in row.columns {
            if random.chance(self.probability) {
                row.values[column.clone()].fill(0.0);
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
    fn a_column_goes_as_a_whole_and_as_often_as_asked() {
        let mut random = Random::keyed(&[4]);
        let mut hidden = 0;
        for _ in 0..1000 {
            let mut values = [1.0; 3];
            let mut row = Row { values: &mut values, columns: &[0..1, 1..3] };
            Config { probability: 0.25 }.change_row(&mut row, &mut random);
            assert_eq!(values[1], values[2]);
            hidden += usize::from(values[0] == 0.0) + usize::from(values[1] == 0.0);
        }
        // 500 expected, standard deviation 19.
        assert!(hidden.abs_diff(500) < 100, "{hidden}");
    }
}
