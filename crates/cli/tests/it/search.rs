//! `pith index` and `pith search`: by the id of a row, by a picture, by a vector.

use serde_json::Value;

use crate::workplace::Workplace;

fn ids(found: &Value) -> Vec<&str> {
    let hits = found.as_array().expect("a list");
    hits.iter().map(|hit| hit["id"].as_str().expect("an id")).collect()
}

#[test]
fn exact_and_hnsw_find_a_sample_by_its_id_and_by_its_picture() {
    let place = Workplace::with_run();
    for method in ["exact", "hnsw"] {
        let asked = ["index", "run", "--out", method, "--method", method, "--json"];
        let told = place.pith(&asked).succeeds().json();
        assert_eq!(told["header"]["count"], 40);
        assert!(told["header"]["recall"]["value"].as_f64() > Some(0.9), "{told}");

        let by_id = ["search", method, "stripes/004.png", "-k", "3", "--json"];
        let by_id = place.pith(&by_id).succeeds().json();
        assert_eq!(ids(&by_id).len(), 3);
        assert_eq!(ids(&by_id)[0], "stripes/004.png");
        assert_eq!(by_id[0]["label"], "stripes");
        let score = by_id[0]["score"].as_f64().unwrap();
        assert!((score - 1.0).abs() < 1e-5, "{by_id}");

        let picture = ["photos/stripes/004.png", "--model", "run", "-k", "3", "--json"];
        let by_picture = [&["search", method][..], &picture].concat();
        let by_picture = place.pith(&by_picture).succeeds().json();
        assert_eq!(ids(&by_picture)[0], "stripes/004.png");
    }
}

#[test]
fn an_index_of_a_run_is_searched_by_the_run() {
    let place = Workplace::with_run();
    let asked = ["search", "run", "photos/discs/001.png", "-k", "4"];
    let outcome = place.pith(&asked).succeeds();
    assert_eq!(outcome.out.lines().count(), 4, "{outcome}");
}

#[test]
fn a_vector_is_searched_by_its_numbers() {
    let place = Workplace::with_run();
    let asked = ["search", "run", "1,0,0.5,0,0,-1e-3,0,2", "-k", "2", "--json"];
    assert_eq!(ids(&place.pith(&asked).succeeds().json()).len(), 2);
    place.pith(&["search", "run", "1,2,3"]).fails_with(&["8 numbers", "received 3"]);
    place.pith(&["search", "run", "nan,0,0,0,0,0,0,0"]).fails_with(&["finite"]);
    place.pith(&["search", "run", "1,0,0,0,0,0,0,0", "-k", "0"]).fails_with(&["-k"]);
}

#[test]
fn a_file_of_vectors_asks_for_each_of_its_rows() {
    let place = Workplace::with_run();
    place.pith(&["embed", "run", "--out", "test.npy", "--part", "test"]).succeeds();
    let asked = ["search", "run", "test.npy", "-k", "2", "--json"];
    let found = place.pith(&asked).succeeds().json();
    let queries = found.as_array().unwrap().iter().map(|hit| hit["query"].as_u64().unwrap());
    let queries: Vec<u64> = queries.collect();
    assert!(queries.len() > 2 && queries.windows(2).all(|pair| pair[0] <= pair[1]), "{found}");
}

#[test]
fn a_wrong_id_names_the_nearest() {
    let place = Workplace::with_run();
    let indexed = place.pith(&["search", "run", "1,0,0,0,0,0,0,0", "-k", "1", "--json"]);
    let id = ids(&indexed.succeeds().json())[0].to_owned();
    let mistyped = format!("{id}g");
    let words = [mistyped.as_str(), "the nearest row is", &id];
    place.pith(&["search", "run", &mistyped]).fails_with(&words);
}

#[test]
fn what_is_no_picture_is_told() {
    let place = Workplace::with_run();
    place.pith(&["search", "run", "recipe.toml"]).fails_with(&["recipe.toml", "not a PNG"]);
    place.pith(&["index", "run", "--out", "index"]).succeeds();
    let asked = ["search", "index", "photos/discs/001.png"];
    place.pith(&asked).fails_with(&["--model"]);
}

#[test]
fn an_index_of_another_model_is_refused() {
    let place = Workplace::with_run();
    let other = ["train", "recipe.toml", "--out", "other", "--no-proof", "--seed", "9"];
    place.pith(&other).succeeds();
    place.pith(&["index", "run", "--out", "index"]).succeeds();
    let asked = ["search", "index", "photos/discs/001.png", "--model", "other"];
    place.pith(&asked).fails_with(&["index"]);
}

#[test]
fn a_damaged_index_is_refused() {
    let place = Workplace::with_run();
    let whole = place.bytes("run/index/vectors.npy");
    place.write("run/index/vectors.npy", &whole[..whole.len() / 2]);
    place.pith(&["search", "run", "discs/001.png"]).fails_with(&["run/index"]);
    place.write("run/index/vectors.npy", whole);
    place.write("run/index/index.json", "{");
    place.pith(&["search", "run", "discs/001.png"]).fails_with(&["run/index"]);
}

#[test]
fn methods_and_metrics_that_are_not_there_name_the_nearest() {
    let place = Workplace::with_run();
    let asked = ["index", "run", "--out", "index", "--method", "hnws"];
    place.pith(&asked).fails_with(&["`hnws`", "did you mean `hnsw`?"]);
    let asked = ["index", "run", "--out", "index", "--metric", "euclid"];
    place.pith(&asked).fails_with(&["`euclid`", "did you mean `euclidean`?"]);
}
