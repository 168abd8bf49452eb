//! Measures by candidates, and what the encoder gains over each baseline.

use super::colour;
use super::html::{escape, number, sentence};
use super::svg;
use crate::probe::{Better, Unit};
use crate::proof::{Estimate, MeasureRecord, Proof};

pub(super) fn render(proof: &Proof) -> String {
    if proof.measures.is_empty() || proof.candidates.is_empty() {
        return String::new();
    }
    let heads: String = proof
        .candidates
        .iter()
        .enumerate()
        .map(|(at, candidate)| {
            format!(
                "<th class=\"{}\"><i class=\"swatch\"></i>{}<small>{} numbers</small></th>",
                colour(proof, at),
                escape(&candidate.name),
                candidate.width
            )
        })
        .collect();
    let mut rows = String::new();
    let mut probe = "";
    for measure in &proof.measures {
        let group = proof.measures.iter().filter(|other| other.probe == measure.probe).count();
        if measure.probe != probe && group > 1 {
            rows += &format!(
                "<tr class=\"group\"><th colspan=\"{}\">{}</th></tr>",
                proof.candidates.len() + 1,
                escape(&capital(&measure.probe))
            );
        }
        probe = &measure.probe;
        rows += &row(proof, measure);
    }
    format!(
        "<p class=\"lead\">Bars are values, whiskers {} intervals. The best value of a row is bold.</p>\n\
         <div class=\"scroll\"><table class=\"measures\"><thead><tr><th></th>{heads}</tr></thead>\
         <tbody>{rows}</tbody></table></div>\n{}",
        "bootstrap 95 %",
        differences(proof)
    )
}

fn capital(text: &str) -> String {
    sentence(text).trim_end_matches('.').replace('-', " ")
}

fn row(proof: &Proof, measure: &MeasureRecord) -> String {
    let values: Vec<Option<&Estimate>> =
        proof.candidates.iter().map(|candidate| candidate.values.get(&measure.name)).collect();
    let ends = values
        .iter()
        .flatten()
        .flat_map(|v| [v.value, v.low.unwrap_or(0.0), v.high.unwrap_or(0.0)]);
    let (low, high) = ends.fold((0f64, 0f64), |(low, high), v| (low.min(v), high.max(v)));
    let scale = if measure.unit == Unit::Share { (low, 1.0) } else { (low, high) };
    let numbers = values.iter().flatten().map(|estimate| estimate.value);
    let best = match measure.better {
        Better::Higher => numbers.reduce(f64::max),
        Better::Lower => numbers.reduce(f64::min),
        Better::Neither => None,
    };
    let cells: String = values
        .iter()
        .enumerate()
        .map(|(at, estimate)| match estimate {
            None => "<td class=\"none\">–</td>".into(),
            Some(estimate) => {
                let bold = if best == Some(estimate.value) { " best" } else { "" };
                let interval = estimate.low.zip(estimate.high);
                let range = interval.map_or(String::new(), |(low, high)| {
                    format!(
                        "<small>{} – {}</small>",
                        show(low, measure.unit).trim_end_matches(" %"),
                        show(high, measure.unit)
                    )
                });
                format!(
                    "<td class=\"value{bold}\"><b>{}</b>{range}{}</td>",
                    show(estimate.value, measure.unit),
                    svg::bar(estimate.value, interval, scale, &colour(proof, at))
                )
            }
        })
        .collect();
    let hint = match measure.better {
        Better::Lower => " Lower is better.",
        Better::Higher | Better::Neither => "",
    };
    format!(
        "<tr><th>{}<small>{}{hint}</small></th>{cells}</tr>",
        escape(&capital_first(&measure.title)),
        escape(&sentence(&measure.says))
    )
}

/// Titles keep their own case ("kNN accuracy", "mAP") unless they are plain words.
fn capital_first(title: &str) -> String {
    let plain = title.chars().take_while(|c| c.is_alphabetic()).all(char::is_lowercase);
    if plain { sentence(title).trim_end_matches('.').to_owned() } else { title.to_owned() }
}

fn show(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Share => format!("{:.1} %", 100.0 * value),
        Unit::Number => number(value),
    }
}

/// The encoder minus each baseline, on the same resamples.
fn differences(proof: &Proof) -> String {
    if proof.differences.is_empty() {
        return String::new();
    }
    let mut rows = String::new();
    for measure in &proof.measures {
        let of_measure: Vec<_> =
            proof.differences.iter().filter(|d| d.measure == measure.name).collect();
        let widest =
            of_measure.iter().flat_map(|d| [d.low.abs(), d.high.abs()]).fold(0.0, f64::max);
        for (at, difference) in of_measure.iter().enumerate() {
            let sign = if measure.better == Better::Lower { -1.0 } else { 1.0 };
            let class = match (sign * difference.low, sign * difference.high) {
                (a, b) if a > 0.0 && b > 0.0 => "good",
                (a, b) if a < 0.0 && b < 0.0 => "bad",
                _ => "open",
            };
            let title =
                if at == 0 { escape(&capital_first(&measure.title)) } else { String::new() };
            let signed = |value: f64| match measure.unit {
                Unit::Share => format!("{:+.1}", 100.0 * value),
                Unit::Number if value >= 0.0 => format!("+{}", number(value)),
                Unit::Number => number(value),
            };
            rows += &format!(
                "<tr><th>{title}</th><td>over {}</td><td class=\"number {class}\">{}</td>\
                 <td class=\"number\"><small>{} to {}</small></td><td>{}</td></tr>",
                escape(&difference.baseline),
                signed(difference.value),
                signed(difference.low),
                signed(difference.high),
                svg::interval(
                    difference.value,
                    difference.low,
                    difference.high,
                    (-widest, widest),
                    class
                )
            );
        }
    }
    format!(
        "<details><summary>What the encoder gains over each baseline, with the interval of the \
         difference</summary>\n<div class=\"scroll\"><table class=\"differences\">{rows}</table></div>\n\
         <p class=\"note\">Shares in percentage points. Both sides of a difference are measured on the same \
         resamples; where the interval leaves out zero, it is coloured.</p></details>\n"
    )
}
