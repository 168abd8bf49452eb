//! Items that lie in baskets, nodes that edges join: from a table to what can be asked and proved.

use serde_json::Value;

use crate::words::{ANIMALS, CITIES, text};
use crate::workplace::Workplace;

const BASKETS: &str = r#"
[data]
path = "bought.csv"

[baskets]
basket = "user"
item = "thing"
minimum-count = 1
held-out = 0.5

[words]
dimensions = 16
epochs = 20
subsample = 0.0
rate = 0.05
"#;

const GRAPH: &str = r#"
[data]
path = "met.csv"

[graph]
from = "one"
to = "other"
held-out = 0.2

[walks]
length = 20
in-out = 2.0

[words]
dimensions = 16
epochs = 4
subsample = 0.0
rate = 0.05
"#;

/// Users who like animals or cities; a thing is its name with "big" before it.
fn baskets() -> Workplace {
    let place = Workplace::new();
    let mut table = String::from("user,thing\n");
    for (user, line) in text(400).lines().enumerate() {
        for word in line.split(' ') {
            table += &format!("u{user},\"big {word}\"\n");
        }
    }
    place.write("bought.csv", table);
    place.write("recipe.toml", BASKETS);
    place
}

/// Two circles of friends with one friendship between them.
fn graph() -> Workplace {
    let place = Workplace::new();
    let mut table = String::from("one,other\ncat,paris\n");
    for circle in [ANIMALS, CITIES] {
        for (at, one) in circle.iter().enumerate() {
            circle[..at].iter().for_each(|other| table += &format!("{one},{other}\n"));
        }
    }
    place.write("met.csv", table);
    place.write("recipe.toml", GRAPH);
    place
}

fn value(proof: &Value, candidate: usize, measure: &str) -> f64 {
    proof["candidates"][candidate]["values"][measure]["value"].as_f64().unwrap()
}

#[test]
fn baskets_are_learned_proved_and_asked() {
    let place = baskets();
    let outcome = place.pith(&["train", "recipe.toml", "--out", "run", "--threads", "1"]);
    let outcome = outcome.succeeds().says("all of a basket are neighbours");
    assert!(outcome.out.contains("pith search run \"big "), "{outcome}");
    let proof = place.proof("run");
    let names = [0, 1, 2, 3].map(|at| proof["candidates"][at]["name"].as_str().unwrap());
    assert_eq!(names, ["item vectors", "lying together", "popularity", "chance"]);
    // At most seven other things are of the kind that a basket is of; chance and popularity know none.
    let mrr = [0, 1, 2, 3].map(|at| value(&proof, at, "mrr"));
    assert!(mrr[0] > 0.25 && mrr[0] > mrr[2] + 0.05 && mrr[0] > mrr[3] + 0.05, "{mrr:?}");
    assert!(proof["candidates"][0]["values"]["ndcg-at-10"]["low"].is_f64(), "{proof}");
    assert_eq!(value(&proof, 0, "coverage"), 1.0);
    let window = place.read("run/recipe.toml");
    assert!(
        window.contains("window = 5\n") && window.contains("shrink-window = false"),
        "{window}"
    );

    let found = place.pith(&["search", "run", "big cat", "-k", "3", "--json"]).succeeds().json();
    let near = found.as_array().unwrap().iter().map(|hit| hit["word"].as_str().unwrap());
    assert!(near.clone().all(|name| ANIMALS.iter().any(|a| name == format!("big {a}"))), "{found}");
    place.pith(&["search", "run", "big ct"]).fails_with(&["did you mean `big cat`?"]);
    place.pith(&["embed", "run", "--out", "items.npy"]).succeeds();
    let told = place.pith(&["embed", "run", "bought.csv", "--out", "users.npy", "--json"]);
    assert_eq!(told.succeeds().json()["rows"], 400);
    assert!(place.read("users.ids.jsonl").starts_with("{\"id\":\"u0\"}"));

    // The same items are left out again, as their baskets' names decide.
    let again = place.pith(&["prove", "run", "--out", "again", "--seed", "1", "--json"]);
    again.succeeds();
    assert_eq!(value(&place.proof("again"), 0, "mrr"), mrr[0]);
    place.pith(&["prove", "run", "--require", "mrr > 0.9"]).exits(1).says("missed: mrr > 0.9");
    place.pith(&["prove", "run", "--require", "mr > 0"]).fails_with(&["did you mean `mrr`?"]);
    place.write("other.csv", "user,thing\nx,big cat\nx,big dog\ny,big oslo\n");
    place.pith(&["prove", "run", "other.csv"]).succeeds();
    assert_eq!(place.proof("proof")["sizes"]["test"]["used"], 1);
}

