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
