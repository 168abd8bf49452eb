//! Vectors of documents, from labelled rows to search, inference and proof.

use serde_json::json;

use crate::words::{ANIMALS, CITIES, text};
use crate::workplace::Workplace;

const RECIPE: &str = r#"
[data]
path = "train.jsonl"
test = "test.jsonl"
label = "about"
id = "name"

[corpus]
field = "body"
minimum-count = 1

[documents]
dimensions = 12
epochs = 10
subsample = 0.0
rate = 0.1
"#;

/// Rows about animals or cities, each of two lines of one topic.
fn workplace() -> Workplace {
    let place = Workplace::new();
    let text = text(1000);
    let lines: Vec<&str> = text.lines().collect();
    let row = |(at, four): (usize, &[&str])| {
        let about = ["animals", "cities"];
        let rows = [(0, 2), (1, 3)].map(|(one, other)| {
            let body = format!("{}\n{}", four[one], four[other]);
            let (name, about) = (format!("{}-{at}", about[one]), about[one]);
            json!({ "name": name, "about": about, "body": body }).to_string() + "\n"
        });
        rows.concat()
    };
    let rows: Vec<String> = lines.chunks(4).enumerate().map(row).collect();
    place.write("train.jsonl", rows[..200].concat());
    place.write("test.jsonl", rows[200..].concat());
    place.write("recipe.toml", RECIPE);
    place
}

#[test]
fn documents_are_learned_proved_searched_and_inferred() {
    let place = workplace().trained();
    let proof = place.proof("run");
    let names = [0, 1, 2, 3].map(|at| proof["candidates"][at]["name"].as_str().unwrap());
    let expected =
        ["document vectors", "TF-IDF, hashed", "mean word vectors", "random word vectors"];
    assert_eq!(names, expected);
    let knn = &proof["candidates"][0]["values"]["knn"];
    assert!(knn["value"].as_f64().unwrap() > 0.9 && knn["low"].is_f64(), "{knn}");
    assert_eq!(proof["sizes"]["test"]["labelled"], 100);
    assert_eq!(place.metrics("run").len(), 10);

    let hits = |query: &str, own: &str| {
        let found = place.pith(&["search", "run", query, "-k", "5", "--json"]).succeeds().json();
        let labels = found.as_array().unwrap().iter().map(|hit| hit["label"].as_str().unwrap());
        assert!(labels.clone().all(|label| label == own), "{query}: {found}");
        assert_eq!(labels.count(), 5);
    };
    hits("cities-7", "cities");
    hits(&ANIMALS.join(" "), "animals");
    hits(&CITIES[..4].join(" "), "cities");
    place.pith(&["search", "run", "nothing known"]).fails_with(&["no word that the model knows"]);
    let told = place.pith(&["embed", "run", "test.jsonl", "--out", "test.npy", "--json"]);
    assert_eq!(told.succeeds().json()["rows"], 100);
    assert!(place.read("test.ids.jsonl").contains("\"label\":\"cities\""));
    place.pith(&["embed", "run", "--out", "own.npy"]).succeeds();
    assert_eq!(place.read("own.ids.jsonl").lines().count(), 400);

    place.pith(&["prove", "run", "--require", "knn > 0.5"]).succeeds();
    place.pith(&["prove", "run", "test.jsonl", "--require", "knn > 1"]).exits(1);
    place.pith(&["train", "--resume", "run", "--no-proof"]).succeeds().says("begins anew");
}

#[test]
fn documents_are_lines_too_and_mistakes_are_named() {
    let place = workplace();
    place.write("lines.txt", text(300));
    let quick = ["--set", "documents.epochs=2", "--set", "documents.dimensions=8", "--json"];
    let told = place.pith(&[&["train", "lines.txt"][..], &quick].concat()).succeeds().json();
    assert_eq!(told["model"], "runs/lines/model/documents.safetensors");
    let held = place.read("runs/lines/proof.json");
    assert!(held.contains("document vectors"), "a tenth is held out and judged");
    place.pith(&["search", "runs/lines", "cat dog", "-k", "1"]).succeeds();
    let told = |set: &str, words: &[&str]| {
        place.pith(&["train", "recipe.toml", "--out", "new", "--set", set]).fails_with(words);
        assert!(!place.path("new").exists(), "a run that cannot begin leaves no folder");
    };
    told("documents.epoch=2", &["[documents]", "did you mean `epochs`?"]);
    told("documents.negatives=0", &["negatives", "received 0"]);
    told("data.label=abot", &["train.jsonl", "line 1", "abot", "about"]);
    told("data.test=tset.jsonl", &["did you mean \"test.jsonl\"?"]);
}
