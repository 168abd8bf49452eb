//! The space in the plane, coloured by class.

use super::html::{class_name, data_uri, escape};
use super::{Extras, Source, Subject};
use crate::proof::Proof;

/// Side of the drawing.
const SIZE: f64 = 720.0;
/// Most bytes of thumbnails that the page carries for this picture.
const BUDGET: usize = 3 << 20;
/// Words that are written beside their points; more would hide each other.
const WRITTEN: usize = 250;
/// Most classes that a legend can name.
const LEGEND: usize = 30;

pub(super) fn render(proof: &Proof, extras: &Extras) -> String {
    let Some(picture) = extras.picture.as_ref().filter(|picture| !picture.points.is_empty()) else {
        return String::new();
    };
    let (low, span) = frame(picture.points.iter().map(|point| point.at));
    let mut circles = String::new();
    let mut samples = Vec::with_capacity(picture.points.len());
    let mut spent = 0;
    for (at, point) in picture.points.iter().enumerate() {
        let place = |axis: usize| {
            16.0 + f64::from((point.at[axis] - low[axis]) / span).clamp(0.0, 1.0) * (SIZE - 32.0)
        };
        let label = point.label.map_or(-1, i64::from);
        circles += &format!(
            "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3.2\" fill=\"{}\" data-at=\"{at}\" data-class=\"{label}\"/>",
            place(0),
            place(1),
            paint(point.label, proof.classes.len())
        );
        if extras.subject == Subject::Words && at < WRITTEN {
            circles += &format!(
                "<text x=\"{:.1}\" y=\"{:.1}\" font-size=\"9\" fill=\"currentColor\">{}</text>",
                place(0) + 4.0,
                place(1) + 3.0,
                escape(&point.id)
            );
        }
        let image = extras
            .thumbnail
            .filter(|_| spent < BUDGET)
            .and_then(|get| get(Source::Test, point.row));
        let image = image.map(|bytes| data_uri(&bytes));
        spent += image.as_ref().map_or(0, String::len);
        samples.push(serde_json::json!([point.id, class_name(&proof.classes, point.label), image]));
    }
    let lead = match extras.subject {
        Subject::Samples => {
            "Each point is a test sample, coloured by its class, which the layout never saw. \
             Point at one to see it; point at a class to see where it lies."
        }
        Subject::Words => "Each point is a frequent word. Point at one to read it.",
    };
    // "<" would let a sample's id close the script.
    let samples = serde_json::Value::from(samples).to_string().replace('<', "\\u003c");
    format!(
        "<p class=\"lead\">{lead}</p>\n\
         <div class=\"split\"><svg id=\"space\" viewBox=\"0 0 {SIZE} {SIZE}\" role=\"img\" \
         aria-label=\"the space in the plane\">{circles}</svg>{}</div>\n\
         <script type=\"application/json\" id=\"samples\">{samples}</script>\n\
         <p class=\"note\">Layout: {}. Distances between groups and their sizes mean little.</p>\n",
        legend(proof, &picture.points.iter().filter_map(|point| point.label).collect::<Vec<_>>()),
        escape(&picture.method)
    )
}

/// Lower corner and the larger side of the points' bounding square, which is centred.
fn frame(points: impl Iterator<Item = [f32; 2]>) -> ([f32; 2], f32) {
    let (mut low, mut high) = ([f32::INFINITY; 2], [f32::NEG_INFINITY; 2]);
    for point in points {
        for axis in 0..2 {
            low[axis] = low[axis].min(point[axis]);
            high[axis] = high[axis].max(point[axis]);
        }
    }
    let sides = [high[0] - low[0], high[1] - low[1]];
    let span = sides[0].max(sides[1]).max(f32::MIN_POSITIVE);
    ([low[0] - (span - sides[0]) / 2.0, low[1] - (span - sides[1]) / 2.0], span)
}

fn legend(proof: &Proof, labels: &[u32]) -> String {
    let classes = proof.classes.len();
    if classes == 0 || classes > LEGEND {
        let note =
            format!("{classes} classes; neighbouring hues are neighbouring classes in the list.");
        return if classes == 0 { String::new() } else { format!("<p class=\"note\">{note}</p>") };
    }
    let items: String = (0..classes as u32)
        .filter(|class| labels.contains(class))
        .map(|class| {
            format!(
                "<li data-class=\"{class}\" tabindex=\"0\"><i class=\"swatch\" style=\"background:{}\"></i>{}</li>",
                paint(Some(class), classes),
                escape(&class_name(&proof.classes, Some(class)))
            )
        })
        .collect();
    format!("<ul class=\"legend classes\">{items}</ul>")
}

/// Ten colours that differ for every eye, else hues around the circle, light and dark in turn.
fn paint(label: Option<u32>, classes: usize) -> String {
    const TEN: [&str; 10] = [
        "#4c78a8", "#f58518", "#54a24b", "#e45756", "#72b7b2", "#b279a2", "#eeca3b", "#9d755d",
        "#ff9da6", "#7f7f7f",
    ];
    match label {
        None => "#9a9a9a".into(),
        Some(label) if classes <= TEN.len() => TEN[label as usize % TEN.len()].into(),
        Some(label) => {
            let hue = 360.0 * f64::from(label) / classes.max(1) as f64;
            let light = [46, 60, 53][label as usize % 3];
            format!("hsl({hue:.0} 58% {light}%)")
        }
    }
}
