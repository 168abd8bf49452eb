//! Distances of the graph: smaller is nearer, in f32, with the widest vector instructions of the machine.

use pulp::{Arch, Simd, WithSimd};

use crate::Metric;

/// A comparison of two vectors of one width.
#[derive(Clone, Copy, Debug)]
pub(super) struct Distance {
    arch: Arch,
    euclidean: bool,
}

impl Distance {
    /// Of unit vectors where the metric is cosine.
    pub(super) fn new(metric: Metric) -> Self {
        Self { arch: Arch::new(), euclidean: metric == Metric::Euclidean }
    }

    /// `-a . b`, or `|a - b|^2` under the Euclidean metric.
    pub(super) fn between(self, a: &[f32], b: &[f32]) -> f32 {
        if self.euclidean {
            self.arch.dispatch(Squares { a, b })
        } else {
            -self.arch.dispatch(Dot { a, b })
        }
    }
}

struct Dot<'a> {
    a: &'a [f32],
    b: &'a [f32],
}

impl WithSimd for Dot<'_> {
    type Output = f32;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f32 {
        let (a, a_rest) = S::as_simd_f32s(self.a);
        let (b, b_rest) = S::as_simd_f32s(self.b);
        let (a_pairs, a_last) = a.as_chunks::<2>();
        let (b_pairs, b_last) = b.as_chunks::<2>();
        // Two sums, so that one multiplication need not wait for the last.
        let (mut even, mut odd) = (simd.splat_f32s(0.0), simd.splat_f32s(0.0));
        for (a, b) in a_pairs.iter().zip(b_pairs) {
            even = simd.mul_add_f32s(a[0], b[0], even);
            odd = simd.mul_add_f32s(a[1], b[1], odd);
        }
        for (&a, &b) in a_last.iter().zip(b_last) {
            even = simd.mul_add_f32s(a, b, even);
        }
        let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
        simd.reduce_sum_f32s(simd.add_f32s(even, odd)) + rest
    }
}

struct Squares<'a> {
    a: &'a [f32],
    b: &'a [f32],
}

impl WithSimd for Squares<'_> {
    type Output = f32;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f32 {
        let (a, a_rest) = S::as_simd_f32s(self.a);
        let (b, b_rest) = S::as_simd_f32s(self.b);
        let mut sum = simd.splat_f32s(0.0);
        for (&a, &b) in a.iter().zip(b) {
            let difference = simd.sub_f32s(a, b);
            sum = simd.mul_add_f32s(difference, difference, sum);
        }
        let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| (a - b) * (a - b)).sum();
        simd.reduce_sum_f32s(sum) + rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_the_definition_at_every_width() {
        for width in 1..70 {
            let a: Vec<f32> = (0..width).map(|i| (i % 7) as f32 - 3.0).collect();
            let b: Vec<f32> = (0..width).map(|i| (i % 5) as f32 - 1.0).collect();
            let dot: f32 = a.iter().zip(&b).map(|(a, b)| a * b).sum();
            let squares: f32 = a.iter().zip(&b).map(|(a, b)| (a - b) * (a - b)).sum();
            assert_eq!(Distance::new(Metric::Dot).between(&a, &b), -dot, "width {width}");
            assert_eq!(Distance::new(Metric::Euclidean).between(&a, &b), squares, "width {width}");
        }
    }
}
