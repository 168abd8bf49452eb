//! What must collapse, collapses and is caught; its healthy twin is not.

use pith_learn::run::Run;
use pith_learn::train::{Ending, Outcome};
use pith_space::health::Kind;

use super::toy;

const METHOD: &str = "[encoder.cnn]\nwidths = [16, 32]\n[objective.vicreg]\nprojector = [64, 64]";

fn train(changes: &[&str]) -> Outcome {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let pictures = toy::write(folder.path(), 400);
    let common = ["train.batch-size=64", "train.steps=200", "optimizer.adamw.learning-rate=3e-3"];
    let recipe = toy::recipe(&pictures, METHOD, &[&common, changes].concat());
    let run = Run::create(&folder.path().join("run"), false).expect("a new run");
    toy::train(&recipe, &run, false).expect("a training")
}

#[test]
fn vicreg_without_variance_collapses_and_is_stopped_with_the_cause() {
    let outcome = train(&["objective.vicreg.variance=0", "train.steps=800"]);
    let Ending::Collapsed(diagnosis) = &outcome.ending else {
        panic!("not caught: {:?}, {:?}", outcome.ending, outcome.reading)
    };
    assert!(
        matches!(diagnosis.kind, Kind::OnePoint | Kind::Shrunk | Kind::FewDirections),
        "{diagnosis}"
    );
    assert!(diagnosis.cause.contains("variance"), "{diagnosis}");
    assert!(outcome.state.step < 800, "stopped only at the end");
}

#[test]
fn vicreg_as_published_stays_healthy_and_learns() {
    let outcome = train(&[]);
    assert!(matches!(outcome.ending, Ending::Finished), "{:?}", outcome.ending);
    let reading = outcome.reading.expect("a reading at the end");
    assert!(reading.knn.is_some_and(|accuracy| accuracy > 0.9), "{reading:?}");
    assert!(reading.health.effective_rank > 2.0, "{reading:?}");
}

#[test]
fn a_run_that_stops_improving_ends_early() {
    let outcome = train(&["train.patience=2", "optimizer.adamw.learning-rate=1e-9"]);
    assert!(matches!(outcome.ending, Ending::Stopped { .. }), "{:?}", outcome.ending);
    assert!(outcome.state.step < 200);
}
