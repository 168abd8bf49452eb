//! Hubness (Radovanovic et al. 2010): do a few points crowd everybody's neighbour lists?

use crate::index::Neighbours;

/// How unevenly points occur in each other's lists of nearest neighbours.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hubness {
    /// Skewness of the occurrences, population moments: 0 is even, above 1 means hubs.
    pub skewness: f64,
    /// Share of the points that occur in no list at all.
    pub antihubs: f64,
    /// Most lists that one point occurs in.
    pub largest: usize,
}

/// `N_k(x)`: the number of lists that hold x. Lists leave out the point that they belong to.
pub fn occurrences(points: usize, lists: &Neighbours) -> Vec<usize> {
    let mut counts = vec![0; points];
    for &neighbour in &lists.ids {
        counts[neighbour as usize] += 1;
    }
    counts
}

/// Describes the occurrences; an empty slice and equal counts have skewness 0.
pub fn hubness(occurrences: &[usize]) -> Hubness {
    let count = occurrences.len().max(1) as f64;
    let mean = occurrences.iter().sum::<usize>() as f64 / count;
    let moment = |power: i32| {
        occurrences.iter().map(|&n| (n as f64 - mean).powi(power)).sum::<f64>() / count
    };
    let deviation = moment(2).sqrt();
    Hubness {
        skewness: if deviation > 0.0 { moment(3) / deviation.powi(3) } else { 0.0 },
        antihubs: occurrences.iter().filter(|&&n| n == 0).count() as f64 / count,
        largest: occurrences.iter().copied().max().unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::golden;
    use crate::index::Exact;
    use crate::{Matrix, Metric};

    fn counts(matrix: Matrix, k: usize) -> Vec<usize> {
        let rows = matrix.rows();
        occurrences(rows, &Exact::new(matrix, Metric::Euclidean).unwrap().search_all(k))
    }

    #[test]
    fn occurrences_of_the_golden_matrix() {
        let a = golden::a();
        let values = (0..32).map(|i| a[(i / 4, i % 4)] as f32).collect();
        let counts = counts(Matrix::new(8, 4, values), 3);
        assert_eq!(counts, [2, 3, 4, 3, 4, 3, 2, 3]);
        assert!(hubness(&counts).skewness.abs() < 1e-12);
    }

    #[test]
    fn a_plane_has_no_hubs() {
        let found = hubness(&counts(golden::gaussian(1, 1000, 2), 10));
        assert!((found.skewness + 0.324).abs() < 6e-4, "{found:?}");
        assert!((found.antihubs - 0.001).abs() < 1e-9);
        assert_eq!(found.largest, 18);
    }

    #[test]
    fn fifty_dimensions_have() {
        let found = hubness(&counts(golden::gaussian(1, 1000, 50), 10));
        assert!((found.skewness - 5.175).abs() < 6e-4, "{found:?}");
        assert!((found.antihubs - 0.135).abs() < 1e-9);
        assert_eq!(found.largest, 205);
    }
}
