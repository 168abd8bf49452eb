//! What methods that learn from classes share.

use super::Context;
use crate::Error;

/// The number of classes.
///
/// # Errors
/// Where there are fewer than two.
pub(super) fn classes(keyword: &str, context: Context) -> Result<usize, Error> {
    match context.classes {
        0 => Err(Error::Recipe(format!(
            "objective `{keyword}` learns from classes, and the data has none; give labels, or use \
             `simclr`"
        ))),
        1 => Err(Error::Recipe(format!(
            "objective `{keyword}` tells classes apart, and the data has only one; use `simclr`"
        ))),
        classes => Ok(classes),
    }
}

/// The group of every row of two views of a batch, the first view's rows before the second's: its
/// class, or, for a sample without one, a number of its own, so that it belongs to its other view
/// alone.
pub(super) fn groups(labels: &[Option<u32>]) -> Vec<i64> {
    let group = |(sample, label): (usize, &Option<u32>)| match label {
        Some(class) => i64::from(*class),
        None => -1 - sample as i64,
    };
    let view: Vec<i64> = labels.iter().enumerate().map(group).collect();
    view.repeat(2)
}

/// The samples that have a class, and their classes.
pub(super) fn known(labels: &[Option<u32>]) -> (Vec<i64>, Vec<i64>) {
    let with_class = |(sample, label): (usize, &Option<u32>)| {
        label.map(|class| (sample as i64, i64::from(class)))
    };
    labels.iter().enumerate().filter_map(with_class).unzip()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_without_a_class_are_groups_of_their_own() {
        let labels = [Some(1), None, Some(0), None, Some(1)];
        assert_eq!(groups(&labels), [1, -2, 0, -4, 1, 1, -2, 0, -4, 1]);
        assert_eq!(known(&labels), (vec![0, 2, 4], vec![1, 0, 1]));
    }
}
