use std::ops::ControlFlow;

use super::autotune::{Metric, Search, Setting};
use super::*;
use crate::random::Random;
use crate::train::{Epoch, subword};

/// Lines whose label follows from the words: `b` where one of five words of `b` is there.
fn topics(lines: usize) -> Vec<String> {
    let mut random = Random::keyed(&[7]);
    (0..lines)
        .map(|_| {
            let label = ["a", "b", "c"][random.below(3)];
            let mut words: Vec<String> =
                (0..6).map(|_| format!("common{}", random.below(20))).collect();
            words[random.below(6)] = format!("{label}{}", random.below(5));
            format!("__label__{label} {}", words.join(" "))
        })
        .collect()
}

/// Lines whose label follows from the order of two words alone.
fn orders(lines: usize) -> Vec<String> {
    let mut random = Random::keyed(&[8]);
    let line = |random: &mut Random| {
        let (first, second) = (random.below(2), random.below(3));
        let words = [["hot", "dog"], ["dog", "hot"]][first];
        format!("__label__{first} x{second} {} {} y{second}", words[0], words[1])
    };
    (0..lines).map(|_| line(&mut random)).collect()
}

fn config() -> Config {
    Config { dimensions: 16, epochs: 10, rate: 0.5, threads: 1, buckets: 500, ..Config::default() }
}

fn examples(lines: &[String], config: &Config) -> Examples {
    Examples::from_lines(lines.iter().map(String::as_str), config).unwrap()
}

fn learn(lines: &[String], config: &Config) -> (Classifier, Vec<Epoch>) {
    let mut epochs = Vec::new();
    let classifier = train(&examples(lines, config), config, &lines[..50], &mut |progress| {
        epochs.extend(progress.ended);
        ControlFlow::Continue(())
    });
    (classifier.unwrap(), epochs)
}

#[test]
fn resumed_is_straight_through() {
    let lines = topics(300);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("classifier.safetensors");
    let go_on = &mut |_: &crate::train::Progress| ControlFlow::Continue(());
    for config in every_kind() {
        let config = Config { minimum_label_count: 90, epochs: 4, ..config };
        let (straight, epochs) = learn(&lines, &config);
        let examples = examples(&lines, &config);
        let mut training = Training::new(&examples, &config, &lines[..50]).unwrap();
        training.epoch(go_on).unwrap().unwrap();
        training.checkpoint().save(&path).unwrap();
        let checkpoint = crate::train::Checkpoint::load(&path).unwrap();
        let mut resumed = Training::resume(&examples, checkpoint, &lines[..50]).unwrap();
        let mut last = None;
        while !resumed.finished() {
            last = resumed.epoch(go_on).unwrap();
        }
        assert_eq!(last, epochs.last().copied());
        let classifier = resumed.classifier();
        for (one, other) in
            [(&classifier.inputs, &straight.inputs), (&classifier.outputs, &straight.outputs)]
        {
            assert_eq!(one.to_matrix(), other.to_matrix());
        }
        let other = Examples::from_lines(["__label__x y"], &Config::default()).unwrap();
        let checkpoint = crate::train::Checkpoint::load(&path).unwrap();
        let told = Training::resume(&other, checkpoint, &[]).err().unwrap().to_string();
        assert!(told.contains("another corpus"), "{told}");
    }
}

fn every_kind() -> Vec<Config> {
    [Loss::Softmax, Loss::HierarchicalSoftmax, Loss::NegativeSampling, Loss::OneVsAll]
        .into_iter()
        .flat_map(|loss| {
            let plain = Config { loss, ..config() };
            [plain.clone(), Config { word_ngrams: 2, shortest: 2, longest: 3, ..plain }]
        })
        .collect()
}

#[test]
fn every_kind_learns_the_labels() {
    let lines = topics(800);
    for config in every_kind() {
        let (classifier, epochs) = learn(&lines[..600], &config);
        let report = classifier.test(&lines[600..], 1, 0.0);
        assert_eq!((report.examples, report.true_labels, report.predicted), (200, 200, 200));
        assert!(report.f1 > 0.97, "{config:?}: {report:?}");
        let (first, last) = (epochs[0], epochs[9]);
        assert!(last.loss < 0.5 * first.loss, "{config:?}: {epochs:?}");
        assert!(last.held_out < first.held_out, "{config:?}: {epochs:?}");
        let all = classifier.predict("a1 common3", 3, 0.0);
        assert_eq!((all.len(), &*all[0].label), (3, "__label__a"), "{config:?}");
        let sum: f32 = all.iter().map(|prediction| prediction.probability).sum();
        if matches!(config.loss, Loss::Softmax | Loss::HierarchicalSoftmax) {
            assert!((sum - 1.0).abs() < 1e-5, "{config:?}: {all:?}");
        }
        assert_eq!(classifier.predict("a1 common3", 3, all[1].probability), all[..2]);
    }
}

