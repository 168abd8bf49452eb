//! The conclusion in plain words, in both directions.

use super::{CandidateKind, CandidateRecord, Difference, MeasureRecord, Proof, Verdict};
use crate::health::Diagnosis;
use crate::probe::{Better, Unit};

/// Measures that may lead the sentence, the most telling first.
const LEADING: [&str; 4] = ["knn", "linear", "map", "nmi"];
/// Test samples below which intervals are too wide to conclude much.
const FEW: usize = 200;

/// Draws the conclusion from a proof that has all its numbers.
pub(super) fn verdict(proof: &Proof, diagnosis: Option<&Diagnosis>) -> Verdict {
    let nothing = match proof.sizes.test.labelled {
        0 => "no label was given, so nothing was compared by class",
        _ => {
            "nothing was compared by class: that takes samples of two classes, and a measure that \
             was asked for"
        }
    };
    by_leading(proof, &LEADING, nothing, diagnosis)
}

/// The conclusion on the first of the leading measures that was taken; `nothing` is said where none
/// was.
pub(super) fn by_leading(
    proof: &Proof,
    leading: &[&str],
    nothing: &str,
    diagnosis: Option<&Diagnosis>,
) -> Verdict {
    let encoder = proof.candidates.iter().find(|c| c.kind == CandidateKind::Encoder);
    let Some(encoder) = encoder else {
        let sentence = "no encoder is on trial; the numbers stand for themselves".into();
        return Verdict { sentence, ..Verdict::default() };
    };
    let leading = leading.iter().find_map(|name| proof.measure_named(name));
    let on_leading: Vec<&Difference> = leading.map_or_else(Vec::new, |measure| {
        proof.differences.iter().filter(|d| d.measure == measure.name).collect()
    });
    let beats_baselines =
        (!on_leading.is_empty()).then(|| on_leading.iter().all(|difference| difference.low > 0.0));
    let mut parts = vec![match leading {
        None => nothing.to_owned(),
        Some(measure) if on_leading.is_empty() => alone(encoder, measure),
        Some(measure) => compared(&encoder.name, measure, &on_leading),
    }];
    parts.extend(rank(encoder));
    let mut details: Vec<String> = diagnosis.map(Diagnosis::to_string).into_iter().collect();
    details.extend(other_measures(proof, leading));
    if (1..FEW).contains(&proof.sizes.test.labelled) {
        let count = proof.sizes.test.labelled;
        details.push(format!("only {count} labelled test samples: the intervals are wide"));
    }
    Verdict { sentence: parts.join("; "), details, beats_baselines }
}

fn alone(encoder: &CandidateRecord, measure: &MeasureRecord) -> String {
    let value = encoder.values.get(&measure.name).map_or(0.0, |estimate| estimate.value);
    let shown = match measure.unit {
        Unit::Share => format!("{:.1} %", 100.0 * value),
        Unit::Number => format!("{value:.3}"),
    };
    format!("{} has {shown} on {}; no baseline stands beside it", encoder.name, measure.title)
}

/// "encoder beats PCA by 18.0 ± 2.0 points and raw input by 22.1 ± 1.8 points on kNN accuracy".
fn compared(encoder: &str, measure: &MeasureRecord, differences: &[&Difference]) -> String {
    let by = |wanted: fn(&Difference) -> bool, phrase: fn(&Difference, Unit) -> String| {
        let chosen = differences.iter().filter(|difference| wanted(difference));
        chosen.map(|difference| phrase(difference, measure.unit)).collect::<Vec<_>>()
    };
    let amount = |d: &Difference, unit| format!("{} by {}", d.baseline, margin(d, unit));
    let groups = [
        ("beats", by(|d| d.low > 0.0, amount)),
        (
            "does NOT beat",
            by(
                |d| d.high < 0.0,
                |d, unit| format!("{} (it is worse by {})", d.baseline, margin(d, unit)),
            ),
        ),
        (
            "cannot be told apart from",
            by(
                |d| d.low <= 0.0 && d.high >= 0.0,
                |d, unit| format!("{} (difference {})", d.baseline, signed(d, unit)),
            ),
        ),
    ];
    let said: Vec<String> = groups
        .into_iter()
        .filter(|(_, parts)| !parts.is_empty())
        .map(|(verb, parts)| format!("{verb} {}", listed(&parts)))
        .collect();
    format!("{encoder} {} on {}", listed(&said), measure.title)
}

