//! Directions: whether what tells two classes apart is one direction of the space, and whether going
//! along it turns one class into the other.
//!
//! Of a pair of classes, two directions are fitted to training samples: the difference of their means
//! (Radford et al. 2016, figure 7) and the normal of a logistic separator (Kim et al. 2018, TCAV,
//! section 3.2). How well they tell held-out samples apart stands beside the same directions of
//! shuffled labels, for in many dimensions anything can be separated. Then the vector arithmetic
//! `x - mean(A) + mean(B)` is done to held-out samples of A, and their nearest held-out samples are
//! counted, beside those without the shift.
//!
//! [`subspace`] asks whether classes are more than points: which directions each one fills.

mod arithmetic;
mod separator;
pub mod subspace;

use serde::{Deserialize, Serialize};

pub use arithmetic::{Arithmetic, Example, shift};
pub use separator::{Direction, Separation};

use crate::proof::{Candidate, CandidateKind, Inputs, Split};
use crate::{Error, Matrix};

/// Samples of a class without which it has no direction, in training and in test.
const LEAST: usize = 5;
/// Classes up to which all pairs are looked at.
const FEW: usize = 3;

/// How much to measure.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Decides shuffles and resamples.
    pub seed: u64,
    /// Bootstrap resamples behind every interval.
    pub resamples: usize,
    /// Shuffles of the labels.
    pub shuffles: usize,
    /// Most training samples of a class; spread evenly over their order.
    pub train: usize,
    /// Most test samples of a class that are shifted; spread evenly over their order.
    pub shifted: usize,
    /// Shifted samples to show.
    pub examples: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { seed: 0, resamples: 1000, shuffles: 20, train: 1000, shifted: 500, examples: 4 }
    }
}

/// Why a pair was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// All pairs are looked at.
    All,
    /// Their training means are nearer than those of any other pair.
    Closest,
    /// Their training means are farther apart than those of any other pair.
    Farthest,
}

/// Two classes, and what leads from one to the other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Pair {
    /// A.
    pub from: u32,
    /// B.
    pub to: u32,
    /// Why these.
    pub rule: Rule,
    /// By candidate, the first having chosen the pair.
    pub found: Vec<Found>,
}

/// What was found in the space of one candidate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Found {
    /// The candidate.
    pub name: String,
    /// Where its vectors come from.
    pub kind: CandidateKind,
    /// By the difference of the means.
    pub mean_difference: Separation,
    /// By the normal of a logistic separator.
    pub concept: Separation,
    /// Cosine of the two.
    pub cosine: f64,
    /// What going from one mean to the other does.
    pub arithmetic: Arithmetic,
}

/// Looks at pairs of classes that the first candidate chooses, in the spaces of all; none where fewer
/// than two classes have enough samples.
///
/// # Errors
/// Where vectors are not finite.
pub fn measure(
    inputs: &Inputs,
    candidates: &[&Candidate],
    options: &Options,
) -> Result<Vec<Pair>, Error> {
    let Some(first) = candidates.first() else { return Ok(Vec::new()) };
    let pairs = choose(inputs, &first.train).into_iter().map(|(from, to, rule)| {
        let found = candidates.iter().map(|candidate| look(inputs, candidate, [from, to], options));
        Ok(Pair { from, to, rule, found: found.collect::<Result<_, Error>>()? })
    });
    pairs.collect()
}

fn look(
    inputs: &Inputs,
    candidate: &Candidate,
    pair: [u32; 2],
    options: &Options,
) -> Result<Found, Error> {
    let train = Groups::new(&candidate.train, &inputs.train, pair, options.train);
    let test = Groups::new(&candidate.test, &inputs.test, pair, usize::MAX);
    let (mean, mean_difference) =
        separator::judge(Direction::between_means, &train, &test, options);
    let (normal, concept) = separator::judge(Direction::separating, &train, &test, options);
    let means = [0, 1].map(|group| mean_of(&train.vectors, &train.rows(group)));
    Ok(Found {
        name: candidate.name.clone(),
        kind: candidate.kind,
        mean_difference,
        concept,
        cosine: mean.cosine(&normal),
        arithmetic: arithmetic::measure(&candidate.test, &inputs.test, pair, &means, options)?,
    })
}

/// The vectors of two classes, and which of the two each is of.
#[derive(Clone, Debug)]
pub struct Groups {
    /// One a row.
    pub vectors: Matrix,
    /// 0 or 1.
    pub labels: Vec<u32>,
}

impl Groups {
    fn new(vectors: &Matrix, split: &Split, pair: [u32; 2], most: usize) -> Self {
        let mut rows = Vec::new();
        let mut labels = Vec::new();
        for (label, class) in (0..).zip(pair) {
            let of_class = spread(&rows_of(split, class), most);
            labels.extend(of_class.iter().map(|_| label));
            rows.extend(of_class);
        }
        Self { vectors: vectors.select(&rows), labels }
    }

    /// The rows of one of the two.
    pub fn rows(&self, group: u32) -> Vec<usize> {
        (0..self.labels.len()).filter(|&row| self.labels[row] == group).collect()
    }
}

/// All pairs of few classes, else the two whose training means are closest and the two whose means are
/// farthest apart.
fn choose(inputs: &Inputs, train: &Matrix) -> Vec<(u32, u32, Rule)> {
    let enough = |class: &u32| {
        [&inputs.train, &inputs.test].iter().all(|split| rows_of(split, *class).len() >= LEAST)
    };
    let classes: Vec<u32> = (0..inputs.classes.len() as u32).filter(enough).collect();
    let means: Vec<Vec<f64>> =
        classes.iter().map(|&class| mean_of(train, &rows_of(&inputs.train, class))).collect();
    let mut pairs = Vec::new();
    for b in 0..classes.len() {
        for a in 0..b {
            let squares = means[a].iter().zip(&means[b]).map(|(x, y)| (x - y) * (x - y));
            pairs.push((squares.sum::<f64>(), classes[a], classes[b]));
        }
    }
    if classes.len() <= FEW {
        return pairs.into_iter().map(|(_, a, b)| (a, b, Rule::All)).collect();
    }
    pairs.sort_by(|x, y| x.0.total_cmp(&y.0));
    let ends = [(pairs.first(), Rule::Closest), (pairs.last(), Rule::Farthest)];
    ends.iter().filter_map(|&(pair, rule)| pair.map(|&(_, a, b)| (a, b, rule))).collect()
}

fn rows_of(split: &Split, class: u32) -> Vec<usize> {
    (0..split.labels.len()).filter(|&row| split.labels[row] == Some(class)).collect()
}

/// At most so many, spread evenly over their order.
fn spread(rows: &[usize], most: usize) -> Vec<usize> {
    let kept = rows.len().min(most);
    (0..kept).map(|place| rows[place * rows.len() / kept]).collect()
}

/// Mean of the chosen rows, `[width]`.
fn mean_of(vectors: &Matrix, rows: &[usize]) -> Vec<f64> {
    let mut sum = vec![0.0; vectors.width()];
    for &row in rows {
        sum.iter_mut().zip(vectors.row(row)).for_each(|(sum, &value)| *sum += f64::from(value));
    }
    sum.iter().map(|sum| sum / rows.len().max(1) as f64).collect()
}

#[cfg(test)]
mod tests;