#[test]
fn before_learning_an_example_costs_what_chance_costs() {
    let lines = topics(60);
    let thing = |loss| Config { loss, rate: 1e-12, epochs: 1, ..config() };
    let cases = [
        (Loss::Softmax, 3f64.ln()),
        (Loss::OneVsAll, 3.0 * 2f64.ln()),
        (Loss::NegativeSampling, 6.0 * 2f64.ln()),
    ];
    for (loss, expected) in cases {
        let (_, epochs) = learn(&lines, &thing(loss));
        assert!((epochs[0].loss - expected).abs() < 1e-5, "{loss:?} {epochs:?}");
        assert!((epochs[0].held_out.unwrap() - expected).abs() < 1e-5, "{loss:?} {epochs:?}");
    }
}

#[test]
fn sequences_tell_what_single_words_cannot() {
    let lines = orders(400);
    let (words, _) = learn(&lines, &config());
    assert!(words.test(&lines, 1, 0.0).f1 < 0.7);
    let (pairs, _) = learn(&lines, &Config { word_ngrams: 2, ..config() });
    assert_eq!(pairs.test(&lines, 1, 0.0).f1, 1.0);
}

#[test]
fn one_thread_gives_the_same_bits_again() {
    let lines = topics(200);
    for config in every_kind() {
        let ((first, _), (second, _)) = (learn(&lines, &config), learn(&lines, &config));
        assert_eq!((&first.inputs, &first.outputs), (&second.inputs, &second.outputs));
        let (other, _) = learn(&lines, &Config { seed: 2, ..config });
        assert_ne!(first.inputs, other.inputs);
    }
}

#[test]
fn two_threads_learn_as_well() {
    let lines = topics(2000);
    let (classifier, _) = learn(&lines[..1500], &Config { threads: 2, ..config() });
    assert!(classifier.test(&lines[1500..], 1, 0.0).f1 > 0.97);
}

#[test]
fn a_text_with_several_labels_gets_them_one_against_all() {
    let lines: Vec<String> = ["__label__x __label__y both", "__label__x one", "__label__y two"]
        .iter()
        .cycle()
        .take(300)
        .map(|line| (*line).to_owned())
        .collect();
    let (classifier, _) = learn(&lines, &Config { loss: Loss::OneVsAll, ..config() });
    assert_eq!(classifier.predict("both", 5, 0.5).len(), 2);
    assert_eq!(classifier.predict("one", 5, 0.5)[0].label, "__label__x");
    assert_eq!(classifier.predict("one", 5, 0.5).len(), 1);
    let report = classifier.test(&lines[..3], 5, 0.5);
    assert_eq!((report.true_labels, report.predicted, report.f1), (4, 4, 1.0));
}

#[test]
fn words_and_labels_stand_as_in_fasttext() {
    let lines = ["#b z y y", "#a x y </s> #a z x x", "#b w", "#c"].map(str::to_owned);
    let config = Config { label: "#".to_owned(), minimum_count: 2, ..config() };
    let dictionary = examples(&lines, &config).dictionary;
    let words: Vec<&str> = dictionary.words.words().iter().map(|word| &**word).collect();
    let labels: Vec<&str> = dictionary.labels.words().iter().map(|label| &**label).collect();
    // What stands behind `</s>` in a line is lost; `w` is too rare.
    assert_eq!(words, ["</s>", "y"]);
    assert_eq!(labels, ["#b", "#a", "#c"]);
    assert_eq!(dictionary.words.counts(), [4, 3]);
    assert_eq!(dictionary.tokens, 4 + 4 + 6);
}

