//! The proof as a page: one file that needs nothing else, drawn from `proof.json` and a few extras.
//!
//! Every number on it stands in the proof or was handed in as measured; nothing is computed here but positions on the
//! paper. All text that comes from the user is escaped.

mod confusion;
mod curves;
mod directions;
mod html;
mod measures;
mod neighbours;
mod notes;
mod picture;
mod sheets;
mod spectrum;
mod svg;

pub use self::directions::Directions;
use self::html::{escape, section};
pub use self::sheets::Sheet;
use crate::proof::{CandidateKind, Proof};

/// What the page shows beside the proof. Everything may be left out.
#[derive(Default)]
pub struct Extras<'a> {
    /// Name of the run or model.
    pub title: String,
    /// Small facts under the title: data, encoder, version, date.
    pub facts: Vec<(String, String)>,
    /// Curves of the training, in the order to show them.
    pub curves: Vec<Curve>,
    /// The space in the plane.
    pub picture: Option<Picture>,
    /// What leads from one class to another.
    pub directions: Directions,
    /// Pictures of what the model learned, in the order to show them.
    pub sheets: Vec<Sheet>,
    /// PNG or JPEG bytes of a sample; `None` where it has no picture.
    pub thumbnail: Option<&'a dyn Fn(Source, usize) -> Option<Vec<u8>>>,
    /// What deserves notice about the data: samples skipped, duplicates across splits.
    pub notes: Vec<String>,
    /// The recipe, as text.
    pub recipe: Option<String>,
    /// What the points are, for the sentences on the page.
    pub subject: Subject,
}

/// What the points of a space are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Subject {
    /// Samples of a test split, their neighbours of a training split.
    #[default]
    Samples,
    /// Words, among each other.
    Words,
}

/// Where a row belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A row of the training split as given.
    Train,
    /// A row of the test split as given.
    Test,
}

/// One quantity over the training.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    /// What it is, for example "loss".
    pub title: String,
    /// What the horizontal axis counts, for example "step".
    pub axis: String,
    /// Pairs of position and value; values that are not finite leave a gap.
    pub points: Vec<(f64, f64)>,
}

/// Points of the space in the plane, for example of [`crate::projection::tsne::layout`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Picture {
    /// How it was made.
    pub method: String,
    /// The points.
    pub points: Vec<Point>,
}

/// One sample of a [`Picture`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Point {
    /// Row in the test split as given.
    pub row: usize,
    /// The sample's id.
    pub id: String,
    /// Its class.
    pub label: Option<u32>,
    /// Where it lies.
    pub at: [f32; 2],
}

/// The whole page.
pub fn render(proof: &Proof, extras: &Extras) -> String {
    let title = if extras.title.is_empty() { "Proof" } else { &extras.title };
    let sections = [
        section("Measures", "measures", &measures::render(proof)),
        section("The space", "picture", &picture::render(proof, extras)),
        section("Neighbours", "neighbours", &neighbours::render(proof, extras)),
        section("Directions", "directions", &directions::render(proof, extras)),
        section("What it learned, in pictures", "sheets", &sheets::render(&extras.sheets)),
        section("Spectrum", "spectrum", &spectrum::render(proof)),
        section("Training", "training", &curves::render(&extras.curves)),
        section("Confusions", "confusions", &confusion::render(proof)),
        section("Data", "data", &notes::data(proof, extras)),
        section("How it was measured", "protocol", &notes::protocol(proof, extras.subject)),
        section("Recipe", "recipe", &notes::recipe(extras)),
    ];
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{}</title>\n\
         <style>\n{}</style>\n</head>\n<body>\n<main>\n{}{}</main>\n<div id=\"tip\" hidden></div>\n\
         <script>\n{}</script>\n</body>\n</html>\n",
        escape(title),
        include_str!("style.css"),
        header(proof, extras, title),
        sections.concat(),
        include_str!("script.js"),
    )
}

fn header(proof: &Proof, extras: &Extras, title: &str) -> String {
    let (class, badge) = match proof.verdict.beats_baselines {
        Some(true) => ("good", "beats its baselines"),
        Some(false) => ("bad", "does not beat its baselines"),
        None => ("open", "not compared"),
    };
    let facts: String = extras
        .facts
        .iter()
        .map(|(name, value)| {
            format!("<div><dt>{}</dt><dd>{}</dd></div>", escape(name), escape(value))
        })
        .collect();
    let facts =
        if facts.is_empty() { facts } else { format!("<dl class=\"facts\">{facts}</dl>\n") };
    let details: String =
        proof.verdict.details.iter().map(|line| format!("<li>{}</li>", escape(line))).collect();
    let details = if details.is_empty() {
        details
    } else {
        format!("<ul class=\"details\">{details}</ul>\n")
    };
    format!(
        "<header>\n<p class=\"kicker\"><span>{}</span><span class=\"badge {class}\">{badge}</span></p>\n\
         <h1>{}</h1>\n{details}{facts}</header>\n",
        escape(title),
        escape(&html::sentence(&proof.verdict.sentence)),
    )
}

/// The colour class of the candidate at a place of the list.
fn colour(proof: &Proof, at: usize) -> String {
    let kind = proof.candidates.get(at).map(|candidate| candidate.kind);
    match kind {
        Some(CandidateKind::Encoder) => "encoder".into(),
        Some(CandidateKind::RawInput) => "raw".into(),
        Some(CandidateKind::Pca) => "pca".into(),
        Some(CandidateKind::Untrained) | None => "untrained".into(),
    }
}

#[cfg(test)]
mod tests;
