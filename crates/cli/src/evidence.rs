//! The proof of a model: measured, written, and told.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use pith_data::collection::{Collection, Subset};
use pith_data::leakage;
use pith_learn::evidence::{self, Evidence};
use pith_learn::run::Run;
use pith_learn::{Model, Recipe, recipe};
use pith_space::direction;
use pith_space::direction::subspace::{self, Subspaces};
use pith_space::file::{Entry, Vectors};
use pith_space::index::{Index, Method};
use pith_space::projection::tsne;
use pith_space::proof::{Bar, Candidate, CandidateKind, Options, Proof};
use pith_space::report::{self, Curve, Directions, Extras, Picture, Point, Source, Subject};
use pith_space::{Matrix, Metric};
use serde_json::{Value, json};

use crate::arguments::Common;
use crate::output::print_line;
use crate::telling::{self, Told};
use crate::{interrupt, sheet, thumbnail};

/// Measures that the program prints; the report has all of them.
const SHOWN: &[&str] = &["knn", "linear", "few-shot-5", "recall@1", "map", "nmi", "rank"];

/// Reads the bars that a proof must clear.
pub fn bars(texts: &[String]) -> Result<Vec<Bar>> {
    let mut bars = Vec::new();
    for text in texts {
        bars.extend(Bar::parse_all(text)?);
    }
    Ok(bars)
}

/// What a proof is asked about.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// The model on trial.
    pub model: &'a Model,
    /// The samples.
    pub collection: &'a Collection,
    /// What it may cost.
    pub limits: &'a recipe::Proof,
    /// Decides everything that is drawn.
    pub seed: u64,
    /// How the report is called.
    pub title: &'a str,
    /// The recipe, where there is one.
    pub recipe: Option<&'a str>,
    /// What was measured while training, where there was one.
    pub metrics: Option<&'a Path>,
    /// The folder of the run's sheets, where there is one.
    pub pictures: Option<&'a Path>,
}

/// A proof, the vectors it was measured on, and where it was written.
pub struct Answer {
    /// The evidence.
    pub proof: Proof,
    /// The vectors.
    pub evidence: Evidence,
    /// For people.
    pub report: PathBuf,
}

/// Measures, and writes `proof.json` and `report.html` into a folder.
pub fn prove(question: &Question, folder: &Path, common: &Common) -> Result<Answer> {
    let Question { model, collection, limits, seed, .. } = *question;
    let say = |what: &str| {
        if !common.quiet {
            eprintln!("{what}");
        }
    };
    interrupt::end();
    say("proof: encoding with the model, the untrained encoder and the baselines");
    let evidence = evidence::gather(model, collection, limits, seed)?;
    if let [first, ..] = &evidence.skipped[..] {
        let count = evidence.skipped.len();
        let such = format!("such as {} ({})", first.id, first.reason);
        eprintln!("warning: {count} samples could not be read and were left out, {such}");
    }
    say("proof: measuring");
    let options = Options {
        seed,
        max_train: limits.train_limit,
        max_validation: limits.test_limit,
        max_test: limits.test_limit,
        ..Options::default()
    };
    let proof = Proof::measure(&evidence.inputs, &evidence.candidates, &options)?;
    fs_err::create_dir_all(folder)?;
    fs_err::write(folder.join("proof.json"), serde_json::to_vec_pretty(&proof)?)?;
    let directions = directions(&evidence, seed)?;
    if !directions.pairs.is_empty() {
        fs_err::write(folder.join("directions.json"), serde_json::to_vec_pretty(&directions)?)?;
    }
    let report = folder.join("report.html");
    fs_err::write(&report, page(question, &evidence, &proof, directions)?)?;
    Ok(Answer { proof, evidence, report })
}

/// Says what was found on standard output, and whether every bar was cleared.
pub fn tell(answer: &Answer, bars: &[Bar], common: &Common, more: Value) -> Result<ExitCode> {
    let shown = |name: &str| SHOWN.contains(&name);
    let told = Told { proof: &answer.proof, report: &answer.report, shown: &shown };
    telling::tell(&told, bars, common, more)
}

/// What leads from one class to another in the encoder's space and in principal components of the
/// input.
fn directions(evidence: &Evidence, seed: u64) -> Result<Directions> {
    let shown = |candidate: &&Candidate| {
        [CandidateKind::Encoder, CandidateKind::Pca].contains(&candidate.kind)
    };
    let candidates: Vec<&Candidate> = evidence.candidates.iter().filter(shown).collect();
    let options = direction::Options { seed, ..direction::Options::default() };
    let subspaces =
        candidates.iter().map(|candidate| subspace::measure(&evidence.inputs, candidate));
    let subspaces: Vec<Option<Subspaces>> = subspaces.collect::<Result<_, _>>()?;
    Ok(Directions {
        pairs: direction::measure(&evidence.inputs, &candidates, &options)?,
        subspaces: subspaces.into_iter().flatten().collect(),
    })
}

