//! The three loops of a [`Block`](super::block::Block) step, compiled for every instruction set.

use pulp::{Simd, WithSimd};

use super::block::Target;

/// `scores[i, o] = inputs[i] · outputs[o]`.
pub(super) struct Scores<'a> {
    pub(super) inputs: &'a [f32],
    pub(super) outputs: &'a [f32],
    pub(super) stride: usize,
    pub(super) scores: &'a mut [f32],
}

impl WithSimd for Scores<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (x, y) = (S::as_simd_f32s(self.inputs).0, S::as_simd_f32s(self.outputs).0);
        let lines = self.stride / S::F32_LANES;
        let (n, m) = (x.len() / lines, y.len() / lines);
        let mut row = 0;
        while row < n {
            let x = &x[row * lines..];
            let scores = &mut self.scores[row * m..];
            row += match n - row {
                1 => score_rows::<S, 1>(simd, x, y, lines, scores),
                2 => score_rows::<S, 2>(simd, x, y, lines, scores),
                3 => score_rows::<S, 3>(simd, x, y, lines, scores),
                _ => score_rows::<S, 4>(simd, x, y, lines, scores),
            };
        }
    }
}

/// The scores of `N` inputs; gives `N`.
#[inline(always)]
fn score_rows<S: Simd, const N: usize>(
    simd: S,
    x: &[S::f32s],
    y: &[S::f32s],
    lines: usize,
    scores: &mut [f32],
) -> usize {
    let m = y.len() / lines;
    let mut column = 0;
    while column < m {
        let y = &y[column * lines..];
        let scores = &mut scores[column..];
        column += match m - column {
            1 => score_tile::<S, N, 1>(simd, x, y, lines, scores, m),
            2 => score_tile::<S, N, 2>(simd, x, y, lines, scores, m),
            _ => score_tile::<S, N, 3>(simd, x, y, lines, scores, m),
        };
    }
    N
}

/// The scores of `N` inputs with `M` outputs, in registers; gives `M`.
#[inline(always)]
fn score_tile<S: Simd, const N: usize, const M: usize>(
    simd: S,
    x: &[S::f32s],
    y: &[S::f32s],
    lines: usize,
    scores: &mut [f32],
    step: usize,
) -> usize {
    let x: [&[S::f32s]; N] = std::array::from_fn(|row| &x[row * lines..][..lines]);
    let y: [&[S::f32s]; M] = std::array::from_fn(|row| &y[row * lines..][..lines]);
    let mut sums = [[simd.splat_f32s(0.0); M]; N];
    for line in 0..lines {
        for (x, sums) in x.iter().zip(&mut sums) {
            for (y, sum) in y.iter().zip(sums) {
                *sum = simd.mul_add_f32s(x[line], y[line], *sum);
            }
        }
    }
    for (row, sums) in sums.iter().enumerate() {
        for (column, sum) in sums.iter().enumerate() {
            scores[row * step + column] = simd.reduce_sum_f32s(*sum);
        }
    }
    M
}

/// Scores become gains, in place: `rate · weight · (label - σ(score))`.
pub(super) struct Gains<'a> {
    pub(super) scores: &'a mut [f32],
    pub(super) targets: &'a [Target],
    pub(super) rate: f32,
}

impl WithSimd for Gains<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for score in self.scores.iter_mut() {
            *score = sigmoid(*score);
        }
        for row in self.scores.chunks_exact_mut(self.targets.len()) {
            for (score, target) in row.iter_mut().zip(self.targets) {
                *score = self.rate * target.weight * (target.label - *score);
            }
        }
    }
}

/// Scores become gains, in place, for one input and outputs of which exactly one is true:
/// `rate · (label - softmax(scores))`. Gives the logarithm of `Σ exp(score)`.
pub(super) struct SoftmaxGains<'a> {
    pub(super) scores: &'a mut [f32],
    pub(super) truth: usize,
    pub(super) rate: f32,
}

impl WithSimd for SoftmaxGains<'_> {
    type Output = f32;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> f32 {
        let highest = self.scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        for score in self.scores.iter_mut() {
            *score = exp(*score - highest);
        }
        let sum: f32 = self.scores.iter().sum();
        for score in self.scores.iter_mut() {
            *score *= -self.rate / sum;
        }
        self.scores[self.truth] += self.rate;
        highest + sum.ln()
    }
}

/// `1 / (1 + exp(-z))` within 3e-7.
#[inline(always)]
fn sigmoid(z: f32) -> f32 {
    1.0 / (1.0 + exp(-z))
}

/// `exp(x)` for `x` within ±80 (beyond, of the nearer end), without a branch, so that the loops above
/// vectorize: `2^k · p(r)`, with `k` whole, `|r| <= ln 2 / 2` and Taylor's polynomial of degree 6.
#[inline(always)]
fn exp(x: f32) -> f32 {
    /// Adding and subtracting it rounds to a whole number.
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-80.0, 80.0);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let k = shifted - ROUND;
    // ln 2 in two parts: k times the first is exact.
    let r = (x - k * 0.693_359_4) - k * -2.121_944_4e-4;
    let p = 1.0
        + r * (1.0
            + r * (0.5 + r * (1.0 / 6.0 + r * (1.0 / 24.0 + r * (1.0 / 120.0 + r / 720.0)))));
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(0x3f80_0000));
    p * power
}

