//! The gradients of one piece, tile by tile.
//!
//! With `P` the probabilities of a tile, `G` the output gradient, `∘` the product by elements:
//! `∂V = Pᵀ G`, `∂P = G Vᵀ`, `∂S = P ∘ (∂P - rowsum(P ∘ ∂P))`, `∂Q = ∂S K`, `∂K = ∂Sᵀ Q`.

use super::backward::Gradients;
use super::head::{Head, from};
use super::softmax;
use crate::product::Matrix;
use crate::product::block::Block;
use crate::product::pack::{self, packed_len};
use crate::product::{self, Onto, Panels};
use crate::scratch;

/// What the tiles of a piece have in common.
struct Operands<'a> {
    packed_keys: &'a [f32],
    packed_values: &'a [f32],
    keys: Panels<'a>,
    gradient: Matrix<'a>,
    log_sums: &'a [f32],
}

/// Fills the gradients of a piece, and adds to that of its bias.
///
/// `gradient` is that of the output, `log_sums` are [`super::forward::Forward`]'s, both from the
/// first query of the piece on.
pub(super) fn differentiate(
    head: &Head<'_>,
    gradient: Matrix<'_>,
    log_sums: &[f32],
    into: Gradients<'_>,
    bias: Option<&mut Block<'_>>,
) {
    let Gradients { mut queries, mut keys, mut values } = into;
    let [_, count, dim] = head.shape;
    let several = head.has_several_tiles();
    // Sums that every tile adds to are kept together, in as few pages as can be.
    let gathered = several && keys.step() > dim;
    let lengths = [
        packed_len(count, dim),
        packed_len(count, dim),
        if several { pack::rows_len(count, dim) } else { 0 },
        if gathered { count * dim } else { 0 },
        if gathered { count * dim } else { 0 },
        2 * head.tile_len(),
    ];
    scratch::with(lengths.iter().sum(), |mut buffer| {
        let [packed_keys, packed_values, copied, key_sums, value_sums, tile] =
            lengths.map(|length| buffer.split_off_mut(..length).expect("the sum of all lengths"));
        head.pack_keys(packed_keys);
        pack::transpose(head.values, [count, dim], 1.0, packed_values);
        let key_rows = if several {
            pack::rows(head.keys, [count, dim], copied)
        } else {
            Panels::of(head.keys)
        };
        let operands = Operands { packed_keys, packed_values, keys: key_rows, gradient, log_sums };
        if gathered {
            let mut sums = [key_sums, value_sums].map(|values| Block::new(values, dim));
            by_tiles(head, &operands, tile, &mut queries, &mut sums, bias);
            let [key_sums, value_sums] = &mut sums;
            keys.copy_from(key_sums);
            values.copy_from(value_sums);
        } else {
            by_tiles(head, &operands, tile, &mut queries, &mut [keys, values], bias);
        }
    });
}

/// Fills the gradients of queries, and of keys and values.
fn by_tiles(
    head: &Head<'_>,
    operands: &Operands<'_>,
    buffer: &mut [f32],
    queries: &mut Block<'_>,
    [keys, values]: &mut [Block<'_>; 2],
    mut bias: Option<&mut Block<'_>>,
) {
    let [_, key_count, dim] = head.shape;
    let (scores, gradients) = buffer.split_at_mut(buffer.len() / 2);
    // Keys below this have a gradient already. The last queries see the most keys.
    let mut reached = 0;
    for tile in head.tiles().rev() {
        let (count, width) = (tile.queries.len(), tile.width);
        let scores = &mut scores[..count * width];
        let gradients = &mut gradients[..count * width];
        let gradient = from(operands.gradient, tile.queries.start, 0);
        head.scores(&tile, operands.packed_keys, scores);
        let shape = [count, tile.keys, dim];
        let mut block = Block::new(gradients, width);
        let packed_values = Panels::packed(operands.packed_values, dim);
        product::multiply(shape, &mut block, Onto::Zero, gradient, packed_values);

        let log_sums = &operands.log_sums[tile.queries.clone()];
        let scale = if bias.is_some() { 1.0 } else { head.scale };
        softmax::differentiate(scores, gradients, width, tile.visible, log_sums, scale);
        if let Some(bias) = &mut bias {
            for (row, gradients) in gradients.chunks_exact_mut(width).enumerate() {
                let sums = bias.row(tile.queries.start + row).iter_mut();
                for (sum, gradient) in sums.zip(&mut gradients[..tile.keys]) {
                    *sum += *gradient;
                    *gradient *= head.scale;
                }
            }
        }

        let [by_score, weights] =
            [&*gradients, &*scores].map(|values| Matrix::row_major(values, width));
        let mut target = queries.part(tile.queries.clone());
        let shape = [count, dim, tile.keys];
        product::multiply(shape, &mut target, Onto::Zero, by_score, operands.keys);
        let tile_queries = Panels::of(from(head.queries, tile.queries.start, 0));
        let (shape, more) = ([tile.keys, dim, count], reached > 0);
        product::multiply(shape, keys, Onto::sum(more), by_score.transposed(), tile_queries);
        product::multiply(
            shape,
            values,
            Onto::sum(more),
            weights.transposed(),
            Panels::of(gradient),
        );
        reached = reached.max(tile.keys);
    }
    keys.part(reached..key_count).fill(0.0);
    values.part(reached..key_count).fill(0.0);
}
