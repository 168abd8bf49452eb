//! The proof of document vectors: labels of documents that were not learned from, told by inferred
//! vectors, beside TF-IDF and means of word vectors.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, ensure};
use pith_learn::recipe as learn;
use pith_space::Matrix;
use pith_space::proof::{Bar, Candidate, CandidateKind, Inputs, Options, Proof, Split};
use pith_space::report::{self, Extras};
use pith_tables::evaluate::baseline;
use pith_tables::items::ranking::mean;
use pith_tables::train::subword::hash;
use pith_tables::{Corpus, train};
use serde_json::Value;

use super::{Document, Recipe};
use crate::arguments::Common;
use crate::telling::{self, Told};

/// Numbers of a hashed TF-IDF vector.
const HASHED: usize = 2048;
/// Share of the learned documents by which the probes choose their settings.
const VALIDATION: f64 = 0.1;
/// Measures that are printed; the report has all.
const SHOWN: [&str; 5] = ["knn", "linear", "map", "nmi", "rank"];

/// What a proof is asked about.
pub struct Question<'a> {
    /// What was learned from, with its vectors.
    pub learned: (&'a [Document], &'a Matrix),
    /// What was not, with inferred vectors.
    pub test: (&'a [Document], &'a Matrix),
    /// The recipe.
    pub recipe: &'a Recipe,
    /// Draws resamples and random vectors.
    pub seed: u64,
    /// How the report is called.
    pub title: &'a str,
}

/// Measures, writes `proof.json` and `report.html` into a folder, and tells; the exit code is 1 where a
/// bar was missed.
pub fn prove(
    question: &Question,
    folder: &Path,
    bars: &[Bar],
    common: &Common,
    more: Value,
) -> Result<ExitCode> {
    ensure!(!question.test.0.is_empty(), "no documents to judge by; name some in data.test");
    if !common.quiet {
        eprintln!("proof: measuring the document vectors and the baselines");
    }
    let (learned, vectors) = question.learned;
    let held =
        |document: &&Document| pith_tables::supervised::is_held_out(&document.id, VALIDATION);
    let (validation, train): (Vec<usize>, Vec<usize>) =
        (0..learned.len()).partition(|&row| held(&&learned[row]));
    let rows = Rows { train, validation };
    let mut candidates = vec![rows.candidate(
        "document vectors",
        CandidateKind::Encoder,
        vectors,
        question.test.1.clone(),
    )];
    for (name, kind, encode) in baselines(question)? {
        let all = encode(learned);
        candidates.push(rows.candidate(name, kind, &all, encode(question.test.0)));
    }
    let inputs = rows.inputs(learned, question.test.0);
    let limits = learn::Proof::default();
    let options = Options {
        seed: question.seed,
        max_train: limits.train_limit,
        max_validation: limits.test_limit,
        max_test: limits.test_limit,
        ..Options::default()
    };
    let proof = Proof::measure(&inputs, &candidates, &options)?;
    fs_err::create_dir_all(folder)?;
    fs_err::write(folder.join("proof.json"), serde_json::to_vec_pretty(&proof)?)?;
    let report = folder.join("report.html");
    let extras = Extras {
        title: question.title.to_owned(),
        facts: vec![
            ("documents".into(), format!("{} / {}", learned.len(), question.test.0.len())),
            ("vectors".into(), format!("{} numbers", vectors.width())),
        ],
        notes: vec![
            "test documents were not learned from: their vectors are inferred".into(),
            "TF-IDF: logarithm of the count times that of the rarity, hashed with signs".into(),
        ],
        recipe: Some(question.recipe.resolved()?),
        ..Extras::default()
    };
    fs_err::write(&report, report::render(&proof, &extras))?;
    let shown = |name: &str| SHOWN.contains(&name);
    telling::tell(&Told { proof: &proof, report: &report, shown: &shown }, bars, common, more)
}

/// Which learned documents are which split of the probes.
struct Rows {
    train: Vec<usize>,
    validation: Vec<usize>,
}

