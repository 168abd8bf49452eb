//! Local crops: who takes them, who refuses them, and that a run with them can be resumed.

use std::path::Path;

use pith_learn::run::Run;
use pith_learn::train::Ending;
use pith_learn::{Recipe, weights};

use super::toy;

const VIT: &str = "[encoder.vit]\nwidth = 16\ndepth = 1\nheads = 2";

fn recipe(pictures: &Path, objective: &str, changes: &[&str]) -> Recipe {
    let crops = "[local-crops]\ncount = 2\nsize = 8\nviews = [{ crop-resize = {} }]";
    let common = ["train.steps=4", "train.probe-every=4", "train.workers=2"];
    let rest = format!("objective = '{objective}'\n{VIT}\n{crops}");
    toy::recipe(pictures, &rest, &[&common, changes].concat())
}

#[test]
fn a_run_with_local_crops_goes_on_bit_for_bit_and_learns_from_them() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let pictures = toy::write(folder.path(), 80);
    let hash = |name: &str, recipe: &Recipe, stop: bool| {
        let run = Run::create(&folder.path().join(name), false).expect("a new run");
        loop {
            let outcome = toy::train(recipe, &run, stop).expect("a training");
            if matches!(outcome.ending, Ending::Finished) {
                return weights::hash(&weights::collect(&outcome.learner));
            }
        }
    };
    for objective in ["swav", "dino", "ibot"] {
        let recipe = recipe(&pictures, objective, &[]);
        let straight = hash(&format!("{objective}-straight"), &recipe, false);
        assert_eq!(hash(&format!("{objective}-pieces"), &recipe, true), straight, "{objective}");
        let without = Recipe { local_crops: None, ..recipe };
        assert_ne!(hash(&format!("{objective}-without"), &without, false), straight);
    }
}

#[test]
fn crops_that_nobody_can_use_are_refused_before_training() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let pictures = toy::write(folder.path(), 80);
    let told = |objective: &str, changes: &[&str]| {
        let recipe = recipe(&pictures, objective, changes);
        let place = tempfile::tempdir().expect("a temporary folder");
        let run = Run::create(&place.path().join("run"), false).expect("a new run");
        toy::train(&recipe, &run, false).expect_err("no such training").to_string()
    };
    let unused = told("simclr", &[]);
    assert!(unused.contains("[local-crops]"), "{unused}");
    assert!(unused.ends_with("swav, dino, ibot"), "{unused}");
    let uneven = told("dino", &["local-crops.size=6"]);
    assert!(
        uneven.contains("local-crops.size = 6") && uneven.contains("multiple of 4"),
        "{uneven}"
    );
    let none = told("dino", &["local-crops.count=0"]);
    assert!(none.contains("count must be from 1 to 64"), "{none}");
}

/// Smaller views take another road through training and the same through the proof.
#[test]
fn views_of_another_size_train_an_encoder_of_the_whole() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let pictures = toy::write(folder.path(), 80);
    let train = |objective: &str, encoder: &str, size: &str| {
        let rest = format!("objective = '{objective}'\n{encoder}");
        let views = format!("views=[{{crop-resize={{{size}}}}}]");
        let changes = ["train.steps=3", "train.probe-every=3", &views];
        let place = tempfile::tempdir().expect("a temporary folder");
        let run = Run::create(&place.path().join("run"), false).expect("a new run");
        let outcome = toy::train(&toy::recipe(&pictures, &rest, &changes), &run, false);
        outcome.map(|outcome| weights::hash(&weights::collect(&outcome.learner)))
    };
    let cnn = "encoder.cnn = { widths = [4, 8], depth = 1 }";
    let whole = train("simclr", cnn, "").expect("a training");
    assert_eq!(train("simclr", cnn, "size=12").expect("a training"), whole);
    assert_ne!(train("simclr", cnn, "size=8").expect("a training"), whole);
    let told = |objective: &str, encoder: &str, size: &str| match train(objective, encoder, size) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("{objective} takes {size}"),
    };
    let drawn = told("autoencoder", cnn, "size=8");
    assert!(drawn.contains("take `size` out of crop-resize"), "{drawn}");
    let uneven = told("simclr", VIT, "size=6");
    assert!(uneven.contains("crop-resize.size: encoder `vit`"), "{uneven}");
    let flat = told("simclr", "encoder.mlp = {}", "size=8");
    assert!(flat.contains("crop-resize.size: encoder `mlp` was made for 144 numbers"), "{flat}");
    let crops = "encoder.mlp = {}\n[local-crops]\nsize = 8\nviews = [{ crop-resize = {} }]";
    let flat = told("dino", crops, "");
    assert!(flat.contains("local-crops.size = 8: encoder `mlp`"), "{flat}");
    let none = told("simclr", cnn, "size=0");
    assert!(none.contains("size must be from 1 to 4096"), "{none}");
}
