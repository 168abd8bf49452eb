//! A table row on its way through the views.

use std::ops::Range;

/// A standardized row; a view changes it in place.
#[derive(Debug)]
pub struct Row<'a> {
    /// One number per feature; 0 is the mean of the training data.
    pub values: &'a mut [f32],
    /// The features that each column of the table became: one, or one per category.
    pub columns: &'a [Range<usize>],
}
