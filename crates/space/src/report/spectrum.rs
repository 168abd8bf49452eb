//! How the variance is spread over directions.

use super::colour;
use super::html::{escape, number};
use super::svg::{Line, Plot};
use crate::proof::Proof;

/// Measures of the legend, where the proof has them.
const RANKS: [(&str, &str); 2] = [("rank", "RankMe"), ("effective-rank", "effective rank")];

pub(super) fn render(proof: &Proof) -> String {
    let lines: Vec<Line> = proof
        .candidates
        .iter()
        .enumerate()
        .filter(|(_, candidate)| !candidate.spectrum.is_empty())
        .map(|(at, candidate)| {
            let total: f64 = candidate.spectrum.iter().sum();
            // Below a millionth of a millionth of the whole there is only rounding.
            let shares = candidate
                .spectrum
                .iter()
                .map(|v| v / total)
                .map(|v| if v > 1e-12 { v } else { 0.0 });
            Line {
                name: candidate.name.clone(),
                class: colour(proof, at),
                points: shares.enumerate().map(|(at, share)| ((at + 1) as f64, share)).collect(),
            }
        })
        .collect();
    let shortest = lines.iter().map(|line| line.points.len()).max().unwrap_or(0);
    if shortest < 2 {
        return String::new();
    }
    let plot =
        Plot { lines: &lines, axis: "direction", width: 720.0, height: 300.0, logarithmic: true };
    let legend: String = proof
        .candidates
        .iter()
        .enumerate()
        .filter(|(_, candidate)| !candidate.spectrum.is_empty())
        .map(|(at, candidate)| {
            let ranks: Vec<String> = RANKS
                .iter()
                .filter_map(|(name, title)| {
                    let value = candidate.values.get(*name)?;
                    Some(format!("{title} {}", number(value.value)))
                })
                .collect();
            format!(
                "<li class=\"{}\"><i class=\"swatch\"></i><b>{}</b><small>{} of {} directions</small></li>",
                colour(proof, at),
                escape(&candidate.name),
                escape(&ranks.join(", ")),
                candidate.width
            )
        })
        .collect();
    format!(
        "<p class=\"lead\">Share of the variance along each principal direction of the vectors, the widest \
         first. A line that falls off early is a space that uses few of its directions.</p>\n\
         <div class=\"split\">{}<ul class=\"legend\">{legend}</ul></div>\n",
        plot.render()
    )
}