impl Rows {
    fn candidate(&self, name: &str, kind: CandidateKind, all: &Matrix, test: Matrix) -> Candidate {
        Candidate {
            name: name.into(),
            kind,
            train: all.select(&self.train),
            validation: all.select(&self.validation),
            test,
        }
    }

    fn inputs(&self, learned: &[Document], test: &[Document]) -> Inputs {
        let mut classes: Vec<String> =
            learned.iter().chain(test).filter_map(|document| document.label.clone()).collect();
        classes.sort();
        classes.dedup();
        let number = |label: &String| classes.binary_search(label).ok().map(|at| at as u32);
        let split = |documents: &mut dyn Iterator<Item = &Document>| {
            let mut split = Split::default();
            for document in documents {
                split.ids.push(document.id.clone());
                split.labels.push(document.label.as_ref().and_then(number));
            }
            split
        };
        Inputs {
            train: split(&mut self.train.iter().map(|&row| &learned[row])),
            validation: split(&mut self.validation.iter().map(|&row| &learned[row])),
            test: split(&mut test.iter()),
            classes,
        }
    }
}

type Encode = Box<dyn Fn(&[Document]) -> Matrix>;

/// What document vectors must beat.
fn baselines(question: &Question) -> Result<Vec<(&'static str, CandidateKind, Encode)>> {
    let (learned, recipe) = (question.learned.0, question.recipe);
    let words = learned.iter().map(|document| &document.words);
    let corpus = Corpus::from_sentences(words, &recipe.corpus)?;
    let settings = &recipe.documents;
    let config = train::Config {
        dimensions: settings.dimensions,
        seed: settings.seed,
        threads: settings.threads,
        ..train::Config::default()
    };
    let model = train(&corpus, &config, &mut |_| ControlFlow::Continue(()))?;
    let known = corpus.vocabulary.words();
    let random = baseline::random(known, settings.dimensions, question.seed);
    let means = |vectors: pith_tables::Vectors| -> Encode {
        Box::new(move |documents| {
            let rows = documents.iter().flat_map(|document| mean(&document.words, &vectors));
            Matrix::new(documents.len(), vectors.matrix().width(), rows.collect())
        })
    };
    let rarity = rarity(learned);
    let count = learned.len() as f32;
    let hashed: Encode = Box::new(move |documents| {
        let rows = documents.iter().flat_map(|document| tf_idf(document, &rarity, count));
        Matrix::new(documents.len(), HASHED, rows.collect())
    });
    Ok(vec![
        ("TF-IDF, hashed", CandidateKind::RawInput, hashed),
        ("mean word vectors", CandidateKind::RawInput, means(model.vectors())),
        ("random word vectors", CandidateKind::Untrained, means(random)),
    ])
}

/// In how many documents each word is.
fn rarity(documents: &[Document]) -> HashMap<String, f32> {
    let mut counts = HashMap::new();
    for document in documents {
        let mut words: Vec<&String> = document.words.iter().collect();
        words.sort_unstable();
        words.dedup();
        words.into_iter().for_each(|word| *counts.entry(word.clone()).or_default() += 1.0);
    }
    counts
}

/// `(1 + ln tf) ln(n / df)` of every word, added with a sign at a place that follow from its hash
/// (Weinberger et al., 2009), scaled to length one; words of no learned document are left out.
fn tf_idf(document: &Document, rarity: &HashMap<String, f32>, documents: f32) -> Vec<f32> {
    let mut counts: HashMap<&str, f32> = HashMap::new();
    document.words.iter().for_each(|word| *counts.entry(word).or_default() += 1.0);
    let mut words: Vec<(&str, f32)> = counts.into_iter().collect();
    words.sort_by(|one, other| one.0.cmp(other.0));
    let mut row = vec![0.0; HASHED];
    for (word, count) in words {
        let Some(holders) = rarity.get(word) else { continue };
        let place = hash(word.as_bytes()) as usize % (2 * HASHED);
        let sign = if place.is_multiple_of(2) { 1.0 } else { -1.0 };
        row[place / 2] += sign * (1.0 + count.ln()) * (documents / holders).ln();
    }
    let length = row.iter().map(|value| value * value).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
    row.iter_mut().for_each(|value| *value /= length);
    row
}
