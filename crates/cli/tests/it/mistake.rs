//! Mistyped keys, methods and paths name the nearest valid one.

use crate::workplace::Workplace;

fn told(arguments: &[&str], words: &[&str]) {
    let place = Workplace::with_photos();
    place.pith(arguments).fails_with(words);
    assert!(!place.path("run").exists(), "a run that cannot begin leaves no folder");
}

#[test]
fn an_unknown_key() {
    let asked = ["train", "recipe.toml", "--out", "run", "--set", "train.stps=4"];
    told(&asked, &["`stps`", "did you mean `steps`?"]);
}

#[test]
fn an_unknown_method() {
    let asked = ["train", "recipe.toml", "--out", "run", "--set", "encoder=resnot"];
    told(&asked, &["`resnot`", "did you mean `resnet`?"]);
    let asked = ["train", "recipe.toml", "--out", "run", "--set", "objective=simcrl"];
    told(&asked, &["`simcrl`", "did you mean `simclr`?"]);
}

#[test]
fn an_unknown_view() {
    let asked = ["train", "recipe.toml", "--out", "run", "--set", "views=[{flop={}}]"];
    told(&asked, &["`flop`", "`flip`"]);
}

#[test]
fn unknown_data() {
    let asked = ["train", "recipe.toml", "--out", "run", "--set", "data.path=photo"];
    told(&asked, &["photo", "does not exist", "did you mean \"photos\"?"]);
    told(&["train", "fotos/", "--out", "run"], &["fotos", "did you mean \"photos\"?"]);
}

#[test]
fn an_unknown_recipe() {
    told(&["train", "recpie.toml", "--out", "run"], &["recpie.toml", "recipe.toml"]);
}

#[test]
fn an_unknown_run() {
    let place = Workplace::with_photos();
    place.pith(&["train", "recipe.toml", "--out", "run-1", "--no-proof"]).succeeds();
    let words = ["rum-1", "did you mean \"run-1\"?"];
    place.pith(&["prove", "rum-1"]).fails_with(&words);
    place.pith(&["embed", "rum-1", "--out", "vectors.npy"]).fails_with(&words);
    place.pith(&["index", "rum-1", "--out", "index"]).fails_with(&words);
    place.pith(&["search", "rum-1", "x"]).fails_with(&words);
    place.pith(&["train", "--resume", "rum-1"]).fails_with(&words);
}

#[test]
fn an_unknown_measure() {
    let asked = ["train", "recipe.toml", "--out", "run", "--require", "konn >= 0.5"];
    told(&asked, &["`konn`", "did you mean `knn`?"]);
}

#[test]
fn a_bar_without_a_proof_to_clear_it() {
    let place = Workplace::with_photos();
    let bar = ["--no-proof", "--require", "knn >= 0.5"];
    let asked = [&["train", "recipe.toml", "--out", "run"][..], &bar].concat();
    place.pith(&asked).exits(2).says("cannot be used with");
}

#[test]
fn an_unknown_device_and_no_threads() {
    let asked = ["train", "recipe.toml", "--out", "run", "--device", "gpu"];
    told(&asked, &["`gpu`", "cpu"]);
    told(&["list", "--threads", "0"], &["--threads", "above zero"]);
}

#[test]
fn an_unknown_verb_names_the_right_one() {
    Workplace::new().pith(&["trian"]).exits(2).says("'train'");
}

#[test]
fn a_recipe_that_is_no_toml_names_the_line() {
    let place = Workplace::new();
    place.write("recipe.toml", "[data]\npath = \"photos\"\n[encoder\n");
    place.pith(&["train", "recipe.toml"]).fails_with(&["recipe.toml:3"]);
    place.write("recipe.toml", [0xff, 0xfe, 0x00]);
    place.pith(&["train", "recipe.toml"]).fails_with(&["recipe.toml"]);
}
