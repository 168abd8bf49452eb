//! Typed rows, packed one after another: what CSV, TSV, JSON lines, ARFF, parquet and NumPy become.
//!
//! A row of text is parsed twice when it is opened (to learn the types, to pack) and never again.

use std::collections::BTreeMap;

use xxhash_rust::xxh3::xxh3_128;

use super::classes::Labels;
use super::ids::Ids;
use super::store::Store;
use super::{Dataset, Kind, Split};
use crate::error::{Fault, SampleError};
use crate::sample::{Cell, Value};
use crate::schema::{Content, Schema};

/// Stands for a category that is missing or unknown.
const NO_CATEGORY: u32 = u32::MAX;

/// Rows of four bytes a cell: a little-endian `f32`, or the `u32` position of a category.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) schema: Schema,
    pub(super) cells: Store,
    pub(super) rows: usize,
    pub(super) ids: Ids,
    pub(super) labels: Labels,
    /// Rows that could not be packed, and why.
    pub(super) bad: BTreeMap<usize, String>,
    pub(super) notes: Vec<String>,
}

/// The bytes of one number.
pub(super) fn pack_number(number: Option<f32>) -> [u8; 4] {
    // One NaN only, so that equal rows have equal bytes; and 0 for -0.
    number.filter(|n| n.is_finite()).map_or(f32::NAN, |n| n + 0.0).to_le_bytes()
}

/// The bytes of one category.
pub(super) fn pack_category(category: Option<u32>) -> [u8; 4] {
    category.unwrap_or(NO_CATEGORY).to_le_bytes()
}

impl Table {
    fn packed(&self, index: usize) -> Result<std::borrow::Cow<'_, [u8]>, SampleError> {
        assert!(index < self.rows, "row {index} was asked for, there are {}", self.rows);
        if let Some(why) = self.bad.get(&index) {
            return Err(Fault::Row(why.clone()).of(self.id(index)));
        }
        let width = 4 * self.schema.columns.len();
        let bytes = self.cells.read_at(index as u64 * width as u64, width);
        bytes.map_err(|error| Fault::Io(error).of(self.id(index)))
    }
}

impl Dataset for Table {
    fn len(&self) -> usize {
        self.rows
    }

    fn id(&self, index: usize) -> String {
        self.ids.get(index)
    }

    fn label(&self, index: usize) -> Option<u32> {
        self.labels.get(index)
    }

    fn classes(&self) -> &[String] {
        self.labels.classes()
    }

    fn kind(&self) -> Kind {
        Kind::Row(self.schema.clone())
    }

    fn split(&self, index: usize) -> Option<Split> {
        self.ids.split(index)
    }

    fn read(&self, index: usize) -> Result<Value, SampleError> {
        let packed = self.packed(index)?;
        let cells = packed.chunks_exact(4).zip(&self.schema.columns);
        let cells = cells.map(|(bytes, column)| {
            let bytes = [bytes[0], bytes[1], bytes[2], bytes[3]];
            match column.content {
                Content::Number => Cell::Number(f32::from_le_bytes(bytes)),
                Content::Category(_) => {
                    Cell::Category(Some(u32::from_le_bytes(bytes)).filter(|&c| c != NO_CATEGORY))
                }
            }
        });
        Ok(Value::Row(cells.collect()))
    }

    fn fingerprint(&self, index: usize) -> Result<u128, SampleError> {
        Ok(xxh3_128(&self.packed(index)?))
    }

    fn notes(&self) -> &[String] {
        &self.notes
    }
}
