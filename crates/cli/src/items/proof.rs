//! The proof of items and nodes: what was taken out before training, found again or not, beside what
//! knows only how frequent things are and what knows only who lies with whom.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, ensure};
use pith_space::bootstrap::{Bootstrap, Statistic};
use pith_space::probe::{Better, Unit};
use pith_space::proof::{
    Assembly, Bar, CandidateKind, CandidateRecord, MeasureRecord, Measured, Options, Proof,
    SplitSize,
};
use pith_space::{rank, report};
use pith_tables::Vectors;
use pith_tables::items::links::{self, Against, Edge, Scorer};
use pith_tables::items::ranking::{self, Ranker, Together};
use pith_tables::items::{Basket, Graph, LeftOut};
use serde_json::Value;

use super::Evidence;
use crate::arguments::Common;
use crate::telling::{self, Told};

/// How many items are looked at.
const AT: usize = 10;

/// Name, title, meaning and unit of a measure.
type Measure = (&'static str, &'static str, &'static str, Unit);

const OF_BASKETS: [Measure; 4] = [
    (
        "hit-rate-at-10",
        "hit rate at 10",
        "share of baskets whose missing item is among the first ten",
        Unit::Share,
    ),
    (
        "ndcg-at-10",
        "NDCG at 10",
        "gain of the missing item, the less the later it comes, 0 beyond the first ten",
        Unit::Number,
    ),
    ("mrr", "mean reciprocal rank", "one divided by the rank of the missing item", Unit::Number),
    (
        "coverage",
        "coverage",
        "share of baskets whose missing item has a vector; the others count as not found",
        Unit::Share,
    ),
];

const OF_LINKS: [Measure; 4] = [
    (
        "auc",
        "AUC",
        "chance that a missing edge scores above a pair without one, drawn among all nodes",
        Unit::Number,
    ),
    (
        "average-precision",
        "average precision",
        "of missing edges among as many pairs without one, drawn among all nodes",
        Unit::Number,
    ),
    (
        "auc-by-degree",
        "AUC, by degree",
        "as AUC, but the pairs are drawn by degree, so that degrees alone say nothing",
        Unit::Number,
    ),
    (
        "average-precision-by-degree",
        "average precision, by degree",
        "as average precision, but the pairs are drawn by degree",
        Unit::Number,
    ),
];

/// What a proof is asked about.
pub struct Question<'a> {
    /// The vectors on trial.
    pub vectors: &'a Vectors,
    /// What was learned from, and what was not.
    pub evidence: &'a Evidence,
    /// Draws resamples, pairs without an edge, and chance.
    pub seed: u64,
    /// How the report is called.
    pub title: &'a str,
    /// The recipe.
    pub recipe: &'a str,
}

/// Reads bars, and refuses those on measures that such a proof does not take.
pub fn bars(texts: &[String], baskets: bool) -> Result<Vec<Bar>> {
    let known = if baskets { OF_BASKETS } else { OF_LINKS }.map(|measure| measure.0);
    let mut bars = Vec::new();
    for text in texts {
        bars.extend(Bar::parse_any(text)?);
    }
    bars.iter().try_for_each(|bar| bar.known_among(&known))?;
    Ok(bars)
}

/// Whether anything was taken out to judge by.
pub fn is_possible(evidence: &Evidence) -> bool {
    match evidence {
        Evidence::Baskets { left_out, .. } => !left_out.is_empty(),
        Evidence::Links { out, .. } => !out.is_empty(),
    }
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
    ensure!(
        is_possible(question.evidence),
        "nothing was taken out to judge by: set baskets.held-out or graph.held-out above 0, or bring \
         larger baskets or more edges"
    );
    let mut proof = match question.evidence {
        Evidence::Baskets { learned, left_out } => of_baskets(question, learned, left_out),
        Evidence::Links { graph, out } => of_links(question, graph, out),
    };
    let tested = match question.evidence {
        Evidence::Baskets { left_out, .. } => left_out.len(),
        Evidence::Links { out, .. } => out.len(),
    };
    proof.sizes.test = SplitSize { given: tested, used: tested, labelled: tested };
    fs_err::create_dir_all(folder)?;
    fs_err::write(folder.join("proof.json"), serde_json::to_vec_pretty(&proof)?)?;
    let report = folder.join("report.html");
    let extras = report::Extras {
        title: question.title.to_owned(),
        facts: facts(question),
        recipe: Some(question.recipe.to_owned()),
        ..report::Extras::default()
    };
    fs_err::write(&report, report::render(&proof, &extras))?;
    telling::tell(&Told { proof: &proof, report: &report, shown: &|_| true }, bars, common, more)
}

fn facts(question: &Question) -> Vec<(String, String)> {
    let width = format!("{} numbers", question.vectors.matrix().width());
    let counts = match question.evidence {
        Evidence::Baskets { learned, left_out } => {
            [("baskets", learned.len()), ("items left out", left_out.len())]
        }
        Evidence::Links { graph, out } => [("nodes", graph.len()), ("edges left out", out.len())],
    };
    let counts = counts.map(|(name, count)| (name.to_owned(), count.to_string()));
    counts.into_iter().chain([("vectors".to_owned(), width)]).collect()
}

