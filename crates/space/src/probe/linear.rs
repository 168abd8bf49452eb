//! Linear probe: logistic regression on the frozen vectors (as in CLIP and VTAB).
//!
//! Features are scaled to mean 0 and standard deviation 1 of the training vectors. The penalty is
//! the one of `l2 = 1, 0.1, .. 1e-6` (of the mean loss; scikit-learn's `C = 1 / (n l2)`) with the
//! best validation accuracy, the strongest of equals; each fit starts from the one before, and the
//! path ends after two values without gain. The chosen one is then fitted to a gradient of 1e-5.
//! Without enough validation samples every fifth training sample takes their place.

use super::{Better, Labelled, Measure, Outcome, Probe, Settings, Space, Unit};
use crate::Error;
use crate::logistic::{Logistic, Problem, Scaling, Stop};

/// The probe.
pub const PROBE: Probe = Probe {
    name: "linear",
    says: "whether classes can be told apart by planes through the space",
    needs_labels: true,
    measures: &[Measure {
        name: "linear",
        title: "linear probe accuracy",
        says: "share of test samples that logistic regression on the frozen vectors gets right",
        better: Better::Higher,
        unit: Unit::Share,
    }],
    run,
};

/// Penalties tried, strongest first.
const PENALTIES: [f64; 7] = [1.0, 0.1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6];
/// Values without gain after which the path ends.
const PATIENCE: usize = 2;
/// While choosing.
const ROUGH: Stop = Stop { gradient: 3e-4, steps: 200 };
/// For the chosen penalty.
const EXACT: Stop = Stop { gradient: 1e-5, steps: 1000 };
/// Validation samples needed to choose by.
const ENOUGH: usize = 20;

/// A probe fitted with the penalty that validation chose.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// The classifier.
    pub model: Logistic,
    /// The chosen penalty of the mean loss.
    pub l2: f64,
    /// Accuracy on the samples that it was chosen by.
    pub validation: f64,
    /// Every penalty tried: its value, the accuracy, the steps of L-BFGS.
    pub path: Vec<(f64, f64, usize)>,
}

/// Fits with every penalty and keeps the best on validation.
pub fn fit(train: &Labelled, validation: &Labelled, classes: usize) -> Fitted {
    let scaling = Scaling::standard(&train.vectors);
    let mut problem = Problem::new(&train.vectors, &train.labels, classes, scaling);
    let mut best: Option<Fitted> = None;
    let mut previous: Option<Logistic> = None;
    let mut without_gain = 0;
    let mut path = Vec::new();
    for l2 in PENALTIES {
        let model = problem.fit(l2, previous.as_ref(), ROUGH);
        let accuracy = accuracy(&model, validation);
        path.push((l2, accuracy, model.steps));
        previous = Some(model.clone());
        if best.as_ref().is_none_or(|best| accuracy > best.validation) {
            best = Some(Fitted { model, l2, validation: accuracy, path: Vec::new() });
            without_gain = 0;
        } else {
            without_gain += 1;
            if without_gain == PATIENCE {
                break;
            }
        }
    }
    let mut best = best.expect("there are penalties to try");
    best.model = problem.fit(best.l2, Some(&best.model), EXACT);
    best.path = path;
    best
}

fn accuracy(model: &Logistic, data: &Labelled) -> f64 {
    let predicted = model.predict(&data.vectors);
    let hits = predicted.iter().zip(&data.labels).filter(|(p, t)| p == t).count();
    hits as f64 / data.labels.len().max(1) as f64
}

/// The same where there may be too few validation samples to choose by: every fifth training sample
/// then takes their place, and the chosen penalty is fitted to all of them.
///
/// # Errors
/// Where there are too few training samples as well.
pub fn choose(train: &Labelled, validation: &Labelled, classes: usize) -> Result<Fitted, Error> {
    if enough(validation) {
        return Ok(fit(train, validation, classes));
    }
    let (kept, held_out) = every_fifth(train)?;
    let chosen = fit(&kept, &held_out, classes);
    let scaling = Scaling::standard(&train.vectors);
    let mut problem = Problem::new(&train.vectors, &train.labels, classes, scaling);
    let model = problem.fit(chosen.l2, None, EXACT);
    Ok(Fitted { model, ..chosen })
}

