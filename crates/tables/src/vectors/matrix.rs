//! Vectors as rows of one contiguous block.

use pulp::{Arch, Simd, WithSimd};

use crate::shared::Table;

/// `rows` vectors of `width` numbers, row by row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matrix {
    rows: usize,
    width: usize,
    values: Vec<f32>,
}

impl Matrix {
    /// Takes `rows * width` values, row by row.
    ///
    /// # Panics
    /// Where the number of values is another.
    pub fn new(rows: usize, width: usize, values: Vec<f32>) -> Self {
        assert_eq!(values.len(), rows * width, "a {rows} x {width} matrix");
        Self { rows, width, values }
    }

    pub(crate) fn from_table(table: &Table) -> Self {
        let values = (0..table.rows()).flat_map(|row| table.values(row)).collect();
        Self::new(table.rows(), table.width(), values)
    }

    pub(crate) fn to_table(&self) -> Table {
        Table::new(self.rows, self.width, |row, column| self.row(row)[column])
    }

    /// Number of vectors.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Numbers per vector.
    pub fn width(&self) -> usize {
        self.width
    }

    /// One vector.
    pub fn row(&self, index: usize) -> &[f32] {
        &self.values[index * self.width..(index + 1) * self.width]
    }

    /// One vector, to change in place.
    pub fn row_mut(&mut self, index: usize) -> &mut [f32] {
        &mut self.values[index * self.width..(index + 1) * self.width]
    }

    /// All values, row by row.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// Every row scaled to unit Euclidean length; rows of zeros stay zero.
    pub fn normalized(&self) -> Self {
        let mut unit = self.clone();
        (0..unit.rows).for_each(|row| normalize(unit.row_mut(row)));
        unit
    }
}

/// Scales to unit Euclidean length; zeros stay zero.
pub(crate) fn normalize(vector: &mut [f32]) {
    let norm = dot(vector, vector).sqrt();
    if norm > 0.0 {
        vector.iter_mut().for_each(|value| *value /= norm);
    }
}

/// `a · b` in the widest vectors of the machine.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    Arch::new().dispatch(Dot { a, b })
}

struct Dot<'a> {
    a: &'a [f32],
    b: &'a [f32],
}

impl WithSimd for Dot<'_> {
    type Output = f32;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f32 {
        let (a, a_rest) = S::as_simd_f32s(self.a);
        let (b, b_rest) = S::as_simd_f32s(self.b);
        let mut sum = simd.splat_f32s(0.0);
        for (&a, &b) in a.iter().zip(b) {
            sum = simd.mul_add_f32s(a, b, sum);
        }
        let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
        simd.reduce_sum_f32s(sum) + rest
    }
}
