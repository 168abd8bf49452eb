//! The folder of a static embedding, which model2vec and sentence-transformers load: a sentence is
//! the mean of its words' vectors.
//!
//! | file | what |
//! |---|---|
//! | `model.safetensors` | `embeddings`, `f32` `[1 + words, width]`; the first row, zeros, is `[UNK]` |
//! | `tokenizer.json` | a `WordLevel` tokenizer |
//! | `config.json` | model2vec's settings |
//! | `modules.json`, `1_Normalize` | sentence-transformers' pipeline |
//!
//! An unknown word is left out by model2vec; sentence-transformers counts it as zeros, which shortens
//! the mean but does not turn it.

use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::tensors;
use crate::corpus::Tokenizer;
use crate::vectors::Matrix;
use crate::{Error, Vectors};

const UNKNOWN: &str = "[UNK]";

/// How the folder's users turn a sentence into words, and what they do with the mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Where words end. `words` becomes the nearest that their tokenizers have: runs of letters and
    /// digits, and runs of other signs.
    pub tokenizer: Tokenizer,
    /// Whether `Word` and `word` are one.
    pub lower_case: bool,
    /// Whether the mean is scaled to length one.
    pub normalize: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self { tokenizer: Tokenizer::Whitespace, lower_case: false, normalize: true }
    }
}

/// Writes the folder, which is made where it does not exist.
///
/// # Errors
/// Where a word is `[UNK]`, which the folder keeps for itself, two words are one, or writing fails.
pub fn write(vectors: &Vectors, folder: &Path, config: &Config) -> Result<(), Error> {
    let mut vocabulary = serde_json::Map::from_iter([(UNKNOWN.to_owned(), json!(0))]);
    for (id, word) in (1..).zip(vectors.words()) {
        if vocabulary.insert(word.to_string(), json!(id)).is_some() {
            return Err(Error::Setting(format!(
                "the word {word:?} cannot be written: it is there twice, or kept for unknown words"
            )));
        }
    }
    fs_err::create_dir_all(folder.join("1_Normalize"))?;
    let (rows, width) = (vectors.words().len() + 1, vectors.matrix().width());
    let values = [&vec![0.0; width], vectors.matrix().values()].concat();
    let failed = |error: safetensors::SafeTensorError| std::io::Error::other(error.to_string());
    let view = TensorView::new(Dtype::F32, vec![rows, width], bytemuck::cast_slice(&values));
    let bytes = safetensors::serialize([("embeddings", view.map_err(failed)?)], None);
    fs_err::write(folder.join("model.safetensors"), bytes.map_err(failed)?)?;

    let splits = match config.tokenizer {
        Tokenizer::Whitespace => "WhitespaceSplit",
        Tokenizer::Words => "Whitespace",
    };
    let unknown = json!({
        "id": 0, "content": UNKNOWN, "single_word": false, "lstrip": false, "rstrip": false,
        "normalized": false, "special": true,
    });
    let tokenizer = json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [unknown],
        "normalizer": config.lower_case.then(|| json!({ "type": "Lowercase" })),
        "pre_tokenizer": { "type": splits }, "post_processor": null, "decoder": null,
        "model": { "type": "WordLevel", "vocab": vocabulary, "unk_token": UNKNOWN },
    });
    let about = json!({
        "model_type": "model2vec", "architectures": ["StaticModel"], "hidden_dim": width,
        "seq_length": 1_000_000, "normalize": config.normalize,
    });
    let module = |place: usize, path: &str, kind: &str| {
        let kind = format!("sentence_transformers.models.{kind}");
        json!({ "idx": place, "name": place.to_string(), "path": path, "type": kind })
    };
    let mut modules = vec![module(0, ".", "StaticEmbedding")];
    if config.normalize {
        modules.push(module(1, "1_Normalize", "Normalize"));
    }
    for (name, value) in
        [("tokenizer.json", tokenizer), ("config.json", about), ("modules.json", modules.into())]
    {
        fs_err::write(folder.join(name), value.to_string())?;
    }
    Ok(())
}

/// Reads the vectors of a folder's tokens, by their numbers; the one for unknown words is left out.
/// Tokens that share a row, and weights of tokens, come out as model2vec multiplies them.
///
/// # Errors
/// Where a file cannot be read or is not what it says.
pub fn read(folder: &Path) -> Result<Vectors, Error> {
    let table = folder.join("model.safetensors");
    let words = folder.join("tokenizer.json");
    let bytes = fs_err::read(&table)?;
    let malformed = |path: &Path| {
        let path = path.to_path_buf();
        |why: String| Error::Malformed { path, why }
    };
    let tokens = tokens(&fs_err::read(&words)?).map_err(malformed(&words))?;
    let matrix = rows(&bytes, tokens.len()).map_err(malformed(&table))?;
    let known = tokens.iter().enumerate().filter_map(|(id, token)| Some((id, token.clone()?)));
    let (ids, words): (Vec<usize>, Vec<Box<str>>) = known.unzip();
    let values = ids.iter().flat_map(|&id| matrix.row(id).iter().copied()).collect();
    Ok(Vectors::new(words, Matrix::new(ids.len(), matrix.width(), values)))
}