#[test]
fn a_graph_is_walked_proved_and_asked() {
    let place = graph().trained();
    let proof = place.proof("run");
    let names = [0, 1, 2, 3].map(|at| proof["candidates"][at]["name"].as_str().unwrap());
    assert_eq!(names, ["node vectors", "common neighbours", "product of degrees", "chance"]);
    assert!(value(&proof, 0, "auc") > 0.9, "{proof}");
    assert!(proof["candidates"][0]["values"]["average-precision-by-degree"]["low"].is_f64());
    let found = place.pith(&["words", "neighbours", "run", "oslo", "-k", "4", "--json"]);
    let found = found.succeeds().json();
    let near = found.as_array().unwrap().iter().map(|hit| hit["word"].as_str().unwrap());
    assert!(near.clone().all(|name| CITIES.contains(&name)), "{found}");
    place.pith(&["embed", "run", "--out", "nodes.vec"]).succeeds();
    place.pith(&["embed", "run", "met.csv", "--out", "x.npy"]).fails_with(&["leave out met.csv"]);
    place.pith(&["prove", "run", "--require", "auc-by-degree > 0.5"]).succeeds();
}

#[test]
fn items_are_trained_on_without_a_recipe_and_go_on() {
    let place = baskets();
    let quick = ["--set", "words.epochs=2", "--threads", "1", "--json"];
    let columns = ["--set", "baskets.basket=user", "--set", "baskets.item=thing"];
    let asked = [&["train", "bought.csv", "--out", "bare"][..], &columns, &quick].concat();
    let told = place.pith(&asked).succeeds().json();
    assert_eq!(told["model"], "bare/model/words.safetensors");
    assert!(told["measures"]["item vectors"]["hit-rate-at-10"]["low"].is_f64(), "{told}");
    place.write("links.txt", "# who met whom\na b\nb c 2\nc a\nc d\nd a\n");
    let asked = ["train", "links.txt", "--set", "walks.return=0.5", "--no-proof"];
    place.pith(&asked).succeeds();
    assert!(place.read("runs/links/recipe.toml").contains("return = 0.5"));

    place.write("recipe.toml", BASKETS.replace("epochs = 20", "epochs = 300"));
    place.is_the_same_when_killed("recipe.toml", "words.safetensors", "model/words.safetensors");
}

#[test]
fn mistakes_name_the_right_key_file_and_row() {
    let place = baskets();
    let told = |set: &str, words: &[&str]| {
        place.pith(&["train", "recipe.toml", "--out", "new", "--set", set]).fails_with(words);
        assert!(!place.path("new").exists(), "a run that cannot begin leaves no folder");
    };
    told("baskets.bsket=user", &["[baskets]", "did you mean `basket`?"]);
    told("baskets.basket=usr", &["bought.csv", "\"usr\"", "did you mean \"user\"?"]);
    told("baskets.held-out=2", &["baskets.held-out", "received 2"]);
    told("words.window=3", &["the whole basket", "received 3"]);
    told("corpus.lower-case=true", &["[corpus] is about text"]);
    told("walks.length=3", &["[baskets] and a graph"]);
    told("baskets.left-out=first", &["`first`"]);
    place.write("short.csv", "user,thing\nu,a\nv\n");
    told("data.path=short.csv", &["short.csv", "row 2"]);
    let bar = ["train", "recipe.toml", "--out", "new", "--require", "auc > 0.5"];
    place.pith(&bar).fails_with(&["auc"]);

    let place = graph();
    place.write("bad.txt", "a b\na b c d\n");
    let asked = ["train", "recipe.toml", "--out", "new", "--set", "data.path=bad.txt"];
    place.pith(&asked).fails_with(&["bad.txt", "line 2", "two nodes"]);
    let asked = ["train", "recipe.toml", "--out", "new", "--set", "walks.inout=2"];
    place.pith(&asked).fails_with(&["did you mean `in-out`?"]);
    place.pith(&["embed", "new", "--out", "x.npy"]).exits(2);
}
