//! Similarities tile by tile: log-sum-exp per row forwards, weighted sums of rows backwards.
//!
//! A tile of `ROWS` × `COLUMNS` similarities is computed, used and forgotten, so memory is linear
//! in the batch (Cheng et al. 2024, "Breaking the memory barrier: Near infinite batch size scaling
//! for contrastive loss"). Each block of rows belongs to one task.

use crate::math;
use crate::product::block::Block;
use crate::product::{Matrix, Onto, PANEL, Panels, multiply, pack};
use crate::scratch;
use crate::share::OneByOne;
use crate::simd::{dispatch, multiply_add};
use rayon::prelude::*;

const ROWS: usize = 64;
const COLUMNS: usize = 16 * PANEL;

/// Which columns mean something to a row.
#[derive(Clone, Copy, Debug)]
pub(super) enum Pairing {
    /// Row `i` must find column `i`.
    Same,
    /// Rows and columns are the same; `i` must find `i ± n` in the other half, and does not see
    /// itself.
    Halves,
}

impl Pairing {
    /// The column that a row must find.
    fn partner(self, row: usize, rows: usize) -> usize {
        match self {
            Self::Same => row,
            Self::Halves => (row + rows / 2) % rows,
        }
    }

    /// The column that a row does not see.
    fn unseen(self, row: usize) -> Option<usize> {
        match self {
            Self::Same => None,
            Self::Halves => Some(row),
        }
    }
}

/// Rows `[n, width]` beside columns `[m, width]`.
#[derive(Clone, Copy)]
pub(super) struct Sides<'a> {
    pub(super) rows: &'a [f32],
    pub(super) columns: &'a [f32],
    pub(super) width: usize,
    pub(super) pairing: Pairing,
    /// `1 / τ`.
    pub(super) sharpness: f32,
}

impl Sides<'_> {
    fn extents(&self) -> [usize; 2] {
        [self.rows.len() / self.width, self.columns.len() / self.width]
    }

    /// Calls `body` with the transpose of the columns in panels, which every row meets.
    fn with_packed_columns<R>(self, body: impl FnOnce(&[f32]) -> R) -> R {
        let [_, count] = self.extents();
        scratch::with(pack::packed_len(count, self.width), |panels| {
            let parts = panels.par_chunks_mut(COLUMNS * self.width);
            let columns = self.columns.par_chunks(COLUMNS * self.width);
            parts.zip(columns).one_by_one().for_each(|(panels, columns)| {
                let shape = [columns.len() / self.width, self.width];
                pack::transpose(Matrix::row_major(columns, self.width), shape, 1.0, panels);
            });
            body(panels)
        })
    }

    /// Calls `body(first column, tile [rows, columns], columns)` for the tiles of a block of rows,
    /// from the left.
    fn each_tile(
        self,
        rows: &[f32],
        packed: &[f32],
        mut body: impl FnMut(usize, &mut [f32], &[f32]),
    ) {
        let height = rows.len() / self.width;
        let left = Matrix::row_major(rows, self.width);
        scratch::with(height * COLUMNS, |tile| {
            let part = COLUMNS * self.width;
            let blocks = self.columns.chunks(part).zip(packed.chunks(part)).enumerate();
            for (index, (columns, packed)) in blocks {
                let length = columns.len() / self.width;
                let tile = &mut tile[..height * length];
                let shape = [height, length, self.width];
                let right = Panels::packed(packed, self.width);
                multiply(shape, &mut Block::new(tile, length), Onto::Zero, left, right);
                body(index * COLUMNS, tile, columns);
            }
        });
    }
}

