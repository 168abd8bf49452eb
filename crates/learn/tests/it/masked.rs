//! What is asked of the objectives that hide patches, and of the encoder they need.

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use pith_data::random::Random;
use pith_data::sample::Shape;
use pith_learn::encoder::{self, Encoder, Sight};
use pith_learn::input::{Input, Views};
use pith_learn::mask::Mask;
use pith_learn::moment::Moment;
use pith_learn::nn::Init;
use pith_learn::nn::layer_norm::standardize;
use pith_learn::objective::{self, Context, Objective};
use pith_learn::run::Run;
use pith_learn::train::{Ending, Learner};
use pith_learn::weights;

use super::{formula, toy};

const SHAPE: Shape = Shape::Pixels { channels: 3, height: 16, width: 16 };
const MASKED: [&str; 4] = ["mae", "simmim", "data2vec", "i-jepa"];
const VIT: &str = "[vit]\nwidth = 16\ndepth = 3\nheads = 2\nregisters = 1\n";

fn built(encoder: &str, objective: &str, device: &Device) -> Result<Learner, pith_learn::Error> {
    let mut init = Init::new(2, device);
    let encoder: encoder::Config = toml::from_str(encoder).expect("settings");
    let encoder = encoder.init(SHAPE, &mut init)?;
    let objective = objective::Config::default_of(objective).expect("a listed method");
    let context = Context { encoder: &encoder, shape: SHAPE, classes: 0 };
    let objective = objective.init(context, &mut init)?;
    Ok(Learner { encoder, objective })
}

fn pictures(device: &Device) -> Tensor<4> {
    formula::pictures([4, 3, 16, 16], 0, device)
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec().expect("f32")
}

#[test]
fn objectives_that_hide_patches_refuse_encoders_without_them() {
    for objective in MASKED {
        for encoder in ["[cnn]", "[resnet]", "[convnext]", "[mlp]"] {
            let told = built(encoder, objective, &Device::flex()).expect_err("no patches");
            let told = told.to_string();
            assert!(told.contains(objective) && told.contains("`vit`"), "{told}");
        }
    }
}

#[test]
fn a_masked_autoencoder_draws_from_what_it_sees_alone() {
    let device = Device::flex();
    let learner = built(VIT, "mae", &device).expect("a learner");
    let Objective::Mae(mae) = &learner.objective else { panic!("another objective") };
    let mask = Mask::random(4, 16, 12, &mut Random::keyed(&[1]));
    let drawn = |pixels| values(mae.draw(&learner.encoder, &Input::Pixels(pixels), &mask));
    let original = drawn(pictures(&device));
    // A patch of the first picture at a time.
    for patch in 0..16 {
        let (top, left) = (patch / 4 * 4, patch % 4 * 4);
        let place = [0..1, 0..3, top..top + 4, left..left + 4];
        let changed = pictures(&device).slice_assign(place, Tensor::ones([1, 3, 4, 4], &device));
        let unseen = original == drawn(changed);
        assert_eq!(unseen, mask.of(0)[patch], "patch {patch}");
    }
}

#[test]
fn layers_end_before_the_last_normalization() {
    let device = Device::flex();
    let encoder = built(VIT, "mae", &device).expect("a learner").encoder;
    let input = Input::Pixels(pictures(&device));
    let mut layers = encoder.layers(&input, Sight::Whole);
    assert_eq!(layers.len(), 3);
    assert!(layers.iter().all(|layer| layer.dims() == [4, 16, 16]));
    assert_ne!(values(layers[0].clone()), values(layers[1].clone()));
    let last = values(standardize(layers.remove(2))); // gamma one, beta zero
    let tokens = values(encoder.encode(&input).tokens.expect("tokens"));
    for (last, token) in last.iter().zip(&tokens) {
        assert!((last - token).abs() < 1e-3, "{last} {token}");
    }
    let plain = built("[cnn]", "simclr", &device).expect("a learner").encoder;
    assert!(plain.layers(&input, Sight::Whole).is_empty() && plain.attention(&input).is_none());
}

#[test]
fn the_class_token_attends_to_patches_class_and_registers_in_sum_to_one() {
    let device = Device::flex();
    let encoder = built(VIT, "mae", &device).expect("a learner").encoder;
    let attention = encoder.attention(&Input::Pixels(pictures(&device))).expect("a class token");
    assert_eq!(attention.dims(), [4, 2, 16]);
    for head in values(attention).chunks(16) {
        let sum: f32 = head.iter().sum();
        assert!(head.iter().all(|&share| share > 0.0) && sum > 0.3 && sum < 0.999, "{sum}");
    }
}

/// The settings of a vision transformer that is random in training.
fn dropping() -> String {
    format!("{VIT}drop-path = 0.5\n")
}

#[test]
fn stochastic_depth_belongs_to_the_moment_and_to_training() {
    let device = Device::flex().autodiff();
    let learner = built(&dropping(), "simclr", &device).expect("a learner");
    let views = |inputs| Views { inputs, local: Vec::new(), labels: vec![None; 4] };
    let input = Input::Pixels(pictures(&device));
    let loss = |step| -> f64 {
        let moment = Moment { step, ..Moment::first(3, 9) };
        let total = learner.loss(&views(vec![input.clone(), input.clone()]), &moment).total;
        total.without_autodiff().into_scalar()
    };
    assert_eq!(loss(0), loss(0));
    assert_ne!(loss(0), loss(1));

    let encoded = |encoder: &Encoder| values(encoder.encode(&input).pooled.without_autodiff());
    let mut encoder = learner.encoder.clone();
    assert_eq!(encoded(&encoder), encoded(&encoder), "random without a moment");
    encoder.prepare(&Moment::first(3, 9));
    assert_ne!(encoded(&encoder), encoded(&encoder), "two views draw apart");
    let used = encoder.valid();
    let plain = Input::Pixels(pictures(&Device::flex()));
    let use_of = || values(used.encode(&plain).pooled);
    assert_eq!(use_of(), use_of(), "random in use");
}

#[test]
fn a_run_with_stochastic_depth_stops_and_goes_on_bit_for_bit() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let pictures = toy::write(folder.path(), 60);
    let hash = |learner: &Learner| weights::hash(&weights::collect(learner));
    let convnext = "[convnext]\nwidths = [4, 8]\nblocks = [1, 2]\ndrop-path = 0.5";
    for (number, encoder) in [dropping(), convnext.into()].iter().enumerate() {
        let encoder = encoder.replacen('[', "[encoder.", 1);
        let method = format!("objective = 'simclr'\n{encoder}");
        let recipe = toy::recipe(&pictures, &method, &["train.steps=4"]);
        let run = |name: &str| {
            let place = folder.path().join(format!("{name}-{number}"));
            Run::create(&place, false).expect("a new run")
        };
        let whole = toy::train(&recipe, &run("straight"), false).expect("a training");
        let stopped = run("stopped");
        let pieced = loop {
            let outcome = toy::train(&recipe, &stopped, true).expect("a training that goes on");
            if !matches!(outcome.ending, Ending::Interrupted) {
                break outcome;
            }
        };
        assert_eq!(hash(&pieced.learner), hash(&whole.learner));
    }
}
