//! Latents that carry nothing are caught, beside healthy twins; a dictionary that is known is found.

use burn::tensor::{Device, Tensor, TensorData};
use pith_data::random::Random;
use pith_data::sample::Shape;
use pith_learn::input::{Input, Views};
use pith_learn::moment::Moment;
use pith_learn::nn::Init;
use pith_learn::objective::{Context, Objective};
use pith_learn::optimizer::{self, Optimizer};
use pith_learn::run::Run;
use pith_learn::train::{Ending, Learner, Outcome};
use pith_learn::{encoder, objective, weights};
use pith_space::health::{Diagnosis, Kind};

use super::toy;

/// Trains on the toy pictures; how it ended, and the last value of each term.
fn train<const N: usize>(
    objective: &str,
    changes: &[&str],
    terms: [&str; N],
) -> (Outcome, [f64; N]) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let pictures = toy::write(folder.path(), 400);
    let common = ["train.batch-size=64", "train.steps=120", "optimizer.adamw.learning-rate=3e-3"];
    let method = format!("[encoder.cnn]\nwidths = [16, 32]\n[objective.{objective}]");
    let recipe = toy::recipe(&pictures, &method, &[&common, changes].concat());
    let run = Run::create(&folder.path().join("run"), false).expect("a new run");
    let outcome = toy::train(&recipe, &run, false).expect("a training");
    let text = std::fs::read_to_string(run.metrics()).expect("a log");
    let last = terms.map(|term| {
        let last = text.lines().rev().find_map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).expect("a JSON line");
            line[format!("loss/{term}")].as_f64()
        });
        last.unwrap_or_else(|| panic!("no {term} in {text}"))
    });
    (outcome, last)
}

fn collapsed(outcome: &Outcome) -> &Diagnosis {
    match &outcome.ending {
        Ending::Collapsed(diagnosis) => diagnosis,
        other => panic!("not caught: {other:?}, {:?}", outcome.reading),
    }
}

#[test]
fn a_divergence_that_costs_too_much_collapses_the_posterior_and_is_stopped() {
    let (outcome, [kl]) = train("vae", &["objective.vae.beta=300"], ["kl"]);
    let diagnosis = collapsed(&outcome);
    assert_eq!(diagnosis.kind, Kind::PosteriorCollapse, "{diagnosis}");
    assert!(diagnosis.cause.contains("beta") && diagnosis.remedy.contains("anneal"), "{diagnosis}");
    assert!(kl < 0.5, "{kl} nats");
}

#[test]
fn a_divergence_that_costs_what_it_should_does_not() {
    let (outcome, [kl]) = train("vae", &[], ["kl"]);
    assert!(matches!(outcome.ending, Ending::Finished), "{:?}", outcome.ending);
    assert!(kl > 2.0, "{kl} nats");
    assert!(outcome.reading.expect("a reading").knn.is_some_and(|accuracy| accuracy > 0.9));
}

const CODES: [&str; 3] = [
    "objective.vq-vae.codes=64",
    "objective.vq-vae.parts=4",
    "objective.vq-vae.update.average={decay=0.9,epsilon=1e-5}",
];

#[test]
fn codes_that_are_never_restarted_die_and_are_told() {
    let (outcome, [perplexity]) =
        train("vq-vae", &[&CODES[..], &["objective.vq-vae.restart=0"]].concat(), ["perplexity"]);
    let diagnosis = collapsed(&outcome);
    assert_eq!(diagnosis.kind, Kind::DeadCodes, "{diagnosis}");
    assert!(diagnosis.remedy.contains("restart"), "{diagnosis}");
    assert!(perplexity < 12.0, "{perplexity}");
}

#[test]
fn codes_that_begin_anew_are_used() {
    let (outcome, [perplexity]) = train("vq-vae", &CODES, ["perplexity"]);
    assert!(matches!(outcome.ending, Ending::Finished), "{:?}", outcome.ending);
    assert!(perplexity > 20.0, "{perplexity}");
}

/// Pictures of 4x4 squares, each bright or dark by chance: what lies where is all there is to say.
fn squares(step: usize, device: &Device) -> Views {
    let mut random = Random::keyed(&[3, step as u64]);
    let values: Vec<f32> =
        (0..32 * 16).map(|_| if random.chance(0.5) { 1.0 } else { -1.0 }).collect();
    let small = Tensor::<4>::from_data(TensorData::new(values, [32, 1, 4, 4]), device);
    let pixels = small.reshape([32, 1, 4, 1, 4, 1]).expand([32, 1, 4, 4, 4, 4]);
    let inputs = vec![Input::Pixels(pixels.reshape([32, 1, 16, 16]))];
    Views { inputs, local: Vec::new(), labels: vec![None; 32] }
}

/// Steps on such pictures.
const STEPS: usize = 50;