fn of_baskets(question: &Question, learned: &[Basket], left_out: &[LeftOut]) -> Proof {
    let items = question.vectors;
    let together = Together::new(learned, items);
    let rankers = [
        ("item vectors", CandidateKind::Encoder, Ranker::Vectors(items)),
        ("lying together", CandidateKind::RawInput, Ranker::Together(&together)),
        ("popularity", CandidateKind::RawInput, Ranker::Popularity(&together)),
        ("chance", CandidateKind::Untrained, Ranker::Chance(question.seed)),
    ];
    let measured = rankers.map(|(name, kind, ranker)| {
        let ranks = ranker.ranks(left_out, items);
        let mean =
            |of: &dyn Fn(f64) -> f64| Statistic::Mean(ranks.iter().map(|&rank| of(rank)).collect());
        let readings = [
            mean(&|rank| ranking::hit(rank, AT)),
            mean(&|rank| ranking::gain(rank, AT)),
            mean(&|rank| 1.0 / rank),
            mean(&|rank| f64::from(u8::from(rank.is_finite()))),
        ];
        candidate(name, kind, question, OF_BASKETS.map(|measure| measure.0), readings)
    });
    let protocol = format!(
        "one item was taken out of each of {} baskets before training; it is ranked among all {} items \
         that the basket does not hold, by the cosine with the mean of the others; equal scores share \
         the middle rank; intervals over baskets",
        left_out.len(),
        items.words().len()
    );
    assemble(question, measured, OF_BASKETS, &protocol, &["ndcg-at-10", "mrr"])
}

fn of_links(question: &Question, graph: &Graph, out: &[Edge]) -> Proof {
    let ends = |edge: &Edge| graph.place(&edge.from).zip(graph.place(&edge.to));
    let joined: Vec<(u32, u32)> = out.iter().filter_map(ends).collect();
    let against = [Against::All, Against::ByDegree].map(|against| {
        let pairs = links::unjoined(graph, &joined, against, question.seed);
        let truth = [vec![true; joined.len()], vec![false; pairs.len()]].concat();
        ([joined.clone(), pairs].concat(), truth)
    });
    let scorers = [
        ("node vectors", CandidateKind::Encoder, Scorer::Vectors(question.vectors)),
        ("common neighbours", CandidateKind::RawInput, Scorer::CommonNeighbours),
        ("product of degrees", CandidateKind::RawInput, Scorer::Degrees),
        ("chance", CandidateKind::Untrained, Scorer::Chance(question.seed)),
    ];
    let measured = scorers.map(|(name, kind, scorer)| {
        let [all, by_degree] = &against;
        let scores = [all, by_degree].map(|(pairs, _)| scorer.scores(graph, pairs));
        let detection = |at: usize, measure| Statistic::Detection {
            scores: scores[at].clone(),
            truth: against[at].1.clone(),
            measure,
        };
        let readings = [
            detection(0, rank::area as fn(&[f64], &[bool], &[u32]) -> f64),
            detection(0, rank::average_precision),
            detection(1, rank::area),
            detection(1, rank::average_precision),
        ];
        candidate(name, kind, question, OF_LINKS.map(|measure| measure.0), readings)
    });
    let protocol = format!(
        "{} edges were taken out before walking, every node keeping one; {} and {} pairs without an \
         edge stand against them, drawn among all nodes and by degree; intervals over pairs",
        joined.len(),
        against[0].0.len() - joined.len(),
        against[1].0.len() - joined.len()
    );
    assemble(question, measured, OF_LINKS, &protocol, &["auc-by-degree", "auc"])
}

fn candidate(
    name: &str,
    kind: CandidateKind,
    question: &Question,
    names: [&str; 4],
    readings: [Statistic; 4],
) -> Measured {
    let width = match kind {
        CandidateKind::Encoder => question.vectors.matrix().width(),
        _ => 0,
    };
    let record = CandidateRecord { name: name.into(), kind, width, ..CandidateRecord::default() };
    Measured { record, readings: names.map(str::to_owned).into_iter().zip(readings).collect() }
}

fn assemble(
    question: &Question,
    measured: [Measured; 4],
    measures: [Measure; 4],
    protocol: &str,
    leading: &[&str],
) -> Proof {
    let record = |(name, title, says, unit): Measure| MeasureRecord {
        name: name.into(),
        title: title.into(),
        probe: "what was left out".into(),
        says: says.into(),
        better: Better::Higher,
        unit,
        protocol: protocol.to_owned(),
    };
    Assembly {
        candidates: measured.into(),
        measures: measures.map(record).into(),
        omitted: Vec::new(),
        bootstrap: Bootstrap { seed: question.seed, resamples: Options::default().resamples },
        leading,
        nothing: "nothing was compared",
    }
    .proof()
}
