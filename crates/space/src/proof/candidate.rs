//! What is compared: the encoder's space, and what it must beat.

use serde::{Deserialize, Serialize};

use crate::{Error, Matrix};

/// Where a candidate's vectors come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CandidateKind {
    /// The trained encoder: the one that is on trial.
    #[default]
    Encoder,
    /// The raw input, flattened.
    RawInput,
    /// Principal components of the raw input, as wide as the encoder's vectors.
    Pca,
    /// The same encoder before training.
    Untrained,
}

/// The vectors of all three splits from one source, rows in the order of [`Inputs`].
#[derive(Clone, Debug)]
pub struct Candidate {
    /// How the report calls it, for example "encoder" or "PCA".
    pub name: String,
    /// Where its vectors come from.
    pub kind: CandidateKind,
    /// Vectors of the training samples.
    pub train: Matrix,
    /// Vectors of the validation samples.
    pub validation: Matrix,
    /// Vectors of the test samples.
    pub test: Matrix,
}

/// Ids and labels of the samples of one split.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Split {
    /// The samples' ids.
    pub ids: Vec<String>,
    /// Class numbers; `None` where a sample has no label.
    pub labels: Vec<Option<u32>>,
}

/// What all candidates share: who the samples are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inputs {
    /// Training samples.
    pub train: Split,
    /// Validation samples.
    pub validation: Split,
    /// Test samples.
    pub test: Split,
    /// Names of the classes, by number.
    pub classes: Vec<String>,
}

impl Inputs {
    /// Checks that ids, labels, classes and the candidates' vectors belong together.
    ///
    /// # Errors
    /// Names the first split or candidate that does not fit.
    pub(super) fn check(&self, candidates: &[Candidate]) -> Result<(), Error> {
        if candidates.is_empty() {
            return Err(mismatch("the proof needs at least one candidate, received none"));
        }
        for (name, split) in self.splits() {
            if split.ids.len() != split.labels.len() {
                let (ids, labels) = (split.ids.len(), split.labels.len());
                return Err(mismatch(format!(
                    "the {name} split has {ids} ids and {labels} labels; give one label, or none, \
                     for every id"
                )));
            }
            let largest = split.labels.iter().flatten().max();
            if let Some(label) = largest.filter(|&&label| label as usize >= self.classes.len()) {
                return Err(mismatch(format!(
                    "a label of the {name} split is {label}, but there are {} classes; name \
                     every class",
                    self.classes.len()
                )));
            }
        }
        candidates.iter().try_for_each(|candidate| self.check_candidate(candidate))
    }

    fn check_candidate(&self, candidate: &Candidate) -> Result<(), Error> {
        let width = candidate.train.width();
        let matrices = [&candidate.train, &candidate.validation, &candidate.test];
        for ((name, split), matrix) in self.splits().into_iter().zip(matrices) {
            let what = format!("the {name} vectors of {}", candidate.name);
            if matrix.rows() != split.ids.len() {
                return Err(mismatch(format!(
                    "{what} are {} rows, expected one for each of the {} ids; embed the same \
                     split again",
                    matrix.rows(),
                    split.ids.len()
                )));
            }
            if matrix.width() != width && matrix.rows() > 0 {
                return Err(Error::Width { what, expected: width, received: matrix.width() });
            }
            crate::index::exact::finite(&what, matrix)?;
        }
        Ok(())
    }

    fn splits(&self) -> [(&'static str, &Split); 3] {
        [("train", &self.train), ("validation", &self.validation), ("test", &self.test)]
    }
}

fn mismatch(reason: impl Into<String>) -> Error {
    Error::Numeric { what: "the proof", reason: reason.into() }
}
