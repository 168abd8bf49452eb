use super::*;
use crate::corpus;

/// Sentences of two topics that never mix: words of one topic should end up together.
fn topics() -> Corpus {
    let mut random = Random::keyed(&[9]);
    let lines: Vec<String> = (0..3000)
        .map(|line| {
            let topic = if line % 2 == 0 { "a" } else { "b" };
            let words: Vec<String> =
                (0..8).map(|_| format!("{topic}{}", random.below(10))).collect();
            words.join(" ")
        })
        .collect();
    let config = corpus::Config { minimum_count: 1, ..corpus::Config::default() };
    Corpus::from_lines(lines.iter().map(String::as_str), &config).unwrap()
}

fn config() -> Config {
    Config {
        dimensions: 24,
        epochs: 3,
        threads: 1,
        subsample: 0.0,
        rate: 0.05,
        ..Config::default()
    }
}

fn small_subwords() -> Option<subword::Config> {
    Some(subword::Config { shortest: 2, longest: 3, buckets: 50 })
}

fn every_kind() -> Vec<Config> {
    let mut kinds = Vec::new();
    for method in [Method::SkipGram, Method::Cbow, Method::StructuredSkipGram] {
        for output in [Output::NegativeSampling, Output::HierarchicalSoftmax] {
            for subwords in [None, small_subwords()] {
                kinds.push(Config { method, output, subwords, ..config() });
            }
        }
    }
    kinds
}

fn quietly(corpus: &Corpus, config: &Config) -> (Model, Vec<Epoch>) {
    let mut epochs = Vec::new();
    let model = train(corpus, config, &mut |progress| {
        epochs.extend(progress.ended);
        ControlFlow::Continue(())
    });
    (model.unwrap(), epochs)
}

#[test]
fn every_kind_puts_the_words_of_a_topic_together() {
    let corpus = topics();
    for config in every_kind() {
        let (model, epochs) = quietly(&corpus, &config);
        let vectors = model.vectors();
        let near = vectors.neighbours("a3", 9).unwrap();
        assert!(near.iter().all(|n| n.word.starts_with('a')), "{config:?}: {near:?}");
        let (first, last) = (epochs[0], epochs[2]);
        assert!(last.held_out < first.held_out, "{config:?}: {epochs:?}");
        assert!(
            last.loss > 0.0 && last.loss < 6.0 * std::f64::consts::LN_2,
            "{config:?}: {epochs:?}"
        );
    }
}

#[test]
fn before_learning_an_example_costs_what_chance_costs() {
    // All scores are 0, so that each of 1 + 5 decisions costs ln 2.
    let config = Config { rate: 1e-12, final_rate: 0.0, epochs: 1, ..config() };
    let (_, epochs) = quietly(&topics(), &config);
    let chance = 6.0 * std::f64::consts::LN_2;
    assert!((epochs[0].loss - chance).abs() < 1e-6, "{epochs:?}");
    assert!((epochs[0].held_out.unwrap() - chance).abs() < 1e-6, "{epochs:?}");
}

#[test]
fn one_thread_gives_the_same_bits_again() {
    let corpus = topics();
    for config in every_kind() {
        let ((first, _), (second, _)) = (quietly(&corpus, &config), quietly(&corpus, &config));
        assert_eq!(first.inputs, second.inputs);
        assert_eq!(first.outputs, second.outputs);
        let (other, _) = quietly(&corpus, &Config { seed: 2, ..config });
        assert_ne!(first.inputs, other.inputs);
    }
}

#[test]
fn two_threads_learn_as_well() {
    let corpus = topics();
    let (_, one) = quietly(&corpus, &config());
    let (model, two) = quietly(&corpus, &Config { threads: 2, ..config() });
    let (one, two) = (one[2].held_out.unwrap(), two[2].held_out.unwrap());
    assert!((one - two).abs() < 0.05 * one, "{one} {two}");
    assert!(model.inputs.values().iter().all(|value| value.is_finite()));
}

