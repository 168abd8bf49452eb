//! The names of samples that have none of their own, and of those that have.

use super::Split;
use super::names::Names;

/// The name of each sample, and the split that comes with it.
#[derive(Debug)]
pub(super) enum Ids {
    /// From the data.
    Named(Names),
    /// `name/number`, in runs of one split each.
    Counted(Vec<Run>),
}

/// Samples that are counted together.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) name: &'static str,
    pub(super) samples: usize,
    pub(super) split: Option<Split>,
}

impl Run {
    /// Samples of this split, named for it.
    pub(super) fn new(split: Option<Split>, samples: usize) -> Self {
        Run { name: run_name(split), samples, split }
    }
}

/// `train`, `validation`, `test`, or `row` where no split is known.
pub(super) fn run_name(split: Option<Split>) -> &'static str {
    match split {
        None => "row",
        Some(Split::Train) => "train",
        Some(Split::Validation) => "validation",
        Some(Split::Test) => "test",
    }
}

impl Ids {
    /// `row/0`, `row/1`, …
    pub(super) fn counted(samples: usize) -> Self {
        Ids::Counted(vec![Run::new(None, samples)])
    }

    /// The name of a sample.
    pub(super) fn get(&self, index: usize) -> String {
        match self {
            Ids::Named(names) => names.get(index).to_owned(),
            Ids::Counted(runs) => {
                let (run, position) = place(runs, index);
                let before = runs[..run].iter().filter(|earlier| earlier.name == runs[run].name);
                let before: usize = before.map(|run| run.samples).sum();
                format!("{}/{}", runs[run].name, before + position)
            }
        }
    }

    /// The split of a sample, where it is known.
    pub(super) fn split(&self, index: usize) -> Option<Split> {
        match self {
            Ids::Named(_) => None,
            Ids::Counted(runs) => runs[place(runs, index).0].split,
        }
    }
}

/// The run that holds a sample, and its position there.
fn place(runs: &[Run], index: usize) -> (usize, usize) {
    let mut position = index;
    for (number, run) in runs.iter().enumerate() {
        if position < run.samples {
            return (number, position);
        }
        position -= run.samples;
    }
    panic!("sample {index} was asked for, the last is {}", index - position);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_one_split_are_counted_on() {
        let (train, test) = (Some(Split::Train), Some(Split::Test));
        let ids = Ids::Counted(vec![Run::new(train, 2), Run::new(test, 1), Run::new(train, 1)]);
        let names: Vec<String> = (0..4).map(|index| ids.get(index)).collect();
        assert_eq!(names, ["train/0", "train/1", "test/0", "train/2"]);
        assert_eq!([0, 2, 3].map(|index| ids.split(index)), [train, test, train]);
    }
}
