//! Settings found by trial on a validation file, never on the test file.
//!
//! A trial changes every free setting of the best one so far by a random factor or step, wide at the
//! beginning and narrow at the end: the strategy, the ranges and the widths of fastText's autotune.

use std::f64::consts::TAU;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::{Classifier, Config, Examples, Loss, train};
use crate::Error;
use crate::random::Random;

/// Numbers in the table of n-grams, at most (1 GiB); buckets are fewer where vectors are long.
const LARGEST_TABLE: usize = 1 << 28;
/// Where one loss for every label costs too much.
const MANY_LABELS: usize = 1000;
/// Shortest and longest n-gram of characters.
const SUBWORDS: [(usize, usize); 3] = [(0, 0), (2, 5), (3, 6)];

/// A setting that a search may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Setting {
    /// Passes over the examples, 1 to 100.
    Epochs,
    /// The rate of learning, 0.01 to 5.
    Rate,
    /// Numbers per vector, 1 to 1000.
    Dimensions,
    /// Words of the longest sequence, 1 to 5.
    WordNgrams,
    /// Character n-grams: none, of 2 to 5 or of 3 to 6.
    Subwords,
    /// Vectors of n-grams, 10 000 to 10 million.
    Buckets,
    /// Softmax or one against all; above 1000 labels hierarchical softmax or negative sampling.
    Loss,
}

/// What a trial is judged by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// F1 over all labels; with one label a text and one prediction this is precision at 1.
    #[default]
    F1,
    /// F1 of one label.
    LabelF1(String),
}

/// How long to search, and for what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Search {
    /// Trainings, at most.
    pub trials: usize,
    /// Seconds in all, at most. With a limit of time another run may find something else.
    pub seconds: Option<f64>,
    /// What is tried follows from it; with the same number of trials and one thread all does.
    pub seed: u64,
    /// What a trial is judged by.
    pub metric: Metric,
    /// Labels predicted for a text.
    pub predictions: usize,
    /// What stays as it is in the settings to begin with.
    pub keep: Vec<Setting>,
}

impl Default for Search {
    fn default() -> Self {
        Self {
            trials: 30,
            seconds: None,
            seed: 1,
            metric: Metric::F1,
            predictions: 1,
            keep: vec![Setting::Loss],
        }
    }
}

/// One training of a search.
#[derive(Clone, Debug, Serialize)]
pub struct Trial {
    /// Its number, from 1.
    pub number: usize,
    /// Its settings.
    pub config: Config,
    /// Of the validation file; none where the time ended before the training.
    pub score: Option<f64>,
    /// How long it took.
    pub seconds: f64,
    /// Whether it was better than all before.
    pub best: bool,
}

/// What a search found.
#[derive(Clone, Debug)]
pub struct Tuned {
    /// The best classifier, with its settings.
    pub classifier: Classifier,
    /// All that was tried.
    pub trials: Vec<Trial>,
}

