use super::*;
use crate::testing::{assert_close, device, difference, read, sample, values};
use burn::tensor::Device;
use proptest::prelude::*;

const ADAMW: AdamW = AdamW {
    rate: 0.1,
    betas: [0.9, 0.999],
    epsilon: 1e-8,
    weight_decay: 0.05,
    step: 3,
    gradient_scale: 0.7,
};
const SGD: Sgd =
    Sgd { rate: 0.1, momentum: 0.9, weight_decay: 0.05, nesterov: false, gradient_scale: 0.7 };
const LARS: Lars =
    Lars { rate: 0.3, momentum: 0.9, weight_decay: 0.05, trust: 0.02, gradient_scale: 0.7 };

fn flat(count: usize, seed: u64) -> Tensor<1> {
    sample([count], seed, &Device::flex())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn steps_agree_with_the_composition(count in 0usize..300, nesterov: bool) {
        let tensors = || [flat(count, 1), flat(count, 2), flat(count, 3), flat(count, 4).abs()];
        let [w, g, m, v] = tensors();
        let (weights, [mean, square]) = adamw(w, g, [m, v], ADAMW);
        let [w, g, m, v] = tensors();
        let (expected, [expected_mean, expected_square]) = composed_adamw(w, g, [m, v], ADAMW);
        assert_close(&weights, &expected, 1e-6);
        assert_close(&mean, &expected_mean, 1e-6);
        assert_close(&square, &expected_square, 1e-6);

        let step = Sgd { nesterov, ..SGD };
        let [w, g, v, _] = tensors();
        let (weights, velocity) = sgd(w, g, v, step);
        let [w, g, v, _] = tensors();
        let (expected, expected_velocity) = composed_sgd(w, g, v, step);
        assert_close(&weights, &expected, 1e-6);
        assert_close(&velocity, &expected_velocity, 1e-6);

        let [a, b, ..] = tensors();
        assert_close(&average(a.clone(), b.clone(), 0.99), &(a * 0.99 + b * 0.01), 1e-6);
    }

    #[test]
    fn loops_agree_with_their_scalar_twins(count in 1usize..200, nesterov: bool) {
        let [w, g, m] = [1, 2, 3].map(|seed| values(count, seed));
        let v: Vec<f32> = values(count, 4).iter().map(|x| x.abs()).collect();
        let map = loops::AdamW::new(ADAMW);
        let (mut fast, mut plain) = ([w.clone(), m.clone(), v.clone()], [w.clone(), m, v]);
        let [w0, m0, v0] = &mut fast;
        loops::adamw(w0, &g, m0, v0, map);
        let [w1, m1, v1] = &mut plain;
        loops::adamw_body::<false>(w1, &g, m1, v1, map);
        prop_assert!(close(&fast.concat(), &plain.concat()));

        let map = loops::Momentum::new(Sgd { nesterov, ..SGD });
        let (mut fast, mut plain) = ([w.clone(), g.clone()], [w.clone(), g.clone()]);
        let [w0, v0] = &mut fast;
        loops::momentum(w0, &g, v0, map);
        let [w1, v1] = &mut plain;
        loops::momentum_body::<false>(w1, &g, v1, map);
        prop_assert!(close(&fast.concat(), &plain.concat()));

        let (mut fast, mut plain) = (w.clone(), w.clone());
        loops::mix(&mut fast, &g, [0.9, 0.1]);
        loops::mix_body::<false>(&mut plain, &g, [0.9, 0.1]);
        prop_assert!(close(&fast, &plain));
        prop_assert!((loops::squares(&w) - loops::squares_body::<false>(&w)).abs() < 1e-12);
    }
}

fn close(left: &[f32], right: &[f32]) -> bool {
    let wide = |values: &[f32]| values.iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
    difference(&wide(left), &wide(right)) < 1e-6
}

#[test]
fn the_composition_runs_where_the_kernel_does_not() {
    let [w, g, m] = [1, 2, 3].map(|seed| flat(40, seed));
    let v = flat(40, 4).abs();
    let (expected, _) = adamw(w.clone(), g.clone(), [m.clone(), v.clone()], ADAMW);
    let wide = |tensor: &Tensor<1>| tensor.clone().cast(DType::F64);
    let (weights, _) = adamw(wide(&w), wide(&g), [wide(&m), wide(&v)], ADAMW);
    assert_eq!(weights.dtype(), DType::F64);
    assert!(difference(&read(&expected), &read(&weights)) < 1e-6);
    let (expected, _) = lars(w.clone(), g.clone(), m.clone(), LARS);
    let (weights, _) = lars(wide(&w), wide(&g), wide(&m), LARS);
    assert!(difference(&read(&expected), &read(&weights)) < 1e-6);
    assert!((squared_norm(&w) - squared_norm(&wide(&w))).abs() < 1e-9);
}

