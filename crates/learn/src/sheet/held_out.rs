//! The pictures that sheets are made of.

use std::collections::BTreeMap;

use burn::tensor::Tensor;
use pith_data::collection::Subset;
use pith_data::loader::{Loader, Options};
use pith_data::preprocess::Preprocess;
use pith_data::random::Random;
use pith_data::sample::Image;
use pith_data::view::Pipeline;

use crate::Error;
use crate::input::Input;
use crate::train::Setting;

/// Pictures that are read: enough to measure a divergence by.
const READ: usize = 256;
/// Pictures in a row.
const SHOWN: usize = 10;
/// What draws are for, apart from all that training draws.
const SHEET: u64 = 0x54ee7 << 32;

/// Held-out pictures, those of different classes in turn.
#[derive(Clone, Debug)]
pub struct HeldOut<'a> {
    /// Ready for the encoder, as many as were read.
    pub input: Input,
    /// The class of each, where it has one.
    pub labels: Vec<Option<u32>>,
    /// The names of the classes.
    pub classes: &'a [String],
    /// Decides every draw.
    pub seed: u64,
    preprocess: &'a Preprocess,
}

impl<'a> HeldOut<'a> {
    /// Pictures that are ready, in the order to show them.
    pub fn new(
        input: Input,
        labels: Vec<Option<u32>>,
        classes: &'a [String],
        preprocess: &'a Preprocess,
        seed: u64,
    ) -> Self {
        Self { input, labels, classes, seed, preprocess }
    }

    /// Some of a subset, spread evenly over its order, then class by class in turn; none where none
    /// can be read.
    pub(super) fn read(subset: &Subset, setting: &Setting<'a>) -> Result<Option<Self>, Error> {
        let Setting { recipe, collection, preprocess, device, .. } = *setting;
        let mut chosen = subset.clone();
        let stride = subset.len().div_ceil(READ).max(1);
        chosen.indices = subset.indices.iter().copied().step_by(stride).collect();
        let pipeline = Pipeline::plain(preprocess.clone());
        let loader =
            Loader::new(chosen, pipeline, Options { batch_size: READ, ..Options::default() })?;
        let Some(batch) = loader.epoch(0, 0).next() else { return Ok(None) };
        let order = in_turn(&batch.labels);
        let labels = order.iter().map(|&row| batch.labels[row]).collect();
        let Input::Pixels(pixels) =
            Input::from_data(batch.views[0].clone(), &device.clone().inner())
        else {
            return Ok(None);
        };
        let rows = order.iter().map(|&row| pixels.clone().narrow(0, row, 1)).collect();
        let input = Input::Pixels(Tensor::cat(rows, 0));
        Ok(Some(Self::new(input, labels, &collection.classes, preprocess, recipe.train.seed)))
    }

    /// Pictures in a row.
    pub fn shown(&self) -> usize {
        self.labels.len().min(SHOWN)
    }

    /// Those of the first row.
    pub fn first(&self) -> Input {
        self.input.first(self.shown())
    }

    /// Inputs, or what was drawn in their place, `[n, size]`, as pictures; grey where they are not
    /// numbers.
    pub fn pictures(&self, rows: Tensor<2>) -> Vec<Image> {
        let size = rows.dims()[1];
        let values: Vec<f32> = rows.into_data().iter().collect();
        values.chunks(size).filter_map(|input| self.preprocess.restore(input)).collect()
    }

    /// The name of a picture's class; nothing where it has none.
    pub fn class(&self, picture: usize) -> &str {
        let name = self.labels[picture].and_then(|label| self.classes.get(label as usize));
        name.map_or("", String::as_str)
    }

    /// So many pairs of pictures, of different classes where there are classes; none twice.
    pub fn pairs(&self, count: usize) -> Vec<[usize; 2]> {
        let differ =
            |&[a, b]: &[usize; 2]| self.labels[a].is_none() || self.labels[a] != self.labels[b];
        let pairs = (0..self.labels.len() / 2).map(|pair| [2 * pair, 2 * pair + 1]);
        pairs.filter(differ).take(count).collect()
    }

    /// Random numbers for a purpose of the objective, the same at every call.
    pub fn random(&self, purpose: u64) -> Random {
        Random::keyed(&[self.seed, SHEET, purpose])
    }
}

/// The first of every class, then the second, and so on.
fn in_turn(labels: &[Option<u32>]) -> Vec<usize> {
    let mut seen = BTreeMap::new();
    let turn = |label: &Option<u32>| {
        let turn = seen.entry(*label).or_insert(0);
        *turn += 1;
        *turn
    };
    let turns: Vec<usize> = labels.iter().map(turn).collect();
    let mut order: Vec<usize> = (0..labels.len()).collect();
    order.sort_by_key(|&row| (turns[row], labels[row], row));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_take_turns() {
        let labels = [1, 1, 1, 0, 2, 0].map(Some);
        assert_eq!(in_turn(&labels), [3, 0, 4, 5, 1, 2]);
        assert_eq!(in_turn(&[None; 3]), [0, 1, 2]);
    }
}
