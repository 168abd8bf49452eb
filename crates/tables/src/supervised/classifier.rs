//! What training leaves, and its answers.

use std::collections::HashMap;

use serde::Serialize;

use super::tree::Tree;
use super::{Config, Dictionary, Features, Loss};
use crate::quantized::Weights;

/// Tells the labels of texts.
#[derive(Clone, Debug)]
pub struct Classifier {
    /// The words and the labels.
    pub dictionary: Dictionary,
    /// How it was trained.
    pub config: Config,
    pub(crate) features: Features,
    pub(crate) inputs: Weights,
    pub(crate) outputs: Weights,
    tree: Option<Tree>,
}

/// A label and how probable it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Prediction {
    /// The label with its prefix.
    pub label: String,
    /// Between 0 and 1; over all labels they sum to 1, except where each stands for itself
    /// ([`Loss::OneVsAll`], [`Loss::NegativeSampling`]).
    pub probability: f32,
}

impl Classifier {
    pub(crate) fn assemble(
        dictionary: Dictionary,
        config: Config,
        kept: Option<HashMap<u32, u32>>,
        inputs: Weights,
        outputs: Weights,
    ) -> Self {
        let features = Features::new(&dictionary, &config, kept);
        let hierarchical = config.loss == Loss::HierarchicalSoftmax;
        let tree = hierarchical.then(|| Tree::new(dictionary.labels.counts()));
        Self { dictionary, config, features, inputs, outputs, tree }
    }

    /// The row of every word and, behind them, of every bucket of n-grams.
    pub fn inputs(&self) -> &Weights {
        &self.inputs
    }

    /// The row of every label, or of every inner node of the tree.
    pub fn outputs(&self) -> &Weights {
        &self.outputs
    }

    /// The `k` most probable labels of a text that have at least `threshold`, the best first. None
    /// where no word or n-gram of the text is known. A line end in the text is a space.
    pub fn predict(&self, text: &str, k: usize, threshold: f32) -> Vec<Prediction> {
        let line = self.features.line(text, &self.dictionary, &self.config.label);
        let labels = self.dictionary.labels.words();
        let named = |(label, probability): (u32, f32)| Prediction {
            label: labels[label as usize].to_string(),
            probability,
        };
        self.best(&line.rows, k, threshold).into_iter().map(named).collect()
    }

    /// The vector of a text: the mean of its rows, zeros where there are none.
    pub fn vector(&self, text: &str) -> Vec<f32> {
        self.mean(&self.features.line(text, &self.dictionary, &self.config.label).rows)
    }

    fn mean(&self, rows: &[u32]) -> Vec<f32> {
        let mut sum = vec![0.0; self.inputs.width()];
        rows.iter().for_each(|&row| self.inputs.add_row_to(row as usize, &mut sum));
        let share = 1.0 / rows.len().max(1) as f32;
        sum.iter_mut().for_each(|value| *value *= share);
        sum
    }

    /// Labels by number.
    pub(super) fn best(&self, rows: &[u32], k: usize, threshold: f32) -> Vec<(u32, f32)> {
        if rows.is_empty() {
            return Vec::new();
        }
        let hidden = self.mean(rows);
        if let Some(tree) = &self.tree {
            return tree.best(k, threshold, |node| sigmoid(self.outputs.dot(node, &hidden)));
        }
        let mut chances: Vec<f32> =
            (0..self.outputs.rows()).map(|row| self.outputs.dot(row, &hidden)).collect();
        if self.config.loss == Loss::Softmax {
            softmax(&mut chances);
        } else {
            chances.iter_mut().for_each(|score| *score = sigmoid(*score));
        }
        let mut best: Vec<(u32, f32)> =
            (0..).zip(chances).filter(|(_, chance)| *chance >= threshold).collect();
        let order = |a: &(u32, f32), b: &(u32, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        if k < best.len() {
            best.select_nth_unstable_by(k, order);
            best.truncate(k);
        }
        best.sort_unstable_by(order);
        best
    }
}

fn sigmoid(score: f32) -> f32 {
    1.0 / (1.0 + (-score).exp())
}

fn softmax(scores: &mut [f32]) {
    let highest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    scores.iter_mut().for_each(|score| *score = (*score - highest).exp());
    let sum: f32 = scores.iter().sum();
    scores.iter_mut().for_each(|score| *score /= sum);
}
