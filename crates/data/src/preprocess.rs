//! From a decoded sample to an input of fixed size: what a model needs to have done to its data.
//!
//! It is fitted once, to a part of the training samples, and saved with the model, so that every
//! later sample is brought to the encoder in the same way.

pub mod image;
pub mod row;

use serde::{Deserialize, Serialize};

use crate::collection::Subset;
use crate::dataset::Kind;
use crate::error::SampleError;
use crate::sample::{Shape, Value};
use crate::view::Picture;

/// How many training samples are read to measure what is not given.
const MEASURED: usize = 2000;

/// The recipe's `[input]` table. What is left out is measured on the training samples.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Pictures: side of the square input. Left out: the median of the shorter sides where that
    /// is 64 or less, elsewhere 64.
    pub size: Option<usize>,
    /// Pictures: 1 (grey) or 3 (red, green, blue). Left out: 3 where any picture read has colour.
    pub channels: Option<usize>,
    /// Pictures: what is subtracted from values in `[0, 1]`, one number per channel.
    pub mean: Option<Vec<f32>>,
    /// Pictures: what values in `[0, 1]` are then divided by, one number per channel.
    pub std: Option<Vec<f32>>,
}

/// The fitted preparation of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Preprocess {
    /// Of pictures.
    Image(image::Image),
    /// Of table rows.
    Row(row::Row),
}

/// A preparation that cannot be fitted, or does not fit the data.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting out of its range.
    #[error("input {setting} must be {expected}, but is {received}")]
    Setting {
        /// The setting.
        setting: &'static str,
        /// What it may be.
        expected: String,
        /// What it is.
        received: String,
    },
    /// No training sample could be read.
    #[error("none of the {tried} training samples tried can be read; the first: {first}")]
    NothingReadable {
        /// How many were tried.
        tried: usize,
        /// What was wrong with the first.
        first: String,
    },
    /// The table has nothing to learn from.
    #[error("no column of the table varies, so there is nothing to learn from ({columns} columns)")]
    NoFeatures {
        /// Columns of the table.
        columns: usize,
    },
    /// The data are of another kind than the model.
    #[error("the model was made for {expected}, but the data are {received}")]
    Kind {
        /// What the model was made for.
        expected: &'static str,
        /// What the data are.
        received: &'static str,
    },
    /// The table lacks a column of the model.
    #[error("the table has no {content} column {column:?}, which the model needs{hint}")]
    NoSuchColumn {
        /// What its cells must be.
        content: &'static str,
        /// Its name.
        column: String,
        /// The nearest column, as "; did you mean …?", or nothing.
        hint: String,
    },
}

/// A sample that is not what the preparation was made for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Mismatch {
    /// A row for a model of pictures, or the reverse.
    #[error("is of another kind than the model's data")]
    Kind,
    /// A picture without pixels, or with more or fewer than it says.
    #[error("is a picture of {width} x {height} with {channels} channels and {values} values")]
    Picture {
        /// Columns.
        width: usize,
        /// Rows.
        height: usize,
        /// Channels.
        channels: usize,
        /// Values.
        values: usize,
    },
    /// A row with too few cells, or cells of another type.
    #[error("has no {content} in cell {cell} of its {cells}, where the model expects one")]
    Cell {
        /// What was expected.
        content: &'static str,
        /// Which cell, from 0.
        cell: usize,
        /// How many cells the row has.
        cells: usize,
    },
}

impl Preprocess {
    /// Measures on the training samples what the configuration leaves open. At most 2000 samples,
    /// evenly spread, are read one at a time; those that cannot be read are passed over.
    ///
    /// # Errors
    /// Where a setting is out of its range, no sample can be read, or no column varies.
    pub fn fit(train: &Subset, config: &Config) -> Result<Self, Error> {
        match train.dataset.kind() {
            Kind::Image => Ok(Preprocess::Image(image::Image::fit(train, config)?)),
            Kind::Row(schema) => Ok(Preprocess::Row(row::Row::fit(train, &schema)?)),
        }
    }

    /// The same preparation for data that were opened anew, whose columns may stand in another
    /// order and whose categories may be numbered otherwise.
    ///
    /// # Errors
    /// Where the data are of another kind or lack a column.
    pub fn bind(&self, kind: &Kind) -> Result<Self, Error> {
        match (self, kind) {
            (Preprocess::Image(image), Kind::Image) => Ok(Preprocess::Image(image.clone())),
            (Preprocess::Row(row), Kind::Row(schema)) => Ok(Preprocess::Row(row.bind(schema)?)),
            (Preprocess::Image(_), Kind::Row(_)) => {
                Err(Error::Kind { expected: "pictures", received: "table rows" })
            }
            (Preprocess::Row(_), Kind::Image) => {
                Err(Error::Kind { expected: "table rows", received: "pictures" })
            }
        }
    }

    /// The shape of one input.
    pub fn shape(&self) -> Shape {
        match self {
            Preprocess::Image(image) => image.shape(),
            Preprocess::Row(row) => Shape::Features { width: row.width() },
        }
    }

    /// One sample as an input, without views.
    ///
    /// # Errors
    /// Where the sample is not what this was made for.
    pub fn apply(&self, value: &Value) -> Result<Vec<f32>, Mismatch> {
        let mut out = vec![0.0; self.shape().size()];
        match (self, value) {
            (Preprocess::Image(image), Value::Image(pixels)) => {
                image.check(pixels)?;
                let mut picture = Picture::default();
                image.load_centre(pixels, &mut picture);
                image.normalize(&picture, &mut out);
            }
            (Preprocess::Row(row), Value::Row(cells)) => row.standardize(cells, &mut out)?,
            _ => return Err(Mismatch::Kind),
        }
        Ok(out)
    }

    /// The picture behind an input, or behind what was drawn in its place; none of table rows. Other
    /// than views and scaling, which are lost, it undoes [`Preprocess::apply`].
    ///
    /// # Panics
    /// Where the input is of another size.
    pub fn restore(&self, input: &[f32]) -> Option<crate::sample::Image> {
        match self {
            Preprocess::Image(image) => Some(image.restore(input)),
            Preprocess::Row(_) => None,
        }
    }
}

/// Reads up to [`MEASURED`] samples, evenly spread, and hands over those that can be read.
fn measure(
    train: &Subset,
    mut each: impl FnMut(Value) -> Result<(), Mismatch>,
) -> Result<(), Error> {
    let tried = train.len().min(MEASURED);
    let (mut readable, mut first) = (0, None);
    for step in 0..tried {
        let position = step * train.len() / tried;
        let outcome = train.read(position).map_err(|error: SampleError| error.to_string());
        match outcome.and_then(|value| each(value).map_err(|error| error.to_string())) {
            Ok(()) => readable += 1,
            Err(reason) => {
                first.get_or_insert(reason);
            }
        }
    }
    if readable == 0 {
        let first = first.unwrap_or_else(|| "there is none".to_string());
        return Err(Error::NothingReadable { tried, first });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
