//! Matrices of many rows: their sums go in f64 and over parts of the rows, a thread each.

use pulp::Arch;

use crate::vectors::Matrix;

/// Rows a thread takes at least.
const PART: usize = 1 << 12;

/// The mean of the rows.
pub(crate) fn mean(rows: &Matrix) -> Vec<f64> {
    let mut sum = vec![0.0; rows.width()];
    for row in 0..rows.rows() {
        sum.iter_mut().zip(rows.row(row)).for_each(|(sum, value)| *sum += f64::from(*value));
    }
    sum.iter_mut().for_each(|sum| *sum /= rows.rows().max(1) as f64);
    sum
}

/// `(X - 1 shiftᵀ)ᵀ (X - 1 shiftᵀ)`, `[width, width]`.
pub(crate) fn gram(rows: &Matrix, shift: &[f64], threads: usize) -> Vec<f64> {
    let width = rows.width();
    let part = |values: &[f32]| {
        let (mut sums, mut row) = (vec![0.0; width * width], vec![0.0; width]);
        Arch::new().dispatch(|| {
            for values in values.chunks_exact(width) {
                for ((row, value), shift) in row.iter_mut().zip(values).zip(shift) {
                    *row = f64::from(*value) - shift;
                }
                for (place, &one) in row.iter().enumerate() {
                    let sums = &mut sums[place * width + place..(place + 1) * width];
                    sums.iter_mut().zip(&row[place..]).for_each(|(sum, other)| *sum += one * other);
                }
            }
        });
        sums
    };
    let mut total = vec![0.0; width * width];
    for sums in by_parts(rows.values(), width, threads, part) {
        total.iter_mut().zip(sums).for_each(|(total, sum)| *total += sum);
    }
    for row in 0..width {
        (0..row).for_each(|column| total[row * width + column] = total[column * width + row]);
    }
    total
}

/// `X Mᵀ`, `[rows, m]`, for the `m` rows of `M`.
pub(crate) fn times(rows: &Matrix, by: &[Vec<f64>], threads: usize) -> Matrix {
    let (width, out) = (rows.width(), by.len());
    // Column by column of M, so that the innermost loop adds and does not reduce.
    let columns: Vec<Vec<f64>> =
        (0..width).map(|column| by.iter().map(|row| row[column]).collect()).collect();
    let part = |values: &[f32]| {
        let (mut found, mut sums) = (Vec::new(), vec![0.0; out]);
        Arch::new().dispatch(|| {
            for values in values.chunks_exact(width.max(1)) {
                sums.fill(0.0);
                for (value, column) in values.iter().zip(&columns) {
                    let value = f64::from(*value);
                    sums.iter_mut().zip(column).for_each(|(sum, by)| *sum += value * by);
                }
                found.extend(sums.iter().map(|sum| *sum as f32));
            }
        });
        found
    };
    Matrix::new(rows.rows(), out, by_parts(rows.values(), width, threads, part).concat())
}

/// What `part` makes of every part of the rows, in order.
fn by_parts<T: Send>(
    values: &[f32],
    width: usize,
    threads: usize,
    part: impl Fn(&[f32]) -> T + Sync,
) -> Vec<T> {
    let rows = values.len() / width.max(1);
    let share = rows.div_ceil(threads.max(1)).max(PART) * width.max(1);
    std::thread::scope(|scope| {
        let part = &part;
        let spawn = |values| scope.spawn(move || part(values));
        let threads: Vec<_> = values.chunks(share).map(spawn).collect();
        let joined = |thread: std::thread::ScopedJoinHandle<T>| {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        threads.into_iter().map(joined).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_make_up_the_whole() {
        let rows = 2 * PART + 7;
        let values: Vec<f32> = (0..rows * 3).map(|i| ((i % 17) as f32).sin()).collect();
        let matrix = Matrix::new(rows, 3, values);
        let shift = mean(&matrix);
        let found = gram(&matrix, &shift, 2);
        for i in 0..3 {
            for j in 0..3 {
                let product =
                    |row: &[f32]| (f64::from(row[i]) - shift[i]) * (f64::from(row[j]) - shift[j]);
                let expected: f64 = (0..rows).map(|row| product(matrix.row(row))).sum();
                assert!(
                    (found[i * 3 + j] - expected).abs() < 1e-8,
                    "{} {expected}",
                    found[i * 3 + j]
                );
            }
        }
        let by = [vec![1.0, 0.0, -2.0], vec![0.5, 0.25, 0.0]];
        let found = times(&matrix, &by, 2);
        for row in [0, PART, rows - 1] {
            let x = matrix.row(row);
            let expected = [x[0] - 2.0 * x[2], 0.5 * x[0] + 0.25 * x[1]];
            for (found, expected) in found.row(row).iter().zip(expected) {
                assert!((found - expected).abs() < 1e-6);
            }
        }
    }
}
