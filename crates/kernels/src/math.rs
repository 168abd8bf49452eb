//! Elementary functions of `f32` that compilers can vectorize: no branches, no tables, no calls.
//!
//! Each is written for one number and meant to be inlined into a loop that [`crate::simd::dispatch`]
//! compiles for several instruction sets. The bounds in the docs are checked by the tests, over all
//! exponents. Coefficients were fitted by `tools/golden/fit_elementary.py`.

use crate::simd::multiply_add;

/// The coefficients of a polynomial, lowest power first, at `x` (Horner).
#[inline(always)]
pub(crate) fn polynomial<const FUSED: bool, const N: usize>(x: f32, coefficients: [f32; N]) -> f32 {
    let mut sum = coefficients[N - 1];
    let mut power = N - 1;
    while power > 0 {
        power -= 1;
        sum = multiply_add::<FUSED>(sum, x, coefficients[power]);
    }
    sum
}

/// Adding and subtracting this rounds a small number to the nearest integer, and leaves the integer
/// in the low bits meanwhile.
const ROUND: f32 = 12_582_912.0; // 1.5 · 2^23
const LN_2_HIGH: f32 = 0.693_359_4; // few enough bits that a product with an exponent is exact
const LN_2_LOW: f32 = -2.121_944_4e-4;

/// `e^x` within 2e-7 of the value; 0 below -104, infinite above 88.73.
///
/// `x = n ln 2 + r`, `e^x = 2^n (1 + r + r² q(r))`.
#[inline(always)]
pub(crate) fn exp<const FUSED: bool>(x: f32) -> f32 {
    let x = if x > 89.0 { 89.0 } else { x };
    let x = if x < -104.0 { -104.0 } else { x };
    let shifted = multiply_add::<FUSED>(x, std::f32::consts::LOG2_E, ROUND);
    let n = shifted - ROUND;
    let r = multiply_add::<FUSED>(n, -LN_2_HIGH, x);
    let r = multiply_add::<FUSED>(n, -LN_2_LOW, r);
    let q = polynomial::<FUSED, 5>(r, EXP);
    let value = multiply_add::<FUSED>(q, r * r, r) + 1.0;
    // Two factors, because 2^n itself may be out of range where the product is not.
    // Wrapping, because a check for overflow would keep the loop from becoming a vector's, and
    // because the bits of a negative NaN do overflow.
    let n = (shifted.to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32);
    let half = n >> 1;
    value * power_of_two(half) * power_of_two(n.wrapping_sub(half))
}

#[inline(always)]
fn power_of_two(n: i32) -> f32 {
    f32::from_bits((n.wrapping_add(127) << 23) as u32)
}

const EXP: [f32; 5] = [
    0.4999999403953552,
    0.1666651964187622,
    0.04166839271783829,
    0.008368780836462975,
    0.0013814467238262296,
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Every exponent, some mantissas, both signs.
    fn numbers() -> impl Iterator<Item = f32> {
        (0..u32::MAX).step_by(9973).map(f32::from_bits).filter(|x| x.is_finite())
    }

    /// Largest error relative to the exact value, or absolute where that is below `floor`.
    fn error(exact: fn(f64) -> f64, ours: [fn(f32) -> f32; 2], floor: f64) -> f64 {
        let mut most = 0.0f64;
        for x in numbers() {
            let exact = exact(x.into());
            if exact.abs() > f64::from(f32::MAX) {
                continue;
            }
            for ours in ours {
                let error = (f64::from(ours(x)) - exact).abs() / exact.abs().max(floor);
                assert!(!error.is_nan(), "not a number at {x}");
                most = most.max(error);
            }
        }
        most
    }

    #[test]
    fn exp_keeps_its_bound() {
        let most = error(f64::exp, [exp::<false>, exp::<true>], f64::from(f32::MIN_POSITIVE));
        assert!(most < 2e-7, "{most:e}");
        for exp in [exp::<false>, exp::<true>] {
            assert_eq!(exp(f32::NEG_INFINITY), 0.0);
            assert_eq!(exp(f32::INFINITY), f32::INFINITY);
            assert_eq!(exp(0.0), 1.0);
            assert!(exp(f32::NAN).is_nan() && exp(-f32::NAN).is_nan());
        }
    }
}
