//! Elementary functions of `f32` that compilers can vectorize: no branches, no tables, no calls.
//!
//! Each is written for one number and meant to be inlined into a loop that [`crate::simd::dispatch`]
//! compiles for several instruction sets. The bounds in the docs are checked by the tests, over all
//! exponents. Coefficients were fitted by `tools/golden/fit_elementary.py`.

use crate::simd::multiply_add;
use std::f32::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

/// `x`, but 0 where its magnitude is below `bound`. Processors reckon a hundred times slower with
/// numbers below the normal ones, and an average that decays never leaves them by itself.
#[inline(always)]
pub(crate) fn flushed(x: f32, bound: f32) -> f32 {
    if x.abs() < bound { 0.0 } else { x }
}

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

/// `e^x` within 2e-7 of the value; 0 below -86.99, where it would soon not be a normal number (see
/// [`flushed`]), infinite above 88.73.
///
/// `x = n ln 2 + r`, `e^x = 2^n (1 + r + r² q(r))`.
#[inline(always)]
pub(crate) fn exp<const FUSED: bool>(x: f32) -> f32 {
    let x = if x > 89.0 { 89.0 } else { x };
    let x = if x < -87.0 { -87.0 } else { x };
    let shifted = multiply_add::<FUSED>(x, std::f32::consts::LOG2_E, ROUND);
    let n = shifted - ROUND;
    let r = multiply_add::<FUSED>(n, -LN_2_HIGH, x);
    let r = multiply_add::<FUSED>(n, -LN_2_LOW, r);
    let q = polynomial::<FUSED, 5>(r, EXP);
    let value = multiply_add::<FUSED>(q, r * r, r) + 1.0;
    // 2^(n - 1), because 2^n itself may be out of range; its bits are zero where n is -126.
    // Wrapping, because a check for overflow would keep the loop from vectorizing.
    let n = (shifted.to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32);
    2.0 * value * f32::from_bits((n.wrapping_add(126) << 23) as u32)
}

const EXP: [f32; 5] = [0.49999994, 0.1666652, 0.041668393, 0.008368781, 0.0013814467];

/// The natural logarithm within 2e-7 of its value; `-∞` at 0, not a number below.
///
/// `x = 2^n (1 + f)` with `1 + f` from `√½` to `√2`, `log x = n ln 2 + f - f²/2 + f³ p(f)`.
#[inline(always)]
pub(crate) fn log<const FUSED: bool>(x: f32) -> f32 {
    // Numbers below the normal ones are brought up first.
    let small = x < f32::MIN_POSITIVE;
    let (scaled, raised) = if small { (x * TWO_TO_23, 23.0) } else { (x, 0.0) };
    let bits = scaled.to_bits() as i32;
    let n = bits.wrapping_sub(FRAC_1_SQRT_2.to_bits() as i32) >> 23;
    let f = f32::from_bits(bits.wrapping_sub(n << 23) as u32) - 1.0;
    let n = n as f32 - raised;
    let square = f * f;
    let rest = multiply_add::<FUSED>(polynomial::<FUSED, 9>(f, LOG), f * square, n * LN_2_LOW);
    let value = multiply_add::<FUSED>(n, LN_2_HIGH, f + multiply_add::<FUSED>(-0.5, square, rest));
    let value = if x == 0.0 { f32::NEG_INFINITY } else { value };
    if x < 0.0 {
        f32::NAN
    } else if x < f32::INFINITY {
        value
    } else {
        x
    }
}

const TWO_TO_23: f32 = 8_388_608.0;

const LOG: [f32; 9] = [
    0.33333313,
    -0.2500001,
    0.20002119,
    -0.16667996,
    0.14219552,
    -0.12405589,
    0.11888162,
    -0.11675652,
    0.0674664,
];

/// `1 / (1 + e^-x)` within 4e-7 of its value.
#[inline(always)]
pub(crate) fn sigmoid<const FUSED: bool>(x: f32) -> f32 {
    let small = exp::<FUSED>(-x.abs());
    let above = if x < 0.0 { small } else { 1.0 };
    above / (1.0 + small)
}

/// The hyperbolic tangent within 4e-7 of its value, `x p(x²) / q(x²)`; ±1 from ±9.02 on.
#[inline(always)]
pub(crate) fn tanh<const FUSED: bool>(x: f32) -> f32 {
    odd_fraction::<FUSED, 5>(x, 9.02, TANH_ABOVE, TANH_BELOW)
}

/// The error function within 4e-7 of its value, `x p(x²) / q(x²)`; ±1 from ±3.925 on.
#[inline(always)]
pub(crate) fn erf<const FUSED: bool>(x: f32) -> f32 {
    odd_fraction::<FUSED, 6>(x, 3.925, ERF_ABOVE, ERF_BELOW)
}

