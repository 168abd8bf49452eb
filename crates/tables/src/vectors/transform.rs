//! Vectors about their mean, without what all of them share, and in fewer dimensions.

use super::{Matrix, Vectors};
use crate::Error;
use crate::linear::{Eigen, eigen, gram, mean, times};

impl Vectors {
    /// Every vector less the mean of all.
    pub fn centred(&self) -> Self {
        Self::new(self.words.clone(), about_mean(&self.matrix))
    }

    /// All-but-the-top (Mu and Viswanath, 2018): the vectors about their mean, without their parts
    /// along the first `components` principal components. A hundredth of the width is usual.
    ///
    /// # Errors
    /// Where fewer numbers are left than one.
    pub fn without_top(&self, components: usize) -> Result<Self, Error> {
        let width = self.matrix.width();
        if components >= width {
            return Err(Error::Setting(format!(
                "components must be below the {width} numbers of a vector, received {components}"
            )));
        }
        let mut matrix = about_mean(&self.matrix);
        let axes = &principal(&self.matrix).vectors[..components];
        let parts = times(&matrix, axes, threads());
        for row in 0..matrix.rows() {
            for (part, axis) in parts.row(row).iter().zip(axes) {
                let values = matrix.row_mut(row).iter_mut();
                values.zip(axis).for_each(|(value, axis)| *value -= part * *axis as f32);
            }
        }
        Ok(Self::new(self.words.clone(), matrix))
    }

    /// The vectors about their mean, by their first `width` principal components: the columns are
    /// uncorrelated, the first varies most.
    ///
    /// # Errors
    /// Where `width` is 0 or more than there is.
    pub fn principal_components(&self, width: usize) -> Result<Self, Error> {
        let present = self.matrix.width();
        if width == 0 || width > present {
            return Err(Error::Setting(format!(
                "width must be within 1 and the {present} numbers of a vector, received {width}"
            )));
        }
        let axes = &principal(&self.matrix).vectors[..width];
        let matrix = times(&about_mean(&self.matrix), axes, threads());
        Ok(Self::new(self.words.clone(), matrix))
    }
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The principal axes, from the covariance.
fn principal(matrix: &Matrix) -> Eigen {
    eigen(gram(matrix, &mean(matrix), threads()), matrix.width())
}

fn about_mean(matrix: &Matrix) -> Matrix {
    let (mean, mut centred) = (mean(matrix), matrix.clone());
    for row in 0..centred.rows() {
        let values = centred.row_mut(row).iter_mut();
        values.zip(&mean).for_each(|(value, mean)| *value = (f64::from(*value) - mean) as f32);
    }
    centred
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `A[i][j] = sin(0.7 i + 1.3 j + 0.1) + 0.2 cos(1.9 i j)`, `[8, 4]`.
    fn vectors() -> Vectors {
        let value = |i: f64, j: f64| (0.7 * i + 1.3 * j + 0.1).sin() + 0.2 * (1.9 * i * j).cos();
        let values = (0..32).map(|k| value((k / 4) as f64, (k % 4) as f64) as f32).collect();
        Vectors::new((0..8).map(|i| i.to_string().into()).collect(), Matrix::new(8, 4, values))
    }

    /// NumPy, f64: eigenvalues of the covariance (n - 1).
    const VARIANCES: [f64; 4] = [1.364_842_81, 0.822_447_07, 0.015_104_37, 0.003_123_09];

    fn covariance(vectors: &Vectors) -> Vec<f64> {
        let matrix = vectors.matrix();
        let sums = gram(matrix, &mean(matrix), 1);
        sums.iter().map(|sum| sum / (matrix.rows() - 1) as f64).collect()
    }

    #[test]
    fn components_are_uncorrelated_and_of_the_golden_variances() {
        let found = vectors().principal_components(3).unwrap();
        let covariance = covariance(&found);
        for i in 0..3 {
            for j in 0..3 {
                let expected = if i == j { VARIANCES[i] } else { 0.0 };
                assert!((covariance[i * 3 + j] - expected).abs() < 1e-6, "{covariance:?}");
            }
        }
        assert!(mean(found.matrix()).iter().all(|mean| mean.abs() < 1e-6));
        assert!(vectors().principal_components(5).is_err());
    }

    #[test]
    fn distances_stay_in_all_components() {
        let (before, after) = (vectors(), vectors().principal_components(4).unwrap());
        let distance = |vectors: &Vectors, i: usize, j: usize| -> f32 {
            let (one, other) = (vectors.matrix().row(i), vectors.matrix().row(j));
            one.iter().zip(other).map(|(a, b)| (a - b).powi(2)).sum()
        };
        assert!((distance(&before, 1, 6) - distance(&after, 1, 6)).abs() < 1e-5);
    }

    #[test]
    fn without_the_top_the_rest_of_the_variance_is_left() {
        let found = vectors().without_top(1).unwrap();
        let eigen = eigen(covariance(&found), 4).values;
        for (found, expected) in eigen.iter().zip([VARIANCES[1], VARIANCES[2], VARIANCES[3], 0.0]) {
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        }
        assert!(vectors().without_top(4).is_err());
    }

    #[test]
    fn centring_leaves_differences() {
        let (before, after) = (vectors(), vectors().centred());
        assert!(mean(after.matrix()).iter().all(|mean| mean.abs() < 1e-7));
        let gap = |vectors: &Vectors| vectors.matrix().row(2)[1] - vectors.matrix().row(5)[1];
        assert!((gap(&before) - gap(&after)).abs() < 1e-6);
    }
}
