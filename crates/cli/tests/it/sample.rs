//! Pictures that cannot be used are left out, counted and listed; strange ones are used.

use std::collections::BTreeMap;

use image::{DynamicImage, GrayAlphaImage, GrayImage, ImageBuffer, Luma, Rgb, RgbaImage};
use serde_json::Value;

use crate::pictures;
use crate::workplace::Workplace;

/// All samples are trained on, so that each is looked at.
const ALL: [&str; 6] =
    ["--set", "data.validation=0.0", "--set", "data.test-fraction=0.0", "--set", "train.steps=20"];

fn train(extra: &[&str]) -> Vec<String> {
    let arguments = ["train", "recipe.toml", "--out", "run", "--no-proof"];
    arguments.iter().chain(extra).map(ToString::to_string).collect()
}

fn strings(arguments: &[String]) -> Vec<&str> {
    arguments.iter().map(String::as_str).collect()
}

/// The lines of `skipped.jsonl`.
fn skipped(place: &Workplace) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().expect("a string").to_owned();
    let lines = place.read("run/skipped.jsonl");
    let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    lines.map(|line| (text(&line["id"]), text(&line["reason"]))).collect()
}

/// Spoils one picture in three ways, each in its own file.
fn spoil(place: &Workplace) {
    let whole = place.bytes("photos/discs/000.png");
    place.write("photos/discs/cut.png", &whole[..whole.len() / 2]);
    place.write("photos/discs/empty.png", "");
    place.write("photos/stripes/text.png", "this is a letter, not a picture\n");
}

#[test]
fn spoilt_pictures_are_left_out_counted_and_listed() {
    let place = Workplace::with_photos();
    spoil(&place);
    place.pith(&strings(&train(&ALL))).succeeds().says("3 samples could not be read");
    let skipped = skipped(&place);
    let ids: Vec<&str> = skipped.keys().map(String::as_str).collect();
    assert_eq!(ids, ["discs/cut.png", "discs/empty.png", "stripes/text.png"]);
    assert!(skipped["discs/cut.png"].contains("damaged"), "{skipped:?}");
    assert!(skipped["discs/empty.png"].contains("empty"), "{skipped:?}");
    assert!(skipped["stripes/text.png"].contains("not a PNG"), "{skipped:?}");
}

#[test]
fn spoilt_pictures_are_left_out_of_a_proof_and_of_vectors() {
    let place = Workplace::with_photos();
    spoil(&place);
    place.pith(&["train", "recipe.toml", "--out", "run"]).succeeds();
    let report = place.read("run/report.html");
    for id in ["discs/cut.png", "discs/empty.png", "stripes/text.png"] {
        assert!(report.contains(id), "the report lists {id}");
    }
    let outcome = place.pith(&["embed", "run", "--out", "vectors.npy", "--json"]).succeeds();
    assert_eq!(outcome.json()["skipped"], 3);
    assert_eq!(outcome.json()["rows"], 40);
    outcome.says("discs/cut.png");
}

#[test]
fn a_folder_of_nothing_but_spoilt_pictures_is_refused() {
    let place = Workplace::with_photos();
    for class in ["stripes", "discs"] {
        for number in 0..20 {
            place.write(&format!("photos/{class}/{number:03}.png"), "spoilt");
        }
    }
    place.pith(&strings(&train(&ALL))).fails_with(&["not a PNG"]);
}

#[test]
fn a_training_that_has_hardly_a_readable_picture_ends() {
    let place = Workplace::with_photos();
    for class in ["stripes", "discs"] {
        for number in 0..20 {
            if (class, number) != ("discs", 3) {
                place.write(&format!("photos/{class}/{number:03}.png"), "spoilt");
            }
        }
    }
    let outcome = place.pith(&strings(&train(&ALL)));
    assert!(matches!(outcome.status.code(), Some(0 | 2)), "{outcome}");
}

#[test]
fn an_empty_folder_is_refused() {
    let place = Workplace::with_photos();
    fs_err::create_dir(place.path("nothing")).unwrap();
    let asked = ["train", "recipe.toml", "--out", "run", "--set", "data.path=nothing"];
    place.pith(&asked).fails_with(&["nothing", "holds no samples", ".png"]);
    assert!(!place.path("run").exists());
}

