//! How a listing looks.

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
pub fn print(kind: &str, lines: &[Line]) {
    println!("{kind}");
    for Line { name, summary, citation } in lines {
        println!("  {}", format!("{name:<16} {summary}").trim_end());
        if !citation.is_empty() {
            println!("  {:<16} {citation}", "");
        }
    }
    println!();
}
