//! From the texts of a column to what the column is.

use std::collections::BTreeSet;

use crate::schema::Content;

/// A column of texts with more different values than this is no category, and is left out.
pub(super) const MOST_CATEGORIES: usize = 1000;

/// Whether a cell says that its value is not known.
pub(super) fn is_missing(text: &str) -> bool {
    matches!(text, "" | "?" | "NA" | "N/A" | "n/a" | "NaN" | "nan" | "NULL" | "null" | "None")
}

/// A finite number, or nothing.
pub(super) fn number(text: &str) -> Option<f32> {
    text.parse::<f32>().ok().filter(|number| number.is_finite())
}

/// What has been seen of one column.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    present: usize,
    numbers_only: bool,
    values: BTreeSet<String>,
    too_many: bool,
}

/// What a column turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Feature(Content),
    /// No cell has a value.
    Missing,
    /// More than [`MOST_CATEGORIES`] texts.
    Text,
}

impl Seen {
    pub(super) fn new() -> Self {
        Seen { present: 0, numbers_only: true, values: BTreeSet::new(), too_many: false }
    }

    /// Takes in one cell, without the spaces around it.
    pub(super) fn see(&mut self, text: &str) {
        let infinite = || text.parse::<f32>().is_ok_and(|number| !number.is_finite());
        if is_missing(text) || (self.numbers_only && infinite()) {
            return;
        }
        self.present += 1;
        self.numbers_only &= number(text).is_some();
        if !self.too_many && !self.values.contains(text) {
            self.too_many = self.values.len() == MOST_CATEGORIES;
            if self.too_many {
                self.values.clear();
            } else {
                self.values.insert(text.to_owned());
            }
        }
    }

    /// How many cells had a value.
    pub(super) fn present(&self) -> usize {
        self.present
    }

    pub(super) fn verdict(self) -> Verdict {
        match (self.present, self.numbers_only, self.too_many) {
            (0, _, _) => Verdict::Missing,
            (_, true, _) => Verdict::Feature(Content::Number),
            (_, false, true) => Verdict::Text,
            (_, false, false) => {
                Verdict::Feature(Content::Category(self.values.into_iter().collect()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict<'a>(texts: impl IntoIterator<Item = &'a str>) -> Verdict {
        let mut seen = Seen::new();
        texts.into_iter().for_each(|text| seen.see(text));
        seen.verdict()
    }

    #[test]
    fn numbers_categories_and_texts_are_told_apart() {
        let categories = |values: &[&str]| {
            let values = values.iter().map(|&value| value.to_owned()).collect();
            Verdict::Feature(Content::Category(values))
        };
        assert_eq!(verdict(["1", "-2.5e3", "", "NaN", "inf"]), Verdict::Feature(Content::Number));
        assert_eq!(verdict(["b", "a", "?", "b"]), categories(&["a", "b"]));
        assert_eq!(verdict(["1", "2", "three"]), categories(&["1", "2", "three"]));
        assert_eq!(verdict(["", "NA"]), Verdict::Missing);
        let many: Vec<String> = (0..=MOST_CATEGORIES).map(|i| format!("text {i}")).collect();
        assert_eq!(verdict(many.iter().map(String::as_str)), Verdict::Text);
        let as_many = &many[..MOST_CATEGORIES];
        let verdict = verdict(as_many.iter().map(String::as_str));
        assert!(matches!(verdict, Verdict::Feature(Content::Category(v)) if v.len() == 1000));
    }
}
