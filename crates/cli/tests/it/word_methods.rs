//! Words learned by other methods than skip-gram and CBOW, from text that stands elsewhere, and
//! sentences.

use serde_json::Value;

use crate::words::{CITIES, text, trained, workplace};
use crate::workplace::Workplace;

/// The recipe of `words.rs` with another method.
fn with_method(place: &Workplace, name: &str, method: &str) {
    let recipe = place.read("recipe.toml");
    let (before, rest) = recipe.split_once("[words]").unwrap();
    let (_, proof) = rest.split_once("[proof]").unwrap();
    place.write(name, format!("{before}{method}\n[proof]{proof}"));
}

/// Whether the words nearest to a city are cities.
fn knows_cities(place: &Workplace, run: &str) {
    let found = place.pith(&["search", run, "paris", "-k", "5", "--json"]).succeeds().json();
    let words = found.as_array().unwrap().iter().map(|hit| hit["word"].as_str().unwrap());
    assert!(words.clone().all(|word| CITIES.contains(&word)), "{run}: {found}");
    assert_eq!(words.count(), 5);
}

#[test]
fn glove_is_trained_proved_and_asked() {
    let place = workplace();
    with_method(
        &place,
        "glove.toml",
        "[glove]\ndimensions = 8\nwindow = 5\nepochs = 40\nx-max = 10.0\n",
    );
    let asked = ["train", "glove.toml", "--out", "run", "--threads", "1"];
    let outcome = place.pith(&asked).succeeds().says("pairs/s");
    assert!(outcome.err.contains("epoch 40/40") && outcome.err.contains("left"), "{outcome}");
    let lines = place.read("run/metrics.jsonl");
    let losses: Vec<f64> = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["loss"].as_f64().unwrap())
        .collect();
    assert!(losses.len() == 40 && losses[39] < losses[0], "{losses:?}");
    assert!(place.path("run/report.html").exists());
    knows_cities(&place, "run");
}

/// GloVe for long enough to be stopped.
const LONG: &str = "[glove]\ndimensions = 8\nwindow = 5\nepochs = 400\nx-max = 10.0\n";

#[test]
fn glove_that_is_killed_ends_as_if_it_had_not_been() {
    let place = workplace();
    with_method(&place, "glove.toml", LONG);
    place.is_the_same_when_killed("glove.toml", "words.safetensors", "model/words.safetensors");
}

#[cfg(unix)]
#[test]
fn glove_goes_on_after_ctrl_c() {
    let place = workplace();
    with_method(&place, "glove.toml", LONG);
    place.goes_on_after_ctrl_c("glove.toml", "words.safetensors");
}

#[test]
fn ppmi_needs_no_epochs() {
    let place = workplace();
    with_method(&place, "ppmi.toml", "[ppmi]\ndimensions = 8\n");
    place.pith(&["train", "ppmi.toml", "--out", "run", "--require", "topics > 0.5"]).succeeds();
    knows_cities(&place, "run");
    place.pith(&["words", "convert", "run", "vectors.safetensors"]).succeeds();
    knows_cities(&place, "vectors.safetensors");
    // What was stopped begins anew and says so; what is done stays as it is.
    let resume = ["train", "--resume", "run", "--no-proof"];
    let model = place.bytes("run/model/words.safetensors");
    place.pith(&resume).succeeds().says("there already");
    fs_err::remove_dir_all(place.path("run/model")).unwrap();
    place.pith(&resume).succeeds().says("[ppmi] is one pass and keeps nothing on the way");
    assert!(place.bytes("run/model/words.safetensors") == model);
    let seed = ["train", "ppmi.toml", "--out", "other", "--seed", "9", "--no-proof", "-q"];
    assert!(place.pith(&seed).succeeds().err.is_empty());
    assert!(place.read("other/recipe.toml").contains("seed = 9"));
}

#[test]
fn structure_and_hierarchy_are_keys_of_the_recipe() {
    let place = workplace();
    let train = |out: &str, set: &str| {
        let asked = ["train", "recipe.toml", "--out", out, "--no-proof", "--set", set];
        place.pith(&asked).succeeds();
        knows_cities(&place, out);
    };
    train("structured", "words.method=structured-skip-gram");
    assert!(place.path("structured/model/words.safetensors").exists());
    assert!(!place.path("structured/model/words.bin").exists(), "fastText has no such model");
    train("hierarchical", "words.output=hierarchical-softmax");
    assert!(place.path("hierarchical/model/words.bin").exists());
}

