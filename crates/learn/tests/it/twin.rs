//! The same weights and batches give the same losses and weights as PyTorch
//! (`benches/torch_twin/same_weights.py` wrote the files).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use pith_data::sample::Shape;
use pith_learn::input::{Input, Views};
use pith_learn::moment::Moment;
use pith_learn::nn::Init;
use pith_learn::objective::Context;
use pith_learn::optimizer::{self, Optimizer};
use pith_learn::train::Learner;
use pith_learn::{encoder, objective, weights};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../benches/torch_twin/golden").join(name)
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Expected {
    losses: Vec<f64>,
    sum_of_squares: BTreeMap<String, f64>,
}

fn learner(device: &Device) -> Learner {
    let mut init = Init::new(0, device);
    let shape = Shape::Pixels { channels: 3, height: 8, width: 8 };
    let encoder: encoder::Config =
        toml::from_str("[resnet]\nwidths = [4, 8]\nblocks = [1, 2]").expect("settings");
    let encoder = encoder.init(shape, &mut init).expect("an encoder of pictures");
    let objective: objective::Config =
        toml::from_str("[simclr]\nprojector = [8, 4]\ntemperature = 0.2").expect("settings");
    let context = Context { encoder: &encoder, shape, classes: 0 };
    let objective = objective.init(context, &mut init).expect("an objective");
    Learner { encoder, objective }
}

#[test]
fn four_steps_of_simclr_on_a_resnet_agree_with_pytorch() {
    let device = Device::flex().autodiff();
    let weights_file = file("weights.safetensors");
    let start = weights::read(&weights_file).expect("weights");
    let mut learner = weights::restore(learner(&device), start, &weights_file)
        .expect("the same names and shapes");
    let batches = weights::read(&file("batches.safetensors")).expect("batches");
    let text = std::fs::read_to_string(file("expected.json")).expect("expectations");
    let expected: Expected = serde_json::from_str(&text).expect("expectations");

    let mut optimizer = Optimizer::new(optimizer::Config::default());
    for (step, &loss) in expected.losses.iter().enumerate() {
        let view = |name: &str| {
            let all = Tensor::<5>::from_data(batches[name].clone(), &device);
            Input::Pixels(all.narrow(0, step, 1).squeeze_dim::<4>(0))
        };
        let inputs = vec![view("first"), view("second")];
        let labels = vec![None; inputs[0].samples()];
        let total =
            learner.loss(&Views { inputs, local: Vec::new(), labels }, &Moment::first(0, 4)).total;
        let found: f64 = total.clone().without_autodiff().into_scalar();
        assert!((found - loss).abs() < 1e-4 * loss, "step {step}: {found} and {loss}");
        let gradients = weights::gradients(&learner, total.backward());
        learner = optimizer.step(learner, gradients, 1e-3);
    }
    for (name, data) in weights::collect(&learner.valid()) {
        let values = data.try_into_vec::<f32>().expect("f32");
        let found: f64 = values.iter().map(|&value| f64::from(value).powi(2)).sum();
        let expected = expected.sum_of_squares[&name];
        let error = (found - expected).abs();
        assert!(error < 2e-3 * expected + 1e-6, "{name}: {found} and {expected}");
    }
}
