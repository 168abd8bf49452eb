//! Single-threaded matrix product on borrowed slices: the checked door to the `gemm` crate.

use gemm::Parallelism;

/// A read-only matrix: element `(r, c)` lies at `data[r * row + c * column]`.
#[derive(Clone, Copy)]
pub(crate) struct Matrix<'a> {
    pub(crate) data: &'a [f32],
    pub(crate) row: usize,
    pub(crate) column: usize,
}

impl<'a> Matrix<'a> {
    /// Rows one after the other, `width` apart.
    pub(crate) fn row_major(data: &'a [f32], width: usize) -> Self {
        Self { data, row: width, column: 1 }
    }

    /// The same values with rows and columns exchanged.
    pub(crate) fn transposed(self) -> Self {
        Self { row: self.column, column: self.row, ..self }
    }

    /// What lies right of and below an element.
    pub(crate) fn starting_at(self, [row, column]: [usize; 2]) -> Self {
        Self { data: &self.data[row * self.row + column * self.column..], ..self }
    }
}

/// `destination = lhs · rhs`, or `destination += lhs · rhs` when `accumulate`.
///
/// Shapes: `lhs [m, k]`, `rhs [k, n]`, `destination [m, n]` row-major, its rows `width` apart.
///
/// # Panics
/// When a slice is too short for its shape.
pub(crate) fn multiply(
    [m, n, k]: [usize; 3],
    destination: &mut [f32],
    width: usize,
    accumulate: bool,
    lhs: Matrix<'_>,
    rhs: Matrix<'_>,
) {
    if m == 0 || n == 0 {
        return;
    }
    if k == 0 {
        if !accumulate {
            destination.chunks_mut(width).take(m).for_each(|row| row[..n].fill(0.0));
        }
        return;
    }
    assert!(width >= n, "rows of the destination overlap");
    assert!((m - 1) * width + n <= destination.len(), "destination too short");
    assert!((m - 1) * lhs.row + (k - 1) * lhs.column < lhs.data.len(), "lhs too short");
    assert!((k - 1) * rhs.row + (n - 1) * rhs.column < rhs.data.len(), "rhs too short");
    let alpha = if accumulate { 1.0 } else { 0.0 };
    // SAFETY: the assertions above bound the largest offset the product reads or writes in each
    // slice; strides are non-negative, rows of the destination do not overlap, and the exclusive
    // borrow of the destination keeps it apart from the operands.
    #[allow(unsafe_code)]
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            destination.as_mut_ptr(),
            1,
            width as isize,
            accumulate,
            lhs.data.as_ptr(),
            lhs.column as isize,
            lhs.row as isize,
            rhs.data.as_ptr(),
            rhs.column as isize,
            rhs.row as isize,
            alpha,
            1.0,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}
