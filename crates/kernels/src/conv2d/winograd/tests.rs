use super::*;
use crate::conv2d::{ConvOptions, kernels};
use crate::testing::{difference, values};
use proptest::prelude::*;

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&value| f64::from(value)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// The scalar twin is the column method.
    #[test]
    fn agrees_with_columns(
        (n, ci, co) in (1usize..40, 12usize..50, 12usize..50),
        (h, w, py, px) in (1usize..19, 1usize..35, 0usize..3, 0usize..3),
        bias: bool,
    ) {
        prop_assume!(h + 2 * py >= 3 && w + 2 * px >= 3);
        let options = ConvOptions { padding: [py, px], ..ConvOptions::default() };
        let g = Geometry::new([n, ci, h, w], [co, ci, 3, 3], &options);
        prop_assume!(applies(&g));
        let input = values(n * g.image_in(), 1);
        let weight = values(g.channels_out * g.depth(), 2);
        let bias = if bias { values(g.channels_out, 3) } else { Vec::new() };
        let gradient = values(n * g.image_out(), 4);
        let weights = weights::points(&g, Kernels::Straight(&weight));
        let expected = wide(&kernels::forward_by_columns(&g, &input, &weight, &bias));
        for forward in [forward::forward_by_blocks, forward::forward_by_stages] {
            let output = forward(&g, &input, &weights, &bias);
            prop_assert!(difference(&wide(&output), &expected) < 1e-5);
        }
        let expected = wide(&kernels::weight_gradient_by_columns(&g, &input, &gradient));
        for slope in [weight_gradient::by_parts, weight_gradient::by_all_tiles] {
            prop_assert!(difference(&wide(&slope(&g, &input, &gradient)), &expected) < 1e-5);
        }
    }
}