#[test]
fn phrases_are_joined_before_training_and_in_lines() {
    let place = workplace();
    let mut lines = String::new();
    for (at, line) in text(600).lines().enumerate() {
        let with =
            ["new york is near", "is new york the", "near the new york", "near is the"][at % 4];
        lines += &format!("{line} {with}\n");
    }
    place.write("text.txt", lines);
    let phrases = ["--set", "phrases.minimum-count=3", "--no-proof"];
    let asked = [&["train", "recipe.toml", "--out", "run"][..], &phrases].concat();
    let outcome = place.pith(&asked).succeeds();
    assert!(outcome.err.contains("phrases: ") && outcome.err.contains("new_york"), "{outcome}");
    place.pith(&["search", "run", "new_york"]).succeeds();
    place.pith(&["search", "run", "york"]).fails_with(&["`york`", "not among"]);
    place.write("lines.txt", "new york\nyork\n");
    let asked = ["embed", "run", "lines.txt", "--out", "lines.npy"];
    place.pith(&asked).succeeds().says("1 lines hold no known word");
}

#[test]
fn a_recipe_learns_one_way() {
    let place = workplace();
    let told = |set: &str, words: &[&str]| {
        place.pith(&["train", "recipe.toml", "--out", "run", "--set", set]).fails_with(words);
        assert!(!place.path("run").exists(), "a run that cannot begin leaves no folder");
    };
    told("glove.epochs=1", &["[words] and [glove]"]);
    told("glov.epochs=1", &["`glov`", "did you mean `glove`?"]);
    told("phrases.delimeter=_", &["[phrases]", "did you mean `delimiter`?"]);
    with_method(&place, "glove.toml", "[glove]\n");
    for (set, words) in [
        ("glove.xmax=1", ["[glove]", "did you mean `x-max`?"]),
        ("glove.window=0", ["window", "received 0"]),
    ] {
        place.pith(&["train", "glove.toml", "--out", "run", "--set", set]).fails_with(&words);
    }
    with_method(&place, "ppmi.toml", "[ppmi]\ndimensions = 17\n");
    place.pith(&["train", "ppmi.toml", "--out", "run"]).fails_with(&[
        "dimensions",
        "16 words",
        "17",
    ]);
    assert!(!place.path("run").exists());
}

#[test]
fn text_stands_in_tables_and_archives() {
    let place = workplace();
    let mut csv = String::from("id,body\n");
    text(1200).lines().enumerate().for_each(|(at, line)| csv += &format!("{at},\"{line}\"\n"));
    place.write("text.csv", csv);
    let quick = ["--no-proof", "--threads", "1", "--set", "words.epochs=1", "--json"];
    let train = |out: &str, more: &[&str]| {
        let asked = [&["train", "recipe.toml", "--out", out][..], more, &quick].concat();
        place.pith(&asked).succeeds();
        place.bytes(format!("{out}/model/words.bin"))
    };
    let plain = train("plain", &[]);
    let column = ["--set", "data.path=text.csv", "--set", "corpus.field=body"];
    assert!(train("table", &column) == plain, "the same words in the same order");
    let wrong =
        ["train", "recipe.toml", "--set", "data.path=text.csv", "--set", "corpus.field=bdy"];
    place.pith(&wrong).fails_with(&["bdy", "body"]);

    let folder = place.path("packed");
    fs_err::create_dir_all(&folder).unwrap();
    fs_err::copy(place.path("text.txt"), folder.join("a.txt")).unwrap();
    let mut tar = std::process::Command::new("tar");
    tar.args(["czf", "texts.tar.gz", "-C", "packed", "a.txt"]).current_dir(place.path(""));
    assert!(tar.status().unwrap().success());
    assert!(train("archive", &["--set", "data.path=texts.tar.gz"]) == plain);
    // Without a recipe it is told to be text by what it holds.
    let asked = [&["train", "texts.tar.gz", "--out", "bare"][..], &quick].concat();
    let told = place.pith(&asked).succeeds().json();
    assert_eq!(told["model"], "bare/model/words.bin");
}

#[test]
fn lines_are_weighed_by_counts_of_the_model_or_of_a_text() {
    let place = trained();
    place.write("lines.txt", "cat dog\noslo rome\npig hen cow\nparis\n");
    let embed = |model: &str, out: &str, more: &[&str]| {
        let asked = [&["embed", model, "lines.txt", "--out", out][..], more].concat();
        place.pith(&asked)
    };
    for pooling in ["mean", "sif", "usif"] {
        let out = format!("{pooling}.npy");
        embed("run", &out, &["--pooling", pooling]).succeeds();
    }
    assert!(place.bytes("usif.npy") != place.bytes("sif.npy"));
    assert!(place.bytes("sif.npy") != place.bytes("mean.npy"));
    place.pith(&["words", "convert", "run", "bare.txt"]).succeeds();
    embed("bare.txt", "x.npy", &["--pooling", "usif"]).fails_with(&["--counts"]);
    embed("bare.txt", "x.npy", &["--pooling", "usif", "--counts", "text.txt"]).succeeds();
    assert!(place.bytes("x.npy") == place.bytes("usif.npy"), "the counts are the same");
}
