//! What the cloud of points looks like, without labels: rank, spread, dimension, hubs.

pub mod hubness;
pub mod intrinsic;
pub mod lidar;
pub mod spectrum;
pub mod sphere;

use faer::Mat;

use crate::Matrix;

/// The same points in double precision, one row a point.
pub fn points(matrix: &Matrix) -> Mat<f64> {
    Mat::from_fn(matrix.rows(), matrix.width(), |row, column| f64::from(matrix.row(row)[column]))
}

/// Mean of every dimension.
pub fn column_means(points: &Mat<f64>) -> Vec<f64> {
    let rows = points.nrows().max(1) as f64;
    (0..points.ncols()).map(|j| points.col(j).iter().sum::<f64>() / rows).collect()
}

/// Sample standard deviation (divisor n - 1) of every dimension; zeros for fewer than two points.
pub fn column_deviations(points: &Mat<f64>) -> Vec<f64> {
    let divisor = points.nrows().saturating_sub(1).max(1) as f64;
    column_means(points)
        .iter()
        .enumerate()
        .map(|(j, mean)| {
            let squares: f64 = points.col(j).iter().map(|v| (v - mean) * (v - mean)).sum();
            (squares / divisor).sqrt()
        })
        .collect()
}

#[cfg(test)]
pub(crate) mod golden {
    //! The inputs behind the reference values: closed formulas and a seeded generator.

    use faer::Mat;

    use crate::Matrix;

    /// `A[i][j] = sin(0.7 i + 1.3 j + 0.1) + 0.2 cos(1.9 i j)`, 8 x 4.
    pub fn a() -> Mat<f64> {
        Mat::from_fn(8, 4, |i, j| {
            let (i, j) = (i as f64, j as f64);
            (0.7 * i + 1.3 * j + 0.1).sin() + 0.2 * (1.9 * i * j).cos()
        })
    }

    /// `B = A + 0.15 cos(2.3 i - 0.9 j)`.
    pub fn b() -> Mat<f64> {
        let a = a();
        Mat::from_fn(8, 4, |i, j| a[(i, j)] + 0.15 * (2.3 * i as f64 - 0.9 * j as f64).cos())
    }

    /// Uniform numbers in [0, 1) from splitmix64: the upper 53 bits.
    pub fn uniform(seed: u64) -> impl FnMut() -> f64 {
        let mut state = seed;
        move || {
            state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
        }
    }

    /// Standard normal points by Box-Muller pairs, row by row.
    pub fn gaussian(seed: u64, rows: usize, width: usize) -> Matrix {
        let mut next = uniform(seed);
        let mut values = Vec::with_capacity(rows * width);
        while values.len() < rows * width {
            let (a, b) = (1.0 - next(), next());
            let radius = (-2.0 * a.ln()).sqrt();
            let angle = 2.0 * std::f64::consts::PI * b;
            values.push((radius * angle.cos()) as f32);
            values.push((radius * angle.sin()) as f32);
        }
        Matrix::new(rows, width, values)
    }

    #[test]
    fn the_generator_gives_the_reference_numbers() {
        let mut next = uniform(42);
        for expected in [0.741564878772, 0.159910392877, 0.278601130255] {
            assert!((next() - expected).abs() < 1e-11);
        }
    }
}