/// `x p(x²) / q(x²)`, ±1 beyond `bound`.
#[inline(always)]
fn odd_fraction<const FUSED: bool, const N: usize>(
    x: f32,
    bound: f32,
    above: [f32; N],
    below: [f32; N],
) -> f32 {
    let square = x * x;
    let p = polynomial::<FUSED, N>(square, above);
    let value = x * p / polynomial::<FUSED, N>(square, below);
    if x.abs() > bound { 1f32.copysign(x) } else { value }
}

const TANH_ABOVE: [f32; 5] = [1.0, 0.13379718, 0.0034940352, 2.0583491e-5, 1.3319085e-8];
const TANH_BELOW: [f32; 5] = [1.0, 0.46713033, 0.025871076, 0.0003283094, 7.762025e-7];
const ERF_ABOVE: [f32; 6] =
    [FRAC_2_SQRT_PI, 0.19059546, 0.052769527, 0.0037726236, 0.00028484513, 2.046014e-6];
const ERF_BELOW: [f32; 6] = [1.0, 0.5022436, 0.11418343, 0.014983347, 0.0011638755, 3.8047718e-5];

#[cfg(test)]
mod tests {
    use super::*;

    /// Below this [`exp`] is zero: `-125.5 ln 2`.
    const FLUSHED: f64 = -125.5 * std::f64::consts::LN_2;

    /// Every exponent, some mantissas, both signs.
    fn numbers() -> impl Iterator<Item = f32> {
        (0..u32::MAX).step_by(9973).map(f32::from_bits).filter(|x| x.is_finite())
    }

    /// Largest error relative to the exact value, or absolute where that is below `floor`.
    fn error(exact: fn(f64) -> f64, ours: [fn(f32) -> f32; 2], floor: f64) -> f64 {
        let mut most = 0.0f64;
        for x in numbers() {
            let exact = exact(x.into());
            if exact.is_nan() {
                assert!(ours.iter().all(|ours| ours(x).is_nan()), "a number at {x}");
                continue;
            }
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
        let exact = |x: f64| if x < FLUSHED { 0.0 } else { x.exp() };
        let most = error(exact, [exp::<false>, exp::<true>], f64::from(f32::MIN_POSITIVE));
        assert!(most < 2e-7, "{most:e}");
        for exp in [exp::<false>, exp::<true>] {
            assert_eq!(exp(f32::NEG_INFINITY), 0.0);
            assert_eq!(exp(f32::INFINITY), f32::INFINITY);
            assert_eq!(exp(0.0), 1.0);
            assert!(exp(f32::NAN).is_nan());
        }
    }

    #[test]
    fn log_keeps_its_bound() {
        let most = error(f64::ln, [log::<false>, log::<true>], 0.0);
        assert!(most < 2e-7, "{most:e}");
        for log in [log::<false>, log::<true>] {
            assert_eq!(log(0.0), f32::NEG_INFINITY);
            assert_eq!(log(f32::INFINITY), f32::INFINITY);
            assert_eq!(log(1.0), 0.0);
            assert!(log(f32::NAN).is_nan() && log(f32::NEG_INFINITY).is_nan());
        }
    }

    #[test]
    fn sigmoid_keeps_its_bound() {
        let exact = |x: f64| match x < 0.0 {
            true if x < FLUSHED => 0.0,
            true => x.exp() / (1.0 + x.exp()),
            false => 1.0 / (1.0 + (-x).exp()),
        };
        let most = error(exact, [sigmoid::<false>, sigmoid::<true>], f32::MIN_POSITIVE.into());
        assert!(most < 4e-7, "{most:e}");
        assert_eq!([f32::NEG_INFINITY, 0.0, f32::INFINITY].map(sigmoid::<true>), [0.0, 0.5, 1.0]);
        assert!(sigmoid::<true>(f32::NAN).is_nan());
    }

    #[test]
    fn tanh_keeps_its_bound() {
        let most = error(f64::tanh, [tanh::<false>, tanh::<true>], f32::MIN_POSITIVE.into());
        assert!(most < 4e-7, "{most:e}");
        assert_eq!([f32::NEG_INFINITY, 0.0, f32::INFINITY].map(tanh::<true>), [-1.0, 0.0, 1.0]);
        assert!(tanh::<true>(f32::NAN).is_nan());
    }

    /// `2/√π · e^(-x²) Σ 2^n x^(2n+1) / (2n+1)!!`, all terms of one sign.
    fn exact_erf(x: f64) -> f64 {
        if x.abs() > 6.0 {
            return x.signum();
        }
        let (mut sum, mut term) = (0.0, x);
        for n in 0..150 {
            sum += term;
            term *= 2.0 * x * x / f64::from(2 * n + 3);
        }
        std::f64::consts::FRAC_2_SQRT_PI * (-x * x).exp() * sum
    }

    #[test]
    fn erf_keeps_its_bound() {
        let most = error(exact_erf, [erf::<false>, erf::<true>], f32::MIN_POSITIVE.into());
        assert!(most < 4e-7, "{most:e}");
        assert_eq!([f32::NEG_INFINITY, 0.0, f32::INFINITY].map(erf::<true>), [-1.0, 0.0, 1.0]);
        assert!(erf::<true>(f32::NAN).is_nan());
    }
}
