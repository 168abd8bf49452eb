use super::format::Measure;
use super::*;
use crate::testing::values;
use proptest::prelude::*;

const INTEGERS: [Precision; 2] = [Precision::Int16, Precision::Int8];
const ACTIVATIONS: [Option<Activation>; 3] =
    [None, Some(Activation::Relu), Some(Activation::GeluTanh)];

fn bell(count: usize, seed: u64) -> Vec<f32> {
    let uniform = values(4 * count, seed);
    uniform.as_chunks::<4>().0.iter().map(|four| four.iter().sum()).collect()
}

fn apply(layer: &PackedLinear, rows: &[f32], activation: Option<Activation>) -> Vec<f32> {
    let [inputs, outputs] = layer.shape();
    let mut result = vec![f32::NAN; rows.len() / inputs * outputs];
    layer.apply(rows, &mut result, activation);
    result
}

/// The product in f64.
fn exact(rows: &[f32], weight: &[f32], [inputs, outputs]: [usize; 2]) -> Vec<f64> {
    let mut result = vec![0.0; rows.len() / inputs * outputs];
    for (row, sums) in rows.chunks(inputs).zip(result.chunks_mut(outputs)) {
        for (x, weights) in row.iter().zip(weight.chunks(outputs)) {
            for (sum, w) in sums.iter_mut().zip(weights) {
                *sum += f64::from(*x) * f64::from(*w);
            }
        }
    }
    result
}

fn norm(values: impl Iterator<Item = f64>) -> f64 {
    values.map(|value| value * value).sum::<f64>().sqrt()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_tile_agrees_exactly_with_its_scalar_twin(
        height in 1usize..=kernel::HEIGHT,
        groups in 0usize..70,
        seed: u64,
        format in prop::sample::select(vec![Format::Words, Format::Bytes]),
    ) {
        // Small enough values that no sum overflows, as `Format` sees to; all bits of the sign.
        let mask = if format == Format::Words { 0x0FFF_0FFF } else { -1 };
        let word = |x: &f32| (x.to_bits().wrapping_mul(0x9E37_79B9) as i32 & mask)
            .wrapping_sub(if format == Format::Words { 0x0800_0800 } else { 0 });
        let rows: Vec<_> = values(groups * height, seed).iter().map(word).collect();
        let words: Vec<_> = values(groups * 32, !seed).iter().map(word).collect();
        let panel: Vec<_> =
            words.as_chunks::<16>().0.iter().map(|words| panels::Line(*words)).collect();
        let mut fast = kernel::Sums([[-1; panels::WIDTH]; kernel::HEIGHT]);
        let mut plain = fast.clone();
        kernel::multiply(format, &rows, height, &panel, &mut fast);
        kernel::portable_body::<false>(format, &rows, height, &panel, &mut plain);
        prop_assert_eq!(&fast.0[..height], &plain.0[..height]);
    }

    #[test]
    fn quantized_rows_are_within_half_a_step(
        len in 1usize..100,
        seed: u64,
        shift in -3f32..3.0,
        format in prop::sample::select(vec![Format::Words, Format::Bytes]),
    ) {
        let row: Vec<_> = values(len, seed).iter().map(|x| x + shift).collect();
        let mut words = vec![0; len.div_ceil(format.per_word())];
        let mut measures = [Measure::default()];
        rows::quantize(format, &row, len, &mut words, &mut measures);
        let [Measure { step, low }] = measures;
        for (input, &x) in row.iter().enumerate() {
            let word = words[input / format.per_word()];
            let q = match format {
                Format::Words => i32::from((word >> (16 * (input % 2))) as i16),
                Format::Bytes => (word >> (8 * (input % 4))) & 0xFF,
            };
            let error = (low + step * q as f32 - x).abs();
            prop_assert!(error <= 0.501 * step + 1e-6, "{x} as {q} · {step} + {low}");
        }
    }

    #[test]
    fn is_close_to_the_exact_product(
        (rows, inputs, outputs) in (1usize..70, 1usize..200, 1usize..100),
        seed: u64,
        precision in prop::sample::select(&INTEGERS),
    ) {
        let shape = [inputs, outputs];
        let [x, weight] = [(rows * inputs, 1), (inputs * outputs, 2)]
            .map(|(count, stream)| bell(count, seed.wrapping_add(stream)));
        let layer = PackedLinear::new(&weight, shape, None, precision);
        let expected = exact(&x, &weight, shape);
        let errors = apply(&layer, &x, None);
        let errors = errors.iter().zip(&expected).map(|(ours, exact)| f64::from(*ours) - exact);
        // The error is random with respect to the values: relative to the factors' norms.
        let size = norm(x.iter().map(|&x| x.into())) * norm(weight.iter().map(|&w| w.into()));
        let bound = if precision == Precision::Int16 { 3e-4 } else { 1.5e-2 };
        prop_assert!(norm(errors) <= bound * size, "{:e}", size);
    }

    #[test]
    fn rows_do_not_depend_on_their_neighbours(
        (rows, inputs, outputs) in (2usize..300, 1usize..60, 1usize..80),
        precision in prop::sample::select(&INTEGERS),
        activation in prop::sample::select(&ACTIVATIONS),
    ) {
        let (x, weight) = (bell(rows * inputs, 1), bell(inputs * outputs, 2));
        let bias = values(outputs, 3);
        let layer = PackedLinear::new(&weight, [inputs, outputs], Some(&bias), precision);
        let together = apply(&layer, &x, activation);
        let alone: Vec<_> =
            x.chunks(inputs).flat_map(|row| apply(&layer, row, activation)).collect();
        prop_assert_eq!(together, alone);
    }
}

