//! Operands as they lie in memory.

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
