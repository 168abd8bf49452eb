//! The step of one pair.

use pulp::{Simd, WithSimd};

/// A word's and a context's rows, which become their changes.
pub(super) struct Step<'a> {
    pub(super) word: &'a mut [f32],
    pub(super) context: &'a mut [f32],
    /// The column of the biases, behind the vectors.
    pub(super) bias: usize,
    pub(super) log_count: f32,
    /// `f(X)`.
    pub(super) weight: f32,
    pub(super) rate: f32,
}

impl WithSimd for Step<'_> {
    /// `f(X) (w · w̃ + b + b̃ - ln X)²`, before the step.
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        let half = self.word.len() / 2;
        let (word, word_sums) = self.word.split_at_mut(half);
        let (context, context_sums) = self.context.split_at_mut(half);
        let before = [
            (word[self.bias], word_sums[self.bias]),
            (context[self.bias], context_sums[self.bias]),
        ];
        let [(b, _), (c, _)] = before;
        let w = S::as_mut_simd_f32s(word).0;
        let v = S::as_mut_simd_f32s(context).0;
        let mut sum = simd.splat_f32s(0.0);
        for (w, v) in w.iter().zip(v.iter()) {
            sum = simd.mul_add_f32s(*w, *v, sum);
        }
        // The sum goes over the column of the biases too.
        let product = simd.reduce_sum_f32s(sum) - b * c;
        let difference = product + b + c - self.log_count;
        let gain = self.rate * self.weight * difference;
        let down = simd.splat_f32s(-gain);
        let w_sums = S::as_mut_simd_f32s(word_sums).0;
        let v_sums = S::as_mut_simd_f32s(context_sums).0;
        for (((w, v), w_sum), v_sum) in w.iter_mut().zip(v).zip(w_sums).zip(v_sums) {
            let (w_step, v_step) = (simd.mul_f32s(down, *v), simd.mul_f32s(down, *w));
            *w = simd.div_f32s(w_step, simd.sqrt_f32s(*w_sum));
            *v = simd.div_f32s(v_step, simd.sqrt_f32s(*v_sum));
            *w_sum = simd.mul_f32s(w_step, w_step);
            *v_sum = simd.mul_f32s(v_step, v_step);
        }
        let [(_, word_before), (_, context_before)] = before;
        word[self.bias] = -gain / word_before.sqrt();
        context[self.bias] = -gain / context_before.sqrt();
        word_sums[self.bias] = gain * gain;
        context_sums[self.bias] = gain * gain;
        f64::from(self.weight) * f64::from(difference).powi(2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use crate::shared::LINE;

    const WIDTH: usize = 19;
    const HALF: usize = 2 * LINE;

    fn row(random: &mut Random) -> Vec<f32> {
        let mut row = vec![0.0; HALF];
        row[..=WIDTH].fill_with(|| random.unit() - 0.5);
        row.extend((0..HALF).map(|_| 1.0 + random.unit()));
        row
    }

    fn loss(word: &[f32], context: &[f32]) -> f64 {
        let product: f64 = (0..WIDTH).map(|d| f64::from(word[d]) * f64::from(context[d])).sum();
        let difference = product + f64::from(word[WIDTH]) + f64::from(context[WIDTH]) - 2.5;
        0.3 * difference * difference
    }

    #[test]
    fn goes_down_the_gradient_by_adagrad() {
        let mut random = Random::keyed(&[5]);
        let rows = [row(&mut random), row(&mut random)];
        let mut changes = rows.clone();
        let [word, context] = &mut changes;
        let step = Step { word, context, bias: WIDTH, log_count: 2.5, weight: 0.3, rate: 0.05 };
        let found = pulp::Arch::new().dispatch(step);
        assert!((found - loss(&rows[0], &rows[1])).abs() < 1e-6);
        for side in 0..2 {
            for column in 0..HALF {
                let at = |shift: f32| {
                    let mut moved = rows.clone();
                    moved[side][column] += shift;
                    loss(&moved[0], &moved[1])
                };
                // The authors' step follows half the loss.
                let gradient = (at(1e-2) - at(-1e-2)) / 2e-2 / 2.0;
                let eta = 0.05 * gradient;
                let expected = -eta / f64::from(rows[side][HALF + column]).sqrt();
                let change = f64::from(changes[side][column]);
                assert!((change - expected).abs() < 1e-6, "{side} {column}: {change} {expected}");
                let squared = f64::from(changes[side][HALF + column]);
                assert!((squared - eta * eta).abs() < 1e-7, "{side} {column}: {squared}");
            }
        }
    }
}
