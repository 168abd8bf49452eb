//! Who stands beside whom: test samples with their nearest training samples.

use super::html::{class_name, data_uri, escape};
use super::{Extras, Source, Subject};
use crate::proof::{CandidateRecord, Example, Proof};

pub(super) fn render(proof: &Proof, extras: &Extras) -> String {
    let Some(encoder) = proof.candidates.first().filter(|candidate| !candidate.examples.is_empty())
    else {
        return String::new();
    };
    let mut order: Vec<usize> = (0..encoder.examples.len()).collect();
    order.sort_by_key(|&at| (std::cmp::Reverse(agreement(&encoder.examples[at])), at));
    let others: String = proof.candidates[1..]
        .iter()
        .filter(|candidate| candidate.examples.len() == encoder.examples.len())
        .map(|candidate| {
            format!(
                "<details><summary>The same by {}</summary>\n{}</details>\n",
                escape(&candidate.name),
                strips(proof, extras, candidate, &order)
            )
        })
        .collect();
    let labelled = encoder.examples.iter().any(|example| example.label.is_some());
    let frames = if labelled {
        " A green frame is of the same class, a red one of another; those with the best company come first."
    } else {
        ""
    };
    let drawn = match extras.subject {
        Subject::Samples => {
            "Test samples drawn by the seed, each with the training samples nearest to it by cosine."
        }
        Subject::Words => "Words drawn by the seed, each with the words nearest to it by cosine.",
    };
    format!(
        "<p class=\"lead\">{drawn}{frames}</p>\n{}{others}",
        strips(proof, extras, encoder, &order)
    )
}

/// Neighbours of the query's own class.
fn agreement(example: &Example) -> usize {
    let same = |label: Option<u32>| label.is_some() && label == example.label;
    example.neighbours.iter().filter(|neighbour| same(neighbour.label)).count()
}

fn strips(proof: &Proof, extras: &Extras, candidate: &CandidateRecord, order: &[usize]) -> String {
    let mut rows = String::new();
    for example in order.iter().map(|&at| &candidate.examples[at]) {
        let query = tile(
            proof,
            extras,
            (Source::Test, example.query_row),
            &example.query,
            example.label,
            "query",
            None,
        );
        let near: String = example
            .neighbours
            .iter()
            .map(|neighbour| {
                let class = match (example.label, neighbour.label) {
                    (Some(a), Some(b)) if a == b => "good",
                    (Some(_), Some(_)) => "bad",
                    _ => "open",
                };
                let source = (Source::Train, neighbour.row);
                tile(
                    proof,
                    extras,
                    source,
                    &neighbour.id,
                    neighbour.label,
                    class,
                    Some(neighbour.cosine),
                )
            })
            .collect();
        let count = if example.label.is_some() {
            format!("{} of {}", agreement(example), example.neighbours.len())
        } else {
            String::new()
        };
        rows += &format!(
            "<div class=\"strip\">{query}<i class=\"arrow\"></i>{near}<span class=\"count\">{count}</span></div>\n"
        );
    }
    format!("<div class=\"strips\">{rows}</div>\n")
}

/// A sample with its picture, where it has one, in a frame of the class.
pub(super) fn tile(
    proof: &Proof,
    extras: &Extras,
    (source, row): (Source, usize),
    id: &str,
    label: Option<u32>,
    class: &str,
    cosine: Option<f64>,
) -> String {
    let name = class_name(&proof.classes, label);
    let near = cosine.map_or(String::new(), |cosine| format!("\ncosine {cosine:.3}"));
    let title = escape(&format!("{id}\n{name}{near}"));
    let image = extras.thumbnail.and_then(|get| get(source, row));
    let face = match image {
        Some(bytes) => {
            format!("<img src=\"{}\" alt=\"{}\" loading=\"lazy\">", data_uri(&bytes), escape(id))
        }
        None => format!("<span class=\"id\">{}</span>", escape(id)),
    };
    let name = if label.is_some() { name } else { String::new() };
    format!(
        "<figure class=\"tile {class}\" title=\"{title}\">{face}<figcaption>{}</figcaption></figure>",
        escape(&name)
    )
}
