//! Transfer: an encoder that was trained without labels, or on other data, learns to tell the classes
//! of a labelled set; and how well it then does, beside the same training from scratch.

use std::borrow::Cow;
use std::sync::atomic::AtomicBool;

use burn::tensor::{Device, Tensor};
use pith_data::collection::{Collection, Subset};
use pith_data::loader::{Loader, Options};
use pith_data::preprocess::Preprocess;
use pith_data::view::Pipeline;
use pith_space::Matrix;
use pith_space::probe::{Labelled, linear};

use crate::input::Input;
use crate::train::Learner;
use crate::{Error, Model};

/// Samples classified at a time.
const BATCH: usize = 256;

/// Whether the learner names the class of each sample of a subset that has one, in the subset's
/// order; the learner is off the tape. Samples that cannot be read are left out.
///
/// # Errors
/// Where no batch can be made, or the objective learns no classes.
pub fn outcomes(
    learner: &Learner,
    preprocess: &Preprocess,
    subset: &Subset,
    device: &Device,
) -> Result<Vec<bool>, Error> {
    let options = Options { batch_size: BATCH, ..Options::default() };
    let loader = Loader::new(subset.clone(), Pipeline::plain(preprocess.clone()), options)?;
    let mut outcomes = Vec::new();
    for batch in loader.epoch(0, 0) {
        let input = Input::from_data(batch.views[0].clone(), device);
        let right = right(learner, &input, &batch.labels).ok_or_else(|| {
            let why = "this objective learns no classes; fine-tune with objective=cross-entropy";
            Error::Recipe(why.into())
        })?;
        outcomes.extend(right);
    }
    Ok(outcomes)
}

/// Whether a linear probe on the vectors of a model, which stays as it is, names the class of each
/// test sample that has one, in their order. Samples that cannot be read are left out.
///
/// # Errors
/// Where no batch can be made, or there are too few samples to learn from.
pub fn probed(model: &Model, collection: &Collection) -> Result<Vec<bool>, Error> {
    let [train, validation, test] =
        [&collection.train, &collection.validation, &collection.test].map(|s| embedded(model, s));
    let (train, test) = (train?, test?);
    let fitted = linear::choose(&train, &validation?, collection.classes.len())?;
    let chosen = fitted.model.predict(&test.vectors);
    Ok(chosen.iter().zip(&test.labels).map(|(chosen, label)| chosen == label).collect())
}

/// The samples of a subset that have a class.
fn embedded(model: &Model, subset: &Subset) -> Result<Labelled<'static>, Error> {
    let (mut vectors, mut labels) = (Matrix::empty(model.width()), Vec::new());
    if !subset.is_empty() {
        model.embed(subset, 1, &AtomicBool::new(false), |batch, encoded| {
            vectors.extend(encoded.values());
            labels.extend(&batch.labels);
            Ok(())
        })?;
    }
    let Labelled { vectors, labels } = Labelled::new(&vectors, &labels);
    Ok(Labelled { vectors: Cow::Owned(vectors.into_owned()), labels })
}

/// Whether the learner names the class of each sample that has one; none where its objective learns
/// no classes.
pub(crate) fn right(learner: &Learner, input: &Input, labels: &[Option<u32>]) -> Option<Vec<bool>> {
    let scores: Tensor<2> = learner.objective.scores(learner.represent(input))?;
    let chosen: Vec<i64> = scores.argmax(1).into_data().iter::<i64>().collect();
    let right = |(chosen, label): (i64, &Option<u32>)| Some(chosen == i64::from((*label)?));
    Some(chosen.into_iter().zip(labels).filter_map(right).collect())
}
