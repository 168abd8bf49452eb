//! Disentanglement: does each number of a code say one thing?
//!
//! Asked of data whose factors (position, size, colour ..) are known. Procedures and settings are
//! those of Locatello et al.: Challenging common assumptions in the unsupervised learning of
//! disentangled representations, ICML 2019; the scores spread as much between seeds as between
//! methods, so that one run says little.
//!
//! | score | asks |
//! |---|---|
//! | [`mig`](mig::gap) | whether one dimension alone knows a factor |
//! | [`dci`](dci::measure) | whether dimensions know one factor, factors need one dimension, and all is known |
//! | [`sap`](sap::gap) | the same as `mig`, by linear prediction |
//! | [`factor_vae`](factor_vae::score) | whether the dimension that stays still tells which factor was held |
//! | [`beta_vae`](beta_vae::score) | whether a linear classifier can tell it from all dimensions |

pub mod beta_vae;
pub mod dci;
pub mod factor_vae;
mod held;
pub mod mig;
pub mod sap;
mod trees;

pub use held::Votes;

use crate::{Error, Matrix};

/// Samples with their codes and the values of their factors.
#[derive(Clone, Debug)]
pub struct Factored {
    codes: Matrix,
    /// By factor, then by sample.
    factors: Vec<Vec<u32>>,
    /// Values of each factor, which are `0..values`.
    values: Vec<usize>,
}

/// Samples needed to say anything.
const ENOUGH: usize = 64;

impl Factored {
    /// Takes codes, one row per sample, and for every factor its value for each sample.
    ///
    /// # Errors
    /// Where there are few samples, codes are not finite, or a factor has one value only.
    ///
    /// # Panics
    /// Where a factor has not as many values as there are samples.
    pub fn new(codes: Matrix, factors: Vec<Vec<u32>>) -> Result<Self, Error> {
        let too_few = |what: String, needed, received| Error::TooFew { what, needed, received };
        if codes.rows() < ENOUGH {
            return Err(too_few("disentanglement".into(), ENOUGH, codes.rows()));
        }
        if let Some(row) =
            (0..codes.rows()).find(|&row| codes.row(row).iter().any(|v| !v.is_finite()))
        {
            return Err(Error::NotFinite { what: "codes".into(), row });
        }
        if codes.width() == 0 || factors.is_empty() {
            return Err(too_few("disentanglement: dimensions and factors".into(), 1, 0));
        }
        let mut values = Vec::new();
        for (number, factor) in factors.iter().enumerate() {
            assert_eq!(factor.len(), codes.rows(), "every sample has a value of factor {number}");
            let distinct: std::collections::BTreeSet<u32> = factor.iter().copied().collect();
            if distinct.len() < 2 {
                let what = format!("factor {number}: its values");
                return Err(too_few(what, 2, distinct.len()));
            }
            values.push(factor.iter().max().map_or(0, |&largest| largest as usize + 1));
        }
        Ok(Self { codes, factors, values })
    }

    /// Numbers per code.
    pub fn width(&self) -> usize {
        self.codes.width()
    }

    /// Number of samples.
    pub fn samples(&self) -> usize {
        self.codes.rows()
    }

    fn column(&self, dimension: usize) -> Vec<f64> {
        (0..self.samples()).map(|row| f64::from(self.codes.row(row)[dimension])).collect()
    }

    /// Samples that are learned from, and those that are judged with: every third.
    fn halves(&self) -> (Vec<usize>, Vec<usize>) {
        (0..self.samples()).partition(|sample| sample % 3 != 2)
    }
}

/// The mean over factors of what the best dimension has more than the second best, from scores by
/// dimension, then by factor.
fn mean_gap(scores: &[Vec<f64>]) -> f64 {
    let factors = scores[0].len();
    let gap = |factor: usize| {
        let mut of_factor: Vec<f64> = scores.iter().map(|row| row[factor]).collect();
        of_factor.sort_by(|a, b| b.total_cmp(a));
        of_factor[0] - of_factor.get(1).copied().unwrap_or(0.0)
    };
    (0..factors).map(gap).sum::<f64>() / factors as f64
}

#[cfg(test)]
mod constructed {
    //! Codes of which the answer is known.

    use super::Factored;
    use crate::Matrix;
    use crate::geometry::golden;

    const VALUES: [u32; 4] = [3, 4, 6, 8];

    /// Factors of `samples` samples, independent of each other.
    fn factors(samples: usize) -> Vec<Vec<u32>> {
        let mut uniform = golden::uniform(11);
        let mut factors = vec![Vec::new(); VALUES.len()];
        for _ in 0..samples {
            for (factor, values) in factors.iter_mut().zip(VALUES) {
                factor.push((uniform() * f64::from(values)) as u32);
            }
        }
        factors
    }

    fn coded(samples: usize, code: impl Fn(&[f32]) -> Vec<f32>) -> Factored {
        let factors = factors(samples);
        let mut codes: Vec<f32> = Vec::new();
        for sample in 0..samples {
            // Every factor on [-1, 1].
            let scaled = factors
                .iter()
                .zip(VALUES)
                .map(|(factor, values)| 2.0 * factor[sample] as f32 / (values - 1) as f32 - 1.0);
            codes.extend(code(&scaled.collect::<Vec<f32>>()));
        }
        let width = codes.len() / samples;
        Factored::new(Matrix::new(samples, width, codes), factors).unwrap()
    }

    /// Each dimension is a factor.
    pub fn identity(samples: usize) -> Factored {
        coded(samples, <[f32]>::to_vec)
    }

    /// Each factor twice.
    pub fn doubled(samples: usize) -> Factored {
        coded(samples, |factors| [factors, factors].concat())
    }

    /// Every dimension mixes all factors in equal parts (Hadamard).
    pub fn rotated(samples: usize) -> Factored {
        coded(samples, |f| {
            [[1., 1., 1., 1.], [1., -1., 1., -1.], [1., 1., -1., -1.], [1., -1., -1., 1.]]
                .iter()
                .map(|signs| signs.iter().zip(f).map(|(s, f)| s * f / 2.0).sum())
                .collect()
        })
    }

    /// Numbers that have nothing to do with the factors.
    pub fn noise(samples: usize) -> Factored {
        let codes = golden::gaussian(5, samples, 4);
        Factored::new(codes, factors(samples)).unwrap()
    }

    #[test]
    fn a_factor_that_never_changes_is_refused() {
        let codes = golden::gaussian(5, 100, 2);
        let told = Factored::new(codes, vec![vec![3; 100]]).unwrap_err().to_string();
        assert!(told.contains("factor 0") && told.contains("at least 2"), "{told}");
        let few = Factored::new(golden::gaussian(5, 9, 2), vec![vec![1; 9]]).unwrap_err();
        assert!(few.to_string().contains("at least 64"), "{few}");
    }
}
