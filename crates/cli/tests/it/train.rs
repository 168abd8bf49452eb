//! `pith train`, from raw pictures to everything that a run holds; `pith list`, completions.

use crate::workplace::Workplace;

#[test]
fn a_training_leaves_model_evidence_and_index() {
    let place = Workplace::with_photos();
    let outcome = place.pith(&["train", "recipe.toml", "--out", "run"]).succeeds();
    for file in [
        "recipe.toml",
        "metrics.jsonl",
        "checkpoints/step-00000004/weights.safetensors",
        "model/model.json",
        "model/model.safetensors",
        "proof.json",
        "report.html",
        "index/index.json",
    ] {
        let path = place.path("run").join(file);
        assert!(fs_err::metadata(path).is_ok_and(|file| file.len() > 0), "{file}\n{outcome}");
    }
    let events = fs_err::read_dir(place.path("run")).unwrap().flatten();
    let mut names = events.map(|entry| entry.file_name().to_string_lossy().into_owned());
    assert!(names.any(|name| name.starts_with("events.out.tfevents.")), "for TensorBoard");
    assert!(outcome.out.contains("report  run/report.html"), "{outcome}");
    assert!(outcome.out.contains("pith search"), "{outcome}");

    let report = place.read("run/report.html");
    assert!(report.contains("<html") && report.contains("raw input"));
    assert!(!report.contains("src=\"http"), "one file that needs no other");
}

#[test]
fn json_is_one_document() {
    let place = Workplace::with_photos();
    let told = place.pith(&["train", "recipe.toml", "--out", "run", "--json"]).succeeds().json();
    let knn = told["measures"]["encoder"]["knn"]["value"].as_f64().expect("a number");
    assert!((0.0..=1.0).contains(&knn), "{told}");
    assert!(told["verdict"]["sentence"].is_string(), "{told}");
    assert_eq!(told["report"], "run/report.html");

    let asked = ["train", "recipe.toml", "--out", "bare", "--json", "--no-proof"];
    let told = place.pith(&asked).succeeds().json();
    assert_eq!(told["steps"], 4);
    assert!(!place.path("bare/report.html").exists());
}

#[test]
fn a_recipe_that_was_written_out_trains_the_same_model() {
    let place = Workplace::with_photos();
    let set = ["--set", "train.steps=3", "--seed", "5"];
    let asked = [&["train", "recipe.toml", "--out", "first", "--no-proof"][..], &set].concat();
    place.pith(&asked).succeeds();
    place.pith(&["train", "first/recipe.toml", "--out", "second", "--no-proof"]).succeeds();
    let [first, second] = ["first", "second"].map(|run| format!("{run}/model/model.safetensors"));
    assert!(place.bytes(first) == place.bytes(second));
    assert_eq!(place.read("first/recipe.toml"), place.read("second/recipe.toml"));
}

#[test]
fn quiet_is_quiet() {
    let place = Workplace::with_photos();
    let outcome = place.pith(&["train", "recipe.toml", "--out", "run", "--no-proof", "-q"]);
    assert_eq!(outcome.succeeds().err, "");
}

#[test]
fn every_kind_of_method_is_listed() {
    let place = Workplace::new();
    let told = place.pith(&["list", "--json"]).succeeds().json();
    for (kind, method) in [
        ("encoders", "resnet"),
        ("objectives", "vicreg"),
        ("optimizers", "lars"),
        ("views", "crop-resize"),
        ("indexes", "hnsw"),
        ("vector files", "parquet"),
    ] {
        let methods = told[kind].as_array().expect("a list");
        assert!(methods.iter().any(|listed| listed["name"] == method), "{kind}: {told}");
    }
    let listed = place.pith(&["list"]).succeeds();
    assert!(listed.out.contains("simclr"), "{listed}");
}

#[test]
fn completions_know_the_verbs() {
    let place = Workplace::new();
    for shell in ["bash", "zsh", "fish"] {
        let outcome = place.pith(&["completions", shell]).succeeds();
        assert!(outcome.out.contains("search") && outcome.out.contains("no-proof"), "{outcome}");
    }
}
