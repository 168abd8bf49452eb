//! Documents of known topics, and refusals.

use super::*;
use crate::vectors::{dot, normalize};

/// Documents of two topics, which share half of their words.
fn documents() -> (Vec<Vec<String>>, Vocabulary) {
    let mut random = Random::keyed(&[6]);
    let mut word = |topic: &str| {
        let topic = if random.below(2) == 0 { "common" } else { topic };
        format!("{topic}{}", random.below(12))
    };
    let topics = |number: usize| if number.is_multiple_of(2) { "a" } else { "b" };
    let documents: Vec<Vec<String>> =
        (0..200).map(|number| (0..20).map(|_| word(topics(number))).collect()).collect();
    let config = crate::corpus::Config { minimum_count: 1, ..Default::default() };
    let corpus = crate::Corpus::from_sentences(&documents, &config).unwrap();
    (documents, corpus.vocabulary.clone())
}

fn config() -> Config {
    Config { dimensions: 12, threads: 1, subsample: 0.0, rate: 0.1, ..Config::default() }
}

fn cosine(one: &[f32], other: &[f32]) -> f32 {
    let (mut one, mut other) = (one.to_vec(), other.to_vec());
    normalize(&mut one);
    normalize(&mut other);
    dot(&one, &other)
}

#[test]
fn documents_and_new_ones_lie_with_their_topic() {
    let (documents, vocabulary) = documents();
    for threads in [1, 2] {
        let mut losses = Vec::new();
        let config = Config { threads, ..config() };
        let learn = Documents::learn(&documents[2..], &vocabulary, &config, &mut |_, loss| {
            losses.push(loss);
        });
        let learned = learn.unwrap();
        assert!(losses[19] < 0.9 * losses[0], "{losses:?}");
        for (new, document) in documents[..2].iter().enumerate() {
            let vector = learned.infer(document);
            assert_eq!(vector, learned.infer(document));
            let mean = |topic: usize| -> f32 {
                let rows = (0..198).filter(|row| row % 2 == topic);
                rows.map(|row| cosine(&vector, learned.vectors.row(row))).sum::<f32>() / 99.0
            };
            assert!(mean(new) > mean(1 - new) + 0.5, "{} {}", mean(new), mean(1 - new));
        }
        assert_eq!(learned.infer(&["unknown"]), [0.0; 12]);
        let (outputs, counts) = learned.outputs();
        let again = Documents::of(&outputs, counts, &config).unwrap();
        assert_eq!(again.infer(&documents[0]), learned.infer(&documents[0]));
        let wider = Config { dimensions: 13, ..config };
        let told = Documents::of(&outputs, counts, &wider).err().unwrap().to_string();
        assert!(told.contains("12"), "{told}");
    }
}

#[test]
fn one_thread_gives_the_same_bits_again() {
    let (documents, vocabulary) = documents();
    let learn = |config: &Config| {
        Documents::learn(&documents, &vocabulary, config, &mut |_, _| ()).unwrap().vectors
    };
    assert_eq!(learn(&config()), learn(&config()));
    assert_ne!(learn(&config()), learn(&Config { seed: 2, ..config() }));
}

#[test]
fn at_first_a_word_costs_what_chance_costs() {
    let (documents, vocabulary) = documents();
    let config = Config { rate: 0.0, final_rate: 0.0, epochs: 1, ..config() };
    let mut first = 0.0;
    Documents::learn(&documents, &vocabulary, &config, &mut |_, loss| first = loss).unwrap();
    // One and at most five decisions; a negative that is the word itself is left out.
    let chance = std::f64::consts::LN_2;
    assert!(first < 6.0 * chance && first > 5.5 * chance, "{first}");
}

#[test]
fn what_cannot_be_learned_is_named() {
    let (documents, vocabulary) = documents();
    let error = |documents: &[Vec<String>], config: &Config| {
        let learned = Documents::learn(documents, &vocabulary, config, &mut |_, _| ());
        learned.err().unwrap().to_string()
    };
    assert!(error(&documents, &Config { negatives: 0, ..config() }).contains("negatives"));
    assert!(error(&[vec!["unknown".to_owned()]], &config()).contains("vocabulary"));
}
