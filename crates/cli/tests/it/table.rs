//! Tables, whole and with holes.

use serde_json::Value;

use crate::workplace::Workplace;

const RECIPE: &str = r#"
views = [{ feature-dropout = {} }]

[data]
path = "table.csv"
columns = { label = "kind" }

[encoder.mlp]
width = 4

[objective.vicreg]

[train]
steps = 10
batch-size = 8
collapse-after = 100
"#;

/// 60 rows of two numbers, a word and a class; `hole` stands in every seventh row.
fn table(hole: &str) -> String {
    let mut text = String::from("length,height,colour,kind\n");
    for row in 0..60 {
        let length = f64::from(row % 13) + 0.25 * f64::from(row % 2);
        let length = if row % 7 == 3 { hole.to_owned() } else { length.to_string() };
        let height = (row * 29) % 31;
        let colour = ["red", "green", "blue"][row as usize % 3];
        text.push_str(&format!("{length},{height},{colour},{}\n", ["a", "b"][row as usize % 2]));
    }
    text
}

fn losses(place: &Workplace) -> Vec<f64> {
    let lines = place.read("run/metrics.jsonl");
    let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter_map(|line| line.get("loss").map(|loss| loss.as_f64().expect("finite"))).collect()
}

#[test]
fn numbers_that_are_not_numbers_do_not_reach_the_loss() {
    for hole in ["NaN", "nan", "", "inf", "-inf"] {
        let place = Workplace::new();
        place.write("recipe.toml", RECIPE);
        place.write("table.csv", table(hole));
        let asked = ["train", "recipe.toml", "--out", "run", "--no-proof"];
        place.pith(&asked).succeeds();
        assert_eq!(losses(&place).len(), 10, "{hole}");
        let asked = ["embed", "run", "--out", "vectors.npy", "--json"];
        let told = place.pith(&asked).succeeds().json();
        assert_eq!(told["rows"].as_u64().zip(told["skipped"].as_u64()), Some((60, 0)), "{hole}");
        let asked = ["index", "vectors.npy", "--out", "index"];
        place.pith(&asked).succeeds();
    }
}

#[test]
fn a_column_that_is_not_there_names_the_nearest() {
    let place = Workplace::new();
    place.write("recipe.toml", RECIPE.replace("kind", "kinds"));
    place.write("table.csv", table("1"));
    place.pith(&["train", "recipe.toml"]).fails_with(&["no column \"kinds\"", "\"kind\""]);
}

#[test]
fn a_row_that_is_cut_off_is_left_out_or_refused_in_words() {
    let place = Workplace::new();
    place.write("recipe.toml", RECIPE);
    place.write("table.csv", table("1") + "3.5,7");
    let asked = ["train", "recipe.toml", "--out", "run", "--no-proof", "--set", "train.steps=40"];
    let outcome = place.pith(&asked);
    match outcome.status.code() {
        Some(0) => assert!(outcome.err.contains("left out"), "{outcome}"),
        _ => drop(outcome.fails_with(&["table.csv", "row"])),
    }
}

#[test]
fn a_table_trains_without_a_recipe() {
    let place = Workplace::new();
    place.write("table.csv", table("1"));
    let set = ["--set", "train.steps=2", "--set", "train.batch-size=8"];
    let asked = [&["train", "table.csv", "--out", "run", "--no-proof"][..], &set].concat();
    place.pith(&asked).succeeds().says("[encoder.mlp]");
}
