//! Every loop agrees with its scalar twin, the portable instance.

use super::loops::{self, Affine, Gradient, Sums};
use super::row_loops;
use crate::testing::{difference, values};
use proptest::prelude::*;

fn close(left: &[f32], right: &[f32]) -> bool {
    let wide = |values: &[f32]| values.iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
    difference(&wide(left), &wide(right)) < 1e-6
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn planes(len in 1usize..200, masked: bool, relu: bool) {
        let [x, y, g] = [1, 2, 3].map(|seed| values(len, seed));
        let side = masked.then_some(&y[..]);

        let (mut fast, mut plain) = (Sums::ZERO, Sums::ZERO);
        loops::add_moments(&x, 0.3, &mut fast);
        loops::add_moments_body::<false>(&x, 0.3, &mut plain);
        loops::add_gradients(&g, side, &x, 0.3, &mut fast);
        loops::add_gradients_body::<false>(&g, side, &x, 0.3, &mut plain);
        let [fast, plain] = [fast, plain].map(|sums| sums.totals().map(|total| total as f32));
        prop_assert!(close(&fast, &plain));

        let (mut fast, mut plain) = (g.clone(), g.clone());
        let map = Affine { scale: 1.7, shift: -0.2, relu };
        loops::affine(&x, side, map, &mut fast);
        loops::affine_body::<false>(&x, side, map, &mut plain);
        prop_assert!(close(&fast, &plain));

        let (mut fast, mut plain) = (g.clone(), g);
        let map = Gradient { gain: 1.3, slope: 0.4, offset: -0.1 };
        loops::mask(&mut fast, &x);
        loops::mask_body::<false>(&mut plain, &x);
        loops::input_gradient(&mut fast, side, &x, map);
        loops::input_gradient_body::<false>(&mut plain, side, &x, map);
        prop_assert!(close(&fast, &plain));
    }

    #[test]
    fn rows(len in 1usize..200, masked: bool, relu: bool) {
        let [x, y, g, mean] = [1, 2, 3, 4].map(|seed| values(len, seed));
        let side = masked.then_some(&y[..]);
        let zeros = || vec![0.0f32; len];

        let (mut fast, mut plain) = ([zeros(), zeros()], [zeros(), zeros()]);
        let [first, second] = &mut fast;
        row_loops::add_moments(&x, &mean, first, second);
        row_loops::add_gradients(&g, side, &x, &mean, first, second);
        let [first, second] = &mut plain;
        row_loops::add_moments_body::<false>(&x, &mean, first, second);
        row_loops::add_gradients_body::<false>(&g, side, &x, &mean, first, second);
        prop_assert!(close(&fast.concat(), &plain.concat()));

        let (mut fast, mut plain) = (zeros(), zeros());
        let maps: Vec<_> = mean.iter().map(|&m| Affine { scale: m, shift: 0.5, relu }).collect();
        row_loops::affine(&x, side, &maps, &mut fast);
        row_loops::affine_body::<false>(&x, side, &maps, &mut plain);
        prop_assert!(close(&fast, &plain));

        let (mut fast, mut plain) = (g.clone(), g);
        let map = |&gain: &f32| Gradient { gain, slope: 0.4, offset: -0.1 };
        let maps: Vec<_> = mean.iter().map(map).collect();
        row_loops::input_gradient(&mut fast, side, &x, &maps);
        row_loops::input_gradient_body::<false>(&mut plain, side, &x, &maps);
        prop_assert!(close(&fast, &plain));
    }
}
