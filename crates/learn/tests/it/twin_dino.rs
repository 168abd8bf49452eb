//! Fifty steps of DINO from the same weights on the same crops are those of PyTorch, teacher and
//! centre included (`benches/torch_twin/same_dino.py` wrote the files).

use std::collections::BTreeMap;
use std::path::Path;

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use pith_data::sample::Shape;
use pith_learn::input::{Input, Views};
use pith_learn::moment::Moment;
use pith_learn::nn::Init;
use pith_learn::objective::Context;
use pith_learn::optimizer::{self, Optimizer};
use pith_learn::train::Learner;
use pith_learn::{encoder, objective, weights};

const SAMPLES: usize = 6;
const SIDE: usize = 8;
const LOCAL_SIDE: usize = 4;

#[derive(serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Expected {
    losses: Vec<f64>,
    centre: Vec<f32>,
    sum_of_squares: BTreeMap<String, f64>,
}

/// A hash of 32 bits of each place as a number in [-1/2, 1/2).
fn numbers(side: usize, seed: usize, device: &Device) -> Tensor<4> {
    let values = (0..SAMPLES * 3 * side * side).map(|place| {
        let h = ((place + seed * 65536) as u32).wrapping_mul(2654435761);
        let h = (h ^ (h >> 15)).wrapping_mul(73244475);
        let h = (h ^ (h >> 13)).wrapping_mul(73244475);
        (h >> 8) as f32 / (1 << 24) as f32 - 0.5
    });
    let data = TensorData::new(values.collect::<Vec<f32>>(), [SAMPLES, 3, side, side]);
    Tensor::from_data(data, device)
}

fn views(step: usize, device: &Device) -> Views {
    let picture = numbers(SIDE, 5 * step, device);
    let middle = picture.clone().narrow(2, 2, LOCAL_SIDE).narrow(3, 2, LOCAL_SIDE);
    let changed = |of: &Tensor<4>, side, seed| {
        Input::Pixels(of.clone() + numbers(side, 5 * step + seed, device) * 0.5)
    };
    Views {
        inputs: [1, 2].map(|seed| changed(&picture, SIDE, seed)).to_vec(),
        local: [3, 4].map(|seed| changed(&middle, LOCAL_SIDE, seed)).to_vec(),
        labels: vec![None; SAMPLES],
    }
}

fn learner(device: &Device) -> Learner {
    let mut init = Init::new(0, device);
    let shape = Shape::Pixels { channels: 3, height: SIDE, width: SIDE };
    let encoder: encoder::Config =
        toml::from_str("[resnet]\nwidths = [4, 8]\nblocks = [1, 1]").expect("settings");
    let encoder = encoder.init(shape, &mut init).expect("an encoder of pictures");
    let objective: objective::Config = toml::from_str(
        "[dino]\nprojector = [16, 6]\nprototypes = 12\nteacher-momentum = 0.9\n\
         norm = false\nteacher-temperature = 0.07\n\
         freeze-prototypes = 0.0",
    )
    .expect("settings");
    let context = Context { encoder: &encoder, shape, classes: 0 };
    let objective = objective.init(context, &mut init).expect("an objective");
    Learner { encoder, objective }
}

#[test]
fn fifty_steps_of_dino_agree_with_pytorch() {
    let device = Device::flex().autodiff();
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/../../benches/torch_twin/golden/dino");
    let file = |name: &str| Path::new(golden).join(name);
    let start = weights::read(&file("weights.safetensors")).expect("weights");
    let mut learner = weights::restore(learner(&device), start, &file("weights.safetensors"))
        .expect("the same names and shapes");
    let text = std::fs::read_to_string(file("expected.json")).expect("expectations");
    let expected: Expected = serde_json::from_str(&text).expect("expectations");

    let mut optimizer = Optimizer::new(optimizer::Config::default());
    for (step, &loss) in expected.losses.iter().enumerate() {
        let moment = Moment { step, ..Moment::first(0, expected.losses.len()) };
        let found = learner.loss(&views(step, &device), &moment);
        let total: f64 = found.total.clone().without_autodiff().into_scalar();
        assert!((total - loss).abs() < 1e-3 * loss, "step {step}: {total} and {loss}");
        let gradients = weights::gradients(&learner, found.total.backward());
        learner.objective.remember(found.seen);
        learner = optimizer.step(learner, gradients, 1e-2);
        let Learner { encoder, objective } = &mut learner;
        objective.follow(encoder, &moment);
    }
    for (name, data) in weights::collect(&learner.valid()) {
        let values = data.try_into_vec::<f32>().expect("f32");
        let found: f64 = values.iter().map(|&value| f64::from(value).powi(2)).sum();
        let square = expected.sum_of_squares[&name];
        let error = (found - square).abs();
        assert!(error < 2e-3 * square + 1e-5, "{name}: {found} and {square}");
        if name == "objective.centre.mean" {
            for (found, expected) in values.iter().zip(&expected.centre) {
                assert!((found - expected).abs() < 1e-3, "centre {found} and {expected}");
            }
        }
    }
}
