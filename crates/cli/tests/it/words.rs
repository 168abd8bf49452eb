//! Word vectors, from a text of two topics to all that can be asked of them.

use crate::workplace::Workplace;

/// Words of one topic.
pub const ANIMALS: [&str; 8] = ["cat", "dog", "horse", "cow", "sheep", "goat", "pig", "hen"];
/// Words of the other topic.
pub const CITIES: [&str; 8] =
    ["paris", "london", "rome", "berlin", "madrid", "vienna", "oslo", "prague"];

const RECIPE: &str = r#"
[data]
path = "text.txt"

[corpus]
lower-case = true
minimum-count = 1

[words]
dimensions = 16
epochs = 4
subsample = 0.0
rate = 0.05
held-out = 0.05

[proof]
evaluation = "judged"
"#;

/// Lines that are of animals or of cities, never of both.
pub fn text(lines: usize) -> String {
    let mut state = 1u64;
    let mut draw = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % 8
    };
    let mut text = String::new();
    for line in 0..lines {
        let topic = if line % 2 == 0 { ANIMALS } else { CITIES };
        let words: Vec<&str> = (0..6).map(|_| topic[draw()]).collect();
        text.push_str(&words.join(" "));
        text.push('\n');
    }
    text
}

/// A text, a recipe for it, and judgements: words of a topic are alike, others are not.
pub fn workplace() -> Workplace {
    let place = Workplace::new();
    place.write("text.txt", text(1200));
    place.write("recipe.toml", RECIPE);
    let mut pairs = String::from("word1\tword2\tscore\n");
    for (first, second) in ANIMALS.iter().zip(CITIES) {
        pairs += &format!("{first}\t{second}\t1\n");
    }
    for topic in [ANIMALS, CITIES] {
        for pair in topic.windows(2) {
            pairs += &format!("{}\t{}\t9\n", pair[0], pair[1]);
        }
    }
    place.write("judged/topics.txt", pairs + "cat\tunicorn\t5\n");
    place.write("judged/questions.txt", ": topics\ncat dog paris london\ncat dog one two\n");
    place.write("judged/broken.txt", "cat dog\n");
    place
}

/// With a run `run/` of skip-gram on the text.
pub fn trained() -> Workplace {
    workplace().trained()
}

