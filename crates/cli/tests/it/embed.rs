//! `pith embed`: the files of vectors.

use crate::workplace::Workplace;

#[test]
fn every_format_holds_the_same_vectors() {
    let place = Workplace::with_run();
    for file in ["npy/v.npy", "parquet/v.parquet", "fvecs/v.fvecs"] {
        fs_err::create_dir_all(place.path(file).parent().unwrap()).unwrap();
        let told = place.pith(&["embed", "run", "--out", file, "--json"]).succeeds().json();
        assert_eq!((told["rows"].as_u64(), told["width"].as_u64()), (Some(40), Some(8)));
    }
    // The same neighbours at the same distances, whatever file they come from.
    let neighbours = |file: &str, index: &str| {
        place.pith(&["index", file, "--out", index]).succeeds();
        place.pith(&["search", index, "discs/007.png", "-k", "5", "--json"]).succeeds().json()
    };
    let first = neighbours("npy/v.npy", "npy/index");
    assert_eq!(first, neighbours("parquet/v.parquet", "parquet/index"));
    assert_eq!(first, neighbours("fvecs/v.fvecs", "fvecs/index"));
    assert!(place.bytes("npy/v.npy").starts_with(b"\x93NUMPY"));
    assert_eq!(place.bytes("fvecs/v.fvecs").len(), 40 * (4 + 8 * 4));
}

#[test]
fn a_file_is_replaced_only_where_that_is_asked_for() {
    let place = Workplace::with_run();
    let asked = ["embed", "run", "--out", "v.npy", "--part", "test"];
    place.pith(&asked).succeeds();
    let before = place.bytes("v.npy");
    place.pith(&asked).fails_with(&["v.npy", "exists"]);
    place.pith(&["embed", "run", "--out", "v.npy"]).fails_with(&["v.npy", "exists"]);
    assert_eq!(place.bytes("v.npy"), before);
    place.pith(&["embed", "run", "--out", "v.npy", "--force"]).succeeds();
    assert!(place.bytes("v.npy").len() > before.len(), "all samples are more than the test's");
}

#[test]
fn an_unknown_format_names_those_there_are() {
    let place = Workplace::with_run();
    place.pith(&["embed", "run", "--out", "v.xyz"]).fails_with(&["xyz", "npy", "parquet", "fvecs"]);
}

#[test]
fn a_vit_embeds_in_fewer_bits_and_says_what_it_costs() {
    let place = Workplace::with_photos();
    let vit = "encoder.vit = { width = 16, depth = 1, heads = 2, patch = 4 }";
    let asked = ["train", "photos", "--out", "vit", "--no-proof", "--set", vit];
    let few = ["--set", "train.steps=2", "--set", "train.batch-size=8", "--set", "input.size=16"];
    place.pith(&[&asked[..], &few].concat()).succeeds();
    let embed = |precision: &str| {
        let asked = ["embed", "vit", "--out", "v.npy", "--force", "--json", "--precision"];
        place.pith(&[&asked[..], &[precision]].concat()).succeeds().json()
    };
    let exact = embed("f32");
    assert!(exact["cosine"].is_null(), "{exact}");
    let told = embed("int8");
    let least = told["cosine"]["least"].as_f64().expect("a cosine");
    assert!((0.99..1.0).contains(&least), "{told}");
    assert_ne!(told["fingerprint"], exact["fingerprint"], "other vectors");

    let place = Workplace::with_run();
    let asked = ["embed", "run", "--out", "v.npy", "--precision", "int8"];
    place.pith(&asked).fails_with(&["f32 only", "vit"]);
}
