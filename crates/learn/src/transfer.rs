//! Transfer: an encoder that was trained without labels, or on other data, learns to tell the classes
//! of a labelled set; and how well it then does, beside the same training from scratch.

use burn::tensor::{Device, Tensor};
use pith_data::collection::Subset;
use pith_data::loader::{Loader, Options};
use pith_data::preprocess::Preprocess;
use pith_data::view::Pipeline;

use crate::Error;
use crate::input::Input;
use crate::train::Learner;

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
    let options = Options {
        batch_size: BATCH,
        views: 1,
        shuffle: false,
        drop_last: false,
        seed: 0,
        workers: 1,
    };
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

/// Whether the learner names the class of each sample that has one; none where its objective learns
/// no classes.
pub(crate) fn right(learner: &Learner, input: &Input, labels: &[Option<u32>]) -> Option<Vec<bool>> {
    let scores: Tensor<2> = learner.objective.scores(learner.represent(input))?;
    let chosen: Vec<i64> = scores.argmax(1).into_data().iter::<i64>().collect();
    let right = |(chosen, label): (i64, &Option<u32>)| Some(chosen == i64::from((*label)?));
    Some(chosen.into_iter().zip(labels).filter_map(right).collect())
}
