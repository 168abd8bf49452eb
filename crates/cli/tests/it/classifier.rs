//! Classifiers of text, from labelled lines to their answers.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::words::text;
use crate::workplace::Workplace;

const RECIPE: &str = r#"
[data]
path = "train.txt"
validation = "validation.txt"
test = "test.txt"

[classifier]
dimensions = 8
epochs = 10
rate = 0.5
"#;

/// Lines of animals and of cities under their labels, one of ten mislabelled; two of three are of
/// animals.
fn labelled(lines: usize) -> String {
    let named = text(2 * lines);
    let mut labelled = String::new();
    for (at, line) in named.lines().enumerate().filter(|(at, _)| at % 4 != 3).take(lines) {
        let animals = (at % 2 == 0) != (at % 20 == 6);
        let label = if animals { "animal" } else { "city" };
        labelled += &format!("__label__{label} {line}\n");
    }
    labelled
}

fn workplace() -> Workplace {
    let place = Workplace::new();
    let all = labelled(900);
    let lines: Vec<&str> = all.split_inclusive('\n').collect();
    place.write("train.txt", lines[..500].concat());
    place.write("validation.txt", lines[500..600].concat());
    place.write("test.txt", lines[600..].concat());
    place.write("recipe.toml", RECIPE);
    place
}

#[test]
fn a_training_is_judged_beside_the_most_frequent_label() {
    let place = workplace();
    let outcome = place.pith(&["train", "recipe.toml", "--out", "run"]).succeeds();
    assert!(outcome.err.contains("words/s") && outcome.err.contains("held out"), "{outcome}");
    assert!(outcome.out.contains("pith words predict run"), "{outcome}");
    let proof = place.proof("run");
    let [ours, frequent] = [0, 1].map(|at| &proof["candidates"][at]);
    assert_eq!(frequent["name"], "most frequent label");
    let precision = |candidate: &Value| candidate["values"]["precision-at-1"].clone();
    assert!(precision(ours)["value"].as_f64().unwrap() > 0.85, "{proof}");
    assert!(precision(ours)["low"].is_f64() && precision(ours)["high"].is_f64());
    let share = precision(frequent)["value"].as_f64().unwrap();
    assert!((0.55..0.75).contains(&share), "{share}");
    assert_eq!(proof["verdict"]["beats-baselines"], true);
    assert_eq!(place.read("run/metrics.jsonl").lines().count(), 10);
    assert!(place.read("run/report.html").contains("most frequent label"));
    place.pith(&["train", "recipe.toml", "--out", "run"]).fails_with(&["already holds a run"]);
    let bar = ["--force", "--require", "precision-at-1 > 0.999"];
    place.pith(&[&["train", "recipe.toml", "--out", "run"][..], &bar].concat()).exits(1);
}

#[test]
fn labels_are_predicted_and_tested() {
    let place = workplace().trained();
    let asked = ["words", "predict", "run", "cat dog hen", "rome oslo", "-k", "2", "--json"];
    let out = place.pith(&asked).succeeds().out;
    let lines: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let best = |line: &Value| line["labels"][0]["label"].as_str().unwrap().to_owned();
    assert_eq!([best(&lines[0]), best(&lines[1])], ["__label__animal", "__label__city"]);
    let chances = lines[0]["labels"].as_array().unwrap().iter();
    let sum: f64 = chances.map(|label| label["probability"].as_f64().unwrap()).sum();
    assert!((sum - 1.0).abs() < 1e-4, "{out}");

    let tested = place.pith(&["words", "test", "run", "test.txt"]).succeeds().out;
    let told = place.pith(&["words", "test", "run", "test.txt", "--json"]).succeeds().json();
    let precision = told["precision"].as_f64().unwrap();
    assert!(tested.starts_with(&format!("N\t300\nP@1\t{}", (precision * 1000.0).round() / 1000.0)));
    assert!(tested.contains("\nR@1\t"), "{tested}");
    let by_label = place.pith(&["words", "test", "run/model/model.bin", "test.txt", "--labels"]);
    assert!(by_label.succeeds().out.contains("F1-Score : "));
    let both = place.pith(&["words", "test", "run", "test.txt", "-k", "2"]).succeeds().out;
    assert!(both.contains("P@2\t0.5\nR@2\t1"), "{both}");
}

#[test]
fn lines_of_standard_input_are_predicted_as_they_come() {
    let place = workplace().trained();
    let piped = Command::new("sh")
        .args([
            "-c",
            &format!(
                "printf 'cat hen\\nrome\\n' | '{}' words predict run -",
                env!("CARGO_BIN_EXE_pith")
            ),
        ])
        .current_dir(place.path(""))
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    let out = String::from_utf8(piped.stdout).unwrap();
    let labels: Vec<&str> = out.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(labels, ["__label__animal", "__label__city"]);
}

