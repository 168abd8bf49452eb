//! What must collapse, collapses and is caught; its healthy twin is not.

use pith_learn::run::Run;
use pith_learn::train::{Ending, Outcome};
use pith_space::health::{Diagnosis, Kind};

use super::toy;

const VICREG: &str = "[objective.vicreg]\nprojector = [64, 64]";
const BYOL: &str = "[objective.byol]\nprojector = [64, 32]\npredictor = 64\nmomentum = 0.9";
const SIMSIAM: &str = "[objective.simsiam]\nprojector = [64, 64]\npredictor = 16";
const BARLOW_TWINS: &str = "[objective.barlow-twins]\nprojector = [64, 64]";

fn train(method: &str, changes: &[&str]) -> Outcome {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let pictures = toy::write(folder.path(), 400);
    let common = ["train.batch-size=64", "train.steps=200", "optimizer.adamw.learning-rate=3e-3"];
    let method = format!("[encoder.cnn]\nwidths = [16, 32]\n{method}");
    let recipe = toy::recipe(&pictures, &method, &[&common, changes].concat());
    let run = Run::create(&folder.path().join("run"), false).expect("a new run");
    toy::train(&recipe, &run, false).expect("a training")
}

/// Trains what must collapse, and says how that was told.
fn collapse(method: &str, changes: &[&str]) -> Diagnosis {
    let outcome = train(method, &[&["train.steps=800"], changes].concat());
    let Ending::Collapsed(diagnosis) = outcome.ending else {
        panic!("not caught: {:?}, {:?}", outcome.ending, outcome.reading)
    };
    assert!(outcome.state.step < 800, "stopped only at the end");
    diagnosis
}

/// Trains what must stay healthy and learn.
fn stays_healthy(method: &str) {
    let outcome = train(method, &[]);
    assert!(matches!(outcome.ending, Ending::Finished), "{:?}", outcome.ending);
    let reading = outcome.reading.expect("a reading at the end");
    assert!(reading.knn.is_some_and(|accuracy| accuracy > 0.9), "{reading:?}");
    assert!(reading.health.effective_rank > 2.0, "{reading:?}");
}

#[test]
fn vicreg_without_variance_collapses_and_is_stopped_with_the_cause() {
    let diagnosis = collapse(VICREG, &["objective.vicreg.variance=0"]);
    let kinds = [Kind::OnePoint, Kind::Shrunk, Kind::FewDirections];
    assert!(kinds.contains(&diagnosis.kind), "{diagnosis}");
    assert!(diagnosis.cause.contains("variance"), "{diagnosis}");
}

#[test]
fn vicreg_as_published_stays_healthy_and_learns() {
    stays_healthy(VICREG);
}

#[test]
fn byol_as_published_stays_healthy_and_learns() {
    stays_healthy(BYOL);
}

#[test]
fn simsiam_as_published_stays_healthy_and_learns() {
    stays_healthy(SIMSIAM);
}

#[test]
fn barlow_twins_uses_more_directions_than_without_redundancy_reduction() {
    let directions = |changes: &[&str]| {
        let reading = train(BARLOW_TWINS, changes).reading.expect("a reading at the end");
        assert!(reading.knn.is_some_and(|accuracy| accuracy > 0.9), "{reading:?}");
        reading.projected.expect("a projector").effective_rank
    };
    let published = directions(&[]);
    let without = directions(&["objective.barlow-twins.redundancy=0"]);
    assert!(published > 2.0 * without, "{published} and {without} of 64");
}

#[test]
fn a_run_that_stops_improving_ends_early() {
    let outcome = train(VICREG, &["train.patience=2", "optimizer.adamw.learning-rate=1e-9"]);
    assert!(matches!(outcome.ending, Ending::Stopped { .. }), "{:?}", outcome.ending);
    assert!(outcome.state.step < 200);
}
