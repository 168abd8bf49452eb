//! What is read of each candidate: agreement with people, analogies, geometry.

use std::path::Path;

use anyhow::Result;
use pith_space::Matrix;
use pith_space::bootstrap::Statistic;
use pith_space::probe::geometry::PROBE as GEOMETRY;
use pith_space::probe::{Better, Labelled, Settings, Space, Unit};
use pith_space::proof::{CandidateRecord, MeasureRecord, Measured, Omission};
use pith_tables::Vectors;
use pith_tables::evaluate::{self, Answer, Pair};
use pith_tables::vectors::Analogy;
use serde_json::Value;

use super::candidates::{AMONG, Candidate};
use crate::words::Model;
use crate::words::sets::{Set, Task};

/// Vectors behind the geometry.
const SPACE: usize = 5000;
/// The loss of a run on sentences that it did not learn from.
const HELD_OUT: &str = "held-out-loss";

/// A set and what it asks.
pub struct Judged<'a> {
    /// The set.
    pub set: &'a Set,
    /// Its pairs, where it asks for likeness.
    pub pairs: Vec<Pair>,
}

impl<'a> Judged<'a> {
    /// Reads the pairs; analogies are read again when they are asked.
    pub fn read(set: &'a Set) -> Result<Self> {
        let pairs = match set.task {
            Task::Similarity => evaluate::pairs(&set.path)?,
            Task::Analogies => {
                evaluate::answers(&Vectors::default(), &set.path, Analogy::Sum, 0)?;
                Vec::new()
            }
        };
        Ok(Self { set, pairs })
    }

    /// The words of the pairs.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.pairs.iter().flat_map(|pair| &pair.words).map(String::as_str)
    }

    /// Pairs that a candidate has both vectors of, as statistic of its cosines.
    fn ranks(&self, candidate: &Candidate) -> (Statistic, usize) {
        let (mut found, mut truth) = (Vec::new(), Vec::new());
        let vectors = &candidate.vectors;
        for Pair { words: [first, second], score } in &self.pairs {
            let pair = evaluate::find(vectors, first).zip(evaluate::find(vectors, second));
            if let Some(Ok(cosine)) = pair.map(|(first, second)| vectors.cosine(first, second)) {
                found.push(f64::from(cosine));
                truth.push(*score);
            }
        }
        let known = found.len();
        (Statistic::Ranks { found, truth }, known)
    }
}

/// Whether an answer belongs to a part.
type Belongs = fn(&Answer) -> bool;

/// The parts of a set of analogies: all, those about meaning, those about grammar.
fn parts(name: &str) -> [(String, Belongs); 3] {
    [
        (name.to_owned(), |_| true),
        (format!("{name}-semantic"), |answer| !answer.section.starts_with("gram")),
        (format!("{name}-syntactic"), |answer| answer.section.starts_with("gram")),
    ]
}

/// Names of all measures that may be taken.
pub fn names(sets: &[Set]) -> Vec<String> {
    let mut names = Vec::new();
    for set in sets {
        match set.task {
            Task::Similarity => names.push(set.name.clone()),
            Task::Analogies => names.extend(parts(&set.name).map(|part| part.0)),
        }
        names.push(format!("{}-coverage", set.name));
    }
    names.push(HELD_OUT.to_owned());
    names.extend(GEOMETRY.measures.iter().map(|measure| measure.name.to_owned()));
    names
}

/// Everything that is read of a candidate; what cannot be read is added to what was omitted.
pub fn measure(
    candidate: &Candidate,
    sets: &[Judged],
    omitted: &mut Vec<Omission>,
) -> Result<Measured> {
    let mut readings = Vec::new();
    for judged in sets {
        let name = &judged.set.name;
        let (known, asked) = match judged.set.task {
            Task::Similarity => {
                let (statistic, known) = judged.ranks(candidate);
                readings.push((name.clone(), statistic));
                (known, judged.pairs.len())
            }
            Task::Analogies => {
                let (among, path) = (candidate.frequent, &judged.set.path);
                let answers = evaluate::answers(&candidate.vectors, path, Analogy::Sum, among)?;
                let known =
                    |answer: &Answer| answer.correct.map(|right| f64::from(u8::from(right)));
                for (name, belongs) in parts(name) {
                    let part = answers.iter().filter(|answer| belongs(answer));
                    readings.push((name, Statistic::Mean(part.filter_map(known).collect())));
                }
                (answers.iter().filter_map(known).count(), answers.len())
            }
        };
        let share = known as f64 / asked.max(1) as f64;
        readings.push((format!("{name}-coverage"), Statistic::Value(share)));
    }
    let mut record = CandidateRecord {
        name: candidate.name.into(),
        kind: candidate.kind,
        width: candidate.vectors.matrix().width(),
        ..CandidateRecord::default()
    };
    let vectors = candidate.first(SPACE);
    let none = Matrix::empty(vectors.width());
    let labelled = || Labelled::new(&none, &[]);
    let space = Space {
        train: labelled(),
        validation: labelled(),
        test: labelled(),
        all_test: &vectors,
        classes: 0,
    };
    match GEOMETRY.run(&space, &Settings::default()) {
        Ok(outcome) => {
            let of_geometry = outcome.readings.into_iter();
            readings.extend(of_geometry.map(|(name, statistic)| (name.to_owned(), statistic)));
            record.spectrum = outcome.spectrum;
            record.notes = outcome.notes;
        }
        Err(error) => omitted.push(Omission {
            probe: GEOMETRY.name.into(),
            candidate: Some(candidate.name.into()),
            reason: error.to_string(),
        }),
    }
    Ok(Measured { record, readings })
}