#[test]
fn settings_are_searched_within_a_time_and_a_small_model_is_written() {
    let place = workplace();
    let more =
        ["--set", "autotune.seconds=2", "--set", "autotune.trials=3", "--set", "quantize={}"];
    let asked = [&["train", "recipe.toml", "--out", "run", "--threads", "1"][..], &more].concat();
    let outcome =
        place.pith(&[&asked[..], &["--set", "classifier.buckets=1000"]].concat()).succeeds();
    assert!(outcome.err.contains("trial 1/3  F1 0."), "{outcome}");
    assert!(outcome.err.contains("best of "), "{outcome}");
    let [small, whole] =
        ["model.ftz", "model.bin"].map(|name| place.bytes(format!("run/model/{name}")).len());
    assert!(small > 0 && whole > 0);
    let proof = place.proof("run");
    let names: Vec<&str> = proof["candidates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|candidate| candidate["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["small classifier", "classifier", "most frequent label"]);
    place.pith(&["words", "predict", "run/model/model.ftz", "cat dog"]).succeeds();
}

#[test]
fn labelled_text_is_trained_on_without_a_recipe() {
    let place = workplace();
    let quick = ["--set", "classifier.dimensions=8", "--set", "classifier.rate=0.5"];
    let outcome = place.pith(&[&["train", "train.txt", "--out", "run"][..], &quick].concat());
    let outcome = outcome.succeeds();
    assert!(outcome.err.contains("[classifier]"), "{outcome}");
    let proof = place.proof("run");
    let judged = proof["sizes"]["test"]["used"].as_u64().unwrap();
    assert!((25..80).contains(&judged), "a tenth is held out: {judged}");
    let own = place.pith(&["prove", "run", "--json"]).succeeds().json();
    let other = ["prove", "run", "test.txt", "--out", "proof", "--json"];
    let other = place.pith(&other).succeeds().json();
    for told in [own, other] {
        assert!(told["measures"]["classifier"]["precision-at-1"]["low"].is_f64(), "{told}");
    }
    let fields = |line: &str| {
        let (label, text) = line.split_once(' ').unwrap();
        let label = label.strip_prefix("__label__").unwrap();
        serde_json::json!({ "label": label, "text": text.replace(' ', "\n") }).to_string()
    };
    let lines: Vec<String> = place.read("test.txt").lines().map(fields).collect();
    place.write("test.jsonl", lines.join("\n"));
    let [lines, objects] = ["test.txt", "test.jsonl"]
        .map(|file| place.pith(&["words", "test", "run", file]).succeeds().out);
    assert_eq!(lines, objects, "JSON lines say the same");
    place.write("lines.txt", "cat dog\nrome\n");
    let told = place.pith(&["embed", "run", "lines.txt", "--out", "x.npy", "--json"]).succeeds();
    assert_eq!((&told.json()["rows"], &told.json()["width"]), (&2.into(), &8.into()));
}

#[test]
fn mistakes_name_the_remedy() {
    let place = workplace().trained();
    let told = |set: &str, words: &[&str]| {
        place.pith(&["train", "recipe.toml", "--out", "new", "--set", set]).fails_with(words);
        assert!(!place.path("new").exists(), "a run that cannot begin leaves no folder");
    };
    told("classifier.word-ngram=2", &["[classifier]", "did you mean `word-ngrams`?"]);
    told("classifier.epochs=0", &["epochs", "received 0"]);
    told("data.test=tset.txt", &["did you mean \"test.txt\"?"]);
    told("classifier.label=@", &["begin with \"@\""]);
    let asked = ["train", "train.txt", "--out", "new", "--set", "autotune.trials=2"];
    place.pith(&asked).fails_with(&["data.validation"]);
    let bar = ["train", "recipe.toml", "--out", "new", "--require", "precision > 0.5"];
    place.pith(&bar).fails_with(&["did you mean `precision-at-1`?"]);
    place.pith(&["search", "run", "cat"]).fails_with(&["pith words predict run"]);
    place.pith(&["words", "neighbours", "run", "cat"]).exits(2);
    place.pith(&["words", "predict", "run", "cat", "-k", "0"]).fails_with(&["received 0"]);
    place.write("text.txt", "words without labels\n");
    place.pith(&["words", "test", "run", "text.txt"]).fails_with(&["__label__"]);
    place.write("bad.bin", "no model");
    place.pith(&["words", "predict", "bad.bin", "cat"]).fails_with(&["bad.bin"]);
}

#[test]
fn a_killed_training_ends_as_if_it_had_not_been_killed() {
    let place = workplace();
    place.write("long.toml", RECIPE.replace("epochs = 10", "epochs = 200"));
    place.is_the_same_when_killed("long.toml", "classifier.safetensors", "model/model.bin");
}

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_a_run_that_goes_on() {
    let place = workplace();
    place.write("long.toml", RECIPE.replace("epochs = 10", "epochs = 200"));
    place.goes_on_after_ctrl_c("long.toml", "classifier.safetensors");
}
