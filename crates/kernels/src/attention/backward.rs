//! The gradients, with the probabilities computed once more: who computes what, and where the
//! results go. [`super::derivative`] does one piece.

use super::derivative;
use super::forward::query_ranges;
use super::head::{Head, Inputs, from};
use super::plan::{Piece, Plan};
use crate::buffer;
use crate::product::Matrix;
use crate::product::block::Block;
use crate::share::OneByOne;
use rayon::prelude::*;

/// Where gradients go: each `[rows, heads · dim]`, or the rows and columns of one piece.
pub(super) struct Gradients<'a> {
    pub(super) queries: Block<'a>,
    pub(super) keys: Block<'a>,
    pub(super) values: Block<'a>,
}

/// One piece: what it needs and what it fills.
struct Work<'a> {
    piece: Piece,
    log_sums: &'a [f32],
    queries: Block<'a>,
    keys: Block<'a>,
    values: Block<'a>,
}

/// Fills the gradients of the inputs and gives that of the bias, if it is wanted.
///
/// `gradient` is that of the output, `log_sums` are [`super::forward::Forward`]'s.
pub(super) fn backward(
    plan: &Plan,
    inputs: Inputs<'_>,
    gradient: &[f32],
    log_sums: &[f32],
    into: Gradients<'_>,
    with_bias: bool,
) -> Option<Vec<f32>> {
    let pieces = plan.pieces();
    let mut shared = shared_sums(plan, &pieces);
    let (work, sums) = distribute(plan, pieces, log_sums, into, &mut shared);
    let differentiate = |work: Work<'_>, bias: Option<&mut Block<'_>>| {
        let Work { piece, log_sums, queries, keys, values } = work;
        let gradient = Matrix::row_major(gradient, plan.heads * plan.dim);
        let gradient = from(gradient, piece.queries.start, piece.head * plan.dim);
        let head = Head::new(plan, inputs, &piece);
        let into = Gradients { queries, keys, values };
        derivative::differentiate(&head, gradient, log_sums, into, bias);
    };
    let bias = match inputs.bias {
        Some(bias) if with_bias => Some(by_groups(plan, bias.shared, work, differentiate)),
        _ => {
            work.into_par_iter().one_by_one().for_each(|work| differentiate(work, None));
            None
        }
    };
    sums.into_par_iter().one_by_one().for_each(|sum| sum.add_up(&shared));
    bias
}

/// Room for the gradients of keys and values that several pieces add to.
fn shared_sums(plan: &Plan, pieces: &[Piece]) -> Vec<f32> {
    let len = |piece: &Piece| 2 * plan.spans[piece.span].keys.len() * plan.dim;
    let several = pieces.iter().filter(|piece| piece.parts > 1);
    buffer::to_overwrite(several.map(len).sum())
}

/// Gradients of keys and values that are sums over the parts of a sequence.
struct Sum<'a> {
    keys: Block<'a>,
    values: Block<'a>,
    /// Where the first part's terms begin, floats from part to part, and the number of parts.
    first: usize,
    step: usize,
    parts: usize,
}

impl Sum<'_> {
    fn add_up(mut self, terms: &[f32]) {
        let half = self.keys.rows() * self.keys.columns();
        for (start, block) in [(0, &mut self.keys), (half, &mut self.values)] {
            let columns = block.columns();
            for row in 0..block.rows() {
                let sum = block.row(row);
                for part in 0..self.parts {
                    let at = self.first + part * self.step + start + row * columns;
                    let terms = &terms[at..at + columns];
                    if part == 0 {
                        sum.copy_from_slice(terms);
                    } else {
                        sum.iter_mut().zip(terms).for_each(|(sum, term)| *sum += term);
                    }
                }
            }
        }
    }
}

/// Gives every piece its part of the gradients.
fn distribute<'a: 'b, 'b>(
    plan: &Plan,
    pieces: Vec<Piece>,
    mut log_sums: &'b [f32],
    into: Gradients<'a>,
    mut shared: &'b mut [f32],
) -> (Vec<Work<'b>>, Vec<Sum<'a>>) {
    let heads = plan.heads;
    let keys = plan.spans.iter().map(|span| span.keys.clone());
    let mut whole: Vec<_> = into
        .keys
        .grid(keys.clone(), plan.dim)
        .into_iter()
        .zip(into.values.grid(keys, plan.dim))
        .map(Some)
        .collect();
    let queries = into.queries.grid(query_ranges(plan, &pieces), plan.dim);
    let (mut work, mut sums) = (Vec::with_capacity(pieces.len()), Vec::new());
    let mut used = 0;
    for (piece, queries) in pieces.into_iter().zip(queries) {
        let own = whole[piece.span * heads + piece.head].take();
        let (keys, values) = if piece.parts == 1 {
            own.expect("one piece for every head of a sequence that is not cut")
        } else {
            let len = plan.spans[piece.span].keys.len() * plan.dim;
            if let Some((keys, values)) = own {
                let (step, parts) = (2 * len * heads, piece.parts);
                sums.push(Sum { keys, values, first: used, step, parts });
            }
            used += 2 * len;
            let mut take = || shared.split_off_mut(..len).expect("room for every part");
            (Block::new(take(), plan.dim), Block::new(take(), plan.dim))
        };
        let log_sums = log_sums.split_off(..piece.queries.len()).expect("one per query");
        work.push(Work { piece, log_sums, queries, keys, values });
    }
    (work, sums)
}

/// Differentiates with the bias's gradient: `[n, heads, t, t]`, or the sum over all sequences. The
/// sequences of one group add to the same sum, one after the other.
fn by_groups(
    plan: &Plan,
    shared: bool,
    work: Vec<Work<'_>>,
    differentiate: impl Fn(Work<'_>, Option<&mut Block<'_>>) + Sync,
) -> Vec<f32> {
    let (sequences, heads, length) = (plan.spans.len(), plan.heads, plan.length());
    let groups = if shared { plan.groups() } else { sequences };
    let one = heads * length * length;
    let mut sums = vec![0.0; groups * one];
    let squares = (0..groups * heads).map(|index| index * length..(index + 1) * length);
    let squares = Block::new(&mut sums, length).grid(squares, length);
    let mut tasks: Vec<_> = squares.into_iter().map(|square| (square, Vec::new())).collect();
    for work in work {
        let group = work.piece.span * groups / sequences;
        tasks[group * heads + work.piece.head].1.push(work);
    }
    tasks.into_par_iter().one_by_one().for_each(|(mut square, work)| {
        work.into_iter().for_each(|work| differentiate(work, Some(&mut square)));
    });
    if shared {
        sums.resize(groups.max(1) * one, 0.0);
        let (total, others) = sums.split_at_mut(one);
        for other in others.chunks_exact(one.max(1)) {
            total.iter_mut().zip(other).for_each(|(total, other)| *total += other);
        }
        sums.truncate(one);
    }
    sums
}