/// For each row `[log Σⱼ exp(sᵢⱼ / τ), that less the partner's sᵢₚ / τ]`: the second is its loss.
pub(super) fn forward(sides: Sides<'_>) -> Vec<[f64; 2]> {
    let [height, _] = sides.extents();
    let blocks = sides.rows.par_chunks(ROWS * sides.width).enumerate();
    let block = |packed: &[f32], (index, rows): (usize, &[f32])| {
        let mut running = vec![Running::START; rows.len() / sides.width];
        sides.each_tile(rows, packed, |start, tile, columns| {
            let length = columns.len() / sides.width;
            for (offset, (tile, running)) in
                tile.chunks_exact_mut(length).zip(&mut running).enumerate()
            {
                let row = index * ROWS + offset;
                let within = start..start + length;
                let unseen = sides.pairing.unseen(row).filter(|column| within.contains(column));
                if let Some(column) = unseen {
                    tile[column - start] = f32::NEG_INFINITY;
                }
                let partner = sides.pairing.partner(row, height);
                if within.contains(&partner) {
                    running.partner = tile[partner - start];
                }
                running.add(tile, sides.sharpness);
            }
        });
        running.into_iter().map(|running| running.finish(sides.sharpness)).collect::<Vec<_>>()
    };
    sides.with_packed_columns(|packed| blocks.flat_map_iter(|rows| block(packed, rows)).collect())
}

/// A log-sum-exp under way.
#[derive(Clone, Copy)]
struct Running {
    most: f32,
    /// `Σ exp((s - most) / τ)`.
    sum: f64,
    partner: f32,
}

impl Running {
    const START: Self = Self { most: f32::NEG_INFINITY, sum: 0.0, partner: f32::NAN };

    fn add(&mut self, similarities: &mut [f32], sharpness: f32) {
        let most = largest(similarities).max(self.most);
        if most == f32::NEG_INFINITY {
            return;
        }
        let shrink = f64::from((self.most - most) * sharpness).exp();
        self.sum = self.sum * shrink + sum_of_exponentials(similarities, most, sharpness);
        self.most = most;
    }

    fn finish(self, sharpness: f32) -> [f64; 2] {
        let sharpness = f64::from(sharpness);
        let log = self.sum.ln();
        let most = f64::from(self.most);
        [most * sharpness + log, (most - f64::from(self.partner)) * sharpness + log]
    }
}

const LANES: usize = 32;

dispatch! {
    /// The largest value.
    fn largest(values: &[f32]) -> f32 = largest_body
}

#[inline(always)]
fn largest_body<const FUSED: bool>(values: &[f32]) -> f32 {
    let mut most = [f32::NEG_INFINITY; LANES];
    let (blocks, rest) = values.as_chunks::<LANES>();
    for block in blocks {
        for lane in 0..LANES {
            most[lane] = if block[lane] > most[lane] { block[lane] } else { most[lane] };
        }
    }
    for (most, &value) in most.iter_mut().zip(rest) {
        *most = if value > *most { value } else { *most };
    }
    most.into_iter().fold(f32::NEG_INFINITY, f32::max)
}

dispatch! {
    /// `Σ exp((s - most) · sharpness)`; leaves the summands in place of `s`.
    fn sum_of_exponentials(values: &mut [f32], most: f32, sharpness: f32) -> f64
        = sum_of_exponentials_body
}

#[inline(always)]
fn sum_of_exponentials_body<const FUSED: bool>(
    values: &mut [f32],
    most: f32,
    sharpness: f32,
) -> f64 {
    for value in values.iter_mut() {
        *value = math::exp::<FUSED>((*value - most) * sharpness);
    }
    let mut sums = [0.0f32; LANES];
    let (blocks, rest) = values.as_chunks::<LANES>();
    for block in blocks {
        for lane in 0..LANES {
            sums[lane] += block[lane];
        }
    }
    sums.iter_mut().zip(rest).for_each(|(sum, value)| *sum += value);
    sums.iter().map(|&sum| f64::from(sum)).sum()
}

/// How a row pulls at the columns and a column at the rows: by which log-sum-exps a similarity
/// was normalized.
#[derive(Clone, Copy)]
pub(super) struct Normalizers<'a> {
    /// Of each row, or empty.
    pub(super) rows: &'a [f32],
    /// Of each column, or empty.
    pub(super) columns: &'a [f32],
}

