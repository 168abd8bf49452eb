use super::*;
use crate::corpus;
use crate::train::{Checkpoint, Course};

/// Sentences of two topics that never mix.
fn topics() -> Corpus {
    let mut random = Random::keyed(&[9]);
    let line = |line: usize, random: &mut Random| -> String {
        let topic = if line.is_multiple_of(2) { "a" } else { "b" };
        let words: Vec<String> = (0..8).map(|_| format!("{topic}{}", random.below(10))).collect();
        words.join(" ")
    };
    let lines: Vec<String> = (0..600).map(|number| line(number, &mut random)).collect();
    let config = corpus::Config { minimum_count: 1, ..corpus::Config::default() };
    Corpus::from_lines(lines.iter().map(String::as_str), &config).unwrap()
}

fn config() -> Config {
    Config { dimensions: 12, window: 4, epochs: 20, threads: 1, memory: 1, ..Config::default() }
}

fn quietly(corpus: &Corpus, config: &Config, limit: usize) -> (Vectors, Vec<f64>) {
    let mut losses = Vec::new();
    let learner = Learner::new(corpus.vocabulary.len(), config);
    let training = Training::with(corpus, config.clone(), learner, Course::default(), limit);
    let mut training = training.unwrap();
    while !training.finished() {
        losses.push(training.epoch(&AtomicBool::new(false)).unwrap().unwrap().loss);
    }
    (training.vectors(), losses)
}

#[test]
fn resumed_is_straight_through() {
    let corpus = topics();
    let (straight, losses) = quietly(&corpus, &config(), config().limit());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("words.safetensors");
    let mut training = Training::new(&corpus, &config()).unwrap();
    for _ in 0..7 {
        training.epoch(&AtomicBool::new(false)).unwrap().unwrap();
    }
    training.checkpoint().save(&path).unwrap();
    assert!(training.epoch(&AtomicBool::new(true)).unwrap().is_none(), "it was to stop");
    let mut resumed = Training::resume(&corpus, Checkpoint::load(&path).unwrap()).unwrap();
    let mut last = None;
    while !resumed.finished() {
        last = resumed.epoch(&AtomicBool::new(false)).unwrap();
    }
    assert_eq!(resumed.vectors().matrix(), straight.matrix());
    let last = last.unwrap();
    assert_eq!((last.loss, last.resumed, last.epoch), (losses[19], 7, 19));
    let settings = corpus::Config { minimum_count: 1, ..corpus::Config::default() };
    let other = Corpus::from_lines(["a b c"], &settings).unwrap();
    let told = Training::resume(&other, Checkpoint::load(&path).unwrap()).err().unwrap();
    assert!(told.to_string().contains("another corpus"), "{told}");
}

#[test]
fn one_thread_gives_the_same_bits_again_from_memory_and_from_files() {
    let corpus = topics();
    let (first, losses) = quietly(&corpus, &config(), 1 << 20);
    let (second, _) = quietly(&corpus, &config(), 1 << 20);
    assert_eq!(first.matrix(), second.matrix());
    assert!(losses[19] < 0.05 * losses[0], "{losses:?}");
    let (other, _) = quietly(&corpus, &Config { seed: 2, ..config() }, 1 << 20);
    assert_ne!(first.matrix(), other.matrix());
    let (from_files, losses_of_files) = quietly(&corpus, &config(), 50);
    assert_eq!(quietly(&corpus, &config(), 50).0.matrix(), from_files.matrix());
    // The same pairs in another order.
    assert!((losses_of_files[19] - losses[19]).abs() < 0.2 * losses[19], "{losses_of_files:?}");
}

#[test]
fn words_that_never_meet_are_not_near() {
    // Words that meet have products near ln X, others are only held by their topic.
    let (vectors, _) = quietly(&topics(), &config(), 1 << 20);
    let near = vectors.neighbours("a3", 9).unwrap();
    assert!(near.iter().all(|neighbour| neighbour.word.starts_with('a')), "{near:?}");
}

#[test]
fn two_threads_learn_as_well() {
    let corpus = topics();
    let (_, one) = quietly(&corpus, &config(), 50);
    let (vectors, two) = quietly(&corpus, &Config { threads: 2, ..config() }, 50);
    assert!((one[19] - two[19]).abs() < 0.3 * one[19], "{one:?} {two:?}");
    assert!(vectors.matrix().values().iter().all(|value| value.is_finite()));
}

#[test]
fn the_first_loss_is_that_of_the_counts() {
    // At first all products are near 0, so that a pair costs f(X) ln² X: one epoch at no rate.
    let settings = corpus::Config { minimum_count: 1, ..corpus::Config::default() };
    let corpus = Corpus::from_lines(["a b", "a b", "a c a"], &settings).unwrap();
    let config = Config { rate: 1e-12, epochs: 1, dimensions: 1000, ..config() };
    let (_, losses) = quietly(&corpus, &config, 1000);
    // X: a-b 2, a-c 2, a-a 1 (1/2 from either side).
    let cost = (2f64 / 100.0).powf(0.75) * 2f64.ln().powi(2);
    let expected = 4.0 * cost / 5.0;
    assert!((losses[0] - expected).abs() < 2e-3 * expected, "{losses:?} {expected}");
}

#[test]
fn settings_that_make_no_sense_are_named() {
    let corpus = topics();
    let quiet = &mut |_: &Progress| ControlFlow::Continue(());
    for (config, name) in [
        (Config { window: 0, ..config() }, "window"),
        (Config { alpha: -1.0, ..config() }, "alpha"),
        (Config { memory: 0, ..config() }, "memory"),
    ] {
        let message = train(&corpus, &config, quiet).unwrap_err().to_string();
        assert!(message.contains(name), "{message}");
    }
    let settings = corpus::Config { minimum_count: 1, ..corpus::Config::default() };
    let lonely = Corpus::from_lines(["a", "b"], &settings).unwrap();
    assert!(train(&lonely, &config(), quiet).is_err());
}
