//! A data set divided into training, validation and test.

use std::sync::Arc;

use crate::config::{Config, expand};
use crate::dataset::shapes::Shapes;
use crate::dataset::{self, Dataset, Kind, Options, Split};
use crate::error::{Error, SampleError};
use crate::sample::Value;
use crate::split::Rule;

/// A data set divided into what is learnt from, chosen with and judged with.
#[derive(Clone)]
pub struct Collection {
    /// To learn from.
    pub train: Subset,
    /// To choose with.
    pub validation: Subset,
    /// To judge with, once.
    pub test: Subset,
    /// The names of the classes, for the labels of all three.
    pub classes: Vec<String>,
    /// What was noticed: things skipped, unlabelled, ignored. One sentence each.
    pub notes: Vec<String>,
}

/// Opens the data of a recipe and divides them.
///
/// Test samples are those of `test`, else those that the data mark as such, else a share by hash;
/// validation samples are those that the data mark, else a share by hash of what remains.
///
/// # Errors
/// Where the data cannot be opened, do not fit each other, or no training sample is left.
pub fn open(config: &Config) -> Result<Collection, Error> {
    config.check()?;
    let labels = config.labels.as_deref().map(expand).transpose()?;
    let mut options = Options { labels, columns: config.columns.clone(), schema: None };
    let data: Arc<dyn Dataset> = match &config.shapes {
        Some(shapes) => Arc::new(Shapes::new(shapes)?),
        None => dataset::open(&expand(&config.path)?, &options)?,
    };
    let mut notes = data.notes().to_vec();
    let mut classes = data.classes().to_vec();
    let apart = match &config.test {
        None => None,
        Some(path) => {
            if let Kind::Row(schema) = data.kind() {
                options.schema = Some(schema);
            }
            // The CSV of labels is for `path`; it is for the test data too, where they have none.
            let path = expand(path)?;
            let labels = options.labels.take();
            let mut test = dataset::open(&path, &options)?;
            if test.classes().is_empty() && labels.is_some() {
                options.labels = labels;
                test = dataset::open(&path, &options)?;
            }
            same_kind(&*data, &*test)?;
            notes.extend(test.notes().iter().map(|note| format!("test: {note}")));
            Some(Subset { classes: merge(&mut classes, test.classes()), ..Subset::all(test) })
        }
    };
    let (train, validation, marked) = divide(&data, config, apart.is_some());
    let test = apart.unwrap_or_else(|| Subset::new(data.clone(), marked));
    let mut collection = Collection {
        train: Subset::new(data.clone(), train),
        validation: Subset::new(data, validation),
        test,
        classes,
        notes,
    };
    if let [class] = &collection.classes[..] {
        collection.notes.push(format!("all samples with a label are of one class, {class:?}"));
    }
    if collection.validation.is_empty() {
        collection.notes.push("no sample is left for validation".to_owned());
    }
    if collection.test.is_empty() {
        collection.notes.push("no sample is left for the test".to_owned());
    }
    if collection.train.is_empty() {
        return Err(Error::Setting(format!(
            "no training sample is left of {:?}: {} samples went to validation and {} to the test",
            config.path,
            collection.validation.len(),
            collection.test.len()
        )));
    }
    Ok(collection)
}

/// The indices for training, validation and test, each ascending.
fn divide(
    data: &Arc<dyn Dataset>,
    config: &Config,
    apart: bool,
) -> (Vec<usize>, Vec<usize>, Vec<usize>) {
    let marks = |split| (0..data.len()).any(|index| data.split(index) == Some(split));
    let rule = Rule {
        test: if apart || marks(Split::Test) { 0.0 } else { config.test_fraction },
        validation: if marks(Split::Validation) { 0.0 } else { config.validation },
        seed: config.split_seed,
    };
    let (mut train, mut validation, mut test) = (Vec::new(), Vec::new(), Vec::new());
    for index in 0..data.len() {
        let split = match data.split(index) {
            None | Some(Split::Train) => rule.split(&data.id(index)),
            Some(marked) => marked,
        };
        match split {
            Split::Train => train.push(index),
            Split::Validation => validation.push(index),
            Split::Test => test.push(index),
        }
    }
    if let Some(limit) = config.limit.filter(|&limit| limit < train.len()) {
        train.sort_by_cached_key(|&index| (rule.rank(&data.id(index)), index));
        train.truncate(limit);
        train.sort_unstable();
    }
    (train, validation, test)
}

/// Adds the classes that are missing; where each of the other's classes stands in the merged list.
fn merge(classes: &mut Vec<String>, other: &[String]) -> Option<Arc<[u32]>> {
    let places = other.iter().map(|class| {
        let known = classes.iter().position(|known| known == class);
        known.unwrap_or_else(|| {
            classes.push(class.clone());
            classes.len() - 1
        }) as u32
    });
    Some(places.collect())
}

fn same_kind(data: &dyn Dataset, test: &dyn Dataset) -> Result<(), Error> {
    if data.kind() == test.kind() {
        return Ok(());
    }
    let name = |kind| match kind {
        Kind::Image => "pictures",
        Kind::Row(_) => "table rows",
    };
    Err(Error::Setting(format!(
        "data.path holds {}, data.test holds {} of another kind or with other columns",
        name(data.kind()),
        name(test.kind())
    )))
}

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

    /// The value of each of the data set's factors.
    pub fn factor_values(&self, position: usize) -> Vec<u32> {
        self.dataset.factor_values(self.indices[position])
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
