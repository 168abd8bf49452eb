//! Gradient-boosted trees for classes (Friedman: Greedy function approximation, 2001, algorithm 6),
//! with the settings of scikit-learn's: 100 rounds of trees of depth 3, learning rate 0.1. Splits
//! lie between equal parts of a dimension's samples; of equal ones a drawn one is taken.

use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::Matrix;

const ROUNDS: usize = 100;
const DEPTH: usize = 3;
const RATE: f64 = 0.1;
/// Parts of a dimension, each of as many samples.
const BINS: usize = 64;

/// A fitted classifier.
pub(super) struct Boosted {
    /// By round, then by class.
    rounds: Vec<Vec<Tree>>,
    start: Vec<f64>,
    /// How much of the error each dimension took away; sums to 1 where there was any.
    pub(super) importance: Vec<f64>,
}

enum Tree {
    Leaf(f64),
    Split { dimension: usize, above: f32, sides: Box<[Tree; 2]> },
}

/// Samples in parts, with the values that part them.
struct Binned {
    /// By dimension, then by sample.
    parts: Vec<Vec<u8>>,
    /// By dimension: the largest value of every part but the last.
    edges: Vec<Vec<f32>>,
}

impl Boosted {
    /// Fits to labels below `classes`, one per row.
    pub(super) fn fit(
        codes: &Matrix,
        labels: &[u32],
        classes: usize,
        random: &mut Xoshiro256PlusPlus,
    ) -> Self {
        let samples = labels.len();
        let binned = Binned::new(codes);
        let start = priors(labels, classes);
        let mut scores: Vec<f64> = start.repeat(samples);
        let mut importance = vec![0.0; codes.width()];
        let mut rounds = Vec::new();
        for _ in 0..ROUNDS {
            let shares: Vec<f64> = scores.chunks_exact(classes).flat_map(softmax).collect();
            let mut trees = Vec::new();
            for class in 0..classes {
                let residuals: Vec<f64> = (0..samples)
                    .map(|row| {
                        f64::from(labels[row] as usize == class) - shares[row * classes + class]
                    })
                    .collect();
                let mut grower = Grower {
                    binned: &binned,
                    residuals: &residuals,
                    classes: classes as f64,
                    importance: &mut importance,
                    random,
                };
                let tree = grower.grow(&(0..samples).collect::<Vec<usize>>(), 0);
                for row in 0..samples {
                    scores[row * classes + class] += RATE * tree.value(codes.row(row));
                }
                trees.push(tree);
            }
            rounds.push(trees);
        }
        let sum: f64 = importance.iter().sum();
        if sum > 0.0 {
            importance.iter_mut().for_each(|share| *share /= sum);
        }
        Self { rounds, start, importance }
    }

    /// The likeliest class of a row; of equal ones the smallest.
    pub(super) fn predict(&self, row: &[f32]) -> u32 {
        let mut scores = self.start.clone();
        for trees in &self.rounds {
            for (score, tree) in scores.iter_mut().zip(trees) {
                *score += RATE * tree.value(row);
            }
        }
        let best = (0..scores.len()).rev().max_by(|&a, &b| scores[a].total_cmp(&scores[b]));
        best.unwrap_or(0) as u32
    }
}

fn priors(labels: &[u32], classes: usize) -> Vec<f64> {
    let mut counts = vec![0.0; classes];
    labels.iter().for_each(|&label| counts[label as usize] += 1.0);
    // A class without a sample is nearly impossible, and finite.
    counts.iter().map(|count: &f64| (count.max(1e-9) / labels.len() as f64).ln()).collect()
}