#[test]
fn adamw_follows_pytorch() {
    // w = torch.nn.Parameter(torch.tensor([1.0, -2.0]))
    // o = torch.optim.AdamW([w], lr=0.1, weight_decay=0.05)
    // for g in ([0.5, 3.0], [-0.2, 1.0]): w.grad = torch.tensor(g); o.step()
    // w  ->  0.855964482, -2.166656494
    let tensor = |values: [f32; 2]| Tensor::<1>::from_floats(values, &Device::flex());
    let mut state = (tensor([1.0, -2.0]), [tensor([0.0; 2]), tensor([0.0; 2])]);
    for (step, gradient) in [(1, [0.5, 3.0]), (2, [-0.2, 1.0])] {
        let step = AdamW { step, gradient_scale: 1.0, ..ADAMW };
        state = adamw(state.0, tensor(gradient), state.1, step);
    }
    assert_close(&state.0, &tensor([0.855_964_5, -2.166_656_5]), 1e-6);
}

#[test]
fn a_layer_moves_by_a_share_of_its_own_norm() {
    let tensor = |values: [f32; 2]| Tensor::<1>::from_floats(values, &Device::flex());
    let step = Lars { weight_decay: 0.0, gradient_scale: 0.5, ..LARS };
    let zeros = || tensor([0.0; 2]);
    // |w| = 5, |g| = 10 after scaling: the local rate is 0.02 · 5 / 10 = 0.01, below 0.3.
    let (moved, _) = lars(tensor([3.0, 4.0]), tensor([12.0, -16.0]), zeros(), step);
    assert_close(&moved, &tensor([2.94, 4.08]), 1e-6);
    // |g| = 0.01: the local rate would be 10, and the schedule's is the largest.
    let (moved, _) = lars(tensor([3.0, 4.0]), tensor([0.02, 0.0]), zeros(), step);
    assert_close(&moved, &tensor([2.997, 4.0]), 1e-6);
}

#[test]
fn changes_in_place_what_nobody_else_holds() {
    let place = |tensor: &Tensor<1>| primitive(tensor.clone()).bytes().as_ptr();
    let [w, g, m] = [1, 2, 3].map(|seed| flat(70_000, seed));
    let v = flat(70_000, 4).abs();
    let places = [&w, &m, &v].map(place);
    let (w, [m, v]) = adamw(w, g.clone(), [m, v], ADAMW);
    let (w, m) = sgd(w, g.clone(), m, SGD);
    let w = average(w, g.clone(), 0.9);
    assert_eq!([&w, &m, &v].map(place), places);

    let kept = w.clone();
    let before = read(&kept);
    let changed = average(w, g, 0.9);
    assert_ne!(place(&changed), place(&kept));
    assert_eq!(read(&kept), before, "a tensor that somebody holds is left alone");
}

#[test]
fn accepts_strided_views_and_tensors_on_the_tape() {
    let strided = || sample::<2>([7, 5], 1, &Device::flex()).swap_dims(0, 1).flatten::<1>(0, 1);
    let [g, m] = [2, 3].map(|seed| flat(35, seed));
    let slice = || flat(50, 1).narrow(0, 8, 35);
    for weights in [strided(), slice()] {
        let expected = composed_sgd(weights.clone(), g.clone(), m.clone(), SGD).0;
        assert_close(&sgd(weights, g.clone(), m.clone(), SGD).0, &expected, 1e-6);
    }
    let taped = sample::<1>([35], 1, &device()).require_grad();
    let expected = average(taped.clone().inner(), g.clone(), 0.9);
    let averaged = average(taped, sample([35], 2, &device()), 0.9);
    assert_close(&averaged.inner(), &expected, 1e-6);
}

#[test]
fn does_not_depend_on_the_number_of_threads() {
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let [w, g, m] = [1, 2, 3].map(|seed| flat(100_003, seed));
            let (weights, velocity) = lars(w, g.clone(), m, LARS);
            (read(&weights), read(&velocity), squared_norm(&g))
        })
    };
    assert_eq!(with(1), with(3));
}

#[test]
fn a_norm_does_not_overflow() {
    let large = flat(1000, 1) * 1e25;
    let expected = squared_norm(&flat(1000, 1)).sqrt() * 1e25;
    assert!((squared_norm(&large).sqrt() / expected - 1.0).abs() < 1e-6);
}

/// Numbers below the normal ones cost a hundred times as much, and rounding would keep them for ever.
#[test]
fn averages_that_decay_end_at_zero() {
    let mut states = [1e-37f32; 4];
    for _ in 0..5000 {
        let [mean, square, velocity, mixed] = states.each_mut().map(std::slice::from_mut);
        loops::adamw(&mut [1.0], &[0.0], mean, square, loops::AdamW::new(ADAMW));
        let step = Sgd { weight_decay: 0.0, ..SGD };
        loops::momentum(&mut [1.0], &[0.0], velocity, loops::Momentum::new(step));
        loops::mix(mixed, &[0.0], [0.9, 0.1]);
        assert!(states.iter().all(|&state| state == 0.0 || state.is_normal()), "{states:?}");
    }
    assert_eq!(states, [0.0; 4]);
}
