//! From the name of each sample's class to a sorted list of classes and a label per sample.

use std::collections::HashMap;

/// The label of each sample; [`NONE`](Labels::NONE) marks a sample without one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Labels {
    labels: Vec<u32>,
    classes: Vec<String>,
}

impl Labels {
    const NONE: u32 = u32::MAX;

    /// Labels that are numbers already, and the names of the classes.
    pub(crate) fn new(labels: Vec<Option<u32>>, classes: Vec<String>) -> Self {
        let labels = labels.into_iter().map(|label| label.unwrap_or(Self::NONE)).collect();
        Labels { labels, classes }
    }

    /// Classes by name.
    pub(crate) fn from_names<S: AsRef<str>>(names: impl Iterator<Item = Option<S>>) -> Self {
        let mut builder = LabelsBuilder::default();
        names.for_each(|name| builder.push(name.as_ref().map(AsRef::as_ref)));
        builder.finish()
    }

    /// Label `l` becomes `numbers[l]`, a position in these classes.
    pub(crate) fn renumbered(self, numbers: &[usize], classes: Vec<String>) -> Self {
        let label = |&label: &u32| numbers.get(label as usize).map_or(Self::NONE, |&n| n as u32);
        Labels { labels: self.labels.iter().map(label).collect(), classes }
    }

    /// The label of one sample.
    pub(crate) fn get(&self, index: usize) -> Option<u32> {
        self.labels.get(index).copied().filter(|&label| label != Self::NONE)
    }

    /// The classes, sorted.
    pub(crate) fn classes(&self) -> &[String] {
        &self.classes
    }

    /// How many samples have a label.
    pub(crate) fn labelled(&self) -> usize {
        self.labels.iter().filter(|&&label| label != Self::NONE).count()
    }
}

/// Takes the name of each sample's class in turn.
#[derive(Debug, Default)]
pub(crate) struct LabelsBuilder {
    /// Classes in the order of their first sample.
    positions: HashMap<String, u32>,
    labels: Vec<u32>,
}

impl LabelsBuilder {
    /// The class of the next sample.
    pub(crate) fn push(&mut self, name: Option<&str>) {
        self.labels.push(match name {
            None => Labels::NONE,
            Some(name) => self.positions.get(name).copied().unwrap_or_else(|| {
                let next = self.positions.len() as u32;
                self.positions.insert(name.to_owned(), next);
                next
            }),
        });
    }

    /// How many classes there are so far.
    pub(crate) fn classes(&self) -> usize {
        self.positions.len()
    }

    /// Classes sorted as numbers where all are numbers, as texts elsewhere.
    pub(crate) fn finish(self) -> Labels {
        let mut order: Vec<(String, u32)> = self.positions.into_iter().collect();
        sort_classes(&mut order, |(name, _)| name);
        let mut rank = vec![0; order.len()];
        for (new, (_, old)) in order.iter().enumerate() {
            rank[*old as usize] = new as u32;
        }
        let ranked = |&label: &u32| rank.get(label as usize).copied().unwrap_or(Labels::NONE);
        Labels {
            labels: self.labels.iter().map(ranked).collect(),
            classes: order.into_iter().map(|(name, _)| name).collect(),
        }
    }
}

/// Sorts by name: as numbers where every name is one ("2" before "10"), as texts elsewhere.
fn sort_classes<T>(items: &mut [T], name: impl Fn(&T) -> &String) {
    let number = |item: &T| name(item).parse::<f64>().ok().filter(|n| n.is_finite());
    if items.iter().all(|item| number(item).is_some()) {
        items.sort_by(|a, b| {
            let order = number(a).unwrap_or(0.0).total_cmp(&number(b).unwrap_or(0.0));
            order.then_with(|| name(a).cmp(name(b)))
        });
    } else {
        items.sort_by(|a, b| name(a).cmp(name(b)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_sorted_as_numbers_where_they_are_numbers() {
        let names = ["10", "2", "10"].map(Some);
        let labels = Labels::from_names(names.into_iter());
        assert_eq!(labels.classes(), ["2", "10"]);
        assert_eq!([0, 1, 2].map(|i| labels.get(i)), [Some(1), Some(0), Some(1)]);
    }

    #[test]
    fn a_missing_name_is_no_label() {
        let labels = Labels::from_names([Some("b"), None, Some("a")].into_iter());
        assert_eq!(labels.classes(), ["a", "b"]);
        assert_eq!([0, 1, 2].map(|i| labels.get(i)), [Some(1), None, Some(0)]);
        assert_eq!(labels.labelled(), 2);
    }
}