/// Every token by its number; nothing for the unknown one and for numbers that no token has.
fn tokens(bytes: &[u8]) -> Result<Vec<Option<Box<str>>>, String> {
    let tokenizer: Value = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let model = &tokenizer["model"];
    let pairs: Vec<(&str, u64)> = match &model["vocab"] {
        Value::Object(vocabulary) => vocabulary
            .iter()
            .filter_map(|(token, id)| Some((token.as_str(), id.as_u64()?)))
            .collect(),
        // A unigram model: tokens in order, each with a score.
        Value::Array(vocabulary) => vocabulary
            .iter()
            .zip(0..)
            .filter_map(|(pair, id)| Some((pair[0].as_str()?, id)))
            .collect(),
        _ => return Err("expected a tokenizer with a vocabulary".to_owned()),
    };
    let mut tokens = vec![None; pairs.len()];
    for &(token, id) in &pairs {
        let count = pairs.len();
        let place = tokens.get_mut(id as usize).ok_or_else(|| {
            format!("expected numbers below its {count} tokens, received {id} for {token:?}")
        })?;
        let unknown =
            model["unk_token"].as_str() == Some(token) || model["unk_id"].as_u64() == Some(id);
        *place = (!unknown).then(|| token.into());
    }
    Ok(tokens)
}

/// A row for every token.
fn rows(bytes: &[u8], tokens: usize) -> Result<Matrix, String> {
    let tensors = SafeTensors::deserialize(bytes).map_err(|error| error.to_string())?;
    let matrix = tensors::matrix(&tensors, "embeddings")?;
    let places: Vec<usize> = match tensors.tensor("mapping") {
        Ok(view) => {
            let integers = |view: &TensorView| -> Option<Vec<i64>> {
                let (fours, eights) = (view.data().as_chunks().0, view.data().as_chunks().0);
                match view.dtype() {
                    Dtype::I32 => {
                        Some(fours.iter().map(|b| i64::from(i32::from_le_bytes(*b))).collect())
                    }
                    Dtype::I64 => Some(eights.iter().map(|b| i64::from_le_bytes(*b)).collect()),
                    _ => None,
                }
            };
            let mapping = integers(&view).ok_or("mapping: expected whole numbers")?;
            mapping.into_iter().map(|row| usize::try_from(row).unwrap_or(usize::MAX)).collect()
        }
        Err(_) => (0..matrix.rows()).collect(),
    };
    let weights = match tensors.tensor("weights") {
        Ok(view) => Some(tensors::numbers(&view, "weights")?),
        Err(_) => None,
    };
    let mut values = Vec::with_capacity(tokens * matrix.width());
    for token in 0..tokens {
        let row = places.get(token).filter(|row| **row < matrix.rows());
        let weight = weights.as_ref().map_or(Some(1.0), |weights| weights.get(token).copied());
        let (Some(&row), Some(weight)) = (row, weight) else {
            let rows = matrix.rows();
            return Err(format!("its {rows} rows do not cover the {tokens} tokens beside it"));
        };
        values.extend(matrix.row(row).iter().map(|value| weight * value));
    }
    Ok(Matrix::new(tokens, matrix.width(), values))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vectors() -> Vectors {
        let words = ["the", "naïve", "\"quoted\""].map(Box::from).to_vec();
        Vectors::new(words, Matrix::new(3, 2, vec![1.0, -0.25, 1e-20, 0.1, 3.0e7, -0.0]))
    }

    #[test]
    fn what_is_written_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model");
        write(&vectors(), &path, &Config { lower_case: true, ..Config::default() }).unwrap();
        for read in [read(&path).unwrap(), crate::format::read(&path).unwrap()] {
            assert_eq!(read.words(), vectors().words());
            assert_eq!(read.matrix(), vectors().matrix());
        }
        let tokenizer = fs_err::read_to_string(path.join("tokenizer.json")).unwrap();
        let tokenizer: Value = serde_json::from_str(&tokenizer).unwrap();
        assert_eq!(tokenizer["normalizer"]["type"], "Lowercase");
        assert_eq!(tokenizer["model"]["vocab"]["naïve"], 2);
    }

    #[test]
    fn shared_rows_and_weights_are_multiplied_out() {
        let folder = tempfile::tempdir().unwrap();
        let bytes =
            |values: &[f32]| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>();
        let (table, weights) = (bytes(&[1.0, 2.0, 3.0, 4.0]), bytes(&[1.0, 2.0, 0.5]));
        let mapping: Vec<u8> = [0i64, 1, 1].iter().flat_map(|row| row.to_le_bytes()).collect();
        let view =
            |kind, shape: &[usize], bytes| TensorView::new(kind, shape.to_vec(), bytes).unwrap();
        let views = [
            ("embeddings", view(Dtype::F32, &[2, 2], &table)),
            ("weights", view(Dtype::F32, &[3], &weights)),
            ("mapping", view(Dtype::I64, &[3], &mapping)),
        ];
        let at = |name: &str| folder.path().join(name);
        fs_err::write(at("model.safetensors"), safetensors::serialize(views, None).unwrap())
            .unwrap();
        let model = json!({ "model": { "unk_token": "?", "vocab": { "a": 1, "?": 0, "b": 2 } } });
        fs_err::write(at("tokenizer.json"), model.to_string()).unwrap();
        let read = read(folder.path()).unwrap();
        assert_eq!(read.words(), ["a", "b"].map(Box::from));
        assert_eq!(read.matrix().values(), [6.0, 8.0, 1.5, 2.0]);
        let more = json!({ "model": { "vocab": { "a": 0, "b": 1, "c": 2, "d": 3 } } });
        fs_err::write(at("tokenizer.json"), more.to_string()).unwrap();
        let message = super::read(folder.path()).unwrap_err().to_string();
        assert!(message.contains("4 tokens"), "{message}");
    }

    #[test]
    fn the_mark_of_unknown_words_is_kept() {
        let vectors = Vectors::new(vec![UNKNOWN.into()], Matrix::new(1, 1, vec![1.0]));
        let folder = tempfile::tempdir().unwrap();
        let message = write(&vectors, folder.path(), &Config::default()).unwrap_err().to_string();
        assert!(message.contains("[UNK]"), "{message}");
    }
}
