//! A transformer block whose linear layers are packed.

use super::PackedLinear;
use crate::attention::self_attention_of_slices;
use crate::layer_norm::loops::{self, Moments};
use crate::share::OneByOne;
use crate::{Activation, AttentionOptions, Sequences, scratch};
use rayon::prelude::*;
use std::sync::Arc;

/// A layer normalization for inference: `(x - mean) / √(variance + ε) · gamma + beta`.
#[derive(Clone, Debug)]
pub struct LayerNorm {
    /// One scale per column.
    pub gamma: Vec<f32>,
    /// One shift per column.
    pub beta: Vec<f32>,
    /// Added to the variance.
    pub epsilon: f32,
}

impl LayerNorm {
    /// Normalizes each row into `output`.
    ///
    /// # Panics
    /// When the slices are not as many whole rows.
    pub fn apply(&self, rows: &[f32], output: &mut [f32]) {
        let width = self.gamma.len();
        assert_eq!(self.beta.len(), width, "one shift per column");
        assert!(rows.len().is_multiple_of(width), "rows of {width} columns");
        assert_eq!(output.len(), rows.len(), "as many rows out as in");
        const BLOCK: usize = 32;
        let blocks = rows.chunks(BLOCK * width).zip(output.chunks_mut(BLOCK * width));
        for (rows, output) in blocks {
            let mut moments = [Moments::default(); BLOCK];
            loops::forward(rows, &self.gamma, &self.beta, self.epsilon, output, &mut moments);
        }
    }
}

/// A pre-norm transformer block for inference, as in GPT-2 and ViT (Xiong et al. 2020, "On layer
/// normalization in the transformer architecture", figure 1b):
///
/// `x ← x + projection(attention(qkv(norm1(x))))`, then
/// `x ← x + down(act(up(norm2(x))))`
#[derive(Clone, Debug)]
pub struct TransformerBlock {
    /// Before the attention.
    pub norm1: LayerNorm,
    /// `width` to `3 · width`: queries, keys and values side by side, heads within each.
    pub qkv: PackedLinear,
    /// `width` to `width`, after the attention.
    pub projection: PackedLinear,
    /// Before the two layers of the perceptron.
    pub norm2: LayerNorm,
    /// `width` to `hidden`.
    pub up: PackedLinear,
    /// `hidden` to `width`.
    pub down: PackedLinear,
    /// After `up`.
    pub activation: Activation,
    /// Heads, mask and scale. Padding is not for this block: leave the rows out.
    pub attention: AttentionOptions,
}

/// Rows that one thread takes through the whole block while they are in its cache, at least, where
/// there are as many.
const ROWS: usize = 256;

impl TransformerBlock {
    /// Takes the rows `[n, width]` of all sequences through the block, in place.
    ///
    /// # Panics
    /// When layers, rows and sequences do not fit together, or key lengths are given.
    pub fn forward(&self, rows: &mut [f32], sequences: &Sequences) {
        self.check();
        let [width, _] = self.qkv.shape();
        assert!(rows.len().is_multiple_of(width), "rows of {width} columns");
        let groups = groups(sequences, rows.len() / width);
        let mut rest = rows;
        let mut parts = Vec::with_capacity(groups.len());
        for (count, sequences) in &groups {
            let part = rest.split_off_mut(..count * width).expect("`groups` has counted the rows");
            parts.push((part, sequences));
        }
        parts
            .into_par_iter()
            .one_by_one()
            .for_each(|(rows, sequences)| self.group(rows, sequences));
    }

    fn check(&self) {
        let [width, _] = self.qkv.shape();
        let [_, hidden] = self.up.shape();
        assert_eq!(self.qkv.shape(), [width, 3 * width], "queries, keys and values");
        for norm in [&self.norm1, &self.norm2] {
            assert_eq!([norm.gamma.len(), norm.beta.len()], [width; 2], "norms take the width");
        }
        assert_eq!(self.projection.shape(), [width, width], "the projection keeps the width");
        assert_eq!(self.up.shape(), [width, hidden], "the layer up takes the width");
        assert_eq!(self.down.shape(), [hidden, width], "the layer down undoes the layer up");
        assert!(self.attention.key_lengths.is_none(), "leave padding out of the rows");
    }

    fn group(&self, rows: &mut [f32], sequences: &Sequences) {
        let ([width, columns], [_, hidden]) = (self.qkv.shape(), self.up.shape());
        let count = rows.len() / width;
        let (narrow, wide) = (count * width, count * columns.max(hidden));
        scratch::with(narrow + wide, |buffer| {
            let (narrow, wide) = buffer.split_at_mut(narrow);
            self.norm1.apply(rows, narrow);
            let qkv = &mut wide[..count * columns];
            self.qkv.apply(narrow, qkv, None);
            let attended = self_attention_of_slices(qkv, width, sequences, &self.attention);
            self.projection.apply(&attended, narrow, None);
            add(rows, narrow);
            self.norm2.apply(rows, narrow);
            let inner = &mut wide[..count * hidden];
            self.up.apply(narrow, inner, Some(self.activation));
            self.down.apply(inner, narrow, None);
            add(rows, narrow);
        });
    }
}

fn add(rows: &mut [f32], change: &[f32]) {
    rows.iter_mut().zip(change).for_each(|(value, change)| *value += change);
}

/// Cuts the sequences into groups of [`ROWS`] rows or a little more, by shape alone.
fn groups(sequences: &Sequences, rows: usize) -> Vec<(usize, Sequences)> {
    match sequences {
        Sequences::Uniform(length) => {
            let group = ROWS.div_ceil((*length).max(1)) * length;
            assert!(rows == 0 || group > 0, "{rows} rows do not divide into sequences of none");
            let starts = (0..rows).step_by(group.max(1));
            starts.map(|start| (group.min(rows - start), sequences.clone())).collect()
        }
        Sequences::Ragged(lengths) => {
            let total = lengths.iter().sum::<usize>();
            assert_eq!(total, rows, "the sequences have {total} rows together, received {rows}");
            let mut groups = Vec::new();
            let (mut first, mut count) = (0, 0);
            for (index, length) in lengths.iter().enumerate() {
                count += length;
                if count >= ROWS || index + 1 == lengths.len() {
                    let part = Arc::from(&lengths[first..=index]);
                    groups.push((count, Sequences::Ragged(part)));
                    (first, count) = (index + 1, 0);
                }
            }
            groups
        }
    }
}
