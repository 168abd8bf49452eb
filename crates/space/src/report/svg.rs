//! Plots as SVG text. Colours are classes, so that the style sheet decides them for light and dark.

use super::html::{escape, short};

/// A horizontal bar from zero with a whisker, on a scale of `low` to `high`.
pub(super) fn bar(
    value: f64,
    interval: Option<(f64, f64)>,
    scale: (f64, f64),
    class: &str,
) -> String {
    const WIDTH: f64 = 132.0;
    let span = (scale.1 - scale.0).max(f64::MIN_POSITIVE);
    let at = |v: f64| ((v - scale.0) / span).clamp(0.0, 1.0) * (WIDTH - 4.0) + 2.0;
    let (zero, end) = (at(0.0), at(value));
    let (x, width) = (zero.min(end), (end - zero).abs().max(1.0));
    let whisker = interval.map_or(String::new(), |(low, high)| {
        let (low, high) = (at(low), at(high));
        format!("<path class=\"whisker\" d=\"M{low:.1} 6H{high:.1}M{low:.1} 3V9M{high:.1} 3V9\"/>")
    });
    format!(
        "<svg class=\"bar {class}\" viewBox=\"0 0 {WIDTH} 12\" aria-hidden=\"true\">\
         <rect class=\"track\" x=\"2\" y=\"3.5\" width=\"{:.0}\" height=\"5\" rx=\"2.5\"/>\
         <rect class=\"fill\" x=\"{x:.1}\" y=\"3.5\" width=\"{width:.1}\" height=\"5\" rx=\"2.5\"/>{whisker}</svg>",
        WIDTH - 4.0
    )
}

/// An interval around a point on a scale that shows zero.
pub(super) fn interval(value: f64, low: f64, high: f64, scale: (f64, f64), class: &str) -> String {
    const WIDTH: f64 = 320.0;
    let span = (scale.1 - scale.0).max(f64::MIN_POSITIVE);
    let at = |v: f64| ((v - scale.0) / span).clamp(0.0, 1.0) * (WIDTH - 12.0) + 6.0;
    format!(
        "<svg class=\"forest {class}\" viewBox=\"0 0 {WIDTH} 16\" aria-hidden=\"true\">\
         <path class=\"zero\" d=\"M{:.1} 0V16\"/><path class=\"whisker\" d=\"M{:.1} 8H{:.1}\"/>\
         <circle class=\"dot\" cx=\"{:.1}\" cy=\"8\" r=\"3.5\"/></svg>",
        at(0.0),
        at(low),
        at(high),
        at(value)
    )
}

/// A named line of a [`Plot`].
pub(super) struct Line {
    /// In the legend.
    pub(super) name: String,
    /// Colour class.
    pub(super) class: String,
    /// Positions and values; a gap where one is not finite.
    pub(super) points: Vec<(f64, f64)>,
}

/// Lines over a common horizontal axis.
pub(super) struct Plot<'a> {
    pub(super) lines: &'a [Line],
    pub(super) axis: &'a str,
    pub(super) width: f64,
    pub(super) height: f64,
    /// Base-10 logarithm of the values; those not above zero leave a gap.
    pub(super) logarithmic: bool,
}