/// Mean squared error and perplexity of the codes after them.
fn drawn(settings: &str) -> [f64; 2] {
    let device = Device::flex().autodiff();
    let mut init = Init::new(0, &device);
    let shape = Shape::Pixels { channels: 1, height: 16, width: 16 };
    let encoder: encoder::Config =
        toml::from_str("[cnn]\nwidths = [8, 16]\ndepth = 1").expect("settings");
    let encoder = encoder.init(shape, &mut init).expect("an encoder of pictures");
    let objective: objective::Config = toml::from_str(&format!(
        "[vq-vae]\ncodes = 16\n{settings}\ndecoder.convolutional.widths = [16, 8, 8]\n\
         update.average = {{ decay = 0.9, epsilon = 1e-5 }}"
    ))
    .expect("settings");
    let context = Context { encoder: &encoder, shape, classes: 0 };
    let objective = objective.init(context, &mut init).expect("an objective");
    let mut learner = Learner { encoder, objective };
    let mut optimizer = Optimizer::new(optimizer::Config::default());
    let mut last = [0.0; 2];
    for step in 0..STEPS {
        let moment = Moment { step, ..Moment::first(0, STEPS) };
        let loss = learner.loss(&squares(step, &device), &moment);
        last = ["error", "perplexity"].map(|name| {
            let (_, term) = loss.terms.iter().find(|(term, _)| *term == name).expect("a term");
            term.clone().without_autodiff().into_scalar()
        });
        let gradients = weights::gradients(&learner, loss.total.backward());
        learner = optimizer.step(learner, gradients, 1e-2);
        learner.objective.remember(loss.seen);
    }
    last
}

#[test]
fn codes_of_cells_know_what_lies_where() {
    let ([cells, perplexity], [parts, _]) = (drawn(""), drawn("parts = 8"));
    assert!(cells < 0.5 * parts, "{cells} is not far less than {parts}");
    assert!(perplexity > 8.0, "{perplexity}");
}

const SIZE: usize = 32;
const FEATURES: usize = 64;
const ACTIVE: usize = 3;
const BATCH: usize = 256;

/// Rows of unit length, `[FEATURES, SIZE]`.
fn truth() -> Vec<Vec<f32>> {
    let mut random = Random::keyed(&[1]);
    let mut row = || {
        let row: Vec<f32> = (0..SIZE).map(|_| random.normal_pair().0).collect();
        let length = row.iter().map(|value| value * value).sum::<f32>().sqrt();
        row.into_iter().map(|value| value / length).collect()
    };
    (0..FEATURES).map(|_| row()).collect()
}

/// Samples that are sums of three features each.
fn batch(truth: &[Vec<f32>], step: usize, device: &Device) -> Views {
    let mut random = Random::keyed(&[2, step as u64]);
    let mut values = vec![0.0; BATCH * SIZE];
    for row in values.chunks_exact_mut(SIZE) {
        for _ in 0..ACTIVE {
            let (feature, strength) = (&truth[random.below(FEATURES)], random.uniform(0.5, 1.5));
            row.iter_mut().zip(feature).for_each(|(sum, value)| *sum += strength * value);
        }
    }
    let rows = Tensor::from_data(TensorData::new(values, [BATCH, SIZE]), device);
    Views { inputs: vec![Input::Features(rows)], local: Vec::new(), labels: vec![None; BATCH] }
}

/// A TopK autoencoder of so many features after training: how well the true ones were found (mean
/// of the largest cosines), the share of dead ones, and what is said of them.
fn dictionary(width: usize, settings: &str, steps: usize) -> (f64, f64, Option<Diagnosis>) {
    let device = Device::flex().autodiff();
    let mut init = Init::new(0, &device);
    let shape = Shape::Features { width: SIZE };
    let encoder = format!("[mlp]\nhidden = []\nwidth = {width}\nnorm = false");
    let encoder: encoder::Config = toml::from_str(&encoder).expect("settings");
    let encoder = encoder.init(shape, &mut init).expect("an encoder of rows");
    let objective: objective::Config =
        toml::from_str(&format!("[top-k]\nk = {ACTIVE}\n{settings}")).expect("settings");
    let context = Context { encoder: &encoder, shape, classes: 0 };
    let objective = objective.init(context, &mut init).expect("an objective");
    let mut learner = Learner { encoder, objective };
    let mut optimizer = Optimizer::new(optimizer::Config::default());
    let truth = truth();
    let mut dead = 0.0;
    for step in 0..steps {
        let moment = Moment { step, ..Moment::first(0, steps) };
        let views = batch(&truth, step, &device);
        let loss = learner.loss(&views, &moment);
        let gradients = weights::gradients(&learner, loss.total.backward());
        learner = optimizer.step(learner, gradients, moment.cosine(1e-2, 1e-4));
        learner.objective.remember(loss.seen);
        let (_, share) = loss.terms.iter().find(|(name, _)| *name == "dead").expect("a term");
        dead = share.clone().without_autodiff().into_scalar();
    }
    let found = learner.objective.examine(&learner.encoder, &batch(&truth, 0, &device).inputs[0]);
    let diagnosis = found.diagnosis;
    let Objective::TopK(found) = &learner.objective else { unreachable!("it was asked for") };
    let atoms = found.atoms().without_autodiff();
    let rows =
        Tensor::from_data(TensorData::new(truth.concat(), [FEATURES, SIZE]), &atoms.device());
    let cosines = rows.matmul(atoms.transpose()).max_dim(1).mean();
    (cosines.into_scalar(), dead, diagnosis)
}

#[test]
fn a_known_dictionary_is_found() {
    let (cosine, dead, diagnosis) = dictionary(FEATURES, "patience = 10_000.0", 1500);
    assert!(cosine > 0.9, "mean largest cosine {cosine}");
    assert!(dead < 0.05, "{dead} are dead");
    assert_eq!(diagnosis, None);
}

#[test]
fn features_that_nothing_brings_back_die_and_are_told() {
    let (_, dead, diagnosis) = dictionary(16 * FEATURES, "patience = 5_000.0\nauxiliary = 0.0", 60);
    let diagnosis = diagnosis.unwrap_or_else(|| panic!("{dead} are dead and nobody says so"));
    assert_eq!(diagnosis.kind, Kind::DeadCodes);
    assert!(diagnosis.finding.contains("features are dead"), "{diagnosis}");
}
