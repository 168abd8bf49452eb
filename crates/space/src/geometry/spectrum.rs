//! How many directions the points really use.

use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::{evd, svd};
use faer::{Mat, MatRef, Par};

use super::column_means;
use crate::Error;

/// Added to every share of the spectrum, so that RankMe's logarithm stays finite.
pub(super) const RANK_ME_EPSILON: f64 = 1e-7;

/// Ranks whose eigenvalues [`alpha_req`] looks at: after so many, up to so many, so many at least.
const FIRST_RANK: usize = 10;
const LAST_RANK: usize = 100;
const LEAST_RANKS: usize = 10;

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

/// Decay of the spectrum, the α of α-ReQ (Agrawal et al. 2022, section 3): the eigenvalue of rank
/// `i` is about `i^-α`. The slope of `-log v` over `log i`, least squares with weight `1 / i`, of ranks
/// 11 to 100; near 1 is best. None where fewer than ten of them are above zero.
pub fn alpha_req(eigenvalues: &[f64]) -> Option<f64> {
    let ranks = eigenvalues.iter().zip(1u32..).take(LAST_RANK).skip(FIRST_RANK);
    let logs = ranks.filter(|&(&v, _)| v > 0.0).map(|(v, i)| (f64::from(i).ln(), -v.ln()));
    let points: Vec<(f64, f64)> = logs.collect();
    let mean = |of: &dyn Fn(&(f64, f64)) -> f64| {
        let weights: f64 = points.iter().map(|point| (-point.0).exp()).sum();
        points.iter().map(|point| (-point.0).exp() * of(point)).sum::<f64>() / weights
    };
    let (x, y) = (mean(&|point| point.0), mean(&|point| point.1));
    let slope = mean(&|point| (point.0 - x) * (point.1 - y)) / mean(&|point| (point.0 - x).powi(2));
    (points.len() >= LEAST_RANKS).then_some(slope)
}

/// Participation ratio: `(sum v)^2 / sum v^2`.
pub fn participation_ratio(eigenvalues: &[f64]) -> f64 {
    let sum: f64 = eigenvalues.iter().sum();
    let squares: f64 = eigenvalues.iter().map(|v| v * v).sum();
    if squares > 0.0 { sum * sum / squares } else { 0.0 }
}

/// Eigenvalues in rising order and their vectors as columns, from the lower triangle of a
/// symmetric matrix. Runs on one thread.
pub(crate) fn eigen(matrix: &Mat<f64>) -> Result<(Vec<f64>, Mat<f64>), Error> {
    let n = matrix.nrows();
    let mut vectors = Mat::<f64>::zeros(n, n);
    let mut values = Diag::<f64>::zeros(n);
    let yes = evd::ComputeEigenvectors::Yes;
    let scratch = evd::self_adjoint_evd_scratch::<f64>(n, yes, Par::Seq, Default::default());
    let mut memory = MemBuffer::new(scratch);
    evd::self_adjoint_evd(
        matrix.as_ref(),
        values.as_mut(),
        Some(vectors.as_mut()),
        Par::Seq,
        MemStack::new(&mut memory),
        Default::default(),
    )
    .map_err(|_| Error::Numeric {
        what: "the eigen-decomposition",
        reason: "it did not converge; look for extreme values among the points".into(),
    })?;
    Ok((values.column_vector().iter().copied().collect(), vectors))
}

pub(super) fn exponential_entropy(values: &[f64], epsilon: f64) -> f64 {
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
    fn a_power_law_has_its_exponent() {
        let law: Vec<f64> = (1..=128).map(|i| f64::from(i).powf(-1.2)).collect();
        close(alpha_req(&law).unwrap(), 1.2, 1e-12);
        assert_eq!(alpha_req(&law[..19]), None);
    }

    #[test]
    fn a_single_point_has_no_rank() {
        let same = Mat::<f64>::from_fn(5, 3, |_, _| 2.0);
        assert_eq!(effective_rank(&covariance_eigenvalues(&same)), 0.0);
    }
}
