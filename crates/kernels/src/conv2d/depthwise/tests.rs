use super::*;
use crate::conv2d::{ConvOptions, kernels};
use crate::testing::{difference, values};
use proptest::prelude::*;

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&value| f64::from(value)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// The scalar twin is the column method.
    #[test]
    fn agrees_with_columns(
        (n, groups, h, w) in (1usize..4, 1usize..20, 1usize..20, 1usize..40),
        kernel in [1usize..8, 1usize..8],
        stride in [1usize..4, 1usize..4],
        padding in [0usize..9, 0usize..9],
        bias: bool,
    ) {
        prop_assume!(kernel[0] <= h + 2 * padding[0] && kernel[1] <= w + 2 * padding[1]);
        let options = ConvOptions { stride, padding, groups };
        let g = Geometry::new([n, groups, h, w], [groups, 1, kernel[0], kernel[1]], &options);
        prop_assert!(applies(&g));
        let input = values(n * g.image_in(), 1);
        let weight = values(groups * g.depth(), 2);
        let bias = if bias { values(groups, 3) } else { Vec::new() };
        let gradient = values(n * g.image_out(), 4);
        let pairs = [
            (
                forward(&g, &input, &weight, &bias),
                kernels::forward_by_columns(&g, &input, &weight, &bias),
            ),
            (
                input_gradient(&g, &weight, &gradient),
                kernels::input_gradient_by_columns(&g, &weight, &gradient),
            ),
            (
                weight_gradient(&g, &input, &gradient),
                kernels::weight_gradient_by_columns(&g, &input, &gradient),
            ),
        ];
        for (index, (ours, expected)) in pairs.iter().enumerate() {
            let difference = difference(&wide(ours), &wide(expected));
            prop_assert!(difference < 1e-5, "product {index} differs by {difference}");
        }
    }
}
