//! A linear layer by integers: rows quantized, tiles summed, sums turned back into numbers.

use super::format::Measure;
use super::kernel::{self, HEIGHT, Sums};
use super::panels::{Columns, Panels, WIDTH};
use super::rows;
use crate::activation::loops;
use crate::share::OneByOne;
use crate::simd::dispatch;
use crate::{Activation, scratch};
use rayon::prelude::*;

/// Tiles of rows that share one pass over the weights: their words stay in the cache.
const TILES: usize = 8;

/// `output = act(x · weight + bias)`: x `[rows, inputs]`, output `[rows, outputs]`.
pub(super) fn apply(
    panels: &Panels,
    x: &[f32],
    [inputs, outputs]: [usize; 2],
    activation: Option<Activation>,
    output: &mut [f32],
) {
    // As few tiles as possible, all but the last equally high.
    let rows = x.len() / inputs;
    let tiles = rows.div_ceil(HEIGHT);
    let height = rows.div_ceil(tiles.max(1)).max(1);
    let block = height * (tiles / 4).clamp(1, TILES);
    let blocks = output.par_chunks_mut(block * outputs).zip(x.par_chunks(block * inputs));
    blocks.one_by_one().for_each(|(output, x)| {
        let words = x.len() / inputs * panels.groups();
        scratch::words(words, |words| {
            let measures = quantize(panels, x, inputs, height, words);
            // Not summed in the output itself: the tiles would fetch its lines in no good order.
            scratch::with(output.len(), |sums| {
                multiply(panels, words, &measures, height, outputs, sums);
                match activation {
                    None => output.copy_from_slice(sums),
                    Some(activation) => loops::forward(activation, sums, output),
                }
            });
        });
    });
}

/// Quantizes a block, tile by tile.
fn quantize(
    panels: &Panels,
    x: &[f32],
    inputs: usize,
    height: usize,
    words: &mut [i32],
) -> [Measure; TILES * HEIGHT] {
    let mut measures = [Measure::default(); TILES * HEIGHT];
    let tiles = x.chunks(height * inputs).zip(words.chunks_mut(height * panels.groups()));
    for ((x, words), measures) in tiles.zip(measures.chunks_mut(height)) {
        rows::quantize(panels.format, x, inputs, words, measures);
    }
    measures
}

/// The rows of a block times all panels.
fn multiply(
    panels: &Panels,
    words: &[i32],
    measures: &[Measure],
    height: usize,
    outputs: usize,
    output: &mut [f32],
) {
    let groups = panels.groups();
    let mut sums = Sums([[0; WIDTH]; HEIGHT]);
    for (index, (lines, columns)) in panels.iter().enumerate() {
        let tiles = words.chunks(height * groups).zip(output.chunks_mut(height * outputs));
        for ((words, output), measures) in tiles.zip(measures.chunks(height)) {
            let height = words.len() / groups;
            kernel::multiply(panels.format, words, height, lines, &mut sums);
            let first = index * WIDTH;
            let part = [outputs, WIDTH.min(outputs - first)];
            restore(&sums.0[..height], measures, columns, part, &mut output[first..]);
        }
    }
}

dispatch! {
    /// `y = step_c (step_r · sum + low_r · total_c) + bias_c` for as many columns as `width` says;
    /// rows of `y` lie `stride` apart.
    fn restore(
        sums: &[[i32; WIDTH]], measures: &[Measure], columns: &Columns,
        part: [usize; 2], y: &mut [f32],
    ) = restore_body
}

/// Without fused operations, so that every instruction set rounds alike.
#[inline(always)]
fn restore_body<const FUSED: bool>(
    sums: &[[i32; WIDTH]],
    measures: &[Measure],
    columns: &Columns,
    [stride, width]: [usize; 2],
    y: &mut [f32],
) {
    let Columns { step, total, bias } = columns;
    for ((sums, measure), y) in sums.iter().zip(measures).zip(y.chunks_mut(stride)) {
        let mut values = [0.0; WIDTH];
        for lane in 0..WIDTH {
            let sum = sums[lane] as f32 * measure.step + measure.low * total[lane];
            values[lane] = sum * step[lane] + bias[lane];
        }
        y[..width].copy_from_slice(&values[..width]);
    }
}