fn softmax(scores: &[f64]) -> Vec<f64> {
    let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = scores.iter().map(|score| (score - largest).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

impl Tree {
    fn value(&self, row: &[f32]) -> f64 {
        match self {
            Tree::Leaf(value) => *value,
            Tree::Split { dimension, above, sides } => {
                sides[usize::from(row[*dimension] > *above)].value(row)
            }
        }
    }
}

impl Binned {
    fn new(codes: &Matrix) -> Self {
        let (mut parts, mut edges) = (Vec::new(), Vec::new());
        for dimension in 0..codes.width() {
            let column: Vec<f32> = (0..codes.rows()).map(|row| codes.row(row)[dimension]).collect();
            let mut sorted = column.clone();
            sorted.sort_by(f32::total_cmp);
            let mut of_dimension: Vec<f32> =
                (1..BINS).map(|part| sorted[(part * sorted.len() / BINS).max(1) - 1]).collect();
            of_dimension.dedup();
            of_dimension.retain(|edge| *edge < sorted[sorted.len() - 1]);
            let part = |value: &f32| of_dimension.partition_point(|edge| edge < value) as u8;
            parts.push(column.iter().map(part).collect());
            edges.push(of_dimension);
        }
        Self { parts, edges }
    }
}

struct Grower<'a> {
    binned: &'a Binned,
    residuals: &'a [f64],
    classes: f64,
    importance: &'a mut [f64],
    random: &'a mut Xoshiro256PlusPlus,
}

impl Grower<'_> {
    fn grow(&mut self, rows: &[usize], depth: usize) -> Tree {
        let split = if depth < DEPTH { self.best_split(rows) } else { None };
        let Some((dimension, part, gain)) = split else { return Tree::Leaf(self.leaf(rows)) };
        self.importance[dimension] += gain;
        let parts = &self.binned.parts[dimension];
        let (below, above): (Vec<usize>, Vec<usize>) =
            rows.iter().partition(|&&row| usize::from(parts[row]) <= part);
        let sides = Box::new([self.grow(&below, depth + 1), self.grow(&above, depth + 1)]);
        Tree::Split { dimension, above: self.binned.edges[dimension][part], sides }
    }

    /// Friedman's step towards the least deviance of many classes.
    fn leaf(&self, rows: &[usize]) -> f64 {
        let (mut sum, mut curvature) = (0.0, 0.0);
        for &row in rows {
            let residual = self.residuals[row];
            sum += residual;
            curvature += residual.abs() * (1.0 - residual.abs());
        }
        if curvature < 1e-12 { 0.0 } else { (self.classes - 1.0) / self.classes * sum / curvature }
    }

    /// The split that takes most of the squared error away: dimension, last part below, gain.
    fn best_split(&mut self, rows: &[usize]) -> Option<(usize, usize, f64)> {
        let all: f64 = rows.iter().map(|&row| self.residuals[row]).sum();
        let count = rows.len() as f64;
        let mut order: Vec<usize> = (0..self.binned.parts.len()).collect();
        order.shuffle(self.random);
        let mut best: Option<(usize, usize, f64)> = None;
        for dimension in order {
            let (mut sums, mut counts) = ([0.0; BINS], [0.0; BINS]);
            for &row in rows {
                let part = usize::from(self.binned.parts[dimension][row]);
                sums[part] += self.residuals[row];
                counts[part] += 1.0;
            }
            let (mut sum, mut below) = (0.0, 0.0);
            for part in 0..self.binned.edges[dimension].len() {
                sum += sums[part];
                below += counts[part];
                if below == 0.0 || below == count {
                    continue;
                }
                let gain =
                    sum * sum / below + (all - sum).powi(2) / (count - below) - all * all / count;
                if gain > best.map_or(1e-9, |(_, _, gain)| gain * (1.0 + 1e-9)) {
                    best = Some((dimension, part, gain));
                }
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::golden;
    use rand::SeedableRng;

    #[test]
    fn an_exclusive_or_is_learned_and_noise_left_alone() {
        let codes = golden::gaussian(2, 600, 3);
        let labels: Vec<u32> = (0..600)
            .map(|row| u32::from((codes.row(row)[0] > 0.0) != (codes.row(row)[2] > 0.0)))
            .collect();
        let mut random = Xoshiro256PlusPlus::seed_from_u64(0);
        let fitted = Boosted::fit(&codes, &labels, 2, &mut random);
        let hits = (0..600).filter(|&row| fitted.predict(codes.row(row)) == labels[row]).count();
        assert!(hits > 580, "{hits} of 600");
        assert!(fitted.importance[1] < 0.1, "{:?}", fitted.importance);
        assert!((fitted.importance.iter().sum::<f64>() - 1.0).abs() < 1e-9);
    }
}