/// Trains with other settings again and again, and keeps what does best on the validation lines. The
/// first trial is `start` as it is. `report` hears of every trial; where it breaks, the search ends.
///
/// # Errors
/// Where a setting makes no sense, no validation line has a known label, the label to judge by is
/// unknown, or no training ended within the time.
pub fn autotune(
    examples: &Examples,
    start: &Config,
    validation: &[String],
    search: &Search,
    report: &mut dyn FnMut(&Trial) -> ControlFlow<()>,
) -> Result<Tuned, Error> {
    if search.trials == 0 || search.predictions == 0 {
        let why = "a search needs trials >= 1 and predictions >= 1, received 0";
        return Err(Error::Setting(why.to_owned()));
    }
    let clock = Instant::now();
    let late =
        |limit: f64| clock.elapsed() >= Duration::try_from_secs_f64(limit).unwrap_or_default();
    let is_late = || search.seconds.is_some_and(late);
    let mut random = Random::keyed(&[search.seed]);
    let labels = examples.dictionary.labels.len();
    let mut best: Option<(f64, Classifier)> = None;
    let mut trials = Vec::new();
    while trials.len() < search.trials && !is_late() {
        let number = trials.len() + 1;
        let spent = match search.seconds {
            Some(limit) => clock.elapsed().as_secs_f64() / limit,
            None => (number - 1) as f64 / search.trials as f64,
        };
        let config = match &best {
            Some((_, best)) => change(&best.config, search, spent, labels, &mut random),
            None => start.clone(),
        };
        let (begin, mut broken) = (Instant::now(), false);
        let classifier = train(examples, &config, &[], &mut |_| {
            broken |= is_late();
            if broken { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        let score = if broken { None } else { Some(judge(&classifier, validation, search)?) };
        let is_best = score.filter(|score| best.as_ref().is_none_or(|best| *score > best.0));
        if let Some(score) = is_best {
            best = Some((score, classifier));
        }
        let (seconds, best) = (begin.elapsed().as_secs_f64(), is_best.is_some());
        let trial = Trial { number, config, score, seconds, best };
        let end = report(&trial).is_break();
        trials.push(trial);
        if end {
            break;
        }
    }
    let Some((_, classifier)) = best else {
        return Err(Error::Setting(format!(
            "no training ended within the {} seconds of the search; give it more, or begin with \
             fewer epochs",
            search.seconds.unwrap_or_default()
        )));
    };
    Ok(Tuned { classifier, trials })
}

fn judge(classifier: &Classifier, validation: &[String], search: &Search) -> Result<f64, Error> {
    let report = classifier.test(validation, search.predictions, 0.0);
    if report.examples == 0 {
        return Err(Error::Setting(format!(
            "none of the {} validation lines has a label of the training file; labels begin with {:?}",
            validation.len(),
            classifier.config.label
        )));
    }
    let Metric::LabelF1(label) = &search.metric else { return Ok(report.f1) };
    let found = report.labels.iter().find(|score| score.label == *label);
    let unknown = || Error::Setting(format!("the label {label:?} to judge by is unknown"));
    Ok(found.ok_or_else(unknown)?.f1)
}

/// The settings to try next, when this share of the search is over.
fn change(
    best: &Config,
    search: &Search,
    spent: f64,
    labels: usize,
    random: &mut Random,
) -> Config {
    // Wide in the first quarter, narrow in the last.
    let width = |(wide, narrow): (f64, f64)| {
        wide - (wide - narrow) * ((spent - 0.25) / 0.5).clamp(0.0, 1.0)
    };
    // Every number is drawn, whether it is free or not: what is kept does not change the others.
    let mut scaled = |value: f64, widths, (low, high): (f64, f64)| {
        (value * (width(widths) * normal(random)).exp2()).clamp(low, high)
    };
    let epochs = scaled(best.epochs as f64, (2.8, 2.5), (1.0, 100.0)) as usize;
    let rate = scaled(f64::from(best.rate), (1.9, 1.0), (0.01, 5.0)) as f32;
    let dimensions = scaled(best.dimensions as f64, (1.4, 0.3), (1.0, 1000.0)) as usize;
    let buckets = scaled(best.buckets as f64, (2.0, 1.5), (1e4, 1e7)) as usize;
    let mut moved = |value: usize, widths, (low, high): (f64, f64)| {
        (value as f64 + width(widths) * normal(random)).clamp(low, high) as usize
    };
    let word_ngrams = moved(best.word_ngrams, (4.3, 2.4), (1.0, 5.0));
    let place = SUBWORDS.iter().position(|pair| *pair == (best.shortest, best.longest));
    let subwords = SUBWORDS[moved(place.unwrap_or(0), (4.0, 1.4), (0.0, 2.0))];
    let losses = if labels > MANY_LABELS {
        [Loss::HierarchicalSoftmax, Loss::NegativeSampling]
    } else {
        [Loss::Softmax, Loss::OneVsAll]
    };
    let loss = losses[random.below(losses.len())];
    let free = |setting| !search.keep.contains(&setting);
    let mut config = best.clone();
    let mut set = |setting, apply: &mut dyn FnMut(&mut Config)| {
        if free(setting) {
            apply(&mut config);
        }
    };
    set(Setting::Epochs, &mut |config| config.epochs = epochs);
    set(Setting::Rate, &mut |config| config.rate = rate);
    set(Setting::Dimensions, &mut |config| config.dimensions = dimensions);
    set(Setting::WordNgrams, &mut |config| config.word_ngrams = word_ngrams);
    set(Setting::Subwords, &mut |config| (config.shortest, config.longest) = subwords);
    set(Setting::Loss, &mut |config| config.loss = loss);
    set(Setting::Buckets, &mut |config| {
        config.buckets = buckets.min(LARGEST_TABLE / config.dimensions);
    });
    config
}

/// A number of the standard normal distribution (Box and Muller, 1958).
fn normal(random: &mut Random) -> f64 {
    let [radius, angle] = [(); 2].map(|()| f64::from(random.unit()));
    (-2.0 * (1.0 - radius).ln()).sqrt() * (TAU * angle).cos()
}
