//! Run folders that are damaged, incomplete or in the way.

use std::path::PathBuf;

use crate::workplace::Workplace;

const CHECKPOINT: &str = "run/checkpoints/step-00000004";

fn trained() -> Workplace {
    let place = Workplace::with_photos();
    place.pith(&["train", "recipe.toml", "--out", "run", "--no-proof"]).succeeds();
    place
}

#[test]
fn a_run_is_replaced_only_where_that_is_asked_for() {
    let place = trained();
    let before = place.bytes("run/model/model.safetensors");
    let again = ["train", "recipe.toml", "--out", "run", "--no-proof", "--seed", "7"];
    place.pith(&again).fails_with(&["already holds a run", "--resume", "--force"]);
    assert_eq!(place.bytes("run/model/model.safetensors"), before);
    place.pith(&[&again[..], &["--force"]].concat()).succeeds();
    assert_ne!(place.bytes("run/model/model.safetensors"), before);
}

#[test]
fn a_folder_that_is_no_run_is_not_replaced_even_by_force() {
    let place = trained();
    let asked = ["train", "recipe.toml", "--out", "photos", "--no-proof", "--force"];
    place.pith(&asked).fails_with(&["photos", "is not a run", "--out"]);
    assert!(place.path("photos/discs/000.png").exists());
    place.pith(&["train", "--resume", "photos"]).fails_with(&["photos", "is not a run"]);
}

#[test]
fn an_incomplete_checkpoint_is_named() {
    for file in ["weights.safetensors", "optimizer.safetensors", "state.json"] {
        let place = trained();
        let path = PathBuf::from(CHECKPOINT).join(file);
        fs_err::remove_file(place.path(&path)).unwrap();
        place.pith(&["train", "--resume", "run"]).fails_with(&[path.to_str().unwrap()]);
    }
}

#[test]
fn a_damaged_checkpoint_is_named() {
    for file in ["weights.safetensors", "optimizer.safetensors", "state.json"] {
        let place = trained();
        let path = PathBuf::from(CHECKPOINT).join(file);
        let bytes = place.bytes(&path);
        fs_err::write(place.path(&path), &bytes[..bytes.len() / 2]).unwrap();
        place.pith(&["train", "--resume", "run"]).fails_with(&[path.to_str().unwrap()]);
    }
}

#[test]
fn what_a_killed_write_left_behind_is_not_taken_for_a_checkpoint() {
    let place = trained();
    let model = place.bytes("run/model/model.safetensors");
    place.write("run/checkpoints/.step-00000005/weights.safetensors", "half of");
    place.write("run/checkpoints/.best.safetensors", "half of");
    place.pith(&["train", "--resume", "run", "--no-proof"]).succeeds();
    assert_eq!(place.bytes("run/model/model.safetensors"), model);
}

#[test]
fn a_damaged_model_is_refused() {
    let place = trained();
    let file = "run/model/model.safetensors";
    let good = place.bytes(file);
    let mut flipped = good.clone();
    let last = flipped.len() - 2;
    flipped[last] ^= 1;
    let mut header = good.clone();
    header[..8].fill(0xff);
    let (cut, empty) = (good[..good.len() / 2].to_vec(), Vec::new());
    for damaged in [flipped, header, cut, empty, b"no weights".to_vec()] {
        place.write(file, damaged);
        for verb in [&["prove", "run"][..], &["embed", "run", "--out", "vectors.npy"]] {
            place.pith(verb).fails_with(&[file]);
        }
        assert!(!place.path("vectors.npy").exists());
    }
    place.write(file, good);
    place.write("run/model/model.json", "{}");
    place.pith(&["prove", "run"]).fails_with(&["run/model/model.json"]);
}