/// "the rank is 41 of 128".
fn rank(encoder: &CandidateRecord) -> Option<String> {
    let rank = encoder.values.get("rank")?;
    Some(format!("the rank is {:.0} of {}", rank.value, encoder.width))
}

/// The other measures on which a direction is better, one sentence each.
fn other_measures(proof: &Proof, leading: Option<&MeasureRecord>) -> Vec<String> {
    let mut sentences = Vec::new();
    for measure in &proof.measures {
        let leads = leading.is_some_and(|leading| leading.name == measure.name);
        let differences: Vec<&Difference> =
            proof.differences.iter().filter(|d| d.measure == measure.name).collect();
        if leads || differences.is_empty() || measure.better != Better::Higher {
            continue;
        }
        sentences.push(compared(&differences[0].encoder, measure, &differences));
    }
    sentences
}

/// "18.0 ± 2.0 points": the size of the difference and half the width of its interval.
fn margin(difference: &Difference, unit: Unit) -> String {
    let half = (difference.high - difference.low) / 2.0;
    match unit {
        Unit::Share => {
            format!("{:.1} ± {:.1} points", 100.0 * difference.value.abs(), 100.0 * half)
        }
        Unit::Number => format!("{:.3} ± {half:.3}", difference.value.abs()),
    }
}

fn signed(difference: &Difference, unit: Unit) -> String {
    let (value, low, high) = (difference.value, difference.low, difference.high);
    match unit {
        Unit::Share => format!(
            "{:+.1} points, 95 % interval {:+.1} to {:+.1}",
            100.0 * value,
            100.0 * low,
            100.0 * high
        ),
        Unit::Number => format!("{value:+.3}, 95 % interval {low:+.3} to {high:+.3}"),
    }
}

/// "a", "a and b", "a, b and c".
fn listed(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(baseline: &str, value: f64, half: f64) -> Difference {
        Difference {
            measure: "knn".into(),
            encoder: "encoder".into(),
            baseline: baseline.into(),
            value,
            low: value - half,
            high: value + half,
        }
    }

    fn knn() -> MeasureRecord {
        MeasureRecord {
            name: "knn".into(),
            title: "kNN accuracy".into(),
            probe: "knn".into(),
            says: String::new(),
            better: Better::Higher,
            unit: Unit::Share,
            protocol: String::new(),
        }
    }

    #[test]
    fn says_what_is_beaten_and_what_is_not() {
        let differences = [
            difference("PCA", 0.18, 0.02),
            difference("raw input", -0.05, 0.01),
            difference("untrained", 0.003, 0.012),
        ];
        let sentence = compared("encoder", &knn(), &differences.iter().collect::<Vec<_>>());
        assert_eq!(
            sentence,
            "encoder beats PCA by 18.0 ± 2.0 points, does NOT beat raw input (it is worse by 5.0 ± \
             1.0 points) and cannot be told apart from untrained (difference +0.3 points, 95 % \
             interval -0.9 to +1.5) on kNN accuracy"
        );
    }

    #[test]
    fn two_beaten_baselines_share_a_verb() {
        let differences = [difference("PCA", 0.18, 0.02), difference("raw input", 0.2, 0.03)];
        let sentence = compared("encoder", &knn(), &differences.iter().collect::<Vec<_>>());
        assert_eq!(
            sentence,
            "encoder beats PCA by 18.0 ± 2.0 points and raw input by 20.0 ± 3.0 points on kNN accuracy"
        );
    }
}
