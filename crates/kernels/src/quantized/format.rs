//! Integers for real numbers: which step a vector is measured in.
//!
//! A product of two vectors is summed in 32 bits, without overflow in either format, so that the
//! sum is exact and every processor finds the same.

use crate::simd::dispatch;

/// An integer format. A 32-bit word holds as many neighbouring values as fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// Sixteen bits for both factors: `x ≈ step · q`.
    ///
    /// A vector's step makes its largest value at most 32767 *and* its Euclidean norm at most
    /// `√(2^31 - 1)`: then by the Cauchy-Schwarz inequality no sum of products overflows.
    Words,
    /// Eight bits: signed weights `w ≈ step · q`, and rows `x ≈ low + step · q` with unsigned `q`.
    Bytes,
}

/// How a row was quantized: `x ≈ low + step · q`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Measure {
    pub(super) step: f32,
    pub(super) low: f32,
}

/// A thousandth below `√(2^31 - 1)`, for the rounding of the norm itself.
const LARGEST_NORM: f64 = 46_300.0;

/// With more inputs than this, sums of bytes may overflow: `2^31 / (255 · 127)`.
const MOST_INPUTS: usize = 66_311;

impl Format {
    /// Values in a 32-bit word.
    pub(super) fn per_word(self) -> usize {
        match self {
            Self::Words => 2,
            Self::Bytes => 4,
        }
    }

    /// # Panics
    /// When sums over so many inputs might overflow.
    pub(super) fn check(self, inputs: usize) {
        let most = match self {
            Self::Words => usize::MAX,
            Self::Bytes => MOST_INPUTS,
        };
        assert!(inputs <= most, "int8 sums at most {most} inputs, received {inputs}");
    }

    /// The step of a column of weights.
    pub(super) fn weight_step(self, column: impl Iterator<Item = f32>) -> f32 {
        let (mut largest, mut squares, mut count) = (0.0f32, 0.0f64, 0);
        for value in column {
            largest = largest.max(value.abs());
            squares += f64::from(value) * f64::from(value);
            count += 1;
        }
        match self {
            Self::Words => word_step(largest, squares, count),
            Self::Bytes => or_nan(largest / 127.0, squares),
        }
    }

    /// The step, and the origin, of a row of inputs.
    pub(super) fn measure(self, row: &[f32]) -> Measure {
        let mut spread = Spread::default();
        survey(row, &mut spread);
        let Spread { low, high, squares } = spread;
        match self {
            Self::Words => {
                Measure { step: word_step(high.max(-low), squares, row.len()), low: 0.0 }
            }
            Self::Bytes => Measure { step: or_nan((high - low) / 255.0, squares), low },
        }
    }
}

/// A step that is no number where one of the values was none: the largest and the smallest do not tell.
fn or_nan(step: f32, squares: f64) -> f32 {
    if squares.is_nan() { f32::NAN } else { step }
}

/// Rounding to integers adds at most `√count / 2` to the norm.
fn word_step(largest: f32, squares: f64, count: usize) -> f32 {
    let by_norm = squares.sqrt() / (LARGEST_NORM - 0.5 * (count as f64).sqrt());
    let by_size = largest / 32_767.0;
    // `max` would drop what is not a number.
    if by_size > by_norm as f32 { by_size } else { by_norm as f32 }
}

/// What to multiply by instead of dividing by a step; 0 where everything is (nearly) 0. A step
/// that is not a number stays so.
pub(super) fn inverse(step: f32) -> f32 {
    if step < f32::MIN_POSITIVE { 0.0 } else { 1.0 / step }
}

/// The nearest integer to a number below 2^22 in magnitude, ties to even, without a branch or a
/// call.
#[inline(always)]
pub(super) fn nearest(x: f32) -> i32 {
    const ROUND: f32 = 12_582_912.0; // 1.5 · 2^23
    ((x + ROUND).to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32)
}

/// Extremes and sum of squares of a row.
#[derive(Default)]
pub(super) struct Spread {
    low: f32,
    high: f32,
    squares: f64,
}

dispatch! {
    fn survey(row: &[f32], spread: &mut Spread) = survey_body
}

/// Sixteen partial results, so that every instruction set adds in the same order.
#[inline(always)]
fn survey_body<const FUSED: bool>(row: &[f32], spread: &mut Spread) {
    let (mut low, mut high, mut squares) =
        ([f32::INFINITY; 16], [f32::NEG_INFINITY; 16], [0.0f32; 16]);
    let (chunks, rest) = row.as_chunks::<16>();
    for values in chunks {
        for lane in 0..16 {
            let x = values[lane];
            low[lane] = if x < low[lane] { x } else { low[lane] };
            high[lane] = if x > high[lane] { x } else { high[lane] };
            squares[lane] += x * x;
        }
    }
    for (lane, &x) in rest.iter().enumerate() {
        low[lane] = low[lane].min(x);
        high[lane] = high[lane].max(x);
        squares[lane] += x * x;
    }
    spread.squares = squares.iter().map(|&value| f64::from(value)).sum();
    // Comparisons pass over what is not a number; the squares do not.
    let lost = if spread.squares.is_finite() { 0.0 } else { f32::NAN };
    spread.low = low.into_iter().fold(f32::INFINITY, f32::min) + lost;
    spread.high = high.into_iter().fold(f32::NEG_INFINITY, f32::max) + lost;
}
