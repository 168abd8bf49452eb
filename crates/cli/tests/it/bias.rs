//! What words are associated with along a direction, and vectors without it.

use crate::workplace::Workplace;

/// Words in two dimensions: the first is the direction, the second the topic.
const VECTORS: &str = "10 3
he 1 0.1 0.2
she -1 0.1 0.2
man 1 0.2 0.1
woman -1 0.2 0.1
engineer 0.6 1 0.3
pilot 0.5 1 0.4
nurse -0.6 1 0.2
dancer -0.5 1 0.5
tree 0.1 -1 0.9
house -0.1 -1 0.7
";

const SETS: &str = r#"
pairs = [["he", "she"], ["man", "woman"], ["king", "queen"]]
words = ["engineer", "nurse", "tree", "plumber"]

[[weat]]
name = "work"
x = ["engineer", "pilot"]
y = ["nurse", "dancer"]
a = ["he", "man"]
b = ["she", "woman"]

[[weat]]
name = "unknown"
x = ["plumber"]
y = ["florist"]
a = ["he"]
b = ["she"]
"#;

fn workplace() -> Workplace {
    let place = Workplace::new();
    place.write("vectors.txt", VECTORS);
    place.write("sets.toml", SETS);
    place.write(
        "judged/own.txt",
        "engineer pilot 9\ntree house 8\nengineer tree 1\npilot house 2\n",
    );
    place
}

#[test]
fn bias_is_measured_and_taken_out() {
    let place = workplace();
    let common =
        ["words", "bias", "vectors.txt", "--sets", "sets.toml", "--data", "judged", "--json"];
    let told = place.pith(&common).succeeds().json();
    assert_eq!((&told["direction"]["pairs"], &told["direction"]["asked"]), (&2.into(), &3.into()));
    assert!(told["direction"]["explained"].as_f64().unwrap() > 0.99, "{told}");
    let before = &told["before"];
    assert!(before["projections"]["nurse"].as_f64().unwrap() > 0.4, "towards she: {before}");
    assert!(before["projections"]["engineer"].as_f64().unwrap() < -0.4, "{before}");
    assert!(before["projections"]["plumber"].is_null(), "{before}");
    let work = &before["weat"][0];
    assert!(work["result"]["effect"].as_f64().unwrap() > 1.0 && work["known"] == 8, "{work}");
    // Of 6 partitions none has a larger difference.
    assert_eq!(work["result"]["p_value"], 0.0);
    assert!(before["weat"][1]["result"].is_null(), "{before}");
    assert!(told["after"].is_null());

    for way in ["hard", "linear"] {
        let out = format!("{way}.vec");
        let asked = [&common[..], &["--debias", way, "--out", &out]].concat();
        let told = place.pith(&asked).succeeds().json();
        let after = &told["after"];
        assert!(after["direct-bias"].as_f64().unwrap() < 1e-4, "{way}: {after}");
        assert!(after["similarity"]["own"].as_f64().unwrap() > 0.7, "{way}: {after}");
        let written = place.read(&out);
        assert!(written.starts_with("10 3\n"), "{written}");
        let found = place.pith(&["words", "bias", &out, "--sets", "sets.toml", "--json"]);
        match way {
            // The pairs keep the direction, the others lost it.
            "hard" => {
                let found = found.succeeds().json();
                let bias = found["before"]["direct-bias"].as_f64().unwrap();
                assert!(bias < 1e-4, "{found}");
            }
            _ => {
                found.fails_with(&["pairs of words with different vectors"]);
            }
        }
    }
    let asked = ["words", "bias", "vectors.txt", "--debias", "hard", "--out", "hard.vec"];
    place.pith(&asked).fails_with(&["hard.vec exists already", "--force"]);
}

#[test]
fn bias_is_told_in_words() {
    let place = workplace();
    let asked = ["words", "bias", "vectors.txt", "--sets", "sets.toml", "--data", "judged"];
    let asked = [&asked[..], &["--debias", "hard", "--out", "out.txt"]].concat();
    let out = place.pith(&asked).succeeds().out;
    for words in [
        "direction he to she, of 2 of 3 pairs",
        "nurse",
        "work",
        "p 0.0000 -> +0.000, p 1.0000",
        "own",
    ] {
        assert!(out.contains(words), "{words}: {out}");
    }
    assert!(out.contains("not measured: 2 of 4 words"), "{out}");
}

#[test]
fn mistakes_are_told() {
    let place = workplace();
    place.write("wrong.toml", "pairs = [['he', 'she']]\nword = ['x']\n");
    let asked = ["words", "bias", "vectors.txt", "--sets", "wrong.toml"];
    place.pith(&asked).fails_with(&["`word`", "did you mean `words`?"]);
    place.write("none.toml", "pairs = [['king', 'queen']]\n");
    place.pith(&["words", "bias", "vectors.txt", "--sets", "none.toml"]).fails_with(&["--sets"]);
    place.pith(&["words", "bias", "vectors.txt", "--debias", "hard"]).exits(2).says("--out");
}
