//! Points scaled to unit length: how evenly they cover the sphere, how close pairs stay.

use faer::Mat;

/// Every row scaled to unit length; rows of zeros stay zero.
pub fn unit(points: &Mat<f64>) -> Mat<f64> {
    let norms: Vec<f64> = (0..points.nrows()).map(|i| points.row(i).norm_l2()).collect();
    Mat::from_fn(points.nrows(), points.ncols(), |i, j| {
        if norms[i] > 0.0 { points[(i, j)] / norms[i] } else { 0.0 }
    })
}

/// Alignment (Wang and Isola 2020, alpha = 2): mean of `|a_i - b_i|^2` over pairs of unit rows.
///
/// 0 where the two views of every sample fall together, 4 where they are opposite.
pub fn alignment(a: &Mat<f64>, b: &Mat<f64>) -> f64 {
    let sum: f64 = (0..a.nrows())
        .map(|i| a.row(i).iter().zip(b.row(i).iter()).map(|(x, y)| (x - y) * (x - y)).sum::<f64>())
        .sum();
    sum / a.nrows().max(1) as f64
}

/// Uniformity (Wang and Isola 2020, t = 2): `log mean exp(-2 |a_i - a_j|^2)` over `i < j`.
///
/// 0 where all unit rows coincide; about -4 for an even spread in many dimensions.
pub fn uniformity(unit: &Mat<f64>) -> f64 {
    let rows = unit.nrows();
    if rows < 2 {
        return 0.0;
    }
    let norms: Vec<f64> = (0..rows).map(|i| unit.row(i).squared_norm_l2()).collect();
    let mut sum = 0.0;
    let mut products = Mat::<f64>::zeros(rows, rows);
    let accum = faer::Accum::Replace;
    let (left, right) = (unit.as_ref(), unit.transpose());
    faer::linalg::matmul::matmul(products.as_mut(), accum, left, right, 1.0, faer::Par::Seq);
    for j in 1..rows {
        for i in 0..j {
            let squared = (norms[i] + norms[j] - 2.0 * products[(i, j)]).max(0.0);
            sum += (-2.0 * squared).exp();
        }
    }
    (sum / (rows * (rows - 1) / 2) as f64).ln()
}

/// Mean cosine over all pairs `i < j` of unit rows: 0 for an isotropic cloud, 1 for one point.
pub fn mean_cosine(unit: &Mat<f64>) -> f64 {
    let rows = unit.nrows();
    if rows < 2 {
        return 0.0;
    }
    let total: f64 =
        (0..unit.ncols()).map(|j| unit.col(j).iter().sum::<f64>()).map(|s| s * s).sum();
    let own: f64 = (0..unit.ncols()).map(|j| unit.col(j).squared_norm_l2()).sum();
    (total - own) / (rows * (rows - 1)) as f64
}

/// Collapse level: `max(0, 1 - sqrt(d) mean_j std_j)` of unit rows; 0 is healthy, 1 is one point.
pub fn collapse_level(deviations: &[f64]) -> f64 {
    let width = deviations.len().max(1) as f64;
    (1.0 - width.sqrt() * deviations.iter().sum::<f64>() / width).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::golden;

    #[test]
    fn the_golden_pair() {
        let (a, b) = (unit(&golden::a()), unit(&golden::b()));
        assert!((alignment(&a, &b) - 0.019109008341).abs() < 1e-9);
        assert!((uniformity(&a) + 2.139301031975).abs() < 1e-9);
        assert!((mean_cosine(&a) + 0.104930897242).abs() < 1e-9);
    }

    #[test]
    fn one_point_is_collapsed() {
        let same = unit(&Mat::from_fn(6, 3, |_, j| 1.0 + j as f64));
        assert!(uniformity(&same).abs() < 1e-12);
        assert!((mean_cosine(&same) - 1.0).abs() < 1e-12);
        assert!((collapse_level(&crate::geometry::column_deviations(&same)) - 1.0).abs() < 1e-7);
    }
}
