//! The proof of a classifier: lines that it did not learn from, beside the label that is most frequent.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use pith_space::bootstrap::{Bootstrap, Statistic};
use pith_space::probe::{Better, Unit};
use pith_space::proof::{
    Assembly, Bar, CandidateKind, CandidateRecord, MeasureRecord, Measured, Options, Proof,
    SplitSize,
};
use pith_space::report::{self, Extras};
use pith_tables::supervised::{Answer, Classifier};
use serde_json::Value;

use crate::arguments::Common;
use crate::telling::{self, Told};

/// Name, title and meaning of every measure.
const MEASURES: [(&str, &str, &str); 3] = [
    (
        "precision-at-1",
        "precision at 1",
        "share of texts whose most probable label is one of theirs",
    ),
    (
        "recall-at-1",
        "recall at 1",
        "of the labels of a text the share that was predicted, in the mean",
    ),
    (
        "macro-f1",
        "macro F1",
        "mean over the labels of the test texts of F1, rare ones as much as others",
    ),
];

/// What a proof is asked about.
pub struct Question<'a> {
    /// The classifier on trial; a small one, and then the one that it was made of.
    pub classifiers: &'a [(&'a str, &'a Classifier)],
    /// Labelled lines.
    pub test: &'a [String],
    /// Draws resamples.
    pub seed: u64,
    /// How the report is called.
    pub title: &'a str,
    /// The recipe, where there is one.
    pub recipe: Option<&'a str>,
}

/// Reads bars, and refuses those on measures that such a proof does not take.
pub fn bars(texts: &[String]) -> Result<Vec<Bar>> {
    let known = MEASURES.map(|measure| measure.0);
    let mut bars = Vec::new();
    for text in texts {
        bars.extend(Bar::parse_any(text)?);
    }
    bars.iter().try_for_each(|bar| bar.known_among(&known))?;
    Ok(bars)
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
    let (proof, report) = write(question, folder)?;
    telling::tell(&Told { proof: &proof, report: &report, shown: &|_| true }, bars, common, more)
}

fn write(question: &Question, folder: &Path) -> Result<(Proof, PathBuf)> {
    let (_, first) = question.classifiers.first().context("no classifier is on trial")?;
    let answers = first.answers(question.test, 1, 0.0);
    let (given, used) = (question.test.len(), answers.len());
    ensure!(
        used > 0,
        "none of the {given} test lines has a label and a word of the training; labels begin with {:?}",
        first.config.label
    );
    let mut candidates = Vec::new();
    for (at, (name, classifier)) in question.classifiers.iter().enumerate() {
        let kind = if at == 0 { CandidateKind::Encoder } else { CandidateKind::RawInput };
        let answers = classifier.answers(question.test, 1, 0.0);
        // One that lost so many words that it reads fewer lines cannot be compared line by line.
        if answers.len() == used {
            candidates.push(measured(name, kind, classifier, &answers));
        }
    }
    // Labels stand by falling count: the first is the most frequent.
    let majority = |answer: Answer| Answer { predicted: vec![0], ..answer };
    let frequent: Vec<Answer> = answers.into_iter().map(majority).collect();
    candidates.push(measured("most frequent label", CandidateKind::Untrained, first, &frequent));
    let options = Options::default();
    let protocol =
        format!("{used} of {given} lines; the others have no label or no word of the training");
    let record = |(name, title, says): (&str, &str, &str)| MeasureRecord {
        name: name.into(),
        title: title.into(),
        probe: "labels".into(),
        says: says.into(),
        better: Better::Higher,
        unit: Unit::Share,
        protocol: protocol.clone(),
    };
    let mut proof = Assembly {
        candidates,
        measures: MEASURES.map(record).into(),
        omitted: Vec::new(),
        bootstrap: Bootstrap { seed: question.seed, resamples: options.resamples },
        leading: &["precision-at-1"],
        nothing: "nothing was compared",
    }
    .proof();
    proof.sizes.test = SplitSize { given, used, labelled: used };
    fs_err::create_dir_all(folder)?;
    fs_err::write(folder.join("proof.json"), serde_json::to_vec_pretty(&proof)?)?;
    let report = folder.join("report.html");
    let dictionary = &first.dictionary;
    let extras = Extras {
        title: question.title.to_owned(),
        facts: vec![
            ("labels".into(), dictionary.labels.len().to_string()),
            ("words".into(), dictionary.words.len().to_string()),
            ("test lines".into(), used.to_string()),
        ],
        recipe: question.recipe.map(str::to_owned),
        ..Extras::default()
    };
    fs_err::write(&report, report::render(&proof, &extras))?;
    Ok((proof, report))
}

fn measured(
    name: &str,
    kind: CandidateKind,
    classifier: &Classifier,
    answers: &[Answer],
) -> Measured {
    let hits = |answer: &Answer| {
        answer.predicted.iter().filter(|label| answer.truth.contains(label)).count() as f64
    };
    let recall = |answer: &Answer| hits(answer) / answer.truth.len() as f64;
    let labels = classifier.report(answers).labels;
    let seen: Vec<f64> =
        labels.iter().filter(|label| label.examples > 0).map(|label| label.f1).collect();
    let macro_f1 = seen.iter().sum::<f64>() / seen.len().max(1) as f64;
    let record = CandidateRecord { name: name.into(), kind, ..CandidateRecord::default() };
    let readings = [
        Statistic::Mean(answers.iter().map(hits).collect()),
        Statistic::Mean(answers.iter().map(recall).collect()),
        Statistic::Value(macro_f1),
    ];
    let named = MEASURES.iter().map(|measure| measure.0.to_owned()).zip(readings);
    Measured { record, readings: named.collect() }
}
