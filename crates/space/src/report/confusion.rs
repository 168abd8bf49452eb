//! Which classes are taken for each other.

use super::html::{class_name, escape};
use crate::proof::{Confusion, Proof};

/// Most classes that a drawn matrix can show.
const DRAWN: usize = 30;
/// Pairs listed where there are more.
const PAIRS: usize = 30;
/// Classifiers in order of preference.
const PREFERRED: [&str; 2] = ["linear", "knn"];

pub(super) fn render(proof: &Proof) -> String {
    let Some(encoder) = proof.candidates.first() else { return String::new() };
    let found = PREFERRED.iter().find_map(|name| encoder.confusion.get_key_value(*name));
    let Some((name, confusion)) = found.or_else(|| encoder.confusion.iter().next()) else {
        return String::new();
    };
    let counts = &confusion.counts;
    if counts.is_empty() || counts.iter().any(|row| row.len() != counts.len()) {
        return String::new();
    }
    let title =
        proof.measures.iter().find(|measure| &measure.name == name).map(|m| m.title.as_str());
    let by = escape(title.unwrap_or(name));
    let pairs = pairs(proof, confusion);
    if counts.len() > DRAWN {
        return format!(
            "<p class=\"lead\">The pairs of classes most often taken for each other ({by}, {}).</p>\n{pairs}",
            escape(&encoder.name)
        );
    }
    format!(
        "<p class=\"lead\">Rows are the true classes, columns what was predicted ({by}, {}), in percent of the row.\
         </p>\n<div class=\"split even\">{}{pairs}</div>\n",
        escape(&encoder.name),
        matrix(proof, confusion)
    )
}

fn matrix(proof: &Proof, confusion: &Confusion) -> String {
    let counts = &confusion.counts;
    let size = counts.len();
    let cell = (440.0 / size as f64).min(44.0);
    let (left, top) = (110.0, 74.0);
    let side = cell * size as f64;
    let mut svg = format!(
        "<svg class=\"matrix\" viewBox=\"0 0 {:.0} {:.0}\" role=\"img\" aria-label=\"confusion matrix\">",
        left + side + 4.0,
        top + side + 4.0
    );
    for (truth, row) in counts.iter().enumerate() {
        let total: u32 = row.iter().sum();
        let name = class_name(&proof.classes, Some(truth as u32));
        let middle = (truth as f64 + 0.5) * cell;
        let short = escape(&shortened(&name));
        svg += &format!(
            "<text class=\"tick end\" x=\"{:.1}\" y=\"{:.1}\">{short}</text>\
             <text class=\"tick\" transform=\"translate({:.1} {:.1}) rotate(-45)\">{short}</text>",
            left - 8.0,
            top + middle + 3.5,
            left + middle,
            top - 8.0,
        );
        for (predicted, &count) in row.iter().enumerate() {
            let share = f64::from(count) / f64::from(total.max(1));
            let class = if truth == predicted { "hit" } else { "miss" };
            // The root, so that a few percent can be seen.
            let strength = share.sqrt();
            let (x, y) = (left + predicted as f64 * cell, top + truth as f64 * cell);
            let other = class_name(&proof.classes, Some(predicted as u32));
            let said = escape(&format!("{name}, predicted {other}: {count} of {total}"));
            svg += &format!(
                "<g><title>{said}</title><rect class=\"cell\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{0:.1}\" \
                 height=\"{0:.1}\" rx=\"2\"/><rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{0:.1}\" \
                 height=\"{0:.1}\" rx=\"2\" fill-opacity=\"{strength:.3}\"/>",
                cell - 2.0
            );
            if cell >= 26.0 && share >= 0.005 {
                let strong = if strength > 0.6 { " strong" } else { "" };
                svg += &format!(
                    "<text class=\"share{strong}\" x=\"{:.1}\" y=\"{:.1}\">{:.0}</text>",
                    x + cell / 2.0 - 1.0,
                    y + cell / 2.0 + 3.0,
                    100.0 * share
                );
            }
            svg += "</g>";
        }
    }
    svg + "</svg>"
}

fn shortened(name: &str) -> String {
    if name.chars().count() <= 14 {
        return name.to_owned();
    }
    name.chars().take(13).chain(['…']).collect()
}

/// The largest counts off the diagonal.
fn pairs(proof: &Proof, confusion: &Confusion) -> String {
    let counts = &confusion.counts;
    let mut pairs: Vec<(u32, usize, usize)> = Vec::new();
    for (truth, row) in counts.iter().enumerate() {
        let off =
            row.iter().enumerate().filter(|&(predicted, &count)| predicted != truth && count > 0);
        pairs.extend(off.map(|(predicted, &count)| (count, truth, predicted)));
    }
    if pairs.is_empty() {
        return "<p class=\"note\">No test sample was taken for another class.</p>".into();
    }
    pairs.sort_by_key(|&(count, truth, predicted)| (std::cmp::Reverse(count), truth, predicted));
    let most = if counts.len() > DRAWN { PAIRS } else { 10 };
    let rows: String = pairs
        .iter()
        .take(most)
        .map(|&(count, truth, predicted)| {
            let total: u32 = counts[truth].iter().sum();
            format!(
                "<tr><td>{}</td><td>{}</td><td class=\"number\">{count} of {total}</td></tr>",
                escape(&class_name(&proof.classes, Some(truth as u32))),
                escape(&class_name(&proof.classes, Some(predicted as u32)))
            )
        })
        .collect();
    format!(
        "<table class=\"pairs\"><thead><tr><th>true class</th><th>taken for</th><th class=\"number\">samples</th>\
         </tr></thead><tbody>{rows}</tbody></table>"
    )
}
