//! A training between two epochs, as a safetensors file.

use std::collections::HashMap;
use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3Default;

use super::Config;
use crate::Error;
use crate::corpus::Vocabulary;
use crate::vectors::Matrix;

/// All that the rest of a training depends on, beside the corpus.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// The settings.
    pub config: Config,
    /// How far it came.
    pub course: Course,
    /// A fingerprint of the words and their counts.
    pub(super) vocabulary: u64,
    pub(super) inputs: Matrix,
    pub(super) outputs: Matrix,
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
}

/// A number that changes with the words, their order and their counts.
pub(super) fn fingerprint(vocabulary: &Vocabulary) -> u64 {
    let mut hash = Xxh3Default::new();
    for (word, count) in vocabulary.words().iter().zip(vocabulary.counts()) {
        hash.update(word.as_bytes());
        hash.update(&[0]);
        hash.update(&count.to_le_bytes());
    }
    hash.digest()
}

impl Checkpoint {
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

fn parse(bytes: &[u8]) -> Result<Checkpoint, String> {
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
    let config: Config = serde_json::from_str(field("config")?).map_err(json)?;
    let (inputs, outputs) = (table("inputs")?, table("outputs")?);
    if [inputs.width(), outputs.width()] != [config.dimensions; 2] {
        return Err(format!("expected tables of {} columns", config.dimensions));
    }
    Ok(Checkpoint {
        course: serde_json::from_str(field("course")?).map_err(json)?,
        vocabulary: field("vocabulary")?.parse().map_err(|_| "its fingerprint is no number")?,
        config,
        inputs,
        outputs,
    })
}
