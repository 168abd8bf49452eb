//! Apache Parquet: columns `id`, `label`, `vector`, as data frames and vector databases read them.

use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type};
use arrow_array::{
    Array, ArrayRef, FixedSizeListArray, Float32Array, GenericListArray, OffsetSizeTrait,
    RecordBatch, StringArray,
};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use super::{Entry, Partial, Vectors};
use crate::{Error, Matrix};

/// Rows per row group: what a reader must hold at once.
const GROUP: usize = 16_384;

/// Writes rows of one width.
#[derive(Debug)]
pub struct Writer {
    writer: ArrowWriter<Partial>,
    schema: Arc<Schema>,
    item: Arc<Field>,
    width: i32,
}

impl Writer {
    /// Opens the file.
    ///
    /// # Errors
    /// As [`Partial::create`].
    pub fn create(path: &Path, width: usize, force: bool) -> Result<Self, Error> {
        let file = Partial::create(path, force)?;
        let width = i32::try_from(width)
            .map_err(|_| Error::file(path, format!("{width} numbers per vector are too many")))?;
        let item = Arc::new(Field::new("item", DataType::Float32, false));
        let schema = Arc::new(Schema::new(vec![
            Field::new("id", DataType::Utf8, false),
            Field::new("label", DataType::Utf8, true),
            Field::new("vector", DataType::FixedSizeList(item.clone(), width), false),
        ]));
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_max_row_group_row_count(Some(GROUP))
            .build();
        let writer = ArrowWriter::try_new(file, schema.clone(), Some(properties))
            .map_err(|error| refused(path, error))?;
        Ok(Self { writer, schema, item, width })
    }

    /// Appends whole rows.
    ///
    /// # Errors
    /// A full disk, for example.
    pub fn push(&mut self, entries: &[Entry], values: &[f32]) -> Result<(), Error> {
        let ids = StringArray::from_iter_values(entries.iter().map(|entry| &entry.id));
        let labels: StringArray = entries.iter().map(|entry| entry.label.as_deref()).collect();
        let values: ArrayRef = Arc::new(Float32Array::from(values.to_vec()));
        let path = self.writer.inner().path().to_owned();
        let vectors = FixedSizeListArray::try_new(self.item.clone(), self.width, values, None)
            .map_err(|error| Error::file(&path, error.to_string()))?;
        let columns: Vec<ArrayRef> = vec![Arc::new(ids), Arc::new(labels), Arc::new(vectors)];
        let batch = RecordBatch::try_new(self.schema.clone(), columns)
            .map_err(|error| Error::file(&path, error.to_string()))?;
        self.writer.write(&batch).map_err(|error| refused(&path, error))
    }

    /// Writes the footer and gives the file its name.
    ///
    /// # Errors
    /// As [`Partial::finish`].
    pub fn finish(self) -> Result<(), Error> {
        let path = self.writer.inner().path().to_owned();
        self.writer.into_inner().map_err(|error| refused(&path, error))?.finish()
    }
}

/// An I/O error keeps its own words, which name the path.
fn refused(path: &Path, error: parquet::errors::ParquetError) -> Error {
    match error {
        parquet::errors::ParquetError::External(inner) => match inner.downcast() {
            Ok(io) => Error::Io(*io),
            Err(other) => Error::file(path, other.to_string()),
        },
        other => Error::file(path, other.to_string()),
    }
}

