//! What a proof is measured on: the vectors of the encoder, and of what it must beat.

use std::collections::BTreeSet;

use pith_data::collection::{Collection, Subset};
use pith_data::loader::{Loader, Options, Skipped};
use pith_data::view::Pipeline;
use pith_space::Matrix;
use pith_space::projection::Pca;
use pith_space::proof::{Candidate, CandidateKind, Inputs, Split};

use crate::{Error, Model, recipe};

/// Samples, the encoder's vectors of them, and those of its baselines.
#[derive(Debug)]
pub struct Evidence {
    /// Who the samples are.
    pub inputs: Inputs,
    /// The encoder first, then the raw input, its principal components, the untrained encoder.
    pub candidates: Vec<Candidate>,
    /// Samples that could not be read.
    pub skipped: Vec<Skipped>,
}

/// Encodes the three splits with the model and with every baseline. `seed` draws the untrained
/// encoder.
///
/// # Errors
/// Where samples do not fit the model, or baselines cannot be computed.
pub fn gather(
    model: &Model,
    collection: &Collection,
    limits: &recipe::Proof,
    seed: u64,
) -> Result<Evidence, Error> {
    let splits = [
        limited(&collection.train, limits.train_limit),
        limited(&collection.validation, limits.test_limit),
        limited(&collection.test, limits.test_limit),
    ];
    let untrained = model.untrained(seed)?;
    let mut inputs = Inputs { classes: collection.classes.clone(), ..Inputs::default() };
    let mut skipped = BTreeSet::new();
    let mut sources: [Vec<Matrix>; 3] = Default::default();
    for (subset, split) in
        splits.iter().zip([&mut inputs.train, &mut inputs.validation, &mut inputs.test])
    {
        let encoded = encode_split(model, &untrained, subset, split, &mut skipped)?;
        for (source, vectors) in sources.iter_mut().zip(encoded) {
            source.push(vectors);
        }
    }
    let [encoder, raw, untrained] = sources;
    let width = model.width().min(raw[0].width()).min(raw[0].rows());
    let pca = Pca::fit(&raw[0], width)?;
    let projected = raw.iter().map(|split| pca.transform(split)).collect::<Result<Vec<_>, _>>()?;
    let candidates = vec![
        candidate("encoder", CandidateKind::Encoder, encoder),
        candidate("raw input", CandidateKind::RawInput, raw),
        candidate("PCA", CandidateKind::Pca, projected),
        candidate("untrained encoder", CandidateKind::Untrained, untrained),
    ];
    Ok(Evidence { inputs, candidates, skipped: skipped.into_iter().collect() })
}

/// At most so many samples, spread evenly over the subset's order.
fn limited(subset: &Subset, limit: usize) -> Subset {
    let mut chosen = subset.clone();
    if subset.len() > limit {
        chosen.indices =
            (0..limit).map(|place| subset.indices[place * subset.len() / limit]).collect();
    }
    chosen
}

/// Vectors of one split: of the model, of the raw input, of the untrained model.
fn encode_split(
    model: &Model,
    untrained: &Model,
    subset: &Subset,
    split: &mut Split,
    skipped: &mut BTreeSet<Skipped>,
) -> Result<[Matrix; 3], Error> {
    let mut encoded = Matrix::empty(model.width());
    let mut raw = Matrix::empty(model.preprocess().shape().size());
    let mut initial = Matrix::empty(model.width());
    if !subset.is_empty() {
        let pipeline = Pipeline::plain(model.preprocess().clone());
        let loader = Loader::new(subset.clone(), pipeline, Options::default())?;
        for batch in loader.epoch(0, 0) {
            split.ids.extend(batch.ids);
            split.labels.extend(batch.labels);
            for view in batch.views {
                raw.extend(view.values());
                initial.extend(untrained.encode(view.clone()).values());
                encoded.extend(model.encode(view).values());
            }
        }
        skipped.extend(loader.skipped());
    }
    Ok([encoded, raw, initial])
}

fn candidate(name: &str, kind: CandidateKind, splits: Vec<Matrix>) -> Candidate {
    let mut splits = splits.into_iter();
    let mut next = || splits.next().unwrap_or_default();
    Candidate { name: name.into(), kind, train: next(), validation: next(), test: next() }
}
