//! `pith train --from`: a run's encoder on the classes of other samples.

use crate::workplace::Workplace;

#[test]
fn a_transfer_is_measured_beside_its_twin_from_scratch() {
    let place = Workplace::with_run();
    let asked = ["train", "--from", "run", "photos", "--out", "birds", "--json"];
    let few = ["--set", "train.steps=4", "--set", "train.batch-size=8"];
    let told = place.pith(&[&asked[..], &few].concat()).succeeds().json();
    let figures = told["transfer"]["figures"].as_array().expect("three figures");
    let figure = |name: &str| {
        let found = figures.iter().find(|figure| figure["name"] == name).expect("a figure");
        found["accuracy"].as_f64().expect("a number")
    };
    let gain = figure("fine-tuned") - figure("from scratch");
    assert!((gain - figure("difference")).abs() < 1e-9, "{told}");
    assert!((0.0..=1.0).contains(&figure("frozen, linear")), "{told}");
    assert!(told["transfer"]["test"].as_u64() > Some(0), "{told}");

    // The encoder and its preparation are those of the run, the twin has learned from nothing.
    let recipe = place.read("birds/recipe.toml");
    assert!(recipe.contains("[objective.cross-entropy]") && recipe.contains("[transfer]"));
    assert!(!place.read("birds/scratch/recipe.toml").contains("[transfer]"));
    assert!(place.path("birds/transfer.json").exists());
}

#[test]
fn a_transfer_that_cannot_be_says_why() {
    let place = Workplace::with_run();
    place.write("empty/readme.txt", "nothing");
    let asked = ["train", "--from", "empty", "photos", "--out", "birds"];
    place.pith(&asked).fails_with(&["neither a model nor a run"]);
    let asked = ["train", "--from", "run", "photos", "--out", "birds", "--set"];
    let few = ["objective=simclr", "--set", "train.steps=2", "--set", "train.batch-size=8"];
    let told = place.pith(&[&asked[..], &few].concat());
    told.fails_with(&["learns no classes", "cross-entropy"]);
}
