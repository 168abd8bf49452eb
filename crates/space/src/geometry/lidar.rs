//! LiDAR (Thilak, Huang, Saremi, Dinh, Goh, Nakkiran, Susskind, Littwin: LiDAR: Sensing linear probing
//! performance in joint embedding SSL architectures, ICLR 2024): how many directions tell samples
//! apart, measured by the scatter of a sample's own views.
//!
//! `Σ_b`: covariance of the samples' means over their views, divisor `n - 1`; `Σ_w`: covariance of the
//! views about their sample's mean, divisor `n (q - 1)`, plus `δ I`. LiDAR is the entropy rank of the
//! eigenvalues of `Σ_w^-1/2 Σ_b Σ_w^-1/2` (equations 1 to 4), shares with `1e-7` added as for RankMe.

use faer::Mat;

use super::{column_means, spectrum};

/// `δ`, the paper's.
const REGULARIZATION: f64 = 1e-4;

/// LiDAR of `n` samples in `q` views, each `[n, d]` with the samples in the same order. None for fewer
/// than two samples or views, or numbers that are not finite.
///
/// # Panics
/// Where views differ in shape.
pub fn lidar(views: &[Mat<f64>]) -> Option<f64> {
    let (first, q) = (views.first()?, views.len());
    let (n, d) = (first.nrows(), first.ncols());
    assert!(views.iter().all(|view| (view.nrows(), view.ncols()) == (n, d)), "views of one shape");
    if n < 2 || q < 2 {
        return None;
    }
    let means = Mat::from_fn(n, d, |i, j| views.iter().map(|v| v[(i, j)]).sum::<f64>() / q as f64);
    let mut within = Mat::<f64>::identity(d, d) * REGULARIZATION;
    for view in views {
        let left = view - &means;
        within += left.transpose() * &left * (1.0 / (n * (q - 1)) as f64);
    }
    let (values, vectors) = spectrum::eigen(&within).ok()?;
    let centre = column_means(&means);
    let centred = Mat::from_fn(n, d, |i, j| means[(i, j)] - centre[j]);
    let turned = centred * vectors; // [n, d], in the axes of the scatter within
    let white = Mat::from_fn(n, d, |i, j| turned[(i, j)] / (values[j] * (n - 1) as f64).sqrt());
    let singular = spectrum::singular_values(white.as_ref());
    let eigenvalues: Vec<f64> = singular.iter().map(|s| s * s).collect();
    (!eigenvalues.is_empty())
        .then(|| spectrum::exponential_entropy(&eigenvalues, spectrum::RANK_ME_EPSILON))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{golden, points};

    #[test]
    fn the_golden_matrix_as_four_samples_in_two_views() {
        let a = golden::a();
        let view = |at: usize| Mat::from_fn(4, 4, |i, j| a[(2 * i + at, j)]);
        let value = lidar(&[view(0), view(1)]).unwrap();
        assert!((value - 1.081317174582).abs() < 1e-9, "{value}");
    }

    #[test]
    fn directions_that_only_views_move_along_do_not_count() {
        // Samples differ along 4 of 12 dimensions, views along the other 8, as widely.
        let sample = points(&golden::gaussian(1, 200, 12));
        let views: Vec<Mat<f64>> = (2..12)
            .map(|seed| {
                let noise = points(&golden::gaussian(seed, 200, 12));
                Mat::from_fn(200, 12, |i, j| match j < 4 {
                    true => sample[(i, j)] + 0.1 * noise[(i, j)],
                    false => noise[(i, j)],
                })
            })
            .collect();
        let value = lidar(&views).unwrap();
        assert!((3.5..4.5).contains(&value), "{value}");
        let of_all = spectrum::rank_me(&spectrum::singular_values(views[0].as_ref()));
        assert!(of_all > 10.0, "RankMe counts all: {of_all}");
    }

    #[test]
    fn one_view_or_one_sample_has_none() {
        let view = golden::a();
        assert_eq!(lidar(std::slice::from_ref(&view)), None);
        let one = || Mat::<f64>::zeros(1, 4);
        assert_eq!(lidar(&[one(), one()]), None);
        let broken = Mat::from_fn(3, 2, |_, _| f64::NAN);
        assert_eq!(lidar(&[broken.clone(), broken]), None);
    }
}
