//! The same weights and batches give the same losses and weights as PyTorch
//! (`benches/torch_twin/same_weights.py` wrote the files).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

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

const SAMPLES: usize = 8;
const SIDE: usize = 8;

fn file(objective: &str, name: &str) -> PathBuf {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../benches/torch_twin/golden");
    golden.join(objective).join(name)
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Expected {
    losses: Vec<f64>,
    sum_of_squares: BTreeMap<String, f64>,
}

fn learner(objective: &str, device: &Device) -> Learner {
    let mut init = Init::new(0, device);
    let shape = Shape::Pixels { channels: 3, height: SIDE, width: SIDE };
    let encoder: encoder::Config =
        toml::from_str("[resnet]\nwidths = [4, 8]\nblocks = [1, 2]").expect("settings");
    let encoder = encoder.init(shape, &mut init).expect("an encoder of pictures");
    let objective: objective::Config = toml::from_str(objective).expect("settings");
    let context = Context { encoder: &encoder, shape, classes: 0 };
    let objective = objective.init(context, &mut init).expect("an objective");
    Learner { encoder, objective }
}

/// The numbers of `drawn` in `same_weights.py`, in `[-1, 1)`.
struct Sequence(u32);

impl Sequence {
    fn take(&mut self, count: usize) -> Vec<f64> {
        (0..count)
            .map(|_| {
                self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                f64::from(self.0) / 2f64.powi(31) - 1.0
            })
            .collect()
    }

    /// Pictures, each seen twice under noise.
    fn views(&mut self, device: &Device) -> Views {
        let shape = [SAMPLES, 3, SIDE, SIDE];
        let count = shape.iter().product();
        let pictures = self.take(count);
        let inputs = (0..2).map(|_| {
            let seen = pictures.iter().zip(self.take(count)).map(|(x, noise)| x + 0.5 * noise);
            let values: Vec<f32> = seen.map(|value| value as f32).collect();
            Input::Pixels(Tensor::from_data(TensorData::new(values, shape), device))
        });
        Views { inputs: inputs.collect(), local: Vec::new(), labels: vec![None; SAMPLES] }
    }
}

/// Does not change the loss: its gradient is rounding alone, and AdamW makes steps of that.
const UNSEEN: &str = "objective.expander.output.bias";

/// Takes the steps that PyTorch took, and compares every loss and every parameter at the end.
fn agrees_with_pytorch(keyword: &str, settings: &str, optimizer: &str, rate: f64) {
    let device = Device::flex().autodiff();
    let weights_file = file(keyword, "weights.safetensors");
    let start = weights::read(&weights_file).expect("weights");
    let learner = learner(&format!("[{keyword}]\n{settings}"), &device);
    let mut learner =
        weights::restore(learner, start, &weights_file).expect("the same names and shapes");
    let text = std::fs::read_to_string(file(keyword, "expected.json")).expect("expectations");
    let expected: Expected = serde_json::from_str(&text).expect("expectations");
    assert_eq!(expected.losses.len(), 50);

    let optimizer: optimizer::Config = toml::from_str(&format!("[{optimizer}]")).expect("known");
    let mut optimizer = Optimizer::new(optimizer);
    let mut sequence = Sequence(1);
    for (step, &expected_loss) in expected.losses.iter().enumerate() {
        let moment = Moment { step, ..Moment::first(0, expected.losses.len()) };
        let loss = learner.loss(&sequence.views(&device), &moment);
        let found: f64 = loss.total.clone().without_autodiff().into_scalar();
        let error = (found - expected_loss).abs();
        assert!(error < 1e-3 * expected_loss, "step {step}: {found} and {expected_loss}");
        let gradients = weights::gradients(&learner, loss.total.backward());
        learner = optimizer.step(learner, gradients, rate);
        let Learner { encoder, objective } = &mut learner;
        objective.follow(encoder, &moment);
    }
    for (name, data) in weights::collect(&learner.valid()) {
        if name == UNSEEN {
            continue;
        }
        let values = data.try_into_vec::<f32>().expect("f32");
        let found: f64 = values.iter().map(|&value| f64::from(value).powi(2)).sum();
        let expected = expected.sum_of_squares[&name];
        let error = (found - expected).abs();
        assert!(error < 2e-3 * expected + 1e-6, "{name}: {found} and {expected}");
    }
}

#[test]
fn simclr_agrees_with_pytorch() {
    agrees_with_pytorch("simclr", "projector = [8, 4]", "adamw", 3e-4);
}

#[test]
fn byol_and_its_target_agree_with_pytorch() {
    let settings = "projector = [8, 4]\npredictor = 8\nmomentum = 0.9";
    agrees_with_pytorch("byol", settings, "sgd", 5e-4);
}

#[test]
fn barlow_twins_agrees_with_pytorch() {
    agrees_with_pytorch("barlow-twins", "projector = [8, 4]", "adamw", 3e-4);
}

#[test]
fn vicreg_agrees_with_pytorch() {
    agrees_with_pytorch("vicreg", "projector = [8, 4]", "adamw", 3e-4);
}
