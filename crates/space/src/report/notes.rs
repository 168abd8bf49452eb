//! The small print: data, protocol, recipe.

use super::html::{escape, sentence};
use super::{Extras, Subject};
use crate::proof::{Proof, SplitSize};

/// Sizes of the splits and what deserves notice.
pub(super) fn data(proof: &Proof, extras: &Extras) -> String {
    let notes: String =
        extras.notes.iter().map(|note| format!("<li>{}</li>", escape(&sentence(note)))).collect();
    let notes =
        if notes.is_empty() { notes } else { format!("<ul class=\"notes\">{notes}</ul>\n") };
    if extras.subject == Subject::Words {
        return notes;
    }
    let sizes = &proof.sizes;
    let row = |name: &str, size: &SplitSize| {
        if size.given == 0 {
            return String::new();
        }
        format!(
            "<tr><th>{name}</th><td class=\"number\">{}</td><td class=\"number\">{}</td>\
             <td class=\"number\">{}</td></tr>",
            size.given, size.used, size.labelled
        )
    };
    format!(
        "<table class=\"sizes\"><thead><tr><th>split</th><th class=\"number\">given</th>\
         <th class=\"number\">used</th><th class=\"number\">labelled</th></tr></thead>\
         <tbody>{}{}{}</tbody></table>\n{notes}",
        row("train", &sizes.train),
        row("validation", &sizes.validation),
        row("test", &sizes.test)
    )
}

/// How every number was taken.
pub(super) fn protocol(proof: &Proof, subject: Subject) -> String {
    let mut probes: Vec<(&str, Vec<&str>, &str)> = Vec::new();
    for measure in &proof.measures {
        match probes.last_mut() {
            Some((probe, titles, protocol))
                if *probe == measure.probe && *protocol == measure.protocol =>
            {
                titles.push(&measure.title);
            }
            _ => probes.push((&measure.probe, vec![&measure.title], &measure.protocol)),
        }
    }
    let items: String = probes
        .iter()
        .map(|(_, titles, protocol)| {
            let titles = titles.join(", ");
            format!("<dt>{}</dt><dd>{}</dd>", escape(&titles), escape(&sentence(protocol)))
        })
        .collect();
    let notes: String = proof
        .candidates
        .iter()
        .flat_map(|candidate| candidate.notes.iter().map(move |note| (&candidate.name, note)))
        .map(|(name, note)| format!("<li><b>{}</b> {}</li>", escape(name), escape(note)))
        .collect();
    let omitted: String = proof
        .omitted
        .iter()
        .map(|omission| {
            let candidate = omission.candidate.as_deref().unwrap_or("all");
            let reason = escape(&omission.reason);
            format!("<li><b>{} ({})</b> {reason}</li>", escape(&omission.probe), escape(candidate))
        })
        .collect();
    let list = |title: &str, items: String| {
        if items.is_empty() {
            items
        } else {
            format!("<h3>{title}</h3><ul class=\"notes\">{items}</ul>\n")
        }
    };
    let units = match subject {
        Subject::Samples => "test samples",
        Subject::Words => "pairs and questions",
    };
    format!(
        "<p class=\"lead\">Intervals are 95 % percentile intervals of {} bootstrap resamples of the {units}, \
         the same resamples for every candidate. Everything drawn by chance comes from seed {}.</p>\n\
         <dl class=\"protocol\">{items}</dl>\n{}{}",
        proof.resamples,
        proof.seed,
        list("Remarks", notes),
        list("Not measured", omitted)
    )
}

/// The recipe, folded.
pub(super) fn recipe(extras: &Extras) -> String {
    let Some(recipe) = extras.recipe.as_deref().filter(|recipe| !recipe.trim().is_empty()) else {
        return String::new();
    };
    format!(
        "<details><summary>recipe.toml</summary><pre>{}</pre></details>\n",
        escape(recipe.trim())
    )
}