#[test]
fn structure_tells_words_apart_that_differ_in_their_order_only() {
    // p and r stand between x and y, q between y and x.
    let mut random = Random::keyed(&[5]);
    let lines: Vec<String> = (0..3000)
        .map(|_| {
            let (x, y) = (random.below(5), random.below(5));
            match random.below(3) {
                0 => format!("x{x} p y{y}"),
                1 => format!("x{x} r y{y}"),
                _ => format!("y{y} q x{x}"),
            }
        })
        .collect();
    let settings = corpus::Config { minimum_count: 1, ..corpus::Config::default() };
    let corpus = Corpus::from_lines(lines.iter().map(String::as_str), &settings).unwrap();
    let config = Config { window: 1, epochs: 6, ..config() };
    let gap = |method| {
        let vectors = quietly(&corpus, &Config { method, ..config.clone() }).0.vectors();
        vectors.cosine("p", "r").unwrap() - vectors.cosine("p", "q").unwrap()
    };
    assert!(gap(Method::StructuredSkipGram) > 0.5);
    assert!(gap(Method::SkipGram) < 0.2);
}

#[test]
fn a_window_that_does_not_shrink_pairs_all_of_a_sentence() {
    // Five words, each with the four others: one epoch of 1 500 sentences less those held out.
    let settings = corpus::Config { minimum_count: 1, ..corpus::Config::default() };
    let corpus = Corpus::from_lines(std::iter::repeat_n("a b c d e", 1500), &settings).unwrap();
    let examples = |shrink_window| {
        let config = Config { window: 1000, shrink_window, held_out: 0.0, epochs: 1, ..config() };
        let training = Training::new(&corpus, &config).unwrap();
        let common = training.common();
        let mut worker = Worker::new(&common, Pass::Learn);
        let chunk = corpus.tokens.reader().unwrap().chunk(0).unwrap().into_owned();
        worker.chunk(&chunk, 0, 0);
        worker.tally.examples
    };
    // Every 32nd place is measured.
    assert_eq!(examples(false), 4 * (1500 * 5 / 32));
}

#[test]
fn training_stops_when_asked_and_when_nothing_improves() {
    let corpus = topics();
    let mut reports = 0;
    let model = train(&corpus, &Config { epochs: 1000, ..config() }, &mut |progress| {
        reports += 1;
        if progress.ended.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert!(model.is_ok() && reports < 100);
    let patient = Config { epochs: 200, patience: Some(1), rate: 0.5, ..config() };
    assert!(quietly(&corpus, &patient).1.len() < 200);
}

#[test]
fn chances_to_stay_follow_word2vec() {
    // 1000 words, threshold .01: shares .9, .09, .01.
    let chances = chances(&[900, 90, 10], 0.01);
    let expected =
        [(0.01f64 / 0.9).sqrt() + 0.01 / 0.9, (0.01f64 / 0.09).sqrt() + 0.01 / 0.09, 1.0];
    for (chance, expected) in chances.iter().zip(expected) {
        assert!((f64::from(*chance) / 2f64.powi(32) - expected).abs() < 1e-6);
    }
}

#[test]
fn settings_that_make_no_sense_are_named() {
    let corpus = topics();
    for (config, name) in [
        (Config { dimensions: 0, ..config() }, "dimensions"),
        (Config { rate: f32::NAN, ..config() }, "rate"),
        (Config { held_out: 0.9, ..config() }, "held-out"),
        (
            Config {
                subwords: Some(subword::Config { shortest: 4, longest: 3, buckets: 1 }),
                ..config()
            },
            "subwords",
        ),
    ] {
        let error = train(&corpus, &config, &mut |_| ControlFlow::Continue(())).unwrap_err();
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[test]
fn resumed_is_straight_through() {
    let corpus = topics();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.safetensors");
    for config in every_kind() {
        let (straight, _) = quietly(&corpus, &config);
        let mut training = Training::new(&corpus, &config).unwrap();
        training.epoch(&mut |_| ControlFlow::Continue(())).unwrap();
        training.checkpoint().save(&path).unwrap();
        let checkpoint = Checkpoint::load(&path).unwrap();
        assert_eq!(checkpoint, training.checkpoint());
        let mut resumed = Training::resume(&corpus, checkpoint).unwrap();
        while !resumed.finished() {
            resumed.epoch(&mut |_| ControlFlow::Continue(())).unwrap();
        }
        assert_eq!(resumed.model().inputs, straight.inputs);
        assert_eq!(resumed.model().outputs, straight.outputs);
    }
}

#[test]
fn a_checkpoint_of_another_corpus_is_refused() {
    let corpus = topics();
    let checkpoint = Training::new(&corpus, &config()).unwrap().checkpoint();
    let settings = corpus::Config { minimum_count: 1, ..corpus::Config::default() };
    let other = Corpus::from_lines(["a b c"], &settings).unwrap();
    let message = Training::resume(&other, checkpoint).err().unwrap().to_string();
    assert!(message.contains("another corpus"), "{message}");
}
