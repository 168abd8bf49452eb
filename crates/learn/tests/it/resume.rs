//! A run that stops and goes on is the run that never stopped.

use pith_learn::run::Run;
use pith_learn::train::{Ending, Learner};
use pith_learn::{objective, optimizer, weights};

use super::toy;

/// Small, with patches, so that every objective can be asked.
const ENCODER: &str = "[encoder.vit]\nwidth = 16\ndepth = 1\nheads = 2";

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
    let with_optimizers = optimizer::METHODS.iter().map(|method| ("simclr", method.keyword));
    let others = objective::METHODS.iter().filter(|method| method.keyword != "simclr");
    let with_objectives = others.map(|method| (method.keyword, "adamw"));
    for (objective, optimizer) in with_optimizers.chain(with_objectives) {
        let named = format!("optimizer = '{optimizer}'");
        let changes = [&*named, "train.average=0.9", "train.patience=9", "train.workers=2"];
        let method = format!("objective = '{objective}'\n{ENCODER}");
        let recipe = toy::recipe(&pictures, &method, &changes);
        let method = format!("{objective} {optimizer}");
        let create = |name: &str| {
            Run::create(&folder.path().join(format!("{name}-{method}")), false).expect("a new run")
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
        assert_eq!(pieced.state, whole.state, "{method}");
        assert_eq!(hash(&pieced.learner), hash(&whole.learner), "{method}");
        assert_eq!(measured(&stopped), measured(&straight), "{method}");
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
