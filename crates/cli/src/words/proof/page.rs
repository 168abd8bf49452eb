//! The page of a proof of word vectors.

use std::path::Path;

use anyhow::Result;
use pith_space::projection::tsne;
use pith_space::proof::Proof;
use pith_space::report::{self, Curve, Extras, Picture, Point, Subject};
use serde_json::Value;

use super::Question;
use super::candidates::Candidate;

/// Words in the picture, the most frequent ones.
const PICTURED: usize = 1000;

/// The whole page.
pub fn render(question: &Question, candidate: &Candidate, proof: &Proof) -> Result<String> {
    let model = question.model;
    let mut facts = vec![
        ("words".into(), model.vectors.words().len().to_string()),
        ("vectors".into(), format!("{} numbers", model.width())),
    ];
    if let Some(counts) = &model.counts {
        let tokens: u64 = counts.counts().iter().sum();
        facts.push(("occurrences learned from".into(), tokens.to_string()));
    }
    Ok(report::render(
        proof,
        &Extras {
            title: question.title.to_owned(),
            facts,
            curves: question.metrics.map(curves).transpose()?.unwrap_or_default(),
            picture: picture(candidate),
            recipe: question.recipe.map(str::to_owned),
            subject: Subject::Words,
            ..Extras::default()
        },
    ))
}

/// The most frequent words in the plane; none where there are too few to lay out.
fn picture(candidate: &Candidate) -> Option<Picture> {
    let layout = tsne::layout(&candidate.first(PICTURED)).ok()?;
    let words = candidate.vectors.words();
    let points = layout.rows.iter().zip(&layout.at).map(|(&row, &at)| Point {
        row,
        id: words[row].to_string(),
        label: None,
        at,
    });
    Some(Picture { method: layout.method, points: points.collect() })
}

/// The losses over the epochs of a training.
fn curves(metrics: &Path) -> Result<Vec<Curve>> {
    let text = fs_err::read_to_string(metrics)?;
    let lines: Vec<Value> =
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let curve = |(key, title): (&str, &str)| Curve {
        title: title.into(),
        axis: "epoch".into(),
        points: lines
            .iter()
            .filter_map(|line| Some((line["epoch"].as_f64()?, line[key].as_f64()?)))
            .collect(),
    };
    let curves = [("loss", "loss"), ("held-out", "loss on held-out sentences")].map(curve);
    Ok(curves.into_iter().filter(|curve| curve.points.len() > 1).collect())
}
