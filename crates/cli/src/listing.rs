//! How a listing looks.

use anyhow::Result;

use crate::output::print_line;

/// One method in a listing.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Line {
    name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    summary: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    citation: String,
}

impl Line {
    /// A method, what it does, where it comes from.
    pub fn new(name: &str, summary: &str, citation: &str) -> Self {
        Self { name: name.into(), summary: summary.into(), citation: citation.into() }
    }
}

/// Prints a kind: its name, and a method a line, the paper below it.
pub fn print(kind: &str, lines: &[Line]) -> Result<()> {
    print_line!("{kind}");
    for Line { name, summary, citation } in lines {
        print_line!("  {}", format!("{name:<16} {summary}").trim_end());
        if !citation.is_empty() {
            print_line!("  {:<16} {citation}", "");
        }
    }
    print_line!();
    Ok(())
}
