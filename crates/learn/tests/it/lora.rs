//! LoRA: a finished encoder learns a change of low rank and is otherwise left alone.

use std::path::Path;

use burn::module::Module;
use burn::tensor::Device;
use pith_data::collection::Subset;
use pith_data::loader::{Loader, Options};
use pith_data::view::Pipeline;
use pith_learn::input::Input;
use pith_learn::run::Run;
use pith_learn::train::Outcome;
use pith_learn::{Model, Recipe, weights};

use super::toy;

const VIT: &str = "[encoder.vit]\nwidth = 16\ndepth = 2\nheads = 2\npatch = 4";

/// A trained model in `folder/model`, and a recipe that adapts it.
fn adapting(folder: &Path, encoder: &str) -> Recipe {
    let pictures = toy::write(folder, 160);
    let first =
        toy::recipe(&pictures, &format!("{encoder}\n[objective.vicreg]"), &["train.steps=2"]);
    let run = Run::create(&folder.join("first"), false).expect("a new run");
    let outcome = toy::train(&first, &run, false).expect("a training");
    model(&first, &outcome).save(&folder.join("model")).expect("a writable folder");
    let transfer = format!("[transfer]\nfrom = {:?}\nlora = {{ rank = 3 }}", folder.join("model"));
    let rest = format!("{encoder}\n[objective.cross-entropy]\n{transfer}");
    let settings = ["train.steps=6", "train.probe-every=6", "train.monitor=accuracy"];
    toy::recipe(&pictures, &rest, &settings)
}

fn model(recipe: &Recipe, outcome: &Outcome) -> Model {
    Model::new(&outcome.learner, recipe.encoder.clone(), toy::open(recipe).1)
}

#[test]
fn only_the_change_is_learned_and_the_model_holds_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let recipe = adapting(folder.path(), VIT);
    let before = Model::load(&folder.path().join("model"), &Device::flex()).expect("a model");
    let run = Run::create(&folder.path().join("adapted"), false).expect("a new run");
    let outcome = toy::train(&recipe, &run, false).expect("a training");
    let (old, new) =
        (weights::collect(before.encoder()), weights::collect(&outcome.learner.encoder));
    for (name, values) in &old {
        assert_eq!(new[name], *values, "{name} was to stay as it is");
    }
    let changes: Vec<&String> = new.keys().filter(|name| !old.contains_key(*name)).collect();
    assert_eq!(changes.len(), 2 * 4 * 2, "two of four maps of two blocks: {changes:?}");
    assert!(
        changes
            .iter()
            .filter(|name| name.ends_with("lora.up"))
            .all(|name| { new[*name].iter::<f32>().any(|value| value != 0.0) })
    );

    let model = model(&recipe, &outcome);
    assert_eq!(
        weights::collect(model.encoder()).len(),
        old.len(),
        "the change is part of the weights"
    );
    let (collection, preprocess) = toy::open(&recipe);
    let input = first_batch(&collection.test, Pipeline::plain(preprocess));
    let adapted =
        outcome.learner.valid().represent(&Input::from_data(input.clone(), &Device::flex()));
    let adapted: Vec<f32> = adapted.into_data().try_into_vec().expect("f32");
    let merged = model.encode(input.clone());
    let difference =
        |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(difference(&adapted, merged.values()) < 1e-5);
    assert!(difference(&adapted, before.encode(input).values()) > 1e-3, "something was learned");
}

fn first_batch(subset: &Subset, pipeline: Pipeline) -> pith_data::sample::Input {
    let loader = Loader::new(subset.clone(), pipeline, Options::default()).expect("a loader");
    let batch = loader.epoch(0, 0).next().expect("a batch");
    batch.views.into_iter().next().expect("a view")
}

#[test]
fn an_encoder_without_linear_maps_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let recipe = adapting(folder.path(), "[encoder.cnn]\nwidths = [4]");
    let run = Run::create(&folder.path().join("adapted"), false).expect("a new run");
    let message = toy::train(&recipe, &run, false).expect_err("a cnn").to_string();
    assert!(message.contains("transfer.lora") && message.contains("`cnn`"), "{message}");
}
