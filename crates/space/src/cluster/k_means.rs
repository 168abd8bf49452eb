//! k-means by Lloyd's iteration from k-means++ starts (Arthur and Vassilvitskii 2007).

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

use crate::{Error, Matrix};

/// Rows assigned at once.
const BLOCK: usize = 1024;
/// Lloyd steps of one start at most.
const STEPS: usize = 300;
/// What all centres together must move in a step for another one, as a share of a column's mean
/// variance: scikit-learn's.
const TOLERANCE: f64 = 1e-4;

/// The best of several starts.
#[derive(Clone, Debug, PartialEq)]
pub struct KMeans {
    /// One centre a row.
    pub centers: Matrix,
    /// The nearest centre of every vector.
    pub clusters: Vec<u32>,
    /// Sum of squared distances to the nearest centre.
    pub inertia: f64,
}

/// Puts the vectors into `clusters` groups; of `starts` tries the one with the least inertia.
///
/// # Errors
/// Where there are fewer vectors than clusters, or none are asked for.
pub fn k_means(
    vectors: &Matrix,
    clusters: usize,
    starts: usize,
    seed: u64,
) -> Result<KMeans, Error> {
    let needed = clusters.max(1);
    if vectors.rows() < needed || clusters == 0 {
        let what = format!("k-means with {clusters} clusters");
        return Err(Error::TooFew { what, needed, received: vectors.rows().min(clusters) });
    }
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let least = TOLERANCE * mean_variance(vectors);
    let mut best = lloyd(vectors, plus_plus(vectors, clusters, &mut random), least);
    for _ in 1..starts {
        let other = lloyd(vectors, plus_plus(vectors, clusters, &mut random), least);
        if other.inertia < best.inertia {
            best = other;
        }
    }
    Ok(best)
}

/// Centres drawn among the vectors, each with probability proportional to its squared distance
/// from those before it.
fn plus_plus(vectors: &Matrix, clusters: usize, random: &mut Xoshiro256PlusPlus) -> Matrix {
    let first = random.random_range(0..vectors.rows());
    let mut chosen = vec![first];
    let mut nearest = vec![f64::INFINITY; vectors.rows()];
    while chosen.len() < clusters {
        let last = vectors.row(chosen[chosen.len() - 1]);
        nearest
            .par_iter_mut()
            .enumerate()
            .for_each(|(row, near)| *near = near.min(squared_distance(vectors.row(row), last)));
        let mut left = random.random::<f64>() * nearest.iter().sum::<f64>();
        let drawn = nearest.iter().position(|near| {
            left -= near;
            left < 0.0
        });
        // All remaining distances are zero where there are fewer different vectors than clusters.
        chosen.push(drawn.unwrap_or(chosen.len()));
    }
    vectors.select(&chosen)
}

/// Steps until no vector changes its cluster, or the centres move by no more than `least`.
fn lloyd(vectors: &Matrix, mut centers: Matrix, least: f64) -> KMeans {
    let mut clusters = assign(vectors, &centers);
    let mut sums = Sums::new(vectors, &clusters, centers.rows());
    for _ in 0..STEPS {
        let next = sums.means(vectors, &clusters, &centers);
        let moved = assign(vectors, &next);
        let settled =
            moved == clusters || squared_distance(next.values(), centers.values()) <= least;
        sums.follow(vectors, &clusters, &moved);
        (centers, clusters) = (next, moved);
        if settled {
            break;
        }
    }
    let inertia = clusters
        .iter()
        .enumerate()
        .map(|(row, &c)| squared_distance(vectors.row(row), centers.row(c as usize)))
        .sum();
    KMeans { centers, clusters, inertia }
}

/// The nearest centre of every vector: the largest `x . c - |c|^2 / 2`.
fn assign(vectors: &Matrix, centers: &Matrix) -> Vec<u32> {
    let (width, count) = (vectors.width(), centers.rows());
    let halves: Vec<f32> =
        (0..count).map(|c| 0.5 * centers.row(c).iter().map(|v| v * v).sum::<f32>()).collect();
    let right = MatRef::from_row_major_slice(centers.values(), count, width).transpose();
    let blocks: Vec<Vec<u32>> = vectors
        .values()
        .par_chunks((BLOCK * width).max(1))
        .map(|rows| {
            let left = MatRef::from_row_major_slice(rows, rows.len() / width, width);
            let mut keys = vec![0f32; left.nrows() * count];
            let product = MatMut::from_row_major_slice_mut(&mut keys, left.nrows(), count);
            matmul(product, Accum::Replace, left, right, 1.0, Par::Seq); // [rows, centers]
            let nearest = |keys: &[f32]| {
                let key = |c: usize| keys[c] - halves[c];
                (1..count).fold(0, |best, c| if key(c) > key(best) { c } else { best }) as u32
            };
            keys.chunks_exact(count).map(nearest).collect()
        })
        .collect();
    blocks.concat()
}

/// The mean over columns of their variance.
fn mean_variance(vectors: &Matrix) -> f64 {
    let rows = vectors.rows() as f64;
    let sums = Sums::new(vectors, &vec![0; vectors.rows()], 1).values;
    let squares: f64 = vectors.values().iter().map(|&value| f64::from(value).powi(2)).sum();
    let of_means = sums.iter().map(|sum| sum * sum).sum::<f64>() / rows;
    (squares - of_means).max(0.0) / (rows * vectors.width() as f64)
}

