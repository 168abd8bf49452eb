//! 256 centroids for every part of a vector.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use super::kmeans;
use crate::random::Random;
use crate::vectors::Matrix;

/// Centroids of a part: as many as a byte can tell.
pub(crate) const CENTROIDS: usize = 256;
/// Vectors that centroids are learned from, at most; as fastText, 256 for each.
const SAMPLE: usize = 256 * CENTROIDS;

/// The centroids of all parts, in the order of fastText's files: part by part, in each centroid by
/// centroid. The last part is shorter where the width is no multiple of `part`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Codebook {
    pub(crate) width: usize,
    pub(crate) part: usize,
    pub(crate) centroids: Vec<f32>,
}

impl Codebook {
    /// Parts of a vector.
    pub(crate) fn parts(&self) -> usize {
        self.width.div_ceil(self.part)
    }

    /// Numbers of a part.
    fn len(&self, part: usize) -> usize {
        self.part.min(self.width - part * self.part)
    }

    pub(crate) fn centroid(&self, part: usize, code: u8) -> &[f32] {
        let len = self.len(part);
        &self.centroids[part * self.part * CENTROIDS + usize::from(code) * len..][..len]
    }

    fn of_part(&self, part: usize) -> &[f32] {
        &self.centroids[part * self.part * CENTROIDS..][..self.len(part) * CENTROIDS]
    }

    /// Learns the centroids of all parts; the number of threads changes nothing.
    pub(crate) fn learn(matrix: &Matrix, part: usize, key: u64, threads: usize) -> Self {
        let empty = Self { width: matrix.width(), part, centroids: Vec::new() };
        let learned = in_parallel(empty.parts(), threads, |number| {
            let mut random = Random::keyed(&[key, number as u64]);
            let rows: Vec<usize> = if matrix.rows() > SAMPLE {
                (0..SAMPLE).map(|_| random.below(matrix.rows())).collect()
            } else {
                (0..matrix.rows()).collect()
            };
            let len = empty.len(number);
            let points = column(matrix, rows.into_iter(), number * part, len);
            kmeans::centroids(&points, len, &mut random)
        });
        Self { centroids: learned.concat(), ..empty }
    }

    /// The nearest centroid of every part of every row.
    pub(crate) fn encode(&self, matrix: &Matrix, threads: usize) -> Vec<u8> {
        let by_part = in_parallel(self.parts(), threads, |number| {
            let len = self.len(number);
            let points = column(matrix, 0..matrix.rows(), number * self.part, len);
            kmeans::nearest(&points, len, self.of_part(number))
        });
        (0..matrix.rows()).flat_map(|row| by_part.iter().map(move |codes| codes[row])).collect()
    }
}

fn column(
    matrix: &Matrix,
    rows: impl Iterator<Item = usize>,
    start: usize,
    len: usize,
) -> Vec<f32> {
    rows.flat_map(|row| &matrix.row(row)[start..start + len]).copied().collect()
}

/// `each(0)`, `each(1)`, … by several threads.
fn in_parallel<T: Send>(count: usize, threads: usize, each: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let work = || {
        let turns = std::iter::from_fn(|| Some(next.fetch_add(1, Relaxed)));
        turns.take_while(|turn| *turn < count).map(|turn| (turn, each(turn))).collect::<Vec<_>>()
    };
    let mut done: Vec<(usize, T)> = std::thread::scope(|scope| {
        let handles: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut done = work();
        for handle in handles {
            match handle.join() {
                Ok(more) => done.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    });
    done.sort_unstable_by_key(|(turn, _)| *turn);
    done.into_iter().map(|(_, value)| value).collect()
}