fn enough(validation: &Labelled) -> bool {
    validation.labels.len() >= ENOUGH
}

fn run(space: &Space, _: &Settings) -> Result<Outcome, Error> {
    let fitted = choose(&space.train, &space.validation, space.classes)?;
    let predicted = fitted.model.predict(&space.test.vectors);
    let chosen_by = match enough(&space.validation) {
        true => "the validation split",
        false => "every fifth training sample, held out",
    };
    let protocol = format!(
        "L-BFGS logistic regression on standardized vectors, {} training samples, L2 chosen on \
         {chosen_by} from 1, 0.1 .. 1e-6; {} test samples",
        space.train.labels.len(),
        space.test.labels.len()
    );
    let mut outcome = Outcome::accuracy("linear", predicted, &space.test.labels, protocol);
    let (steps, gradient) = (fitted.model.steps, fitted.model.gradient);
    outcome.notes.push(format!(
        "linear: L2 {} chosen with accuracy {:.4}; the last fit ended after {steps} steps at a \
         gradient of {gradient:.1e}",
        fitted.l2, fitted.validation
    ));
    Ok(outcome)
}

/// Four fifths to fit, one to choose by.
fn every_fifth<'a>(data: &Labelled<'a>) -> Result<(Labelled<'a>, Labelled<'a>), Error> {
    let count = data.labels.len();
    if count < ENOUGH {
        let what = "the linear probe's training samples".into();
        return Err(Error::TooFew { what, needed: ENOUGH, received: count });
    }
    let (held_out, kept): (Vec<usize>, Vec<usize>) = (0..count).partition(|row| row % 5 == 4);
    Ok((data.select(&kept), data.select(&held_out)))
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::Matrix;
    use crate::geometry::golden;

    fn blobs(seed: u64, rows: usize) -> Labelled<'static> {
        let mut vectors = golden::gaussian(seed, rows, 6);
        let labels: Vec<u32> = (0..rows as u32).map(|i| i % 3).collect();
        for (row, &label) in vectors.values_mut().chunks_exact_mut(6).zip(&labels) {
            row[label as usize] += 3.0;
        }
        Labelled { vectors: Cow::Owned(vectors), labels }
    }

    #[test]
    fn separable_classes_are_separated() {
        let fitted = fit(&blobs(1, 300), &blobs(2, 90), 3);
        assert!(accuracy(&fitted.model, &blobs(3, 300)) > 0.9);
        assert!(fitted.model.gradient <= 1e-5);
    }

    #[test]
    fn shuffled_labels_give_chance_and_a_strong_penalty() {
        let mut train = blobs(1, 300);
        let mut next = golden::uniform(5);
        train.labels.iter_mut().for_each(|label| *label = (next() * 3.0) as u32);
        let fitted = fit(&train, &blobs(2, 90), 3);
        assert!(accuracy(&fitted.model, &blobs(3, 300)) < 0.7);
    }

    #[test]
    fn stretching_a_dimension_changes_nothing() {
        let stretch = |data: &Labelled<'static>| {
            let mut vectors: Matrix = data.vectors.clone().into_owned();
            vectors.values_mut().chunks_exact_mut(6).for_each(|row| row[1] = 64.0 * row[1] + 8.0);
            Labelled { vectors: Cow::Owned(vectors), labels: data.labels.clone() }
        };
        let (train, validation, test) = (blobs(1, 120), blobs(2, 60), blobs(3, 60));
        let plain = fit(&train, &validation, 3).model.probabilities(&test.vectors);
        let stretched = fit(&stretch(&train), &stretch(&validation), 3);
        let stretched = stretched.model.probabilities(&stretch(&test).vectors);
        for (a, b) in plain.iter().zip(stretched) {
            assert!((a - b).abs() < 1e-4, "{a} {b}");
        }
    }
}
