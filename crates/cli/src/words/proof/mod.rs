//! The proof of word vectors: what people judged, beside vectors that know nothing and vectors that
//! know only spelling.

mod candidates;
mod measures;
mod page;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use pith_space::bootstrap::Bootstrap;
use pith_space::proof::{Assembly, Bar, Omission, Options, Proof};
use serde_json::Value;

use crate::arguments::Common;
use crate::telling::{self, Told};
use crate::words::Model;
use crate::words::sets::{self, LEADING, Set, Task};

/// What to do where nothing is at hand to hold vectors against.
const NO_SETS: &str = "no files of judgements: name their folder in the recipe's proof.evaluation or \
                       by --data evaluation=FOLDER, or set PITH_DATA";

/// What a proof is asked about.
pub struct Question<'a> {
    /// The vectors on trial.
    pub model: &'a Model,
    /// The files that they are held against.
    pub sets: &'a [Set],
    /// Decides everything that is drawn.
    pub seed: u64,
    /// How the report is called.
    pub title: &'a str,
    /// The recipe, where there is one.
    pub recipe: Option<&'a str>,
    /// What was measured while training, where there was one.
    pub metrics: Option<&'a Path>,
}

/// A proof, and where it was written.
pub struct Answer {
    /// The evidence.
    pub proof: Proof,
    /// For people.
    pub report: PathBuf,
}

/// Reads bars, and refuses those on measures that such a proof does not take.
pub fn bars(texts: &[String], sets: &[Set]) -> Result<Vec<Bar>> {
    let mut bars = Vec::new();
    for text in texts {
        bars.extend(Bar::parse_any(text)?);
    }
    let known = measures::names(sets);
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    for bar in &bars {
        let checked = bar.known_among(&known);
        if sets.is_empty() {
            checked.context(NO_SETS)?;
        } else {
            checked?;
        }
    }
    Ok(bars)
}

/// The sets of a folder; none where no folder is known.
pub fn sets(asked: Option<&Path>) -> Result<Vec<Set>> {
    sets::folder(asked)?.map_or(Ok(Vec::new()), |folder| sets::find(&folder))
}

/// Measures, and writes `proof.json` and `report.html` into a folder.
pub fn prove(question: &Question, folder: &Path, common: &Common) -> Result<Answer> {
    if !common.quiet {
        eprintln!("proof: measuring the word vectors and the baselines");
    }
    let mut sets = Vec::new();
    let mut omitted = Vec::new();
    for set in question.sets {
        match measures::Judged::read(set) {
            Ok(judged) => sets.push(judged),
            Err(error) => omitted.push(Omission {
                probe: set.name.clone(),
                candidate: None,
                reason: error.to_string(),
            }),
        }
    }
    if question.sets.is_empty() {
        omitted.push(Omission {
            probe: "similarity".into(),
            candidate: None,
            reason: NO_SETS.into(),
        });
    }
    let options = Options::default();
    let candidates = candidates::all(question.model, &sets, question.seed);
    let shown = candidates::shown(&candidates[0], options.examples, question.seed);
    let mut measured = Vec::new();
    for candidate in &candidates {
        let mut found = measures::measure(candidate, &sets, &mut omitted)?;
        found.record.examples = candidate.examples(&shown, options.example_neighbours)?;
        measured.push(found);
    }
    if let Some(loss) = question.metrics.map(measures::held_out).transpose()?.flatten() {
        measured[0].readings.push(loss);
    }
    let assembly = Assembly {
        measures: measures::records(question.model, &candidates[0], &sets),
        candidates: measured,
        omitted,
        bootstrap: Bootstrap { seed: question.seed, resamples: options.resamples },
        leading: &leading(&sets),
        nothing: "no judgement of people was at hand, so nothing was compared",
    };
    let proof = assembly.proof();
    fs_err::create_dir_all(folder)?;
    fs_err::write(folder.join("proof.json"), serde_json::to_vec_pretty(&proof)?)?;
    let report = folder.join("report.html");
    fs_err::write(&report, page::render(question, &candidates[0], &proof)?)?;
    Ok(Answer { proof, report })
}

/// The known sets first, then other pairs, then other analogies: of these there may be few.
fn leading<'a>(sets: &'a [measures::Judged]) -> Vec<&'a str> {
    let asks = |task| sets.iter().filter(move |judged| judged.set.task == task);
    let others = asks(Task::Similarity).chain(asks(Task::Analogies));
    LEADING.into_iter().chain(others.map(|judged| judged.set.name.as_str())).collect()
}

/// Says what was found on standard output, and whether every bar was cleared.
pub fn tell(answer: &Answer, bars: &[Bar], common: &Common, more: Value) -> Result<ExitCode> {
    let shown = |name: &str| {
        let geometry = ["rank", "hubness", "mean-cosine", "held-out-loss"];
        let of_geometry =
            pith_space::probe::geometry::PROBE.measures.iter().any(|m| m.name == name);
        geometry.contains(&name) || !of_geometry
    };
    telling::tell(
        &Told { proof: &answer.proof, report: &answer.report, shown: &shown },
        bars,
        common,
        more,
    )
}
