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
fn batches_of_classes_go_on_bit_for_bit_and_refuse_what_they_cannot_be() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let pictures = toy::write(folder.path(), 80);
    let method = format!("objective = 'triplet'\n{ENCODER}");
    let common = ["train.steps=6", "train.workers=2"];
    let train = |name: &str, changes: &[&str], stop: bool| {
        let recipe = toy::recipe(&pictures, &method, &[&common, changes].concat());
        let run = Run::create(&folder.path().join(name), false).expect("a new run");
        loop {
            let outcome = toy::train(&recipe, &run, stop).map_err(|error| error.to_string())?;
            if !matches!(outcome.ending, Ending::Interrupted) {
                return Ok::<_, String>(hash(&outcome.learner));
            }
        }
    };
    let two = "train.classes-per-batch=2";
    let straight = train("straight", &[two], false).expect("a training");
    assert_eq!(train("stopped", &[two], true), Ok(straight));
    assert_ne!(train("plain", &[], false), Ok(straight));
    let told = train("many", &["train.classes-per-batch=8"], false).expect_err("there are 4");
    assert!(told.contains("train.classes-per-batch") && told.contains("labels of 4"), "{told}");
    std::fs::remove_file(folder.path().join("toy-labels-idx1-ubyte")).expect("it was written");
    let simclr = "objective='simclr'";
    let told = train("none", &[two, simclr], false).expect_err("there are no labels");
    assert!(told.contains("train.classes-per-batch") && told.contains("labels of 0"), "{told}");
    for wrong in ["3", "1", "16", "0"] {
        let line = format!("train.classes-per-batch={wrong}");
        let text = format!("data.path='x'\n{method}\n[train]\nbatch-size=16");
        let told =
            pith_learn::Recipe::parse(&text, "toy", &[line]).expect_err("uneven").to_string();
        assert!(told.contains("train.classes-per-batch") && told.ends_with(wrong), "{told}");
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
