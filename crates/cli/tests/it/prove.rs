//! `pith prove`: bars that are cleared and bars that are missed.

use crate::workplace::Workplace;

#[test]
fn the_exit_code_says_whether_every_bar_was_cleared() {
    let place = Workplace::with_run();
    let cleared = ["prove", "run", "--require", "knn >= 0.1", "--require", "rank >= 1"];
    place.pith(&cleared).succeeds();
    let missed = ["prove", "run", "--require", "knn >= 0.1", "--require", "rank >= 1000"];
    place.pith(&missed).exits(1).says("missed: ");
    let told = place.pith(&[&missed[..], &["--json"]].concat()).exits(1).json();
    assert_eq!(told["missed"].as_array().map(Vec::len), Some(1), "{told}");
    let asked = ["train", "recipe.toml", "--out", "other", "--require", "rank >= 1000"];
    place.pith(&asked).exits(1).says("missed: ");
}

#[test]
fn a_proof_repeats_itself() {
    let place = Workplace::with_run();
    let proof = |out: &str| {
        place.pith(&["prove", "run", "--out", out]).succeeds();
        let file = format!("{out}/proof.json");
        serde_json::from_slice::<serde_json::Value>(&place.bytes(file)).unwrap()
    };
    let (first, second) = (proof("first"), proof("second"));
    assert_eq!(first, second);
    let trained: serde_json::Value =
        serde_json::from_slice(&place.bytes("run/proof.json")).unwrap();
    assert_eq!(first, trained, "proved again, the run is as good as it was when it was trained");
    assert!(first["candidates"].as_array().is_some_and(|all| all.len() == 4), "{first}");
}

#[test]
fn a_run_is_proved_on_other_data() {
    let place = Workplace::with_run();
    crate::pictures::folder(&place.path("others"), 15, 24);
    place.pith(&["prove", "run", "others", "--out", "proof"]).succeeds();
    assert!(place.path("proof/report.html").exists());
}
