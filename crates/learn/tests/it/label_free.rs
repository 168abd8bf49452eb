//! Measures that need no labels, taken while training.

use pith_learn::run::Run;
use serde_json::Value;

use crate::toy;

const SETTINGS: &str = "[encoder.cnn]\nwidths = [8, 16]\n[objective.vicreg]\nprojector = [32]";

#[test]
fn lidar_is_read_where_it_is_asked_for_and_chooses_the_model() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let pictures = toy::write(folder.path(), 160);
    let last = |name: &str, changes: &[&str]| {
        let run = Run::create(&folder.path().join(name), false).expect("a new run");
        let recipe = toy::recipe(&pictures, SETTINGS, changes);
        let outcome = toy::train(&recipe, &run, false).expect("a training");
        let text = std::fs::read_to_string(run.metrics()).expect("metrics");
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        let readings: Vec<Value> =
            lines.filter(|line| line.get("health/rankme").is_some()).collect();
        assert_eq!(readings.len(), 2);
        (readings, outcome.state.best)
    };
    let (readings, best) = last("asked", &["train.lidar-views=6", "train.monitor=lidar"]);
    let lidar: Vec<f64> =
        readings.iter().map(|line| line["health/lidar"].as_f64().expect("a number")).collect();
    assert!(lidar.iter().all(|lidar| (1.0..=16.0).contains(lidar)), "{lidar:?}");
    assert_eq!(best, Some(lidar[0].max(lidar[1])));
    let (again, _) = last("again", &["train.lidar-views=6", "train.monitor=lidar"]);
    assert_eq!(again[1]["health/lidar"], readings[1]["health/lidar"], "the same views every time");
    let (readings, _) = last("not-asked", &[]);
    assert!(readings.iter().all(|line| line.get("health/lidar").is_none()));
}

#[test]
fn where_nothing_is_monitored_the_last_weights_are_the_model() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let pictures = toy::write(folder.path(), 160);
    let weights = |monitor: &str| {
        let run = Run::create(&folder.path().join(monitor), false).expect("a new run");
        // Learning ends in noise: what was best is not what is last.
        let changes = [&*format!("train.monitor={monitor}"), "optimizer.adamw.learning-rate=1.0"];
        let recipe = toy::recipe(&pictures, SETTINGS, &changes);
        let state = toy::train(&recipe, &run, false).expect("a training").state;
        let last = run.step_checkpoints().expect("checkpoints").pop().expect("a checkpoint");
        let [kept, last] =
            [run.checkpoints().join("best.safetensors"), last.join("weights.safetensors")]
                .map(|file| std::fs::read(file).expect("weights"));
        (state, kept == last)
    };
    let (state, same) = weights("last");
    assert!(same && state.best.is_none() && state.best_step == state.step, "{state:?}");
    let (state, same) = weights("rank");
    assert_eq!(same, state.best_step == state.step, "{state:?}");
    let changes = ["train.monitor=last", "train.patience=2"].map(str::to_owned);
    let text = "[data]\npath = \"pictures\"\n[encoder.cnn]\n[objective.autoencoder]\n";
    let message = pith_learn::Recipe::parse(text, "toy", &changes).expect_err("both").to_string();
    assert!(message.contains("train.patience") && message.contains("last"), "{message}");
}

#[test]
fn lidar_as_monitor_needs_its_views() {
    let recipe = |changes: &[&str]| {
        let changes: Vec<String> = changes.iter().map(ToString::to_string).collect();
        let text = "views = [{ noise = {} }]\n[data]\npath = \"pictures\"\n[encoder.cnn]\n[objective.vicreg]\n";
        pith_learn::Recipe::parse(text, "toy", &changes)
    };
    let message = recipe(&["train.monitor=lidar"]).expect_err("no views").to_string();
    assert!(message.contains("train.lidar-views"), "{message}");
    let message = recipe(&["train.lidar-views=1"]).expect_err("one view").to_string();
    assert!(message.contains("at least 2"), "{message}");
    assert!(recipe(&["train.lidar-views=2"]).is_ok());
    let message = recipe(&["train.lidar-views=2", "views=[]"]).expect_err("one view").to_string();
    assert!(message.contains("train.lidar-views") && message.contains("`views`"), "{message}");
}
