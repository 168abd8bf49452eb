//! A run that stops and goes on is the run that never stopped.

use pith_learn::run::Run;
use pith_learn::train::{Ending, Learner};
use pith_learn::{optimizer, weights};

use super::toy;

const METHOD: &str = "[encoder.cnn]\nwidths = [8, 16]\n[objective.simclr]\nprojector = [16, 8]";

/// Everything measured, without the times.
fn measured(run: &Run) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(run.metrics()).expect("a log");
    text.lines()
        .map(|line| {
            let mut line: serde_json::Value = serde_json::from_str(line).expect("a JSON line");
            line.as_object_mut().expect("an object").remove("seconds");
            line
        })
        .collect()
}

fn hash(learner: &Learner) -> u64 {
    weights::hash(&weights::collect(learner))
}

#[test]
fn a_run_stopped_after_every_step_ends_bit_for_bit_the_same() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let pictures = toy::write(folder.path(), 120);
    for method in optimizer::METHODS {
        let optimizer = format!("optimizer = '{}'", method.keyword);
        let changes = [&*optimizer, "train.average=0.9", "train.patience=9", "train.workers=2"];
        let recipe = toy::recipe(&pictures, METHOD, &changes);
        let create = |name: &str| {
            let folder = folder.path().join(format!("{name}-{}", method.keyword));
            Run::create(&folder, false).expect("a new run")
        };

        let straight = create("straight");
        let whole = toy::train(&recipe, &straight, false).expect("a training");
        assert!(matches!(whole.ending, Ending::Finished));
        assert_eq!(whole.state.step, 20);

        let stopped = create("stopped");
        let mut starts = 0;
        let pieced = loop {
            let outcome = toy::train(&recipe, &stopped, true).expect("a training that goes on");
            if !matches!(outcome.ending, Ending::Interrupted) {
                break outcome;
            }
            starts += 1;
        };
        assert_eq!(starts, 20, "one step a start");
        assert_eq!(pieced.state, whole.state, "{}", method.keyword);
        assert_eq!(hash(&pieced.learner), hash(&whole.learner), "{}", method.keyword);
        assert_eq!(measured(&stopped), measured(&straight), "{}", method.keyword);
    }
}

#[test]
fn a_run_is_replaced_only_by_force_and_nothing_else_ever() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let place = folder.path().join("run");
    let run = Run::create(&place, false).expect("a new run");
    std::fs::write(run.recipe(), "").expect("a writable run");
    let told = Run::create(&place, false).expect_err("a run is there").to_string();
    assert!(told.contains("--resume") && told.contains("--force"), "{told}");
    Run::create(&place, true).expect("replaced by force");

    let other = folder.path().join("photos");
    std::fs::create_dir(&other).expect("a folder");
    std::fs::write(other.join("cat.png"), "").expect("a file");
    Run::create(&other, true).expect_err("photos are no run");
    assert!(other.join("cat.png").exists());
}
