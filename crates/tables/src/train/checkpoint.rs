//! A training between two epochs, as a safetensors file: of word vectors, GloVe and classifiers.

use std::collections::HashMap;
use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3Default;

use super::Config;
use crate::Error;
use crate::corpus::Vocabulary;
use crate::vectors::Matrix;

/// All that the rest of a training depends on, beside the corpus.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint<Settings = Config> {
    /// The settings.
    pub config: Settings,
    /// How far it came.
    pub course: Course,
    /// A fingerprint of the words and their counts.
    pub(crate) vocabulary: u64,
    /// The two tables that are learned, with all that their steps hold.
    pub(crate) inputs: Matrix,
    pub(crate) outputs: Matrix,
}

/// How far a training came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Course {
    /// Epochs done.
    pub epoch: usize,
    /// The least loss on held-out sentences so far.
    pub best: Option<f64>,
    /// Epochs since then.
    pub waited: usize,
    /// Words seen, where the rate of learning falls with them.
    #[serde(default)]
    pub words: u64,
}

/// A number that changes with the words, their order and their counts.
pub(crate) fn fingerprint(vocabulary: &Vocabulary) -> u64 {
    let mut hash = Xxh3Default::new();
    for (word, count) in vocabulary.words().iter().zip(vocabulary.counts()) {
        hash.update(word.as_bytes());
        hash.update(&[0]);
        hash.update(&count.to_le_bytes());
    }
    hash.digest()
}

/// What is told where a checkpoint does not fit.
pub(crate) fn foreign() -> Error {
    let why = "the checkpoint belongs to another corpus or other settings of it; resume with the text \
               that the training began with";
    Error::Setting(why.to_owned())
}

impl<Settings: Serialize + DeserializeOwned> Checkpoint<Settings> {
    /// Writes under another name first, so that the file is whole or not there.
    ///
    /// # Errors
    /// Where writing fails.
    pub fn save(&self, path: &Path) -> Result<(), Error> {
        let text = |value: serde_json::Result<String>| value.map_err(std::io::Error::other);
        let about = HashMap::from([
            ("config".to_owned(), text(serde_json::to_string(&self.config))?),
            ("course".to_owned(), text(serde_json::to_string(&self.course))?),
            ("vocabulary".to_owned(), self.vocabulary.to_string()),
        ]);
        let tables = [("inputs", &self.inputs), ("outputs", &self.outputs)];
        let views = tables.map(|(name, table)| {
            let shape = vec![table.rows(), table.width()];
            TensorView::new(Dtype::F32, shape, bytemuck::cast_slice(table.values()))
                .map(|view| (name, view))
        });
        let [inputs, outputs] = views;
        let failed = |error: safetensors::SafeTensorError| std::io::Error::other(error.to_string());
        let views = [inputs.map_err(failed)?, outputs.map_err(failed)?];
        let bytes = safetensors::serialize(views, Some(about)).map_err(failed)?;
        let mut partial = path.as_os_str().to_owned();
        partial.push(".partial");
        fs_err::write(&partial, bytes)?;
        fs_err::rename(&partial, path)?;
        Ok(())
    }

    /// Reads what [`Checkpoint::save`] wrote.
    ///
    /// # Errors
    /// Where the file cannot be read or is no checkpoint.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let bytes = fs_err::read(path)?;
        parse(&bytes).map_err(|why| Error::Malformed { path: path.to_path_buf(), why })
    }
}

fn parse<Settings: DeserializeOwned>(bytes: &[u8]) -> Result<Checkpoint<Settings>, String> {
    let text = |error: safetensors::SafeTensorError| error.to_string();
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(text)?;
    let about = header.metadata().as_ref().ok_or("expected a checkpoint, received bare tables")?;
    let field = |name: &str| about.get(name).ok_or(format!("its header has no {name}"));
    let json = |error: serde_json::Error| error.to_string();
    let tensors = SafeTensors::deserialize(bytes).map_err(text)?;
    let table = |name: &str| {
        let view = tensors.tensor(name).map_err(text)?;
        match (view.dtype(), view.shape()) {
            (Dtype::F32, &[rows, width]) => {
                let (numbers, _) = view.data().as_chunks::<4>();
                let values = numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
                Ok(Matrix::new(rows, width, values))
            }
            (kind, shape) => {
                Err(format!("{name}: expected a table of f32, received {kind:?} {shape:?}"))
            }
        }
    };
    Ok(Checkpoint {
        config: serde_json::from_str(field("config")?).map_err(json)?,
        course: serde_json::from_str(field("course")?).map_err(json)?,
        vocabulary: field("vocabulary")?.parse().map_err(|_| "its fingerprint is no number")?,
        inputs: table("inputs")?,
        outputs: table("outputs")?,
    })
}
