//! The fast loops agree with their scalar twins.

use super::softmax::{self, LANES, Visible};
use crate::testing::{difference, values};
use proptest::prelude::*;

fn close(left: &[f32], right: &[f32]) -> bool {
    let wide = |values: &[f32]| values.iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
    difference(&wide(left), &wide(right)) < 1e-5
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn softmaxes(
        (rows, vectors) in (1usize..9, 1usize..6),
        (first, step) in (0usize..40, 0usize..2),
    ) {
        let width = vectors * LANES;
        let visible = Visible { first, step, most: width - 3 };
        let scores = values(rows * width, 1);
        let gradients = values(rows * width, 2);
        let log_sums = values(rows, 3);

        let inputs = || [scores.clone(), log_sums.clone(), log_sums.clone()];
        let [mut fast, mut plain] = [inputs(), inputs()];
        let [a, b, c] = &mut fast;
        softmax::exponentiate(a, width, visible, b, c);
        let [a, b, c] = &mut plain;
        softmax::exponentiate_body::<false>(a, width, visible, b, c);
        for (fast, plain) in fast.iter().zip(&plain) {
            for (fast, plain) in fast.iter().zip(plain) {
                prop_assert!(fast == plain || (fast - plain).abs() < 1e-5);
            }
        }

        let [mut fast, mut plain] = [(); 2].map(|()| [scores.clone(), gradients.clone()]);
        let [a, b] = &mut fast;
        softmax::differentiate(a, b, width, visible, &log_sums, 0.6);
        let [a, b] = &mut plain;
        softmax::differentiate_body::<false>(a, b, width, visible, &log_sums, 0.6);
        prop_assert!(close(&fast.concat(), &plain.concat()));
    }
}
