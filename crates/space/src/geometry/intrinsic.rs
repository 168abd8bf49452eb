//! Intrinsic dimension by TwoNN (Facco et al. 2017): how many coordinates the cloud really has.
//!
//! `mu_i = r_2 / r_1` is the ratio of the distances to the second and the first neighbour. Of a
//! d-dimensional cloud that is locally even, `P(mu <= x) = 1 - x^-d`.

/// Share of the largest ratios that the fit leaves out, as the authors do.
const DISCARDED: f64 = 0.1;

/// The two estimates of the dimension.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IntrinsicDimension {
    /// Slope through the origin of `-log(1 - F_i)` over `log mu_i`, `F_i = i / N`, `i = 0..N - 1`,
    /// of the smallest 90 % of the ratios (scikit-dimension's `TwoNN`).
    pub fit: f64,
    /// Maximum likelihood: `N / sum log mu_i`.
    pub likelihood: f64,
}

/// From the distances to the first and second neighbour of every point.
///
/// Points with a duplicate (`r_1 = 0`) are left out. `None` where fewer than 10 points remain, or
/// where all ratios are 1 (a lattice).
pub fn two_nn(distances: &[(f64, f64)]) -> Option<IntrinsicDimension> {
    let mut ratios: Vec<f64> = distances
        .iter()
        .filter(|(first, second)| *first > 0.0 && second.is_finite())
        .map(|(first, second)| (second / first).ln())
        .collect();
    if ratios.len() < 10 {
        return None;
    }
    ratios.sort_by(f64::total_cmp);
    let count = ratios.len();
    let kept = (count as f64 * (1.0 - DISCARDED)) as usize;
    let (mut above, mut below) = (0.0, 0.0);
    for (i, log_ratio) in ratios[..kept].iter().enumerate() {
        above -= log_ratio * (1.0 - i as f64 / count as f64).ln();
        below += log_ratio * log_ratio;
    }
    let sum: f64 = ratios.iter().sum();
    (below > 0.0).then(|| IntrinsicDimension { fit: above / below, likelihood: count as f64 / sum })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::golden::uniform;
    use crate::index::Exact;
    use crate::{Matrix, Metric};

    fn estimate(matrix: Matrix) -> IntrinsicDimension {
        let lists = Exact::new(matrix, Metric::Euclidean).unwrap().search_all(2);
        let pairs: Vec<(f64, f64)> =
            lists.scores.chunks_exact(2).map(|r| (f64::from(r[0]), f64::from(r[1]))).collect();
        two_nn(&pairs).unwrap()
    }

    fn close(actual: f64, expected: f64) {
        assert!((actual - expected).abs() < 6e-5, "{actual} is not {expected}");
    }

    #[test]
    fn a_sheet_in_five_dimensions() {
        let weights = [[1.0, 0.3, -0.2, 0.5, 0.1], [0.2, -1.0, 0.4, 0.3, 0.7]];
        let mut next = uniform(42);
        let mut values = Vec::new();
        for _ in 0..1000 {
            let (u, v) = (next(), next());
            values.extend((0..5).map(|j| (u * weights[0][j] + v * weights[1][j]) as f32));
        }
        let found = estimate(Matrix::new(1000, 5, values));
        close(found.fit, 1.8203);
        close(found.likelihood, 1.8539);
    }

    #[test]
    fn a_cube_of_five_dimensions() {
        let mut next = uniform(7);
        let values = (0..5000).map(|_| next() as f32).collect();
        let found = estimate(Matrix::new(1000, 5, values));
        close(found.fit, 4.7614);
        close(found.likelihood, 4.7447);
    }

    #[test]
    fn duplicates_are_left_out() {
        let mut pairs = vec![(1.0, 2.0); 50];
        let without = two_nn(&pairs);
        pairs.extend([(0.0, 1.0); 7]);
        assert_eq!(two_nn(&pairs), without);
        assert_eq!(two_nn(&[(0.0, 0.0); 40]), None);
        assert_eq!(two_nn(&[(1.0, 1.0); 40]), None);
    }
}
