//! DINO holds itself between two collapses: without centring all samples fall to one prototype,
//! without sharpening every sample is spread over all of them. Both are caught and told apart.

use pith_learn::run::Run;
use pith_learn::train::{Ending, Outcome};
use pith_space::health::Kind;

use super::toy;

const METHOD: &str = "[encoder.cnn]\nwidths = [16, 32]\n[objective.dino]\nprojector = [64, 32]\n\
                      prototypes = 64\nteacher-momentum = 0.9\nnorm = false";

fn train(changes: &[&str]) -> Outcome {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let pictures = toy::write(folder.path(), 400);
    let common = ["train.batch-size=64", "train.steps=200", "optimizer.adamw.learning-rate=3e-3"];
    let recipe = toy::recipe(&pictures, METHOD, &[&common, changes].concat());
    let run = Run::create(&folder.path().join("run"), false).expect("a new run");
    toy::train(&recipe, &run, false).expect("a training")
}

fn collapsed(outcome: &Outcome, kind: Kind, cause: &str) {
    let Ending::Collapsed(diagnosis) = &outcome.ending else {
        panic!("not caught: {:?}, {:?}", outcome.ending, outcome.reading)
    };
    assert_eq!(diagnosis.kind, kind, "{diagnosis}");
    assert!(diagnosis.cause.contains(cause), "{diagnosis}");
}

#[test]
fn dino_without_centring_falls_to_one_prototype() {
    let outcome = train(&["objective.dino.centre-momentum=1"]);
    collapsed(&outcome, Kind::OnePrototype, "centring");
}

#[test]
fn dino_without_sharpening_assigns_evenly() {
    let soft = ["teacher-temperature=0.5", "warmup-teacher-temperature=0.5"];
    let soft = soft.map(|setting| format!("objective.dino.{setting}"));
    let outcome = train(&soft.each_ref().map(String::as_str));
    collapsed(&outcome, Kind::EvenAssignment, "not sharper");
}

#[test]
fn dino_with_both_stays_healthy_and_learns() {
    let outcome = train(&[]);
    assert!(matches!(outcome.ending, Ending::Finished), "{:?}", outcome.ending);
    let reading = outcome.reading.expect("a reading at the end");
    let assignments = reading.assignments.expect("an objective with prototypes");
    assert!(reading.knn.is_some_and(|accuracy| accuracy > 0.9), "{reading:?}");
    assert!(assignments.used > 2.0 * assignments.per_sample, "{assignments:?}");
}

#[test]
fn dino_with_sinkhorn_needs_no_centre() {
    let outcome =
        train(&["objective.dino.centring='sinkhorn'", "objective.dino.centre-momentum=1"]);
    assert!(matches!(outcome.ending, Ending::Finished), "{:?}", outcome.ending);
    let reading = outcome.reading.expect("a reading at the end");
    let assignments = reading.assignments.expect("an objective with prototypes");
    assert!(reading.knn.is_some_and(|accuracy| accuracy > 0.9), "{reading:?}");
    assert!(assignments.used > 2.0 * assignments.per_sample, "{assignments:?}");
}
