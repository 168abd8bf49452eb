//! The eigenvectors of a symmetric matrix, by Jacobi's rotations (1846): slow beyond a thousand rows
//! and exact to the last digits.

/// Sweeps over all pairs of rows; convergence is quadratic and takes about ten.
const SWEEPS: usize = 60;

/// Eigenvalues, the largest first, and an eigenvector of length one for each.
#[derive(Clone, Debug)]
pub(crate) struct Eigen {
    pub(crate) values: Vec<f64>,
    /// Row `k` belongs to `values[k]`.
    pub(crate) vectors: Vec<Vec<f64>>,
}

/// Of a symmetric matrix `[n, n]`, row by row. Of each vector the entry of largest magnitude is
/// positive, so that the sign is no accident.
pub(crate) fn eigen(mut matrix: Vec<f64>, n: usize) -> Eigen {
    assert_eq!(matrix.len(), n * n, "a square matrix");
    let mut vectors: Vec<Vec<f64>> = (0..n)
        .map(|row| (0..n).map(|column| f64::from(u8::from(row == column))).collect())
        .collect();
    let scale = matrix.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
    for _ in 0..SWEEPS {
        let mut rotated = false;
        for p in 0..n {
            for q in p + 1..n {
                if matrix[p * n + q].abs() > scale * 1e-15 {
                    let (c, s) = rotation(matrix[p * n + p], matrix[q * n + q], matrix[p * n + q]);
                    rotate_both(&mut matrix, n, (p, q), (c, s));
                    let (low, high) = vectors.split_at_mut(q);
                    rotate(&mut low[p], &mut high[0], (c, s));
                    rotated = true;
                }
            }
        }
        if !rotated {
            break;
        }
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&a, &b| matrix[b * n + b].total_cmp(&matrix[a * n + a]));
    let values = order.iter().map(|&row| matrix[row * n + row]).collect();
    let signed = |&row: &usize| {
        let vector = &vectors[row];
        let largest = vector.iter().copied().max_by(|a, b| a.abs().total_cmp(&b.abs()));
        let sign = largest.unwrap_or(1.0).signum();
        vector.iter().map(|value| sign * value).collect()
    };
    Eigen { values, vectors: order.iter().map(signed).collect() }
}

/// Cosine and sine of the smaller angle that takes the entry `(p, q)` to 0.
fn rotation(pp: f64, qq: f64, pq: f64) -> (f64, f64) {
    let theta = (qq - pp) / (2.0 * pq);
    let tangent = theta.signum() / (theta.abs() + theta.hypot(1.0));
    let cosine = 1.0 / tangent.hypot(1.0);
    (cosine, tangent * cosine)
}

/// `Jᵀ M J`.
fn rotate_both(matrix: &mut [f64], n: usize, (p, q): (usize, usize), turn: (f64, f64)) {
    let (low, high) = matrix.split_at_mut(q * n);
    rotate(&mut low[p * n..(p + 1) * n], &mut high[..n], turn);
    let (c, s) = turn;
    for row in matrix.chunks_exact_mut(n) {
        (row[p], row[q]) = (c * row[p] - s * row[q], s * row[p] + c * row[q]);
    }
}

fn rotate(first: &mut [f64], second: &mut [f64], (c, s): (f64, f64)) {
    for (a, b) in first.iter_mut().zip(second) {
        (*a, *b) = (c * *a - s * *b, s * *a + c * *b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `A[i][j] = sin(0.7 i + 1.3 j + 0.1) + 0.2 cos(1.9 i j)`, `[8, 4]`.
    fn a() -> Vec<[f64; 4]> {
        let value = |i: f64, j: f64| (0.7 * i + 1.3 * j + 0.1).sin() + 0.2 * (1.9 * i * j).cos();
        (0..8).map(|i| std::array::from_fn(|j| value(f64::from(i), j as f64))).collect()
    }

    #[test]
    fn equals_the_golden_values() {
        // NumPy, f64: eigenvalues of the covariance (n - 1), singular values uncentred.
        let rows = a();
        let mean: [f64; 4] =
            std::array::from_fn(|j| rows.iter().map(|row| row[j]).sum::<f64>() / 8.0);
        let product = |i: usize, j: usize, shift: &[f64; 4]| -> f64 {
            rows.iter().map(|row| (row[i] - shift[i]) * (row[j] - shift[j])).sum()
        };
        let matrix = |shift: &[f64; 4]| -> Vec<f64> {
            (0..16).map(|place| product(place / 4, place % 4, shift)).collect()
        };
        let covariance = eigen(matrix(&mean).iter().map(|value| value / 7.0).collect(), 4);
        let expected = [1.364_842_81, 0.822_447_07, 0.015_104_37, 0.003_123_09];
        for (found, expected) in covariance.values.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-8, "{found} {expected}");
        }
        let squares = eigen(matrix(&[0.0; 4]), 4);
        let expected = [3.142_537_27, 2.440_721_61, 0.472_338_14, 0.248_014_84];
        for (found, expected) in squares.values.iter().zip(expected) {
            assert!((found.sqrt() - expected).abs() < 1e-8, "{found} {expected}");
        }
    }

    #[test]
    fn vectors_are_orthonormal_and_make_up_the_matrix() {
        let n = 12;
        let mut random = crate::random::Random::keyed(&[4]);
        let mut matrix = vec![0.0; n * n];
        for i in 0..n {
            for j in 0..=i {
                let value = random.normal();
                (matrix[i * n + j], matrix[j * n + i]) = (value, value);
            }
        }
        let Eigen { values, vectors } = eigen(matrix.clone(), n);
        assert!(values.windows(2).all(|pair| pair[0] >= pair[1]));
        for i in 0..n {
            for j in 0..n {
                let dot: f64 = vectors[i].iter().zip(&vectors[j]).map(|(a, b)| a * b).sum();
                assert!((dot - f64::from(u8::from(i == j))).abs() < 1e-12);
                let entry: f64 = (0..n).map(|k| values[k] * vectors[k][i] * vectors[k][j]).sum();
                assert!((entry - matrix[i * n + j]).abs() < 1e-12, "{entry}");
            }
        }
    }
}