fn page(
    question: &Question,
    evidence: &Evidence,
    proof: &Proof,
    directions: Directions,
) -> Result<String> {
    let Question { model, collection, .. } = *question;
    let show = |source: Source, row: usize| {
        let (subset, split) = match source {
            Source::Train => (&collection.train, &evidence.inputs.train),
            Source::Test => (&collection.test, &evidence.inputs.test),
        };
        thumbnail::of(subset, split.ids.get(row)?)
    };
    let mut notes = collection.notes.clone();
    notes.push(leakage::find(collection).to_string());
    notes.extend(
        evidence.skipped.iter().map(|sample| format!("skipped {}: {}", sample.id, sample.reason)),
    );
    let sizes = [&collection.train, &collection.validation, &collection.test].map(Subset::len);
    Ok(report::render(
        proof,
        &Extras {
            title: question.title.to_owned(),
            facts: vec![
                ("samples".into(), format!("{} / {} / {}", sizes[0], sizes[1], sizes[2])),
                ("vectors".into(), format!("{} numbers", model.width())),
                ("model".into(), model.fingerprint().to_owned()),
            ],
            curves: question.metrics.map(curves).transpose()?.unwrap_or_default(),
            picture: picture(evidence),
            directions,
            sheets: question.pictures.map(sheet::read).transpose()?.unwrap_or_default(),
            thumbnail: Some(&show),
            notes,
            recipe: question.recipe.map(str::to_owned),
            subject: Subject::Samples,
        },
    ))
}

/// The test samples in the plane; none where there are too few to lay out.
fn picture(evidence: &Evidence) -> Option<Picture> {
    let layout = tsne::layout(&evidence.candidates.first()?.test).ok()?;
    let split = &evidence.inputs.test;
    let points = layout
        .rows
        .iter()
        .zip(&layout.at)
        .map(|(&row, &at)| Point { row, id: split.ids[row].clone(), label: split.labels[row], at })
        .collect();
    Some(Picture { method: layout.method, points })
}

/// Loss, kNN and rank over the steps of a training.
fn curves(metrics: &Path) -> Result<Vec<Curve>> {
    let text = fs_err::read_to_string(metrics)?;
    let lines: Vec<Value> =
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let curve = |key: &str, title: &str| Curve {
        title: title.into(),
        axis: "step".into(),
        points: lines
            .iter()
            .filter_map(|line| Some((line["step"].as_f64()?, line.get(key)?.as_f64()?)))
            .collect(),
    };
    Ok([("loss", "loss"), ("knn", "kNN accuracy, validation"), ("health/rankme", "RankMe")]
        .map(|(key, title)| curve(key, title))
        .into_iter()
        .filter(|curve| curve.points.len() > 1)
        .collect())
}

/// A training that is done.
pub struct Trained<'a> {
    /// Its folder.
    pub run: &'a Run,
    /// What was asked.
    pub recipe: &'a Recipe,
    /// The samples.
    pub collection: &'a Collection,
    /// What came of it.
    pub model: &'a Model,
    /// How well it tells classes, where it is a transfer.
    pub transfer: Option<Value>,
    /// How long it took.
    pub seconds: f64,
    /// What the proof must clear.
    pub bars: &'a [Bar],
    /// How to tell.
    pub common: &'a Common,
}

/// Proves and indexes what was trained, and shows an example search.
pub fn after_training(trained: &Trained) -> Result<ExitCode> {
    let Trained { run, recipe, collection, model, seconds, bars, common, .. } = *trained;
    let text = recipe.resolved();
    let title = run.folder().file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (metrics, pictures) = (run.metrics(), run.pictures());
    let question = Question {
        model,
        collection,
        limits: &recipe.proof,
        seed: recipe.train.seed,
        title: &title,
        recipe: Some(&text),
        metrics: Some(&metrics),
        pictures: Some(&pictures),
    };
    let answer = prove(&question, run.folder(), common)?;
    let index = index_training(&answer.evidence, collection, model)?;
    index.save(&run.index(), true)?;
    let code = tell(
        &answer,
        bars,
        common,
        json!({
            "run": run.folder(),
            "model": run.model(),
            "index": run.index(),
            "transfer": trained.transfer,
            "seconds": seconds,
        }),
    )?;
    if !common.json {
        print_line!("model   {}", run.model().display());
        print_line!("index   {}", run.index().display());
        example(&answer.evidence, &index, run)?;
    }
    Ok(code)
}

/// An exact index of the training samples, by cosine.
fn index_training(evidence: &Evidence, collection: &Collection, model: &Model) -> Result<Index> {
    let split = &evidence.inputs.train;
    let entries = split
        .ids
        .iter()
        .zip(&split.labels)
        .map(|(id, label)| Entry {
            id: id.clone(),
            label: label.map(|label| collection.classes[label as usize].clone()),
        })
        .collect();
    let matrix = evidence.candidates[0].train.clone();
    let vectors = Vectors { entries, matrix };
    Ok(Index::build(vectors, Method::Exact, Metric::Cosine, model.fingerprint(), None)?)
}

/// The neighbours of the first test sample, and how to ask for others.
fn example(evidence: &Evidence, index: &Index, run: &Run) -> Result<()> {
    let split = &evidence.inputs.test;
    let Some(id) = split.ids.first() else { return Ok(()) };
    let query: Matrix = evidence.candidates[0].test.select(&[0]);
    let found = index.search(&query, 3)?;
    print_line!("\nnearest to {id} (a test sample):");
    for (&row, score) in found.ids_of(0).iter().zip(found.scores_of(0)) {
        print_line!("  {score:.3}  {}", index.entries()[row as usize].id);
    }
    print_line!("\nsearch with a picture of your own:");
    print_line!(
        "  pith search {} PICTURE.png --model {}",
        run.index().display(),
        run.folder().display()
    );
    Ok(())
}