/// The sum and the number of the vectors of every cluster, kept from step to step: soon few vectors
/// still change.
struct Sums {
    values: Vec<f64>,
    counts: Vec<usize>,
    width: usize,
}

impl Sums {
    fn new(vectors: &Matrix, clusters: &[u32], count: usize) -> Self {
        let width = vectors.width();
        let mut sums = Self { values: vec![0.0; count * width], counts: vec![0; count], width };
        for (row, &cluster) in clusters.iter().enumerate() {
            sums.counts[cluster as usize] += 1;
            sums.add(1.0, vectors.row(row), cluster);
        }
        sums
    }

    fn add(&mut self, factor: f64, vector: &[f32], cluster: u32) {
        let sum = &mut self.values[cluster as usize * self.width..][..self.width];
        sum.iter_mut().zip(vector).for_each(|(sum, &value)| *sum += factor * f64::from(value));
    }

    /// Takes vectors out of the clusters they were in and into those they are in now.
    fn follow(&mut self, vectors: &Matrix, before: &[u32], now: &[u32]) {
        for (row, (&old, &new)) in before.iter().zip(now).enumerate() {
            if old != new {
                self.counts[old as usize] -= 1;
                self.counts[new as usize] += 1;
                self.add(-1.0, vectors.row(row), old);
                self.add(1.0, vectors.row(row), new);
            }
        }
    }

    /// The mean of every cluster; an empty one moves to the vector farthest from its own centre.
    fn means(&self, vectors: &Matrix, clusters: &[u32], centers: &Matrix) -> Matrix {
        let (width, counts) = (self.width, &self.counts);
        let mut values = Vec::with_capacity(self.values.len());
        for (sum, &count) in self.values.chunks_exact(width.max(1)).zip(counts) {
            values.extend(sum.iter().map(|s| (s / count.max(1) as f64) as f32));
        }
        let empty: Vec<usize> = (0..counts.len()).filter(|&c| counts[c] == 0).collect();
        if !empty.is_empty() {
            let far = |row: usize| {
                squared_distance(vectors.row(row), centers.row(clusters[row] as usize))
            };
            let mut farthest: Vec<(f64, usize)> =
                (0..clusters.len()).map(|row| (far(row), row)).collect();
            farthest.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            for (cluster, (_, row)) in empty.into_iter().zip(farthest) {
                values[cluster * width..(cluster + 1) * width].copy_from_slice(vectors.row(row));
            }
        }
        Matrix::new(counts.len(), width, values)
    }
}

fn squared_distance(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(x, y)| f64::from(x - y).powi(2)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Contingency;
    use crate::geometry::golden;

    /// Four clouds, far apart.
    fn clouds() -> (Matrix, Vec<u32>) {
        let mut vectors = golden::gaussian(5, 400, 3);
        let labels: Vec<u32> = (0..400).map(|i| i % 4).collect();
        for (row, &label) in vectors.values_mut().chunks_exact_mut(3).zip(&labels) {
            row[0] += 20.0 * (label / 2) as f32;
            row[1] += 20.0 * (label % 2) as f32;
        }
        (vectors, labels)
    }

    #[test]
    fn finds_separate_clouds() {
        let (vectors, labels) = clouds();
        let found = k_means(&vectors, 4, 5, 1).unwrap();
        assert_eq!(Contingency::new(&found.clusters, &labels).ari(), 1.0);
        let mean = |j: usize| {
            let rows = (0..400).filter(|&row| found.clusters[row] == 0);
            let column: Vec<f64> = rows.map(|row| f64::from(vectors.row(row)[j])).collect();
            column.iter().sum::<f64>() / column.len() as f64
        };
        assert!((f64::from(found.centers.row(0)[1]) - mean(1)).abs() < 1e-5);
    }

    #[test]
    fn one_cluster_has_the_variance_as_inertia() {
        let (vectors, _) = clouds();
        let found = k_means(&vectors, 1, 1, 1).unwrap();
        let deviations = crate::geometry::column_deviations(&crate::geometry::points(&vectors));
        let expected: f64 = deviations.iter().map(|s| s * s * 399.0).sum();
        assert!((found.inertia / expected - 1.0).abs() < 1e-5);
    }

    #[test]
    fn repeats_under_the_seed_on_any_number_of_threads() {
        let (vectors, _) = clouds();
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| k_means(&vectors, 7, 3, 9).unwrap())
        };
        assert_eq!(on(1), on(4));
    }

    #[test]
    fn sums_follow_the_vectors() {
        let (vectors, labels) = clouds();
        let shifted: Vec<u32> = labels.iter().map(|label| (label * label + 1) % 4).collect();
        let mut sums = Sums::new(&vectors, &labels, 4);
        sums.follow(&vectors, &labels, &shifted);
        let anew = Sums::new(&vectors, &shifted, 4);
        assert_eq!(sums.counts, anew.counts);
        assert!(sums.values.iter().zip(&anew.values).all(|(a, b)| (a - b).abs() < 1e-9));
    }

    #[test]
    fn twins_and_too_few_vectors() {
        let same = Matrix::new(5, 2, vec![1.0; 10]);
        assert_eq!(k_means(&same, 3, 2, 0).unwrap().inertia, 0.0);
        let error = k_means(&same, 9, 1, 0).unwrap_err().to_string();
        assert!(
            error.starts_with("k-means with 9 clusters needs at least 9, received 5"),
            "{error}"
        );
    }
}
