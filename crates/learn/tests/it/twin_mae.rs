//! Fifty steps of a masked autoencoder as in PyTorch (`benches/torch_twin/same_weights_mae.py` wrote
//! the file): the same weights, pictures and masks give the same losses and weights.

use std::collections::BTreeMap;
use std::path::Path;

use burn::module::Module;
use burn::tensor::Device;
use pith_data::sample::Shape;
use pith_learn::input::Input;
use pith_learn::mask::Mask;
use pith_learn::nn::Init;
use pith_learn::objective::{Context, Objective};
use pith_learn::optimizer::{self, Optimizer};
use pith_learn::train::Learner;
use pith_learn::{encoder, objective, weights};

use super::formula;

const SIDE: usize = 8;
const PATCHES: usize = 16;
const HIDDEN: usize = 12;
const BATCH: usize = 6;

#[derive(serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Expected {
    losses: Vec<f64>,
    sum_of_squares: BTreeMap<String, f64>,
}

fn learner(device: &Device) -> Learner {
    let mut init = Init::new(0, device);
    let shape = Shape::Pixels { channels: 1, height: SIDE, width: SIDE };
    let encoder = "[vit]\npatch = 2\nwidth = 8\ndepth = 2\nheads = 2\npositions = 'sin-cos'";
    let encoder: encoder::Config = toml::from_str(encoder).expect("settings");
    let encoder = encoder.init(shape, &mut init).expect("an encoder of pictures");
    let objective = "[mae]\ndecoder-width = 8\ndecoder-depth = 1\ndecoder-heads = 2";
    let objective: objective::Config = toml::from_str(objective).expect("settings");
    let context = Context { encoder: &encoder, shape, classes: 0 };
    let objective = objective.init(context, &mut init).expect("an objective");
    formula::filled(Learner { encoder, objective }, 0.3, Some("positions"))
}

/// The patches with the smallest keys are visible; the keys are `masks` of the script.
fn mask(step: u64) -> Mask {
    let key = |picture: u64, patch: u64| {
        let seed = (step * 131 + picture * 17 + 7) * 7919 + patch * 104_729;
        (seed * 2_654_435_761) % (1 << 32)
    };
    let mut hidden = vec![true; BATCH * PATCHES];
    for picture in 0..BATCH {
        let mut patches: Vec<usize> = (0..PATCHES).collect();
        patches.sort_by_key(|&patch| key(picture as u64, patch as u64));
        for patch in &patches[..PATCHES - HIDDEN] {
            hidden[picture * PATCHES + patch] = false;
        }
    }
    Mask::new(PATCHES, hidden)
}

#[test]
fn fifty_steps_of_mae_agree_with_pytorch() {
    let file = "../../benches/torch_twin/golden/mae.json";
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let text = std::fs::read_to_string(file).expect("expectations");
    let expected: Expected = serde_json::from_str(&text).expect("expectations");
    assert_eq!(expected.losses.len(), 50);

    let device = Device::flex().autodiff();
    let mut learner = learner(&device);
    let settings = toml::from_str("[adamw]\nweight-decay = 0.05").expect("settings");
    let settings: optimizer::Config = settings;
    let mut optimizer = Optimizer::new(settings);
    for (step, &loss) in expected.losses.iter().enumerate() {
        let pictures = formula::pictures([BATCH, 1, SIDE, SIDE], step % 4, &device);
        let Objective::Mae(mae) = &learner.objective else { panic!("another objective") };
        let total = mae.compare(&learner.encoder, &Input::Pixels(pictures), &mask(step as u64));
        let found: f64 = total.clone().without_autodiff().into_scalar();
        assert!((found - loss).abs() < 1e-3 * loss, "step {step}: {found} and {loss}");
        let gradients = weights::gradients(&learner, total.backward());
        learner = optimizer.step(learner, gradients, 1e-3);
    }
    let mut compared = 0;
    for (name, data) in weights::collect(&learner.valid()) {
        if name.ends_with("positions") {
            continue; // fixed on both sides
        }
        let values = data.try_into_vec::<f32>().expect("f32");
        let found: f64 = values.iter().map(|&value| f64::from(value).powi(2)).sum();
        let expected = expected.sum_of_squares[&name];
        let error = (found - expected).abs();
        assert!(error < 1e-3 * expected + 1e-6, "{name}: {found} and {expected}");
        compared += 1;
    }
    assert_eq!(compared, expected.sum_of_squares.len());
}
