//! k-means with 256 centroids over short points (Lloyd, 1982).

use pulp::{Arch, Simd, WithSimd};

use super::CENTROIDS;
use crate::random::Random;

/// Rounds, as fastText.
const ROUNDS: usize = 25;
/// What a centroid is moved by from the one that it halves.
const SPLIT: f32 = 1e-7;

/// Centroids of points of `width` numbers, one behind the other.
pub(super) fn centroids(points: &[f32], width: usize, random: &mut Random) -> Vec<f32> {
    let count = points.len() / width;
    let mut centroids = vec![0.0; CENTROIDS * width];
    if count == 0 {
        return centroids;
    }
    // Distinct points while there are enough.
    let mut order: Vec<usize> = (0..count).collect();
    for (place, centroid) in centroids.chunks_exact_mut(width).enumerate() {
        let place = place % count;
        let drawn = place + random.below(count - place);
        order.swap(place, drawn);
        centroid.copy_from_slice(&points[order[place] * width..][..width]);
    }
    for _ in 0..ROUNDS {
        let codes = nearest(points, width, &centroids);
        let sizes = means(points, width, &codes, &mut centroids);
        refill(&mut centroids, width, sizes, random);
    }
    centroids
}

/// Moves every centroid to the mean of its points; gives how many each has.
fn means(points: &[f32], width: usize, codes: &[u8], centroids: &mut [f32]) -> Vec<usize> {
    let mut sizes = vec![0; CENTROIDS];
    codes.iter().for_each(|&code| sizes[usize::from(code)] += 1);
    for (centroid, &size) in centroids.chunks_exact_mut(width).zip(&sizes) {
        if size > 0 {
            centroid.fill(0.0);
        }
    }
    for (point, &code) in points.chunks_exact(width).zip(codes) {
        let centroid = &mut centroids[usize::from(code) * width..][..width];
        centroid.iter_mut().zip(point).for_each(|(sum, value)| *sum += value);
    }
    for (centroid, &size) in centroids.chunks_exact_mut(width).zip(&sizes) {
        centroid.iter_mut().for_each(|value| *value /= size.max(1) as f32);
    }
    sizes
}

/// A centroid without points takes half of those of another, drawn by how many that has.
fn refill(centroids: &mut [f32], width: usize, mut sizes: Vec<usize>, random: &mut Random) {
    for empty in 0..CENTROIDS {
        let spare: usize = sizes.iter().map(|size| size.saturating_sub(1)).sum();
        if sizes[empty] > 0 || spare == 0 {
            continue;
        }
        let mut left = random.below(spare);
        let full = sizes.iter().position(|size| {
            let found = left < size.saturating_sub(1);
            left = left.saturating_sub(size.saturating_sub(1));
            found
        });
        let Some(full) = full else { continue };
        for column in 0..width {
            let step = if column % 2 == 0 { SPLIT } else { -SPLIT };
            let value = centroids[full * width + column];
            centroids[empty * width + column] = value - step;
            centroids[full * width + column] = value + step;
        }
        sizes[empty] = sizes[full] / 2;
        sizes[full] -= sizes[empty];
    }
}

/// The nearest centroid of every point; of equals the first.
pub(super) fn nearest(points: &[f32], width: usize, centroids: &[f32]) -> Vec<u8> {
    let mut columns = vec![[0.0; CENTROIDS]; width];
    for (code, centroid) in centroids.chunks_exact(width).enumerate() {
        columns.iter_mut().zip(centroid).for_each(|(column, value)| column[code] = *value);
    }
    let mut codes = vec![0; points.len() / width];
    Arch::new().dispatch(Nearest { points, columns: &columns, codes: &mut codes });
    codes
}

struct Nearest<'a> {
    points: &'a [f32],
    /// The centroids, number by number.
    columns: &'a [[f32; CENTROIDS]],
    codes: &'a mut [u8],
}

impl WithSimd for Nearest<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let points = self.points.chunks_exact(self.columns.len());
        for (point, code) in points.zip(self.codes) {
            let mut distances = [0.0f32; CENTROIDS];
            for (value, column) in point.iter().zip(self.columns) {
                for (distance, centroid) in distances.iter_mut().zip(column) {
                    *distance += (value - centroid) * (value - centroid);
                }
            }
            let mut least = [f32::INFINITY; 16];
            for part in distances.as_chunks::<16>().0 {
                for (least, distance) in least.iter_mut().zip(part) {
                    *least = if *distance < *least { *distance } else { *least };
                }
            }
            let least = least.into_iter().fold(f32::INFINITY, f32::min);
            let found = distances.iter().position(|distance| *distance == least);
            *code = found.unwrap_or(0) as u8;
        }
    }
}