#[test]
fn rows_are_numbered_as_in_fasttext() {
    let lines = ["__label__a é b"].map(str::to_owned);
    let config = Config { word_ngrams: 3, shortest: 3, longest: 3, buckets: 97, ..config() };
    let dictionary = examples(&lines, &config).dictionary;
    let features = Features::new(&dictionary, &config, None);
    let line = features.line("__label__a é __label__unknown new", &dictionary, "__label__");
    assert_eq!(line.labels, [0]);
    let bucket = |bytes: &[u8]| 3 + subword::hash(bytes) % 97;
    // By hand: hashes as signed numbers, in 64 bits.
    let signed = |word: &str| i64::from(subword::hash(word.as_bytes()) as i32) as u64;
    let join = |a: u64, b: u64| a.wrapping_mul(116_049_371).wrapping_add(b);
    let [first, second, end] = ["é", "new", "</s>"].map(signed);
    let sequences = [join(first, second), join(join(first, second), end), join(second, end)]
        .map(|sequence| 3 + (sequence % 97) as u32);
    let place = |word| dictionary.words.place(word).unwrap();
    let mut expected = vec![place("é"), bucket("<é>".as_bytes())];
    expected.extend([bucket(b"<ne"), bucket(b"new"), bucket(b"ew>"), place("</s>")]);
    expected.extend(sequences);
    assert_eq!(line.rows, expected);
}

#[test]
fn codes_predict_as_numbers_do() {
    let lines = topics(600);
    let config = Config { word_ngrams: 2, ..config() };
    let examples = examples(&lines, &config);
    let (classifier, _) = learn(&lines, &config);
    let plain = Quantization::default();
    for quantization in [
        plain,
        Quantization { norms: true, outputs: true, ..plain },
        Quantization { keep: Some(60), ..plain },
        Quantization { keep: Some(30), part: 4, ..plain },
    ] {
        for again in [None, Some(&examples)] {
            let small = classifier.quantize(&quantization, again).unwrap();
            assert!(small.test(&lines, 1, 0.0).f1 > 0.95, "{quantization:?}");
            assert_eq!(small.inputs.rows(), quantization.keep.unwrap_or(classifier.inputs.rows()));
            let message = small.quantize(&plain, None).unwrap_err().to_string();
            assert!(message.contains("received a quantized one"), "{message}");
        }
    }
}

#[test]
fn a_search_finds_what_orders_need() {
    let lines = orders(300);
    let start = Config { epochs: 5, dimensions: 10, ..config() };
    let examples = examples(&lines[..200], &start);
    let search =
        Search { trials: 12, keep: vec![Setting::Epochs, Setting::Buckets], ..Search::default() };
    let run = |search: &Search| {
        let mut heard = 0;
        let tuned = autotune(&examples, &start, &lines[200..], search, &mut |trial| {
            heard += 1;
            assert_eq!(trial.number, heard);
            ControlFlow::Continue(())
        });
        tuned.unwrap()
    };
    let tuned = run(&search);
    assert_eq!(tuned.trials.len(), 12);
    assert_eq!(tuned.trials[0].config, start);
    let best = tuned.trials.iter().filter_map(|trial| trial.score).fold(0.0, f64::max);
    assert_eq!(best, 1.0);
    let chosen = tuned.trials.iter().rfind(|trial| trial.best).unwrap();
    assert!(chosen.config.has_ngrams());
    assert_eq!(chosen.config, tuned.classifier.config);
    assert!(
        tuned.trials.iter().all(|trial| (trial.config.epochs, trial.config.buckets) == (5, 500))
    );
    let again = run(&search);
    assert!(
        tuned
            .trials
            .iter()
            .zip(&again.trials)
            .all(|(a, b)| (&a.config, a.score) == (&b.config, b.score))
    );
    let label = Metric::LabelF1("__label__0".to_owned());
    assert!(run(&Search { trials: 2, metric: label, ..search }).trials[0].score.is_some());
}

#[test]
fn mistakes_are_named() {
    let lines = topics(10);
    for (config, part) in [
        (Config { dimensions: 0, ..config() }, "dimensions"),
        (Config { word_ngrams: 2, buckets: 0, ..config() }, "buckets"),
        (Config { shortest: 3, longest: 2, ..config() }, "shortest"),
        (Config { label: String::new(), ..config() }, "label"),
        (Config { label: "@".to_owned(), ..config() }, "\"@\""),
        (Config { minimum_count: 1000, ..config() }, "1000 times"),
    ] {
        let read = Examples::from_lines(lines.iter().map(String::as_str), &config);
        let message = read.err().unwrap().to_string();
        assert!(message.contains(part), "{message}");
    }
    let config = config();
    let search = Search::default();
    let read = examples(&lines, &config);
    let none = autotune(&read, &config, &["nothing".to_owned()], &search, &mut |_| {
        ControlFlow::Continue(())
    });
    assert!(none.unwrap_err().to_string().contains("1 validation lines"));
    let late = Search { seconds: Some(0.0), ..search };
    let none = autotune(&read, &config, &lines, &late, &mut |_| ControlFlow::Continue(()));
    assert!(none.unwrap_err().to_string().contains("no training ended"));
}
