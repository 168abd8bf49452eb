//! One head of one sequence: its matrices, and its scores tile by tile.

use super::plan::{Piece, Plan};
use super::softmax::{LANES, Visible};
use crate::product::Matrix;
use crate::product::block::Block;
use crate::product::pack;
use crate::product::{self, Onto, Panels};
use std::f32::consts::LOG2_E;
use std::ops::Range;

/// Scores of one tile, at most: they pass through the second-level cache several times.
const TILE: usize = 1 << 17;

/// Fewest and most queries of a tile.
const ROWS: [usize; 2] = [24, 384];

/// Most queries of a causal tile: its rows are computed as far as the last of them sees.
const CAUSAL_ROWS: usize = 48;

/// The values of all sequences: heads side by side within each row.
#[derive(Clone, Copy)]
pub(super) struct Inputs<'a> {
    pub(super) queries: Matrix<'a>,
    pub(super) keys: Matrix<'a>,
    pub(super) values: Matrix<'a>,
    pub(super) bias: Option<Bias<'a>>,
}

/// What is added to the scores: `[1 or n, heads, t, t]`.
#[derive(Clone, Copy)]
pub(super) struct Bias<'a> {
    pub(super) values: &'a [f32],
    /// Whether all sequences have the same.
    pub(super) shared: bool,
}

/// A piece of work with its matrices.
pub(super) struct Head<'a> {
    /// `[count, dim]`.
    pub(super) queries: Matrix<'a>,
    /// `[keys, dim]`.
    pub(super) keys: Matrix<'a>,
    pub(super) values: Matrix<'a>,
    bias: Option<Matrix<'a>>,
    /// Queries, keys and columns.
    pub(super) shape: [usize; 3],
    /// Place of the first query in its sequence.
    first: usize,
    causal: bool,
    pub(super) scale: f32,
}

/// Some of a head's queries.
pub(super) struct Tile {
    pub(super) queries: Range<usize>,
    pub(super) visible: Visible,
    /// Keys that the last query sees.
    pub(super) keys: usize,
    /// `keys`, padded to whole vectors, at least one.
    pub(super) width: usize,
}

fn padded(keys: usize) -> usize {
    keys.next_multiple_of(LANES).max(LANES)
}

/// The part of a matrix that begins at a place; nothing where it begins behind the end.
pub(super) fn from<'a>(matrix: Matrix<'a>, row: usize, column: usize) -> Matrix<'a> {
    let at = row * matrix.row + column * matrix.column;
    Matrix { data: matrix.data.get(at..).unwrap_or_default(), ..matrix }
}

impl<'a> Head<'a> {
    pub(super) fn new(plan: &Plan, inputs: Inputs<'a>, piece: &Piece) -> Self {
        let span = &plan.spans[piece.span];
        let column = piece.head * plan.dim;
        let first = piece.queries.start - span.queries.start;
        let bias = |bias: Bias<'a>| {
            let matrix = Matrix::row_major(bias.values, plan.length());
            let sequence = if bias.shared { 0 } else { piece.span };
            from(matrix, (sequence * plan.heads + piece.head) * plan.length() + first, 0)
        };
        Self {
            queries: from(inputs.queries, piece.queries.start, column),
            keys: from(inputs.keys, span.keys.start, column),
            values: from(inputs.values, span.keys.start, column),
            bias: inputs.bias.map(bias),
            shape: [piece.queries.len(), span.keys.len(), plan.dim],
            first,
            causal: plan.causal,
            scale: plan.scale,
        }
    }

    /// Queries of a tile.
    fn tile_rows(&self) -> usize {
        let [_, keys, _] = self.shape;
        let [fewest, most] = ROWS;
        let rows = (TILE / padded(keys)).clamp(fewest, most);
        if self.causal { rows.min(CAUSAL_ROWS) } else { rows }
    }

    /// Whether there is more than one tile, so that rearranging keys and values pays.
    pub(super) fn has_several_tiles(&self) -> bool {
        self.shape[0] > self.tile_rows()
    }

    /// Most floats that the scores of a tile need.
    pub(super) fn tile_len(&self) -> usize {
        let [count, keys, _] = self.shape;
        self.tile_rows().min(count) * padded(keys)
    }

    pub(super) fn tiles(&self) -> impl DoubleEndedIterator<Item = Tile> {
        let &Self { shape: [count, most, _], first, causal, .. } = self;
        // As even as can be.
        let tiles = count.div_ceil(self.tile_rows());
        (0..tiles).map(move |index| {
            let queries = index * count / tiles..(index + 1) * count / tiles;
            let visible = if causal {
                Visible { first: first + queries.start + 1, step: 1, most }
            } else {
                Visible { first: most, step: 0, most }
            };
            let keys = visible.by(queries.len() - 1);
            Tile { queries, visible, keys, width: padded(keys) }
        })
    }

    /// `scale · log₂ e · keysᵀ`, as [`Self::scores`] needs them.
    pub(super) fn pack_keys(&self, panels: &mut [f32]) {
        let [_, keys, dim] = self.shape;
        pack::transpose(self.keys, [keys, dim], self.scale * LOG2_E, panels);
    }

    /// `(scale · queries · keysᵀ + bias) log₂ e` of a tile: rows `tile.width` apart.
    pub(super) fn scores(&self, tile: &Tile, keys: &[f32], scores: &mut [f32]) {
        let [_, _, dim] = self.shape;
        let queries = from(self.queries, tile.queries.start, 0);
        let shape = [tile.queries.len(), tile.keys, dim];
        let mut block = Block::new(scores, tile.width);
        product::multiply(shape, &mut block, Onto::Zero, queries, Panels::packed(keys, dim));
        if let Some(bias) = self.bias {
            for row in 0..tile.queries.len() {
                let bias = &bias.data[(tile.queries.start + row) * bias.row..][..tile.keys];
                block
                    .row(row)
                    .iter_mut()
                    .zip(bias)
                    .for_each(|(score, bias)| *score += bias * LOG2_E);
            }
        }
    }
}
