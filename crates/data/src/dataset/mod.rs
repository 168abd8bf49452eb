//! Data sets: samples with ids, read one at a time and in any order. A format is a file here and a
//! line in `FORMATS`.

mod archive;
mod arff;
mod cifar;
mod classes;
mod column;
mod delimited;
mod encoded;
mod folder;
mod ids;
mod idx;
mod infer;
mod jsonl;
mod labelled;
mod names;
mod npy;
mod numpy;
mod parquet;
mod parquet_images;
mod paths;
mod raw;
pub mod shapes;
mod source;
mod store;
mod table;
mod text_table;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::Columns;
use crate::error::{Error, SampleError};
use crate::sample::Value;
use crate::schema::Schema;
pub use column::{columns, texts};
use source::Source;

/// Every format, in the order in which they are asked whether they know a file or folder.
const FORMATS: &[Format] = &[
    idx::FORMAT,
    cifar::FORMAT,
    numpy::NPY,
    numpy::NPZ,
    parquet::FORMAT,
    archive::TAR,
    archive::ZIP,
    delimited::FORMAT,
    jsonl::FORMAT,
    arff::FORMAT,
    folder::FORMAT,
];

/// One format of data.
struct Format {
    /// For messages: what it is.
    name: &'static str,
    /// Whether a file or folder looks like this format.
    knows: fn(&Source) -> bool,
    /// Opens a file or folder of this format.
    open: fn(&Source, &Options) -> Opened,
}

/// A data set that any thread may read, or why there is none.
pub type Opened = Result<Arc<dyn Dataset>, Error>;

/// What the recipe says about how to read the data.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// A CSV that gives the label of each id or file.
    pub labels: Option<PathBuf>,
    /// Which columns of a table are not features.
    pub columns: Columns,
    /// The columns that a model expects; where absent, they are inferred.
    pub schema: Option<Schema>,
}

/// Opens a file or folder of any known format, told by its content.
///
/// # Errors
/// Where nothing is there, no format knows it, or it is damaged as a whole.
pub fn open(path: &Path, options: &Options) -> Opened {
    let source = Source::look(path)?;
    let Some(format) = FORMATS.iter().find(|format| (format.knows)(&source)) else {
        return Err(Error::UnknownFormat {
            path: path.into(),
            found: source.description(),
            known: formats().collect::<Vec<_>>().join("; "),
        });
    };
    let dataset = (format.open)(&source, options)?;
    match &options.labels {
        Some(labels) => Ok(Arc::new(labelled::Labelled::new(dataset, labels)?)),
        None => Ok(dataset),
    }
}

/// What can be opened, one phrase a format.
pub fn formats() -> impl Iterator<Item = &'static str> {
    FORMATS.iter().map(|format| format.name)
}

/// What the samples of a data set are.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// Pictures, perhaps of many sizes.
    Image,
    /// Table rows with these columns.
    Row(Schema),
}

/// The split that the makers of the data gave a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Split {
    /// To learn from.
    Train,
    /// To choose with.
    Validation,
    /// To judge with, once.
    Test,
}

/// Samples that can be read one at a time, in any order, from any thread.
///
/// Every method that takes an index panics where it is not below [`len`](Dataset::len).
pub trait Dataset: Send + Sync {
    /// How many samples there are.
    fn len(&self) -> usize;

    /// Whether there is no sample. A data set that was opened has at least one.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The name of a sample: unique within the data set, and the same wherever the data lie.
    fn id(&self, index: usize) -> String;

    /// The class of a sample, as a position in [`classes`](Dataset::classes).
    fn label(&self, index: usize) -> Option<u32>;

    /// The names of the classes; empty where nothing is labelled.
    fn classes(&self) -> &[String];

    /// What the samples are.
    fn kind(&self) -> Kind;

    /// The split that the makers of the data chose for a sample, where they did.
    fn split(&self, _index: usize) -> Option<Split> {
        None
    }

    /// The names of what is known to differ between samples, such as place and size; empty where
    /// nothing is known.
    fn factors(&self) -> &[String] {
        &[]
    }

    /// The value of each factor of a sample.
    fn factor_values(&self, _index: usize) -> Vec<u32> {
        Vec::new()
    }

    /// Reads and decodes one sample.
    ///
    /// # Errors
    /// Where this sample is unreadable; others may well be readable.
    fn read(&self, index: usize) -> Result<Value, SampleError>;

    /// The XXH3-128 hash of what the sample is, without its id and label: equal for duplicates.
    ///
    /// # Errors
    /// Where the bytes of the sample cannot be fetched.
    fn fingerprint(&self, index: usize) -> Result<u128, SampleError>;

    /// What was noticed on opening: things skipped, unlabelled, ignored. One sentence each.
    fn notes(&self) -> &[String] {
        &[]
    }
}
