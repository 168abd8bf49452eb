//! Vectors as rows of one contiguous block.

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
        assert_eq!(
            values.len(),
            rows * width,
            "a {rows} x {width} matrix has {} values",
            rows * width
        );
        Self { rows, width, values }
    }

    /// No rows yet; grow it with [`Matrix::extend`].
    pub fn empty(width: usize) -> Self {
        Self { rows: 0, width, values: Vec::new() }
    }

    /// Appends whole rows.
    ///
    /// # Panics
    /// Where `values` is not a whole number of rows.
    pub fn extend(&mut self, values: &[f32]) {
        assert!(
            self.width > 0 && values.len().is_multiple_of(self.width),
            "whole rows of {}",
            self.width
        );
        self.values.extend_from_slice(values);
        self.rows += values.len() / self.width;
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

    /// All values, row by row.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// All values, to change in place.
    pub fn values_mut(&mut self) -> &mut [f32] {
        &mut self.values
    }

    /// The chosen rows, in the order given.
    pub fn select(&self, rows: &[usize]) -> Self {
        let values = rows.iter().flat_map(|&row| self.row(row)).copied().collect();
        Self::new(rows.len(), self.width, values)
    }

    /// Every row scaled to unit Euclidean length; rows of zeros stay zero.
    pub fn normalized(&self) -> Self {
        let mut unit = self.clone();
        if self.width > 0 {
            for row in unit.values.chunks_exact_mut(self.width) {
                let norm = row.iter().map(|v| v * v).sum::<f32>().sqrt();
                if norm > 0.0 {
                    row.iter_mut().for_each(|v| *v /= norm);
                }
            }
        }
        unit
    }
}