#[test]
fn a_training_leaves_model_measurements_and_evidence() {
    let place = workplace();
    let outcome = place.pith(&["train", "recipe.toml", "--out", "run"]).succeeds();
    assert!(outcome.err.contains("words/s") && outcome.err.contains("held out"), "{outcome}");
    assert!(outcome.out.contains("pith search run"), "{outcome}");
    assert_eq!(place.read("run/metrics.jsonl").lines().count(), 4);
    let report = place.read("run/report.html");
    assert!(report.contains("Each point is a frequent word"), "words are named as such");
    assert!(!report.contains("test sample") && !report.contains("src=\"http"));

    let proof = place.proof("run");
    let values = &proof["candidates"][0]["values"];
    assert!(values["topics"]["value"].as_f64().unwrap() > 0.7, "{values}");
    assert!(values["topics"]["low"].is_f64(), "{values}");
    // One pair of 23 has a word that was never seen.
    assert!((values["topics-coverage"]["value"].as_f64().unwrap() - 22.0 / 23.0).abs() < 1e-9);
    assert!((values["questions-coverage"]["value"].as_f64().unwrap() - 0.5).abs() < 1e-9);
    assert!(values["held-out-loss"]["value"].as_f64().unwrap() < 4.0, "{values}");
    assert_eq!(proof["verdict"]["beats-baselines"], true, "{}", proof["verdict"]);
    let omitted = proof["omitted"].to_string();
    assert!(omitted.contains("broken") && omitted.contains("line 1"), "{omitted}");
    let names: Vec<&str> = proof["candidates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["word vectors", "character trigrams", "random vectors"]);
}

#[test]
fn bars_are_held() {
    let place = trained();
    place.pith(&["prove", "run", "--require", "topics >= 0.5"]).succeeds();
    assert!(place.proof("run")["measures"].as_array().is_some());
    place.pith(&["prove", "run", "--require", "topics > 2"]).exits(1).says("missed: topics > 2");
    place.pith(&["prove", "run", "--require", "tpics > 0"]).fails_with(&["did you mean `topics`?"]);
    place.pith(&["prove", "run", "--data", "evalution=x"]).fails_with(&["evaluation=FOLDER"]);
    place.write("other/animals.txt", "cat dog 9\ncat oslo 1\ndog hen 8\n");
    let asked = ["prove", "run", "--data", "evaluation=other", "--out", "proof", "--json"];
    let told = place.pith(&asked).succeeds().json();
    assert!(told["measures"]["word vectors"]["animals"]["value"].is_number(), "{told}");
    assert!(place.path("proof/report.html").exists());
}

#[test]
fn words_are_asked() {
    let place = trained();
    let found = place.pith(&["search", "run", "cat", "-k", "5", "--json"]).succeeds().json();
    let words = found.as_array().unwrap().iter().map(|hit| hit["word"].as_str().unwrap());
    assert!(words.clone().all(|word| ANIMALS.contains(&word) && word != "cat"), "{found}");
    assert_eq!(words.count(), 5);
    let same = place.pith(&["words", "neighbours", "run", "cat", "-k", "5", "--json"]).succeeds();
    assert_eq!(same.json(), found);

    let asked = ["words", "odd-one-out", "run", "cat", "oslo", "dog", "hen"];
    assert_eq!(place.pith(&asked).succeeds().out, "oslo\n");
    for more in [&["--json"][..], &["--cosmul", "--json"]] {
        let asked =
            [&["words", "analogy", "run", "dog", "-", "cat", "+", "rome"][..], more].concat();
        let found = place.pith(&asked).succeeds().json();
        assert!(CITIES.contains(&found[0]["word"].as_str().unwrap()), "{found}");
    }
    let asked = ["words", "evaluate", "run", "--data", "judged/topics.txt", "--json"];
    let told = place.pith(&asked).succeeds().json();
    assert_eq!((&told["topics"]["known"], &told["topics"]["asked"]), (&22.into(), &23.into()));
    assert!(told["topics"]["spearman"].as_f64().unwrap() > 0.7, "{told}");
}

#[test]
fn an_unknown_word_names_the_nearest_or_is_spelled() {
    let place = trained();
    place.pith(&["search", "run", "londn"]).fails_with(&["`londn`", "did you mean `london`?"]);
    place.pith(&["words", "odd-one-out", "run", "cat", "dog", "hrse"]).fails_with(&["`horse`"]);
    let subwords = ["--set", "words.subwords.buckets=500", "--set", "words.subwords.shortest=2"];
    let asked = ["train", "recipe.toml", "--out", "spelled", "--no-proof"];
    place.pith(&[&asked[..], &subwords].concat()).succeeds();
    let found = place.pith(&["search", "spelled", "londn", "-k", "3", "--json"]).succeeds().json();
    assert!(found.to_string().contains("london"), "{found}");
}

#[test]
fn files_of_vectors_are_models_too() {
    let place = trained();
    for name in ["vectors.txt", "vectors.bin", "vectors.vec", "vectors.glove"] {
        place.pith(&["words", "convert", "run", name]).succeeds();
        let found = place.pith(&["words", "neighbours", name, "cat", "-k", "1"]).succeeds().out;
        let of_run = place.pith(&["search", "run", "cat", "-k", "1"]).succeeds().out;
        assert_eq!(found, of_run, "{name}");
    }
    place.pith(&["embed", "run", "--out", "vectors.txt"]).fails_with(&["exists already"]);
    place.pith(&["embed", "run", "--out", "vectors.txt", "--force"]).succeeds();
    assert!(place.read("vectors.txt").starts_with("16 16\n"));
    place.pith(&["embed", "run", "--out", "vectors.npy"]).succeeds();
    assert!(place.read("vectors.ids.jsonl").contains("{\"id\":\"paris\"}"));
    place.pith(&["prove", "vectors.bin", "--data", "evaluation=judged", "--out", "p"]).succeeds();
    place.pith(&["words", "convert", "run", "vectors.docx"]).fails_with(&[".docx", ".parquet"]);
}

#[test]
fn lines_of_a_text_become_vectors() {
    let place = trained();
    place.write("lines.txt", "cat dog\nOslo, rome\nnothing known\n");
    for (out, pooling) in [("mean.npy", "mean"), ("sif.parquet", "sif")] {
        let asked = ["embed", "run", "lines.txt", "--out", out, "--pooling", pooling];
        place.pith(&asked).succeeds().says("1 lines hold no known word");
    }
    assert_eq!(place.read("mean.ids.jsonl").lines().count(), 3);
    let searched = ["index", "mean.npy", "--out", "index"];
    place.pith(&searched).succeeds();
    let found = place.pith(&["search", "index", "1", "-k", "1", "--json"]).succeeds().json();
    assert_eq!(found[0]["id"], "1", "a line is nearest to itself: {found}");
    place.pith(&["words", "convert", "run", "bare.txt"]).succeeds();
    let asked = ["embed", "bare.txt", "lines.txt", "--out", "x.npy", "--pooling", "sif"];
    place.pith(&asked).fails_with(&["--pooling mean"]);
}

#[test]
fn a_killed_training_ends_as_if_it_had_not_been_killed() {
    let place = workplace();
    place.write("long.toml", place.read("recipe.toml").replace("epochs = 4", "epochs = 100"));
    place.is_the_same_when_killed("long.toml", "words.safetensors", "model/words.bin");
    fs_err::remove_dir_all(place.path("killed/model")).unwrap();
    place.pith(&["search", "killed", "cat"]).fails_with(&["no model yet", "--resume killed"]);
}

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_a_run_that_goes_on() {
    let place = workplace();
    place.write("long.toml", place.read("recipe.toml").replace("epochs = 4", "epochs = 100"));
    place.goes_on_after_ctrl_c("long.toml", "words.safetensors");
}

#[test]
fn mistakes_name_the_right_key() {
    let place = workplace();
    let told = |set: &str, words: &[&str]| {
        place.pith(&["train", "recipe.toml", "--out", "run", "--set", set]).fails_with(words);
        assert!(!place.path("run").exists(), "a run that cannot begin leaves no folder");
    };
    told("words.dimesnions=5", &["[words]", "`dimesnions`", "did you mean `dimensions`?"]);
    told("corpus.lowercase=true", &["[corpus]", "did you mean `lower-case`?"]);
    told("wrods.epochs=1", &["`wrods`", "did you mean `words`?"]);
    told("words.method=skipgram", &["`skipgram`", "did you mean `skip-gram`?"]);
    told("words.window=0", &["window", "received 0"]);
    told("data.path=txt.txt", &["txt.txt", "did you mean \"text.txt\"?"]);
    told("corpus.minimum-count=100000", &["minimum-count"]);
    let bar = ["train", "recipe.toml", "--out", "run", "--require", "topcs > 0"];
    place.pith(&bar).fails_with(&["did you mean `topics`?"]);
}

#[test]
fn a_text_is_trained_on_without_a_recipe() {
    let place = workplace();
    let quick = ["--set", "words.epochs=1", "--set", "words.dimensions=8", "--no-proof"];
    let outcome = place.pith(&[&["train", "text.txt"][..], &quick].concat()).succeeds();
    assert!(
        outcome.err.contains("[words]") && outcome.err.contains("lower-case = true"),
        "{outcome}"
    );
    assert!(place.path("runs/text/model/words.bin").exists());
    place.write("texts.jsonl", "{\"text\": \"a b a b\"}\n".repeat(40));
    let out = ["--out", "lines", "--json"];
    let told =
        place.pith(&[&["train", "texts.jsonl"][..], &quick, &out].concat()).succeeds().json();
    assert_eq!(told["model"], "lines/model/words.bin");
    place
        .pith(&["train", "text.txt", "--no-proof"])
        .fails_with(&["already holds a run", "--force"]);
}

#[test]
fn files_that_are_no_vectors_are_refused() {
    let place = trained();
    place.write("bad.txt", "3 2\ncat 1 2\n");
    place.pith(&["search", "bad.txt", "cat"]).fails_with(&["bad.txt", "promises 3 words"]);
    place.write("empty.bin", "");
    place.pith(&["words", "evaluate", "empty.bin", "--data", "judged/topics.txt"]).exits(2);
    let bytes = place.bytes("run/model/words.bin");
    place.write("run/model/words.bin", &bytes[..bytes.len() / 2]);
    place.pith(&["search", "run", "cat"]).fails_with(&["words.bin"]);
    place.pith(&["words", "neighbours", "rum", "cat"]).fails_with(&["did you mean \"run\"?"]);
}
