//! `pith train FOLDER/`: a recipe is chosen, printed, and can be trained again.

use crate::pictures;
use crate::workplace::Workplace;

#[test]
fn a_folder_trains_with_a_recipe_that_is_printed() {
    let place = Workplace::with_photos();
    let set = ["--set", "train.steps=2", "--set", "train.batch-size=8"];
    let asked = [&["train", "photos/", "--no-proof"][..], &set].concat();
    let outcome = place.pith(&asked).succeeds().says("[encoder.resnet]");
    let written = place.read("runs/photos/recipe.toml");
    assert!(outcome.err.contains(written.trim()), "the recipe that is written is printed");
    let asked = ["train", "runs/photos/recipe.toml", "--out", "again", "--no-proof"];
    place.pith(&asked).succeeds();
    assert!(place.bytes("again/model/model.safetensors").len() > 1000);
}

#[test]
fn large_pictures_get_a_larger_encoder_and_a_smaller_input() {
    let place = Workplace::new();
    pictures::folder(&place.path("photos"), 8, 96);
    let set = ["--set", "train.steps=1", "--set", "train.batch-size=2"];
    let asked = [&["train", "photos", "--no-proof", "--out", "run"][..], &set].concat();
    place.pith(&asked).succeeds().says("size = 64");
}
