//! A sparse matrix by rows.

use pulp::{Arch, Simd, WithSimd};

use crate::vectors::Matrix;

/// The entries that are not 0.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sparse {
    width: usize,
    starts: Vec<usize>,
    columns: Vec<u32>,
    values: Vec<f32>,
}

impl Sparse {
    /// From `counts[row]` entries in every row, which are then set one by one.
    pub(crate) fn with_counts(counts: &[usize], width: usize) -> Filling {
        let mut starts = vec![0];
        for count in counts {
            starts.push(starts[starts.len() - 1] + count);
        }
        let len = starts[counts.len()];
        let next = starts[..counts.len()].to_vec();
        let matrix = Self { width, starts, columns: vec![0; len], values: vec![0.0; len] };
        Filling { matrix, next }
    }

    pub(crate) fn rows(&self) -> usize {
        self.starts.len() - 1
    }

    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Columns and values of a row.
    pub(crate) fn row(&self, row: usize) -> impl Iterator<Item = (u32, f32)> + '_ {
        let range = self.starts[row]..self.starts[row + 1];
        self.columns[range.clone()].iter().copied().zip(self.values[range].iter().copied())
    }

    pub(crate) fn transposed(&self) -> Self {
        let mut counts = vec![0; self.width];
        self.columns.iter().for_each(|&column| counts[column as usize] += 1);
        let mut filling = Self::with_counts(&counts, self.rows());
        for row in 0..self.rows() {
            self.row(row).for_each(|(column, value)| filling.push(column, row as u32, value));
        }
        filling.matrix
    }

    /// `self · X`, `[rows, X.width]`, by several threads.
    pub(crate) fn times(&self, x: &Matrix, threads: usize) -> Matrix {
        let width = x.width();
        let mut out = vec![0.0; self.rows() * width];
        let share = self.rows().div_ceil(threads.max(1)).max(1);
        std::thread::scope(|scope| {
            for (part, out) in out.chunks_mut(share * width.max(1)).enumerate() {
                scope.spawn(move || {
                    let arch = Arch::new();
                    for (row, out) in out.chunks_exact_mut(width).enumerate() {
                        arch.dispatch(Combine { matrix: self, row: part * share + row, x, out });
                    }
                });
            }
        });
        Matrix::new(self.rows(), width, out)
    }
}

/// A matrix whose entries are set; those of a row in the order of their columns.
pub(crate) struct Filling {
    pub(crate) matrix: Sparse,
    next: Vec<usize>,
}

impl Filling {
    pub(crate) fn push(&mut self, row: u32, column: u32, value: f32) {
        let place = self.next[row as usize];
        self.matrix.columns[place] = column;
        self.matrix.values[place] = value;
        self.next[row as usize] += 1;
    }
}

/// `out += Σ_j matrix[row, j] · x[j]`.
struct Combine<'a> {
    matrix: &'a Sparse,
    row: usize,
    x: &'a Matrix,
    out: &'a mut [f32],
}

impl WithSimd for Combine<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (out, out_rest) = S::as_mut_simd_f32s(self.out);
        for (column, value) in self.matrix.row(self.row) {
            let (x, x_rest) = S::as_simd_f32s(self.x.row(column as usize));
            let by = simd.splat_f32s(value);
            for (out, x) in out.iter_mut().zip(x) {
                *out = simd.mul_add_f32s(by, *x, *out);
            }
            out_rest.iter_mut().zip(x_rest).for_each(|(out, x)| *out += value * x);
        }
    }
}
