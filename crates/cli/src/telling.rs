//! A proof told on standard output: a table, the verdict, the bars that were missed.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use pith_space::probe::Unit;
use pith_space::proof::{Bar, Proof};
use serde_json::{Value, json};

use crate::arguments::Common;
use crate::output::print_line;

/// What is told.
pub struct Told<'a> {
    /// The evidence.
    pub proof: &'a Proof,
    /// Where all of it is drawn.
    pub report: &'a Path,
    /// Measures that stand in the printed table.
    pub shown: &'a dyn Fn(&str) -> bool,
}

/// Says what was found on standard output, and whether every bar was cleared.
pub fn tell(told: &Told, bars: &[Bar], common: &Common, mut more: Value) -> Result<ExitCode> {
    let Told { proof, report, .. } = told;
    let missed = proof.missed(bars);
    if common.json {
        more["verdict"] = json!(proof.verdict);
        more["report"] = json!(report);
        more["missed"] = missed.iter().map(ToString::to_string).collect();
        more["measures"] = proof
            .candidates
            .iter()
            .map(|candidate| (candidate.name.clone(), json!(candidate.values)))
            .collect();
        print_line!("{more}");
    } else {
        print_line!("{}", table(told));
        print_line!("{}", proof.verdict.sentence);
        print_line!("report  {}", report.display());
    }
    for miss in &missed {
        eprintln!("missed: {miss}");
    }
    Ok(ExitCode::from(u8::from(!missed.is_empty())))
}

/// Measures by candidates, with intervals.
fn table(told: &Told) -> String {
    let proof = told.proof;
    let mut lines = vec![format!("{:<24}", "")];
    for candidate in &proof.candidates {
        lines[0].push_str(&format!("{:>28}", candidate.name));
    }
    for measure in proof.measures.iter().filter(|measure| (told.shown)(&measure.name)) {
        let mut line = format!("{:<24}", measure.title);
        for candidate in &proof.candidates {
            let told = match candidate.values.get(&measure.name) {
                Some(estimate) => {
                    let number = |value: f64| print(measure.unit, value);
                    let range = match (estimate.low, estimate.high) {
                        (Some(low), Some(high)) => format!(" [{}, {}]", number(low), number(high)),
                        _ => String::new(),
                    };
                    format!("{}{range}", number(estimate.value))
                }
                None => "-".into(),
            };
            line.push_str(&format!("{told:>28}"));
        }
        lines.push(line);
    }
    lines.join("\n")
}

fn print(unit: Unit, value: f64) -> String {
    match unit {
        Unit::Share => format!("{:.1} %", 100.0 * value),
        Unit::Number if value.abs() < 1.0 => format!("{value:.3}"),
        Unit::Number => format!("{value:.2}"),
    }
}
