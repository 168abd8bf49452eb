//! Disentanglement, completeness, informativeness (Eastwood, Williams: A framework for the
//! quantitative evaluation of disentangled representations, ICLR 2018, section 2), with
//! gradient-boosted trees, as Locatello et al. 2019. Other predictors give other numbers.

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

use super::Factored;
use super::trees::Boosted;

/// Added to importances, as the authors of the study do.
const EPSILON: f64 = 1e-11;

/// The three, each from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dci {
    /// Each dimension helps to predict one factor only.
    pub disentanglement: f64,
    /// Each factor needs one dimension only.
    pub completeness: f64,
    /// Share of factor values predicted rightly, of samples not learned from.
    pub informativeness: f64,
}

/// Learns from two thirds of the samples, judges with the rest.
pub fn measure(data: &Factored) -> Dci {
    let (train, test) = data.halves();
    let codes = data.codes.select(&train);
    let fitted: Vec<(Vec<f64>, f64)> = data
        .factors
        .par_iter()
        .zip(&data.values)
        .enumerate()
        .map(|(number, (factor, &values))| {
            let labels: Vec<u32> = train.iter().map(|&row| factor[row]).collect();
            let mut random = Xoshiro256PlusPlus::seed_from_u64(number as u64);
            let trees = Boosted::fit(&codes, &labels, values, &mut random);
            let right = |row: &&usize| trees.predict(data.codes.row(**row)) == factor[**row];
            let hits = test.iter().filter(right).count();
            (trees.importance, hits as f64 / test.len() as f64)
        })
        .collect();
    let importance: Vec<Vec<f64>> = (0..data.width())
        .map(|dimension| fitted.iter().map(|(of_factor, _)| of_factor[dimension]).collect())
        .collect();
    let by_factor: Vec<Vec<f64>> = fitted.iter().map(|(of_factor, _)| of_factor.clone()).collect();
    Dci {
        disentanglement: concentration(&importance),
        completeness: concentration(&by_factor),
        informativeness: fitted.iter().map(|(_, accuracy)| accuracy).sum::<f64>()
            / fitted.len() as f64,
    }
}

/// How much each row is about one column: 1 less its entropy to the base of the columns, rows
/// weighted by their sums.
fn concentration(rows: &[Vec<f64>]) -> f64 {
    let columns = rows[0].len();
    if columns == 1 {
        return 1.0;
    }
    let all: f64 = rows.iter().flatten().sum();
    let one = |row: &Vec<f64>| {
        let sum: f64 = row.iter().map(|value| value + EPSILON).sum();
        let shares = row.iter().map(|value| (value + EPSILON) / sum);
        let entropy: f64 = shares.map(|share| -share * share.ln()).sum();
        let weight =
            if all > 0.0 { row.iter().sum::<f64>() / all } else { 1.0 / rows.len() as f64 };
        weight * (1.0 - entropy / (columns as f64).ln())
    };
    rows.iter().map(one).sum()
}

#[cfg(test)]
mod tests {
    use super::super::constructed;
    use super::*;

    #[test]
    fn constructed_codes_have_their_values() {
        let identity = measure(&constructed::identity(600));
        assert!(identity.disentanglement > 0.97 && identity.completeness > 0.97, "{identity:?}");
        assert!(identity.informativeness > 0.99, "{identity:?}");

        let doubled = measure(&constructed::doubled(600));
        assert!(doubled.disentanglement > 0.97 && doubled.completeness < 0.8, "{doubled:?}");

        let rotated = measure(&constructed::rotated(600));
        assert!(rotated.disentanglement < 0.2 && rotated.completeness < 0.2, "{rotated:?}");
    }

    #[test]
    fn concentration_by_hand() {
        assert!((concentration(&[vec![1.0, 0.0], vec![0.0, 3.0]]) - 1.0).abs() < 1e-9);
        assert!(concentration(&[vec![1.0, 1.0], vec![2.0, 2.0]]).abs() < 1e-9);
        // A quarter of the weight on a row that is about one column.
        assert!((concentration(&[vec![1.0, 0.0], vec![1.5, 1.5]]) - 0.25).abs() < 1e-9);
    }
}
