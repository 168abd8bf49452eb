//! Directions between classes, and where going along them leads.

use super::html::{class_name, escape};
use super::neighbours::tile;
use super::{Extras, Source};
use crate::direction::subspace::Subspaces;
use crate::direction::{Example, Found, Pair, Rule, Separation};
use crate::proof::{Estimate, ExampleNeighbour, Proof};

/// Directions between pairs of classes, and the subspaces of all.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Directions {
    /// The pairs that were looked at.
    pub pairs: Vec<Pair>,
    /// By candidate.
    pub subspaces: Vec<Subspaces>,
}

pub(super) fn render(proof: &Proof, extras: &Extras) -> String {
    let Directions { pairs, subspaces } = &extras.directions;
    if pairs.is_empty() {
        return String::new();
    }
    let rows: String = pairs.iter().map(|pair| rows(proof, pair)).collect();
    let strips: String = pairs.iter().map(|pair| strips(proof, extras, pair)).collect();
    format!(
        "<p class=\"lead\">Whether one direction tells two classes apart, and whether going along it \
         turns one into the other. Directions and means are of training samples; what is counted \
         and shown are test samples.</p>\n\
         <div class=\"scroll\"><table class=\"directions\"><thead><tr><th>A → B</th><th>space</th>\
         <th>difference of means<small>accuracy, test</small></th>\
         <th>linear concept<small>accuracy, test</small></th>\
         <th>nearest to x is of B<small>of test samples x of A</small></th>\
         <th>nearest to x − mean A + mean B is of B</th></tr></thead><tbody>{rows}</tbody></table></div>\n\
         <p class=\"note\">Accuracy is the mean of the two classes' shares, so that 50 % is chance; \
         in brackets bootstrap 95 % intervals. The second line is the negative control: the same \
         direction of shuffled training labels, mean and range. Healthy: well above that range. A direction within it says nothing; a range that reaches \
         far to both sides of 50 % says that almost any direction parts these two, as often the \
         wrong way round. The linear concept is the normal of a logistic separator. That the nearest after the shift is of B says \
         that the means are apart; whether all else of x was kept is for the eye, in the rows below.</p>\n\
         {strips}{}",
        subspaces_table(subspaces)
    )
}

fn rows(proof: &Proof, pair: &Pair) -> String {
    let why = match pair.rule {
        Rule::All => "",
        Rule::Closest => "<small>the closest training means</small>",
        Rule::Farthest => "<small>the farthest training means</small>",
    };
    let name = format!("{}{why}", escape(&named(proof, pair)));
    let count = pair.found.len();
    let row = |(place, found): (usize, &Found)| {
        let head = match place {
            0 => format!("<th rowspan=\"{count}\">{name}</th>"),
            _ => String::new(),
        };
        format!(
            "<tr>{head}<td>{}</td><td>{}</td><td>{}<small>cosine {:.2} to the means'</small></td><td>{}</td><td>{}</td></tr>\n",
            escape(&found.name),
            separation(&found.mean_difference),
            separation(&found.concept),
            found.cosine,
            percent(&found.arithmetic.unshifted),
            percent(&found.arithmetic.shifted),
        )
    };
    pair.found.iter().enumerate().map(row).collect()
}

fn named(proof: &Proof, pair: &Pair) -> String {
    let name = |class| class_name(&proof.classes, Some(class));
    format!("{} → {}", name(pair.from), name(pair.to))
}

fn separation(separation: &Separation) -> String {
    let Estimate { value, low, high } = separation.shuffled;
    let range = low.zip(high).map_or(String::new(), |(low, high)| {
        format!(" ({:.0} – {:.0})", 100.0 * low, 100.0 * high)
    });
    format!(
        "{}<small>shuffled {:.0} %{range}</small>",
        percent(&separation.accuracy),
        100.0 * value
    )
}

fn percent(estimate: &Estimate) -> String {
    let interval = estimate.low.zip(estimate.high).map_or(String::new(), |(low, high)| {
        format!(" <span class=\"none\">[{:.1}, {:.1}]</span>", 100.0 * low, 100.0 * high)
    });
    format!("<b>{:.1} %</b>{interval}", 100.0 * estimate.value)
}

/// The shifted samples of the first candidate.
fn strips(proof: &Proof, extras: &Extras, pair: &Pair) -> String {
    let Some(found) = pair.found.first().filter(|found| !found.arithmetic.examples.is_empty())
    else {
        return String::new();
    };
    let strip = |example: &Example| {
        let face = |sample: &ExampleNeighbour, class: &str, cosine| {
            let at = (Source::Test, sample.row);
            tile(proof, extras, at, &sample.id, sample.label, class, cosine)
        };
        let near = |sample: &ExampleNeighbour, wanted| {
            let class = if sample.label == Some(wanted) { "good" } else { "bad" };
            face(sample, class, Some(sample.cosine))
        };
        let Example { source, before, after } = example;
        format!(
            "<div class=\"strip\">{}<i class=\"arrow\"></i>{}<i class=\"arrow\"></i>{}</div>\n",
            face(source, "query", None),
            near(before, pair.from),
            near(after, pair.to)
        )
    };
    let examples: String = found.arithmetic.examples.iter().map(strip).collect();
    let name = |class| class_name(&proof.classes, Some(class));
    format!(
        "<h3>{}</h3>\n<p class=\"note\">A test sample of A, the test sample nearest to it, and the \
         one nearest to x − mean {} + mean {}; spread evenly over the test split, not picked. Green \
         is of the class that is wanted: A without the shift, B after it.</p>\n<div class=\"strips\">{examples}</div>\n",
        escape(&named(proof, pair)),
        escape(&name(pair.from)),
        escape(&name(pair.to)),
    )
}

/// How much of a class lies in its own principal directions, and how different those of classes are.
fn subspaces_table(subspaces: &[Subspaces]) -> String {
    let Some(first) = subspaces.first() else { return String::new() };
    let row = |found: &Subspaces| {
        let shares = found.shares.iter().map(|(_, share)| share);
        let mean = shares.sum::<f64>() / found.shares.len().max(1) as f64;
        format!(
            "<tr><th>{}</th><td>{:.1} %</td><td>{:.1} %</td><td>{:.1}°</td><td>{:.1}°</td></tr>\n",
            escape(&found.name),
            100.0 * mean,
            100.0 * found.elsewhere,
            found.angle,
            found.own_angle
        )
    };
    let rows: String = subspaces.iter().map(row).collect();
    format!(
        "<h3>Class subspaces</h3>\n<p class=\"note\">The first {} principal directions of each of \
         {} classes, fitted to training samples. Shares are of the variance of a class's test \
         samples, mean over classes. Two halves of one class show the angle that sampling alone \
         makes; classes whose angle is no larger vary in the same ways.</p>\n\
         <div class=\"scroll\"><table class=\"directions\"><thead><tr><th>space</th>\
         <th>variance within its own subspace</th><th>within that of another class</th>\
         <th>mean angle between classes</th><th>between halves of a class</th></tr></thead>\
         <tbody>{rows}</tbody></table></div>\n",
        first.dimensions,
        first.shares.len()
    )
}