impl Plot<'_> {
    pub(super) fn render(&self) -> String {
        const LEFT: f64 = 52.0;
        const BOTTOM: f64 = 26.0;
        let tall = |value: f64| if self.logarithmic { value.log10() } else { value };
        let kept = |&&(x, y): &&(f64, f64)| x.is_finite() && tall(y).is_finite();
        let all: Vec<(f64, f64)> =
            self.lines.iter().flat_map(|line| &line.points).filter(kept).copied().collect();
        let (Some(x), Some(y)) =
            (range(all.iter().map(|p| p.0)), range(all.iter().map(|p| tall(p.1))))
        else {
            return String::new();
        };
        let ticks = if self.logarithmic { decades(y) } else { round_ticks(y) };
        let y = (y.0.min(ticks[0]), y.1.max(ticks[ticks.len() - 1]));
        let (inner, plot_height) = (self.width - LEFT - 10.0, self.height - BOTTOM - 10.0);
        let across = |v: f64| LEFT + (v - x.0) / (x.1 - x.0).max(f64::MIN_POSITIVE) * inner;
        let down =
            |v: f64| 10.0 + (1.0 - (v - y.0) / (y.1 - y.0).max(f64::MIN_POSITIVE)) * plot_height;
        let (width, height) = (self.width, self.height);
        let mut svg = format!(
            "<svg class=\"plot\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{}\">",
            escape(
                &self.lines.iter().map(|line| line.name.as_str()).collect::<Vec<_>>().join(", ")
            )
        );
        for tick in ticks {
            let (at, right) = (down(tick), self.width - 10.0);
            let text = if self.logarithmic { power(tick) } else { short(tick) };
            svg += &format!(
                "<path class=\"grid\" d=\"M{LEFT} {at:.1}H{right}\"/>\
                 <text x=\"{:.0}\" y=\"{:.1}\" class=\"tick end\">{text}</text>",
                LEFT - 8.0,
                at + 3.5
            );
        }
        let baseline = self.height - 8.0;
        svg += &format!(
            "<text x=\"{LEFT}\" y=\"{baseline}\" class=\"tick\">{}</text>\
             <text x=\"{:.0}\" y=\"{baseline}\" class=\"tick end\">{} {}</text>",
            short(x.0),
            self.width - 10.0,
            escape(self.axis),
            short(x.1),
        );
        for line in self.lines {
            let mut path = String::new();
            let mut pen_down = false;
            for point in &line.points {
                if !kept(&point) {
                    pen_down = false;
                    continue;
                }
                let letter = if pen_down { 'L' } else { 'M' };
                path += &format!("{letter}{:.1} {:.1}", across(point.0), down(tall(point.1)));
                pen_down = true;
            }
            svg += &format!("<path class=\"line {}\" d=\"{path}\"/>", line.class);
        }
        svg + "</svg>"
    }
}

fn range(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.fold(None, |range, value| match range {
        None => Some((value, value)),
        Some((low, high)) => Some((f64::min(low, value), f64::max(high, value))),
    })
}

/// Three to six round values that span the range.
fn round_ticks((low, high): (f64, f64)) -> Vec<f64> {
    let span = if high > low { high - low } else { low.abs().max(1.0) };
    let raw = span / 4.0;
    let power = 10f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|s| s * power).into_iter().find(|&s| s >= raw);
    let step = step.unwrap_or(10.0 * power);
    let (first, last) = ((low / step).floor() as i64, (high / step).ceil() as i64);
    (first..=last.max(first + 1)).map(|tick| tick as f64 * step).collect()
}

/// Powers of ten, few enough to read.
fn decades((low, high): (f64, f64)) -> Vec<f64> {
    let (first, last) = (low.floor() as i64, high.ceil() as i64);
    let step = ((last - first) as usize).div_ceil(6).max(1);
    let mut ticks: Vec<f64> = (first..=last).step_by(step).map(|tick| tick as f64).collect();
    if ticks.len() == 1 {
        ticks.push(ticks[0] + 1.0);
    }
    ticks
}

fn power(exponent: f64) -> String {
    match exponent as i64 {
        0 => "1".into(),
        1 => "10".into(),
        exponent => format!("10<tspan dy=\"-4\" class=\"power\">{exponent}</tspan>"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_span_the_range() {
        assert_eq!(round_ticks((0.13, 0.92)), [0.0, 0.2, 0.4, 0.6000000000000001, 0.8, 1.0]);
        assert_eq!(round_ticks((3.0, 3.0)), [3.0, 4.0]);
        assert_eq!(decades((-2.5, 0.3)), [-3.0, -2.0, -1.0, 0.0, 1.0]);
    }

    #[test]
    fn a_gap_lifts_the_pen_and_no_values_draw_nothing() {
        let plot = |points: Vec<(f64, f64)>| {
            let lines = [Line { name: "<loss>".into(), class: "encoder".into(), points }];
            let plot = Plot {
                lines: &lines,
                axis: "step",
                width: 300.0,
                height: 160.0,
                logarithmic: false,
            };
            plot.render()
        };
        let drawn = plot(vec![(0.0, 1.0), (1.0, f64::NAN), (2.0, 0.0)]);
        let path = drawn.split("class=\"line encoder\" d=\"").nth(1).unwrap();
        assert_eq!(path.split('"').next().unwrap().matches('M').count(), 2);
        assert!(drawn.contains("&lt;loss&gt;") && !drawn.contains("NaN"));
        assert_eq!(plot(vec![(0.0, f64::NAN)]), "");
    }
}