/// Reads a column `vector` (fixed-size list or list, of f32 or f64) and, where they stand, `id` and `label`.
///
/// # Errors
/// Where the file is not Parquet, has no such column, or its vectors differ in width.
pub fn read(path: &Path) -> Result<Vectors, Error> {
    let file = fs_err::File::open(path)?.into_parts().0;
    let not_parquet = |error: String| {
        Error::file(path, format!("expected a Parquet file with a column `vector`: {error}"))
    };
    let reader = ParquetRecordBatchReaderBuilder::try_new(file)
        .and_then(|builder| builder.with_batch_size(GROUP).build())
        .map_err(|error| not_parquet(error.to_string()))?;
    let mut vectors: Option<Vectors> = None;
    for batch in reader {
        let batch = batch.map_err(|error| not_parquet(error.to_string()))?;
        let column = batch
            .column_by_name("vector")
            .ok_or_else(|| not_parquet(format!("columns are {}", names(&batch))))?;
        let (width, values) = floats(column).map_err(not_parquet)?;
        if batch.num_rows() == 0 {
            continue;
        }
        let all = vectors
            .get_or_insert_with(|| Vectors { entries: Vec::new(), matrix: Matrix::empty(width) });
        if all.matrix.width() != width {
            let expected = all.matrix.width();
            return Err(Error::file(path, format!("vectors of {expected} and of {width} numbers")));
        }
        let (ids, labels) = (texts(&batch, "id"), texts(&batch, "label"));
        let (ids, labels) = (ids.map_err(not_parquet)?, labels.map_err(not_parquet)?);
        for row in 0..batch.num_rows() {
            let id = ids.as_ref().and_then(|ids| ids[row].clone());
            let id = id.unwrap_or_else(|| all.entries.len().to_string());
            let label = labels.as_ref().and_then(|labels| labels[row].clone());
            all.entries.push(Entry { id, label });
        }
        all.matrix.extend(&values);
    }
    vectors.ok_or_else(|| Error::file(path, "expected vectors, found no rows"))
}

fn names(batch: &RecordBatch) -> String {
    let schema = batch.schema();
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    names.join(", ")
}

/// Width and values of a list column.
fn floats(column: &ArrayRef) -> Result<(usize, Vec<f32>), String> {
    if column.null_count() > 0 {
        return Err("the column `vector` has empty rows; leave them out".into());
    }
    let (width, items) = match column.data_type() {
        DataType::FixedSizeList(_, width) => {
            let list = column.as_fixed_size_list();
            (*width as usize, list.values().clone())
        }
        DataType::List(_) => even(column.as_list::<i32>())?,
        DataType::LargeList(_) => even(column.as_list::<i64>())?,
        other => return Err(format!("the column `vector` should be a list, it is {other}")),
    };
    if width == 0 && !column.is_empty() {
        return Err("the vectors are empty".into());
    }
    if items.null_count() > 0 {
        return Err("a vector holds an empty number".into());
    }
    let values = match items.data_type() {
        DataType::Float32 => items.as_primitive::<Float32Type>().values().to_vec(),
        DataType::Float64 => {
            items.as_primitive::<Float64Type>().values().iter().map(|&v| v as f32).collect()
        }
        other => return Err(format!("the numbers of `vector` should be f32, they are {other}")),
    };
    Ok((width, values))
}

/// Width and items of a list whose rows all have one length.
fn even<O: OffsetSizeTrait>(list: &GenericListArray<O>) -> Result<(usize, ArrayRef), String> {
    let lengths: Vec<usize> =
        (0..list.len()).map(|row| list.value_length(row).as_usize()).collect();
    let width = lengths.first().copied().unwrap_or(0);
    if let Some(row) = lengths.iter().position(|&length| length != width) {
        return Err(format!("row {row} has {} numbers, the first {width}", lengths[row]));
    }
    let offsets = list.value_offsets();
    let (from, to) = (offsets[0].as_usize(), offsets[list.len()].as_usize());
    Ok((width, list.values().slice(from, to - from)))
}

/// A column of text, if the file has it.
fn texts(batch: &RecordBatch, name: &str) -> Result<Option<Vec<Option<String>>>, String> {
    let Some(column) = batch.column_by_name(name) else { return Ok(None) };
    let owned = |text: Option<&str>| text.map(str::to_owned);
    match column.data_type() {
        DataType::Utf8 => Ok(Some(column.as_string::<i32>().iter().map(owned).collect())),
        DataType::LargeUtf8 => Ok(Some(column.as_string::<i64>().iter().map(owned).collect())),
        DataType::Utf8View => Ok(Some(column.as_string_view().iter().map(owned).collect())),
        other => Err(format!("the column `{name}` should be text, it is {other}")),
    }
}