#[test]
fn bias_and_activation_follow_the_product() {
    let (x, weight, bias) = (bell(40 * 33, 1), bell(33 * 45, 2), values(45, 3));
    let [real, int16, int8] = [Precision::F32, Precision::Int16, Precision::Int8]
        .map(|precision| PackedLinear::new(&weight, [33, 45], Some(&bias), precision));
    for activation in ACTIVATIONS {
        let expected = apply(&real, &x, activation);
        for (layer, bound) in [(&int16, 0.005), (&int8, 0.3)] {
            for (ours, expected) in apply(layer, &x, activation).iter().zip(&expected) {
                assert!((ours - expected).abs() < bound, "{ours} against {expected}");
            }
        }
    }
}

#[test]
fn the_largest_sums_do_not_overflow() {
    for inputs in [2, 3, 1000, 66_311] {
        let ones = vec![1.0; inputs];
        let high = vec![[1.0, -1.0]; inputs].concat();
        for precision in INTEGERS {
            let layer = PackedLinear::new(&high, [inputs, 2], None, precision);
            for (ours, expected) in apply(&layer, &ones, None).iter().zip([1.0, -1.0]) {
                let mean = ours / inputs as f32;
                assert!((mean - expected).abs() < 0.01, "{precision:?} of {inputs}: {mean}");
            }
        }
    }
}

#[test]
fn a_row_that_is_not_a_number_does_not_hide() {
    let weight = bell(20 * 3, 1);
    for precision in INTEGERS {
        let layer = PackedLinear::new(&weight, [20, 3], None, precision);
        for (index, bad) in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY].into_iter().enumerate() {
            let mut rows = bell(3 * 20, 2);
            rows[20 + 7 * index] = bad;
            let output = apply(&layer, &rows, None);
            assert!(output[3..6].iter().all(|y| y.is_nan()), "{output:?}");
            assert!(output[..3].iter().chain(&output[6..]).all(|y| y.is_finite()));
        }
        assert!(apply(&layer, &[0.0; 20], None).iter().all(|&y| y == 0.0));
        assert!(apply(&layer, &[], None).is_empty());
    }
}

#[test]
fn fewer_bits_take_less_memory() {
    let bytes = |precision| PackedLinear::new(&bell(64 * 64, 1), [64, 64], None, precision).bytes();
    assert_eq!(bytes(Precision::F32), 2 * bytes(Precision::Int16));
    assert_eq!(bytes(Precision::Int16), 2 * bytes(Precision::Int8));
}

#[test]
fn a_weight_that_is_not_a_number_does_not_hide() {
    let mut weight = bell(20 * 3, 1);
    weight[3 * 4 + 1] = f32::NAN;
    for precision in INTEGERS {
        let layer = PackedLinear::new(&weight, [20, 3], None, precision);
        for rows in [bell(20, 2), vec![1.0; 20]] {
            let output = apply(&layer, &rows, None);
            assert!(output[1].is_nan() && output[0].is_finite() && output[2].is_finite());
        }
    }
}
