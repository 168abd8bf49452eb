//! What a vocabulary associates with what along a direction such as that from `he` to `she`, and
//! vectors that do so less.

mod sets;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, ensure};
use pith_tables::bias::{Direction, Weat, hard_debias, project_out, weat};
use pith_tables::{Vectors, evaluate};
use serde_json::{Value, json};

use crate::arguments::Common;
use crate::output::print_line;
use crate::words::sets::{self as judged, Set, Task};
use crate::words::{Model, file};
use sets::{Sets, Test};

/// What `pith words bias` takes.
#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// A run or a file of word vectors
    model: PathBuf,
    /// A TOML file of words: pairs, words, about, [[weat]] with name, x, y, a, b; about gender where
    /// left out
    #[arg(long, value_name = "FILE")]
    sets: Option<PathBuf>,
    /// Takes the direction away and writes the vectors to --out
    #[arg(long, value_enum, requires = "out")]
    debias: Option<Debias>,
    /// File of the debiased vectors
    #[arg(long, short, value_name = "FILE", requires = "debias")]
    out: Option<PathBuf>,
    /// A folder of similarity files to measure before and after; word_eval below PITH_DATA where left
    /// out
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Draws partitions for p-values where there are too many to look at all
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Replaces a file that is in the way
    #[arg(long)]
    force: bool,
}

/// Two ways to take a direction away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Debias {
    /// From all words but those about it; pairs get the same distance to all others (Bolukbasi et al.,
    /// 2016)
    Hard,
    /// From every word (Dev and Phillips, 2019)
    Linear,
}

