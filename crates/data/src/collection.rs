//! A data set divided into training, validation and test.

use std::sync::Arc;

use crate::dataset::Dataset;
use crate::error::SampleError;
use crate::sample::Value;

/// Some of the samples of a data set, in a fixed order.
#[derive(Clone)]
pub struct Subset {
    /// Where the samples come from.
    pub dataset: Arc<dyn Dataset>,
    /// Which of them, ascending.
    pub indices: Vec<usize>,
    /// From the data set's classes to the collection's, where they differ.
    classes: Option<Arc<[u32]>>,
}

impl Subset {
    /// These samples of this data set.
    ///
    /// # Panics
    /// Where an index is not below the length of the data set.
    pub fn new(dataset: Arc<dyn Dataset>, indices: Vec<usize>) -> Self {
        let len = dataset.len();
        assert!(indices.iter().all(|&index| index < len), "a subset index is not below {len}");
        Subset { dataset, indices, classes: None }
    }

    /// All samples of this data set.
    pub fn all(dataset: Arc<dyn Dataset>) -> Self {
        let indices = (0..dataset.len()).collect();
        Subset { dataset, indices, classes: None }
    }

    /// How many samples there are.
    pub fn len(&self) -> usize {
        self.indices.len()
    }

    /// Whether there is no sample.
    pub fn is_empty(&self) -> bool {
        self.indices.is_empty()
    }

    /// The name of a sample.
    pub fn id(&self, position: usize) -> String {
        self.dataset.id(self.indices[position])
    }

    /// The class of a sample, as a position in the collection's classes.
    pub fn label(&self, position: usize) -> Option<u32> {
        let label = self.dataset.label(self.indices[position])?;
        Some(self.classes.as_ref().map_or(label, |classes| classes[label as usize]))
    }

    /// Reads and decodes one sample.
    ///
    /// # Errors
    /// Where this sample is unreadable; others may well be readable.
    pub fn read(&self, position: usize) -> Result<Value, SampleError> {
        self.dataset.read(self.indices[position])
    }

    /// The hash of what a sample is: equal for duplicates.
    ///
    /// # Errors
    /// Where the bytes of the sample cannot be fetched.
    pub fn fingerprint(&self, position: usize) -> Result<u128, SampleError> {
        self.dataset.fingerprint(self.indices[position])
    }
}