/// `input_changes = gains · outputs` and `output_changes = gainsᵀ · inputs`.
pub(super) struct Changes<'a> {
    pub(super) inputs: &'a [f32],
    pub(super) outputs: &'a [f32],
    pub(super) gains: &'a [f32],
    pub(super) input_changes: &'a mut [f32],
    pub(super) output_changes: &'a mut [f32],
    pub(super) stride: usize,
}

impl WithSimd for Changes<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (x, y) = (S::as_simd_f32s(self.inputs).0, S::as_simd_f32s(self.outputs).0);
        let lines = self.stride / S::F32_LANES;
        let m = y.len() / lines;
        let changes = S::as_mut_simd_f32s(self.input_changes).0;
        mixtures(simd, self.gains, (m, 1), y, lines, changes);
        let changes = S::as_mut_simd_f32s(self.output_changes).0;
        mixtures(simd, self.gains, (1, m), x, lines, changes);
    }
}

/// Adds to the changes of rows what they would get if their pairs with one row of the other side were
/// taken one by one: row `r` meets that row as the rows before have changed it, by
/// `Σ_{q<r} gains[q] · rows[q]`, and so changes by `gains[r]` times that sum more.
pub(super) struct Chain<'a> {
    pub(super) rows: &'a [f32],
    pub(super) gains: &'a [f32],
    /// From one row's gain to the next.
    pub(super) step: usize,
    pub(super) changes: &'a mut [f32],
    /// A row to add in.
    pub(super) sum: &'a mut [f32],
}

impl WithSimd for Chain<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let sum = S::as_mut_simd_f32s(self.sum).0;
        let rows = S::as_simd_f32s(self.rows).0.chunks_exact(sum.len());
        let changes = S::as_mut_simd_f32s(self.changes).0.chunks_exact_mut(sum.len());
        sum.fill(simd.splat_f32s(0.0));
        for ((row, change), gain) in rows.zip(changes).zip(self.gains.iter().step_by(self.step)) {
            let gain = simd.splat_f32s(*gain);
            for ((value, change), sum) in row.iter().zip(change).zip(sum.iter_mut()) {
                *change = simd.mul_add_f32s(gain, *sum, *change);
                *sum = simd.mul_add_f32s(gain, *value, *sum);
            }
        }
    }
}

/// `mixed[r] = Σ_k gains[r · steps.0 + k · steps.1] · rows[k]`.
#[inline(always)]
fn mixtures<S: Simd>(
    simd: S,
    gains: &[f32],
    steps: (usize, usize),
    rows: &[S::f32s],
    lines: usize,
    mixed: &mut [S::f32s],
) {
    let count = mixed.len() / lines;
    let mut row = 0;
    while row < count {
        let (gains, mixed) = (&gains[row * steps.0..], &mut mixed[row * lines..]);
        row += match count - row {
            1 => mix_rows::<S, 1>(simd, gains, steps, rows, lines, mixed),
            2 => mix_rows::<S, 2>(simd, gains, steps, rows, lines, mixed),
            _ => mix_rows::<S, 3>(simd, gains, steps, rows, lines, mixed),
        };
    }
}

/// `N` mixtures; gives `N`.
#[inline(always)]
fn mix_rows<S: Simd, const N: usize>(
    simd: S,
    gains: &[f32],
    steps: (usize, usize),
    rows: &[S::f32s],
    lines: usize,
    mixed: &mut [S::f32s],
) -> usize {
    let mut line = 0;
    while line < lines {
        line += match lines - line {
            1 => mix_tile::<S, N, 1>(simd, gains, steps, rows, (line, lines), mixed),
            2 => mix_tile::<S, N, 2>(simd, gains, steps, rows, (line, lines), mixed),
            3 => mix_tile::<S, N, 3>(simd, gains, steps, rows, (line, lines), mixed),
            _ => mix_tile::<S, N, 4>(simd, gains, steps, rows, (line, lines), mixed),
        };
    }
    N
}

/// `L` vectors of `N` mixtures, in registers; gives `L`.
#[inline(always)]
fn mix_tile<S: Simd, const N: usize, const L: usize>(
    simd: S,
    gains: &[f32],
    steps: (usize, usize),
    rows: &[S::f32s],
    (line, lines): (usize, usize),
    mixed: &mut [S::f32s],
) -> usize {
    let mut sums = [[simd.splat_f32s(0.0); L]; N];
    for (k, row) in rows.chunks_exact(lines).enumerate() {
        let row = &row[line..line + L];
        for (r, sums) in sums.iter_mut().enumerate() {
            let gain = simd.splat_f32s(gains[r * steps.0 + k * steps.1]);
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum = simd.mul_add_f32s(gain, *value, *sum);
            }
        }
    }
    for (r, sums) in sums.iter().enumerate() {
        mixed[r * lines + line..][..L].copy_from_slice(sums);
    }
    L
}

#[cfg(test)]
mod tests {
    use super::sigmoid;

    #[test]
    fn sigmoid_is_the_logistic_function() {
        for i in -4000..=4000 {
            let z = i as f32 / 100.0;
            let exact = 1.0 / (1.0 + (-f64::from(z)).exp());
            assert!((f64::from(sigmoid(z)) - exact).abs() < 3e-7, "z {z}: {} {exact}", sigmoid(z));
        }
        assert!(sigmoid(1e30) == 1.0 && sigmoid(-1e30) < 1e-30);
    }
}