/// The last loss on held-out sentences that a training wrote down.
pub fn held_out(metrics: &Path) -> Result<Option<(String, Statistic)>> {
    let text = fs_err::read_to_string(metrics)?;
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let last = lines.filter_map(|line| line["held-out"].as_f64()).next_back();
    Ok(last.map(|loss| (HELD_OUT.to_owned(), Statistic::Value(loss))))
}

/// What the measures mean and how they were taken.
pub fn records(model: &Model, candidate: &Candidate, sets: &[Judged]) -> Vec<MeasureRecord> {
    let mut records = Vec::new();
    for judged in sets {
        let (name, title) = (&judged.set.name, &judged.set.title);
        let mut record = |name: String, title: String, says: &str, unit, protocol: &str| {
            records.push(MeasureRecord {
                name,
                title,
                probe: "agreement with people".into(),
                says: says.into(),
                better: Better::Higher,
                unit,
                protocol: protocol.into(),
            });
        };
        let protocol = match judged.set.task {
            Task::Similarity => {
                let protocol = pairs_protocol(model, candidate, judged);
                let says = "rank correlation (Spearman) of cosines with what people judged";
                record(name.clone(), title.clone(), says, Unit::Number, &protocol);
                protocol
            }
            Task::Analogies => {
                let protocol = format!(
                    "3CosAdd among the {} most frequent words, the three given ones left out; \
                     questions with another word are left out and counted; {AMONG} words at most",
                    candidate.frequent
                );
                let says = "share of analogies whose fourth word came first";
                let titles = ["", ", meaning", ", grammar"];
                for ((name, _), part) in parts(name).into_iter().zip(titles) {
                    record(name, format!("{title}{part}"), says, Unit::Share, &protocol);
                }
                protocol
            }
        };
        let says = "share that could be asked, all words having a vector";
        record(
            format!("{name}-coverage"),
            format!("{title}, coverage"),
            says,
            Unit::Share,
            &protocol,
        );
    }
    records.push(MeasureRecord {
        name: HELD_OUT.into(),
        title: "held-out loss".into(),
        probe: "training".into(),
        says: "mean loss of an example of sentences that were not learned from, in nats".into(),
        better: Better::Lower,
        unit: Unit::Number,
        protocol: "measured after the last epoch of the training".into(),
    });
    let rows = candidate.frequent.min(SPACE);
    records.extend(GEOMETRY.measures.iter().map(|measure| MeasureRecord {
        name: measure.name.into(),
        title: measure.title.into(),
        probe: GEOMETRY.name.into(),
        says: measure.says.into(),
        better: measure.better,
        unit: measure.unit,
        protocol: format!("the vectors of the {rows} most frequent words; no interval"),
    }));
    records
}

/// How many pairs were asked, how many of them through n-grams, how many were left out.
fn pairs_protocol(model: &Model, candidate: &Candidate, judged: &Judged) -> String {
    let (_, known) = judged.ranks(candidate);
    let in_vocabulary = |pair: &&Pair| pair.words.iter().all(|word| model.find(word).is_some());
    let spelled = known - judged.pairs.iter().filter(in_vocabulary).count();
    let total = judged.pairs.len();
    let through = match spelled {
        0 => String::new(),
        count => format!(", {count} of them through the n-grams of a word that was never seen"),
    };
    format!("{known} of {total} pairs{through}; {} unknown pairs are left out", total - known)
}
