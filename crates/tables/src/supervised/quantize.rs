//! Small classifiers: tables as codes, and only the n-grams that matter.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::train::retrain;
use super::{Classifier, Dictionary, Examples};
use crate::Error;
use crate::corpus::Vocabulary;
use crate::format::END_OF_SENTENCE;
use crate::quantized::{Quantized, Weights};
use crate::vectors::{Matrix, dot};

/// What a classifier is cut down to (Joulin et al., "FastText.zip", 2016); defaults are fastText's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Quantization {
    /// Numbers that share a byte.
    pub part: usize,
    /// Whether lengths have codes of their own: a byte a row more, and closer.
    pub norms: bool,
    /// Whether the outputs become codes too: for many labels.
    pub outputs: bool,
    /// Of words and n-grams only so many are kept, those of the longest vectors.
    pub keep: Option<usize>,
}

impl Default for Quantization {
    fn default() -> Self {
        Self { part: 2, norms: false, outputs: false, keep: None }
    }
}

impl Classifier {
    /// The same classifier with codes for numbers. Where rows are left out and `examples` are given,
    /// which must be those that it was trained on, what is kept is trained again with its settings.
    ///
    /// # Errors
    /// Where it is quantized already, a part has no number, or the examples have other labels or
    /// cannot be read again.
    pub fn quantize(
        &self,
        quantization: &Quantization,
        examples: Option<&Examples>,
    ) -> Result<Self, Error> {
        let &Quantization { part, norms, outputs, keep } = quantization;
        let mistake = |text: String| Err(Error::Setting(text));
        if self.inputs.is_quantized() {
            return mistake(
                "expected a classifier in numbers, received a quantized one".to_owned(),
            );
        }
        let width = self.inputs.width();
        if part == 0 || part > width {
            return mistake(format!("part must be within 1 and {width}, received {part}"));
        }
        let labels = self.dictionary.labels.words();
        if examples.is_some_and(|examples| examples.dictionary.labels.words() != labels) {
            return mistake("the examples to train again on have other labels".to_owned());
        }
        let mut small = match keep.filter(|keep| *keep < self.inputs.rows()) {
            Some(keep) => self.prune(keep),
            None => self.clone(),
        };
        if let Some(examples) = examples.filter(|_| small.features.kept.is_some()) {
            small = retrain(examples, &small)?;
        }
        let threads = self.config.thread_count();
        let codes = |weights: &Weights, part| {
            Weights::Quantized(Quantized::new(&weights.to_matrix(), part, norms, threads))
        };
        small.inputs = codes(&small.inputs, part);
        if outputs {
            // fastText has no setting for this one.
            small.outputs = codes(&small.outputs, 2.min(width));
        }
        Ok(small)
    }

    /// Keeps the rows of the longest vectors, and `</s>`: words in their order, then n-grams.
    fn prune(&self, keep: usize) -> Self {
        let inputs = self.inputs.to_matrix();
        let Dictionary { words, labels, tokens } = &self.dictionary;
        let end = words.place(END_OF_SENTENCE).map(|place| place as usize);
        let length = |row: usize| dot(inputs.row(row), inputs.row(row));
        let mut rows: Vec<(bool, f32, usize)> =
            (0..inputs.rows()).map(|row| (Some(row) == end, length(row), row)).collect();
        rows.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(b.1.total_cmp(&a.1)).then(a.2.cmp(&b.2)));
        let chosen = rows.into_iter().take(keep).map(|(_, _, row)| row);
        let (mut chosen, buckets): (Vec<usize>, Vec<usize>) =
            chosen.partition(|row| *row < words.len());
        chosen.sort_unstable();
        let entry = |&row: &usize| (words.words()[row].clone(), words.counts()[row]);
        let words_kept = Vocabulary::new(chosen.iter().map(entry));
        let numbers = buckets.iter().map(|row| (row - words.len()) as u32);
        let kept: HashMap<u32, u32> = numbers.zip(0..).collect();
        let values: Vec<f32> =
            chosen.iter().chain(&buckets).flat_map(|&row| inputs.row(row)).copied().collect();
        let matrix = Matrix::new(chosen.len() + buckets.len(), inputs.width(), values);
        let dictionary = Dictionary { words: words_kept, labels: labels.clone(), tokens: *tokens };
        let config = self.config.clone();
        Self::assemble(dictionary, config, Some(kept), matrix.into(), self.outputs.clone())
    }
}