/// Measures, and debiases where that is asked.
pub fn run(arguments: &Arguments, common: &Common) -> Result<ExitCode> {
    if let Some(out) = &arguments.out {
        file::check(out)?;
        ensure!(
            arguments.force || !out.exists(),
            "{} exists already; replace it with --force",
            out.display()
        );
    }
    let asked = Sets::read(arguments.sets.as_deref())?;
    let model = Model::open(&arguments.model)?;
    let vectors = &model.vectors;
    let known = asked.known(vectors)?;
    let pairs: Vec<[&str; 2]> =
        known.pairs.iter().map(|[first, second]| [&**first, &**second]).collect();
    let direction = Direction::of_pairs(vectors, &pairs)?;
    let judged = similarities(arguments)?;
    let look = Look { asked: &asked, known: &known, judged: &judged, seed: arguments.seed };
    let before = look.at(vectors, &direction)?;
    let mut told = json!({
        "direction": { "pairs": pairs.len(), "asked": asked.pairs.len(), "explained": direction.explained },
        "before": before.json(),
    });
    let mut after = None;
    if let (Some(way), Some(out)) = (arguments.debias, &arguments.out) {
        let changed = match way {
            Debias::Linear => project_out(vectors, &direction),
            Debias::Hard => {
                let about: Vec<&str> = known.about.iter().map(String::as_str).collect();
                hard_debias(vectors, &direction, &[pairs.concat(), about].concat(), &pairs)?
            }
        };
        let seen = look.at(&changed, &direction)?;
        file::write(&changed, out, arguments.force)?;
        told["after"] = seen.json();
        told["vectors"] = json!(out);
        after = Some((seen, out));
    }
    if common.json {
        print_line!("{told}");
        return Ok(ExitCode::SUCCESS);
    }
    print_line!(
        "direction {} to {}, of {} of {} pairs: it explains {:.1} % of their differences",
        pairs[0][0],
        pairs[0][1],
        pairs.len(),
        asked.pairs.len(),
        100.0 * direction.explained
    );
    show(&before, after.as_ref().map(|(seen, _)| seen))?;
    if let Some((_, out)) = after {
        print_line!(
            "{} vectors of {} numbers in {}",
            vectors.words().len(),
            model.width(),
            out.display()
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// The files of similarities at hand; none is no mistake.
fn similarities(arguments: &Arguments) -> Result<Vec<Set>> {
    let Some(folder) = judged::folder(arguments.data.as_deref())? else { return Ok(Vec::new()) };
    let mut sets = judged::find(&folder)?;
    sets.retain(|set| set.task == Task::Similarity);
    Ok(sets)
}

/// What is looked at, before and after.
struct Look<'a> {
    asked: &'a Sets,
    known: &'a Sets,
    judged: &'a [Set],
    seed: u64,
}

/// What was found.
struct Seen {
    /// Mean size of the projections.
    direct_bias: Option<f64>,
    projections: Vec<(String, f32)>,
    /// Name, words known and asked, and the result where every set has a word.
    tests: Vec<(String, [usize; 2], Option<Weat>)>,
    /// Title, measure and Spearman's correlation.
    similarities: Vec<(String, String, f64)>,
}

impl Look<'_> {
    fn at(&self, vectors: &Vectors, direction: &Direction) -> Result<Seen> {
        let words: Vec<&str> = self.known.words.iter().map(String::as_str).collect();
        let mut projections = Vec::new();
        for word in &words {
            projections.push(((*word).to_owned(), direction.projection(vectors, word)?));
        }
        projections.sort_by(|a, b| a.1.total_cmp(&b.1));
        let direct_bias = match words.is_empty() {
            true => None,
            false => Some(direction.direct_bias(vectors, &words, 1.0)?),
        };
        let mut tests = Vec::new();
        for (asked, known) in self.asked.weat.iter().zip(&self.known.weat) {
            let result = associated(vectors, known, self.seed)?;
            tests.push((known.name.clone(), [known.count(), asked.count()], result));
        }
        let mut similarities = Vec::new();
        for set in self.judged {
            let score = evaluate::similarity(vectors, &set.path)?.spearman;
            similarities.push((set.title.clone(), set.name.clone(), score));
        }
        Ok(Seen { direct_bias, projections, tests, similarities })
    }
}

/// The test, where every set has a word and there are three targets: two always differ as much as they
/// can.
fn associated(vectors: &Vectors, test: &Test, seed: u64) -> Result<Option<Weat>> {
    let [x, y, a, b] = test.sides().map(|side| side.iter().map(String::as_str).collect::<Vec<_>>());
    if [&x, &y, &a, &b].iter().any(|side| side.is_empty()) || x.len() + y.len() < 3 {
        return Ok(None);
    }
    Ok(Some(weat(vectors, [&x, &y], [&a, &b], seed)?))
}

impl Seen {
    fn json(&self) -> Value {
        let number = |value: f64| json!(Some(value).filter(|value| value.is_finite()));
        let tests: Vec<Value> = self
            .tests
            .iter()
            .map(|(name, [known, asked], weat)| {
                json!({ "name": name, "known": known, "asked": asked, "result": weat })
            })
            .collect();
        let pairs = |values: Vec<(&String, Value)>| -> serde_json::Map<String, Value> {
            values.into_iter().map(|(name, value)| (name.clone(), value)).collect()
        };
        let projections = self.projections.iter().map(|(word, at)| (word, json!(at)));
        let similarities = self.similarities.iter().map(|(_, name, score)| (name, number(*score)));
        json!({
            "direct-bias": self.direct_bias,
            "projections": pairs(projections.collect()),
            "weat": tests,
            "similarity": pairs(similarities.collect()),
        })
    }
}

/// What was found before, and after where there is an after.
fn show(before: &Seen, after: Option<&Seen>) -> Result<()> {
    if let Some(bias) = before.direct_bias {
        let after = after.and_then(|after| after.direct_bias);
        let then = after.map_or(String::new(), |bias| format!(" -> {bias:.4}"));
        print_line!("\ndirect bias of {} words  {bias:.4}{then}", before.projections.len());
    }
    let later = |word: &str| {
        let found = after?.projections.iter().find(|(other, _)| other == word);
        found.map(|(_, at)| format!(" -> {at:+.4}"))
    };
    for (word, at) in &before.projections {
        print_line!("  {word:<20} {at:+.4}{}", later(word).unwrap_or_default());
    }
    if !before.tests.is_empty() {
        print_line!("\nassociation (WEAT): effect size, p-value");
    }
    for (at, (name, [known, asked], result)) in before.tests.iter().enumerate() {
        let told = |weat: &Weat| {
            let how = if weat.exact { "" } else { ", drawn" };
            format!("{:+.3}, p {:.4}{how}", weat.effect, weat.p_value)
        };
        let then =
            after.and_then(|after| after.tests[at].2.as_ref()).map(|w| format!(" -> {}", told(w)));
        match result {
            Some(weat) => print_line!(
                "  {name:<40} {}{}  ({known} of {asked} words)",
                told(weat),
                then.unwrap_or_default()
            ),
            None => print_line!("  {name:<40} not measured: {known} of {asked} words are known"),
        }
    }
    if !before.similarities.is_empty() {
        print_line!("\nagreement with people (Spearman)");
    }
    for (at, (title, _, score)) in before.similarities.iter().enumerate() {
        let then = after.map(|after| format!(" -> {:.4}", after.similarities[at].2));
        print_line!("  {title:<24} {score:.4}{}", then.unwrap_or_default());
    }
    Ok(())
}
