//! The training as it went.

use super::Curve;
use super::html::{escape, number};
use super::svg::{Line, Plot};

pub(super) fn render(curves: &[Curve]) -> String {
    let figures: String = curves.iter().map(figure).collect();
    if figures.is_empty() { figures } else { format!("<div class=\"curves\">{figures}</div>\n") }
}

fn figure(curve: &Curve) -> String {
    let class = "encoder".to_owned();
    let line = Line { name: curve.title.clone(), class, points: thinned(&curve.points) };
    let lines = [line];
    let plot =
        Plot { lines: &lines, axis: &curve.axis, width: 340.0, height: 190.0, logarithmic: false };
    let drawn = plot.render();
    if drawn.is_empty() {
        return drawn;
    }
    let last = curve.points.iter().rev().map(|point| point.1).find(|value| value.is_finite());
    format!(
        "<figure><figcaption>{}<b>{}</b></figcaption>{drawn}</figure>",
        escape(&curve.title),
        last.map(number).unwrap_or_default()
    )
}

/// At most 600 points: means of equal stretches, each at its beginning, the last at its end.
fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let stretch = points.len().div_ceil(600).max(1);
    let mean = |stretch: &[(f64, f64)]| {
        let kept: Vec<&(f64, f64)> = stretch.iter().filter(|p| p.1.is_finite()).collect();
        let sum: f64 = kept.iter().map(|point| point.1).sum();
        (stretch[0].0, sum / kept.len() as f64)
    };
    let mut thinned: Vec<(f64, f64)> = points.chunks(stretch).map(mean).collect();
    if let (Some(end), Some(last)) = (thinned.last_mut(), points.last()) {
        end.0 = last.0;
    }
    thinned
}