/// `factor · Σⱼ (exp(sᵢⱼ/τ - rowᵢ) + exp(sᵢⱼ/τ - columnⱼ) - attraction · [j = p(i)]) · columnⱼ` for
/// each row, where a normalizer that is not given contributes nothing and the attraction is how
/// many are given.
pub(super) fn gradient(sides: Sides<'_>, normalizers: Normalizers<'_>, factor: f32) -> Vec<f32> {
    let [height, _] = sides.extents();
    let given = |side: &[f32]| if side.is_empty() { 0.0 } else { 1.0 };
    let attraction = given(normalizers.rows) + given(normalizers.columns);
    let mut result = vec![0.0; sides.rows.len()];
    let blocks =
        result.par_chunks_mut(ROWS * sides.width).zip(sides.rows.par_chunks(ROWS * sides.width));
    let run = |packed: &[f32]| {
        blocks.enumerate().one_by_one().for_each(|(index, (result, rows))| {
            sides.each_tile(rows, packed, |start, tile, columns| {
                let length = columns.len() / sides.width;
                for (offset, tile) in tile.chunks_exact_mut(length).enumerate() {
                    let row = index * ROWS + offset;
                    let within = start..start + length;
                    let by_row = normalizers.rows.get(row).copied();
                    let by_column = normalizers.columns.get(within.clone()).unwrap_or(&[]);
                    weigh(tile, sides.sharpness, by_row, by_column);
                    let unseen = sides.pairing.unseen(row).filter(|column| within.contains(column));
                    if let Some(column) = unseen {
                        tile[column - start] = 0.0;
                    }
                    let partner = sides.pairing.partner(row, height);
                    if within.contains(&partner) {
                        tile[partner - start] -= attraction;
                    }
                }
                let height = rows.len() / sides.width;
                let left = Matrix::row_major(tile, length);
                let right = Panels::of(Matrix::row_major(columns, sides.width));
                let mut result = Block::new(result, sides.width);
                multiply(
                    [height, sides.width, length],
                    &mut result,
                    Onto::Destination,
                    left,
                    right,
                );
            });
            result.iter_mut().for_each(|value| *value *= factor);
        });
    };
    sides.with_packed_columns(run);
    result
}

dispatch! {
    /// `exp(s · sharpness - row) + exp(s · sharpness - column)` in place of `s`, as far as given.
    fn weigh(tile: &mut [f32], sharpness: f32, row: Option<f32>, columns: &[f32]) = weigh_body
}

#[inline(always)]
fn weigh_body<const FUSED: bool>(
    tile: &mut [f32],
    sharpness: f32,
    row: Option<f32>,
    columns: &[f32],
) {
    let exp = |s: f32, by: f32| math::exp::<FUSED>(multiply_add::<FUSED>(s, sharpness, -by));
    match (row, columns) {
        (Some(row), []) => tile.iter_mut().for_each(|s| *s = exp(*s, row)),
        (None, columns) => {
            for (s, &column) in tile.iter_mut().zip(columns) {
                *s = exp(*s, column);
            }
        }
        (Some(row), columns) => {
            for (s, &column) in tile.iter_mut().zip(columns) {
                *s = exp(*s, row) + exp(*s, column);
            }
        }
    }
}

#[cfg(test)]
mod twins {
    use super::*;
    use crate::testing::values;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn loops_agree_with_their_scalar_twins(count in 1usize..200, row: bool, column: bool) {
            let similarities = values(count, 1);
            let most = largest(&similarities);
            prop_assert_eq!(most, largest_body::<false>(&similarities));
            let fast = sum_of_exponentials(&mut similarities.clone(), most, 5.0);
            let plain = sum_of_exponentials_body::<false>(&mut similarities.clone(), most, 5.0);
            prop_assert!((fast - plain).abs() < 1e-5 * plain);

            let (row, columns) = ((row || !column).then_some(0.3), values(count, 2));
            let columns = if column { &columns[..] } else { &[] };
            let [mut fast, mut plain] = [similarities.clone(), similarities];
            weigh(&mut fast, 5.0, row, columns);
            weigh_body::<false>(&mut plain, 5.0, row, columns);
            for (fast, plain) in fast.iter().zip(&plain) {
                prop_assert!((fast - plain).abs() <= 1e-5 * plain);
            }
        }
    }
}
