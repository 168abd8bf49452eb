//! The output: for each tile of queries, scores, softmax, and the mean of the values.

use super::head::{Head, Inputs};
use super::plan::{Piece, Plan};
use super::softmax;
use crate::product::Matrix;
use crate::product::block::Block;
use crate::product::pack::{self, packed_len};
use crate::product::{self, Onto, Panels};
use crate::share::OneByOne;
use crate::{buffer, scratch};
use rayon::prelude::*;
use std::ops::Range;

/// An output `[rows, heads · dim]`, and `log₂ Σ e^score` of every query and head, in the order of
/// [`Plan::pieces`].
pub(super) struct Forward {
    pub(super) output: Vec<f32>,
    pub(super) log_sums: Vec<f32>,
}

/// Cuts values into one slice per piece, one value per query.
pub(super) fn by_piece<'a>(mut values: &'a mut [f32], pieces: &[Piece]) -> Vec<&'a mut [f32]> {
    let cut = |piece: &Piece| values.split_off_mut(..piece.queries.len()).expect("one per query");
    pieces.iter().map(cut).collect()
}

/// The queries of each sequence and part, which is every run of `heads` pieces.
pub(super) fn query_ranges(plan: &Plan, pieces: &[Piece]) -> Vec<Range<usize>> {
    pieces.iter().step_by(plan.heads).map(|piece| piece.queries.clone()).collect()
}

pub(super) fn forward(plan: &Plan, inputs: Inputs<'_>) -> Forward {
    let width = plan.heads * plan.dim;
    let len = plan.rows[0] * width;
    let mut output = if plan.has_gaps(0) { vec![0.0; len] } else { buffer::to_overwrite(len) };
    let pieces = plan.pieces();
    let mut log_sums = buffer::to_overwrite(pieces.iter().map(|piece| piece.queries.len()).sum());
    let blocks = Block::new(&mut output, width).grid(query_ranges(plan, &pieces), plan.dim);
    let log_sums_by_piece = by_piece(&mut log_sums, &pieces);
    if len > 0 {
        let work = pieces.par_iter().zip(blocks).zip(log_sums_by_piece);
        work.one_by_one().for_each(|((piece, output), log_sums)| {
            attend(&Head::new(plan, inputs, piece), output, log_sums);
        });
    }
    Forward { output, log_sums }
}

fn attend(head: &Head<'_>, mut output: Block<'_>, log_sums: &mut [f32]) {
    let [count, keys, dim] = head.shape;
    let several = head.has_several_tiles();
    let copied = if several { pack::rows_len(keys, dim) } else { 0 };
    let lengths = [packed_len(keys, dim), copied, head.tile_len(), count];
    scratch::with(lengths.iter().sum(), |buffer| {
        let (packed, rest) = buffer.split_at_mut(lengths[0]);
        let (copied, rest) = rest.split_at_mut(lengths[1]);
        let (scores, inverses) = rest.split_at_mut(lengths[2]);
        head.pack_keys(packed);
        let values = if several {
            pack::rows(head.values, [keys, dim], copied)
        } else {
            Panels::of(head.values)
        };
        for tile in head.tiles() {
            let scores = &mut scores[..tile.queries.len() * tile.width];
            let inverses = &mut inverses[..tile.queries.len()];
            let log_sums = &mut log_sums[tile.queries.clone()];
            head.scores(&tile, packed, scores);
            softmax::exponentiate(scores, tile.width, tile.visible, inverses, log_sums);
            let mut output = output.part(tile.queries.clone());
            let weights = Matrix::row_major(scores, tile.width);
            let shape = [tile.queries.len(), dim, tile.keys];
            product::multiply(shape, &mut output, Onto::Zero, weights, values);
            for (row, inverse) in inverses.iter().enumerate() {
                output.row(row).iter_mut().for_each(|value| *value *= inverse);
            }
        }
    });
}

/// The probabilities `[n, heads, t, t]` of uniform sequences.
pub(super) fn weights(plan: &Plan, inputs: Inputs<'_>) -> Vec<f32> {
    let length = plan.length();
    let mut weights = vec![0.0; plan.spans.len() * plan.heads * length * length];
    if weights.is_empty() {
        return weights;
    }
    // Uncut, so that the pieces are in the order of the weights.
    let plan = &Plan { cut: false, ..plan.clone() };
    let pieces = plan.pieces();
    let matrices = weights.par_chunks_exact_mut(length * length);
    matrices.zip(&pieces).one_by_one().for_each(|(matrix, piece)| {
        let head = Head::new(plan, inputs, piece);
        let [count, keys, dim] = head.shape;
        let lengths = [packed_len(keys, dim), head.tile_len(), 2 * count];
        scratch::with(lengths.iter().sum(), |buffer| {
            let (packed, rest) = buffer.split_at_mut(lengths[0]);
            let (scores, sums) = rest.split_at_mut(lengths[1]);
            let (inverses, log_sums) = sums.split_at_mut(count);
            head.pack_keys(packed);
            for tile in head.tiles() {
                let scores = &mut scores[..tile.queries.len() * tile.width];
                head.scores(&tile, packed, scores);
                softmax::exponentiate(scores, tile.width, tile.visible, inverses, log_sums);
                let rows = matrix[tile.queries.start * length..].chunks_exact_mut(length);
                for ((row, scores), inverse) in
                    rows.zip(scores.chunks_exact(tile.width)).zip(&*inverses)
                {
                    let values = row.iter_mut().zip(&scores[..tile.keys]);
                    values.for_each(|(value, score)| *value = score * inverse);
                }
            }
        });
    });
    weights
}