#[test]
fn pictures_of_any_size_and_any_channels_train_together() {
    let place = Workplace::with_photos();
    let grey = GrayImage::from_fn(9, 31, |x, y| Luma([(x * 20 + y * 3) as u8]));
    let alpha = RgbaImage::from_fn(40, 12, |x, y| image::Rgba([x as u8 * 6, y as u8, 90, 120]));
    let grey_alpha = GrayAlphaImage::from_fn(5, 5, |x, y| image::LumaA([x as u8, y as u8 * 50]));
    let deep = ImageBuffer::from_fn(20, 20, |x, y| Rgb([x as u16 * 3000, y as u16 * 3000, 7]));
    let dot = pictures::picture("discs", 1, 1);
    let wide = GrayImage::from_fn(300, 1, |x, _| Luma([x as u8]));
    let strange: [(&str, DynamicImage); 6] = [
        ("grey", grey.into()),
        ("alpha", alpha.into()),
        ("grey-alpha", grey_alpha.into()),
        ("deep", DynamicImage::ImageRgb16(deep)),
        ("dot", dot.into()),
        ("wide", wide.into()),
    ];
    for (name, picture) in strange {
        picture.save(place.path(format!("photos/discs/{name}.png"))).unwrap();
    }
    place.pith(&strings(&train(&ALL))).succeeds();
    assert!(!place.path("run/skipped.jsonl").exists());
    let outcome = place.pith(&["embed", "run", "--out", "vectors.npy", "--json"]).succeeds();
    assert_eq!(outcome.json()["rows"], 46);
}

#[test]
fn one_class_is_enough_to_learn_and_the_proof_says_what_it_cannot_measure() {
    let place = Workplace::with_photos();
    fs_err::remove_dir_all(place.path("photos/stripes")).unwrap();
    pictures::folder(&place.path("more"), 40, 16);
    fs_err::remove_dir_all(place.path("photos/discs")).unwrap();
    fs_err::rename(place.path("more/discs"), place.path("photos/discs")).unwrap();
    let asked = ["train", "recipe.toml", "--out", "run", "--json"];
    let outcome = place.pith(&asked).succeeds().says("of one class");
    let encoder = &outcome.json()["measures"]["encoder"];
    assert!(encoder.get("knn").is_none_or(Value::is_null), "{encoder}");
    assert!(encoder["rank"].is_object(), "{encoder}");
    let bar = ["prove", "run", "--require", "knn >= 0.1"];
    place.pith(&bar).exits(1).says("missed: ");
}

#[test]
fn fewer_samples_than_a_batch_are_refused() {
    let place = Workplace::with_photos();
    let words = ["samples", "a step takes 64", "lower train.batch-size"];
    place.pith(&strings(&train(&["--set", "train.batch-size=64"]))).fails_with(&words);
    assert!(!place.path("run").exists(), "a refused run leaves nothing behind");
}

#[test]
fn labels_may_lack_rows() {
    let place = Workplace::with_photos();
    let mut labels = String::from("file,label\n");
    for number in 0..15 {
        labels.push_str(&format!("discs/{number:03}.png,round\n"));
        labels.push_str(&format!("stripes/{number:03}.png,straight\n"));
    }
    labels.push_str("discs/nobody.png,round\n");
    place.write("labels.csv", labels);
    let asked = ["train", "recipe.toml", "--out", "run", "--set", "data.labels=labels.csv"];
    let outcome = place.pith(&asked).succeeds();
    let outcome = outcome.says("10 of 40 samples have no label");
    outcome.says("1 of 31 rows of labels name no sample");
}

#[test]
fn labels_that_fit_no_sample_are_refused() {
    let place = Workplace::with_photos();
    place.write("labels.csv", "file,label\na.png,x\nb.png,y\n");
    let asked = ["train", "recipe.toml", "--out", "run", "--set", "data.labels=labels.csv"];
    place.pith(&asked).fails_with(&["labels.csv", "none of its 2 rows names a sample"]);
}
