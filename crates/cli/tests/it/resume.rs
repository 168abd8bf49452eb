//! A training that is killed or stopped goes on bit for bit.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::pictures;
use crate::workplace::{Started, Workplace};

/// All that a step may depend on: passes over the data, accumulation, an average of the weights,
/// the best checkpoint and the patience that is left.
const RECIPE: &str = r#"
views = [{ crop-resize = { scale = [0.4, 1.0] } }, { flip = {} }, { noise = {} }]

[data]
path = "photos"

[encoder.cnn]
widths = [16, 16]

[objective.simclr]

[train]
steps = 80
batch-size = 16
accumulate = 2
average = 0.9
checkpoint-every = 4
probe-every = 10
patience = 1000
clip = 1.0
workers = 2
"#;

fn workplace() -> Workplace {
    let place = Workplace::new();
    pictures::folder(&place.path("photos"), 60, 32);
    place.write("recipe.toml", RECIPE);
    place
}

/// Trains without a break.
fn straight(place: &Workplace) {
    place.pith(&["train", "recipe.toml", "--out", "straight", "--no-proof"]).succeeds();
}

/// Waits until a checkpoint later than this step is there; panics where the training is over.
fn wait_for_checkpoint(started: &mut Started, run: &Path, after: u64) {
    let checkpoints = run.join("checkpoints");
    let there = started.until(|| latest(&checkpoints).is_some_and(|step| step > after));
    let over = run.join("model").join("model.json").exists();
    assert!(there && !over, "the training ended before it could be stopped; make it longer");
}

/// The step of the newest checkpoint.
fn latest(checkpoints: &Path) -> Option<u64> {
    let names = std::fs::read_dir(checkpoints).ok()?.flatten().map(|entry| entry.file_name());
    names.filter_map(|name| name.to_str()?.strip_prefix("step-")?.parse().ok()).max()
}

/// Weights, optimizer, average and state by their names, and every measurement without its time.
fn traces(run: &Path) -> (BTreeMap<String, Vec<u8>>, Vec<Value>) {
    let mut files = BTreeMap::new();
    for folder in ["model", "checkpoints"] {
        collect(run, &run.join(folder), &mut files);
    }
    let lines = fs_err::read_to_string(run.join("metrics.jsonl")).unwrap();
    let lines = lines.lines().map(|line| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        assert!(line.as_object_mut().unwrap().remove("seconds").is_some());
        line
    });
    (files, lines.collect())
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs_err::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            files.insert(name, fs_err::read(&path).unwrap());
        }
    }
}

fn assert_identical(place: &Workplace, run: &str) {
    let (files, metrics) = traces(&place.path(run));
    let (expected_files, expected_metrics) = traces(&place.path("straight"));
    assert_eq!(metrics, expected_metrics);
    assert!(files.contains_key("model/model.safetensors"));
    assert!(files.contains_key("checkpoints/best.safetensors"));
    assert!(files.contains_key("checkpoints/step-00000080/average.safetensors"));
    assert!(files.keys().eq(expected_files.keys()), "{:?}", files.keys());
    for (name, bytes) in &files {
        assert!(*bytes == expected_files[name], "{name} differs after the resume");
    }
}

#[test]
fn a_killed_training_ends_as_if_it_had_not_been_killed() {
    let place = workplace();
    straight(&place);
    let run = place.path("killed");
    let mut started = place.start(&["train", "recipe.toml", "--out", "killed", "--no-proof"]);
    for after in [0, 20] {
        wait_for_checkpoint(&mut started, &run, after);
        started.child.kill().unwrap();
        started.wait();
        assert!(!run.join("model").exists());
        // The number of threads is not part of the recipe: it changes nothing.
        started = place.start(&["train", "--resume", "killed", "--no-proof", "--threads", "1"]);
    }
    started.wait().succeeds();
    assert_identical(&place, "killed");
}

#[test]
fn batches_without_a_readable_picture_do_not_shift_a_resumed_training() {
    let place = workplace();
    for number in 0..40 {
        for class in ["stripes", "discs"] {
            place.write(&format!("photos/{class}/{number:03}.png"), "spoilt");
        }
    }
    let recipe = RECIPE.replace("batch-size = 16", "batch-size = 2\ncollapse-after = 1000");
    let recipe = recipe.replace("steps = 80", "steps = 200").replace("noise = {}", "grey = {}");
    place.write("recipe.toml", recipe.replace("probe-every = 10", "probe-every = 100"));
    straight(&place);
    let mut started = place.start(&["train", "recipe.toml", "--out", "killed", "--no-proof"]);
    for after in [0, 100] {
        wait_for_checkpoint(&mut started, &place.path("killed"), after);
        started.child.kill().unwrap();
        started.wait();
        started = place.start(&["train", "--resume", "killed", "--no-proof"]);
    }
    started.wait().succeeds();
    let [killed, straight] = ["killed", "straight"].map(|run| traces(&place.path(run)));
    assert!(killed == straight, "the resumed training saw other batches");
}

#[cfg(unix)]
#[test]
fn a_training_stopped_by_ctrl_c_goes_on_from_the_step_it_was_in() {
    let place = workplace();
    straight(&place);
    let run = place.path("stopped");
    let mut started = place.start(&["train", "recipe.toml", "--out", "stopped", "--no-proof"]);
    wait_for_checkpoint(&mut started, &run, 0);
    started.interrupt();
    let outcome = started.wait().exits(130).says("pith train --resume stopped");
    let told = outcome.err.split("stopped at step ").nth(1).expect("the step is told");
    let step: u64 = told.split(';').next().unwrap().parse().unwrap();
    assert!(step < 80, "stopped before the end");
    assert_eq!(latest(&run.join("checkpoints")), Some(step), "not one step is lost");
    place.pith(&["search", "stopped", "x"]).exits(2);
    place.pith(&["embed", "stopped", "--out", "v.npy"]).fails_with(&["no model yet", "--resume"]);
    place.pith(&["train", "--resume", "stopped", "--no-proof"]).succeeds();
    assert_identical(&place, "stopped");
}

#[test]
fn a_run_that_is_complete_stays_as_it_is_when_resumed() {
    let place = workplace();
    straight(&place);
    let before = traces(&place.path("straight"));
    place.pith(&["train", "--resume", "straight", "--no-proof"]).succeeds();
    assert!(before == traces(&place.path("straight")), "resuming a complete run changed it");
}
