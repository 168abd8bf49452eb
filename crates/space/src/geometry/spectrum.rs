//! How many directions the points really use.

use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::svd;
use faer::{Mat, MatRef, Par};

use super::column_means;

/// Added to every share of the spectrum, so that RankMe's logarithm stays finite.
const RANK_ME_EPSILON: f64 = 1e-7;

/// Singular values, largest first, of the points as they are (not centred).
///
/// Empty where the decomposition does not converge, which only happens on values that are not
/// finite. Runs on one thread, so that the last bit does not depend on their number.
pub fn singular_values(points: MatRef<'_, f64>) -> Vec<f64> {
    let (rows, columns) = (points.nrows(), points.ncols());
    if rows == 0 || columns == 0 || !points.is_all_finite() {
        return Vec::new();
    }
    let none = svd::ComputeSvdVectors::No;
    let scratch = svd::svd_scratch::<f64>(rows, columns, none, none, Par::Seq, Default::default());
    let mut memory = MemBuffer::new(scratch);
    let mut values = Diag::<f64>::zeros(rows.min(columns));
    let stack = MemStack::new(&mut memory);
    let result = svd::svd(points, values.as_mut(), None, None, Par::Seq, stack, Default::default());
    match result {
        Ok(()) => values.column_vector().iter().copied().collect(),
        Err(_) => Vec::new(),
    }
}

/// Eigenvalues, largest first, of the covariance matrix (centred, divisor n - 1).
///
/// Taken as squared singular values of the centred points, which keeps the small ones exact.
pub fn covariance_eigenvalues(points: &Mat<f64>) -> Vec<f64> {
    let means = column_means(points);
    let centred = Mat::from_fn(points.nrows(), points.ncols(), |i, j| points[(i, j)] - means[j]);
    let divisor = points.nrows().saturating_sub(1).max(1) as f64;
    singular_values(centred.as_ref()).iter().map(|s| s * s / divisor).collect()
}

/// RankMe (Garrido et al. 2023, equation 1): `exp(-sum p log p)`, `p = s / sum s + 1e-7`.
///
/// `singular_values` are those of the uncentred points. Zero where all of them are zero.
pub fn rank_me(singular_values: &[f64]) -> f64 {
    exponential_entropy(singular_values, RANK_ME_EPSILON)
}

/// Effective rank (Roy and Vetterli 2007): `exp(-sum p log p)`, `p = v / sum v`.
pub fn effective_rank(values: &[f64]) -> f64 {
    exponential_entropy(values, 0.0)
}

/// Participation ratio: `(sum v)^2 / sum v^2`.
pub fn participation_ratio(eigenvalues: &[f64]) -> f64 {
    let sum: f64 = eigenvalues.iter().sum();
    let squares: f64 = eigenvalues.iter().map(|v| v * v).sum();
    if squares > 0.0 { sum * sum / squares } else { 0.0 }
}

fn exponential_entropy(values: &[f64], epsilon: f64) -> f64 {
    let sum: f64 = values.iter().sum();
    if sum <= 0.0 {
        return 0.0;
    }
    let shares = values.iter().map(|v| v / sum + epsilon).filter(|&p| p > 0.0);
    (-shares.map(|p| p * p.ln()).sum::<f64>()).exp()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::golden;

    fn close(actual: f64, expected: f64, tolerance: f64) {
        assert!((actual - expected).abs() < tolerance, "{actual} is not {expected}");
    }

    #[test]
    fn singular_values_of_the_golden_matrix() {
        let values = singular_values(golden::a().as_ref());
        for (value, expected) in values.iter().zip([3.14253727, 2.44072161, 0.47233814, 0.24801484])
        {
            close(*value, expected, 1e-8);
        }
    }

    #[test]
    fn rank_me_of_the_golden_matrix() {
        close(rank_me(&singular_values(golden::a().as_ref())), 2.817530658106, 1e-9);
    }

    #[test]
    fn rank_me_of_the_identity_counts_its_epsilon() {
        let identity = Mat::<f64>::identity(8, 8);
        close(rank_me(&singular_values(identity.as_ref())), 8.000007, 1e-6);
    }

    #[test]
    fn covariance_of_the_golden_matrix() {
        let values = covariance_eigenvalues(&golden::a());
        for (value, expected) in values.iter().zip([1.36484281, 0.82244707, 0.01510437, 0.00312309])
        {
            close(*value, expected, 1e-8);
        }
        close(effective_rank(&values), 2.030447793882, 1e-9);
        close(participation_ratio(&values), 1.915493924629, 1e-9);
    }

    #[test]
    fn a_single_point_has_no_rank() {
        let same = Mat::<f64>::from_fn(5, 3, |_, _| 2.0);
        assert_eq!(effective_rank(&covariance_eigenvalues(&same)), 0.0);
    }
}
