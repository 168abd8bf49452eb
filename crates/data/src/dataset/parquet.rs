//! Parquet: pictures in a column of bytes (as Hugging Face writes them), or a table; one file or a
//! folder of shards, whose names may begin with the split (`train-00000-of-00002.parquet`).
//!
//! All row groups are gone through once and unpacked, so that samples can be read in any order: a
//! cache of row groups would decode one of them again for almost every sample of a shuffled epoch.

use std::borrow::Cow;
use std::fmt::Display;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_cast::cast;
use arrow_schema::{DataType, Field, SchemaRef};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::ids::{Ids, Run};
use super::source::Source;
use super::text_table::{self, TextRows, Visit};
use super::{Format, Opened, Options, Split, parquet_images, paths};
use crate::error::Error;

pub(super) const FORMAT: Format = Format {
    name: "parquet, pictures as bytes or a table, a file or a folder of shards",
    knows: |source| match source.is_folder {
        true => source.inside.iter().any(|name| name.ends_with(".parquet")),
        false => source.head.starts_with(b"PAR1"),
    },
    open,
};

/// The file or files of one data set.
pub(super) struct Shards<'a> {
    pub(super) source: &'a Source,
    pub(super) files: Vec<(Source, Option<Split>)>,
    pub(super) schema: SchemaRef,
}

fn open(source: &Source, options: &Options) -> Opened {
    let mut shards = Shards::of(source)?;
    let marked = shards.files.iter().all(|(_, split)| split.is_some());
    if !marked || !shards.files.iter().any(|(_, split)| *split == Some(Split::Train)) {
        shards.files.iter_mut().for_each(|(_, split)| *split = None);
    }
    // Stable: the shards of a split stay in the order of their names.
    shards.files.sort_by_key(|(_, split)| *split);
    if let Some(column) = parquet_images::column(&shards, options)? {
        return Ok(Arc::new(parquet_images::open(&shards, &column, options)?));
    }
    let mut table = text_table::open(source, &shards, options)?;
    if matches!(table.ids, Ids::Counted(_)) {
        let runs = shards.files.iter().map(|(file, split)| Ok(Run::new(*split, rows(file)?)));
        table.ids = Ids::Counted(runs.collect::<Result<_, Error>>()?);
    }
    Ok(Arc::new(table))
}

fn builder(file: &Source) -> Result<ParquetRecordBatchReaderBuilder<File>, Error> {
    let content = fs_err::File::open(&file.path)?.into_parts().0;
    guarded(file, || ParquetRecordBatchReaderBuilder::try_new(content))
}

/// Calls the parquet crate, whose decoders panic on some damaged files (found by the tests here).
fn guarded<T, E: Display>(file: &Source, call: impl FnOnce() -> Result<T, E>) -> Result<T, Error> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(result) => result.map_err(|error| file.malformed(error.to_string())),
        Err(_) => Err(file.malformed("its pages do not decode")),
    }
}

fn rows(file: &Source) -> Result<usize, Error> {
    let rows = builder(file)?.metadata().file_metadata().num_rows();
    usize::try_from(rows).map_err(|_| file.malformed(format!("it claims to have {rows} rows")))
}

impl<'a> Shards<'a> {
    /// A file, or the shards of a folder with the splits that their names tell.
    pub(super) fn of(source: &'a Source) -> Result<Self, Error> {
        let files = match source.is_folder {
            false => vec![(Source::look(&source.path)?, None)],
            true => {
                let names = source.inside.iter().filter(|name| name.ends_with(".parquet"));
                names
                    .map(|name| {
                        let word = name.split(['-', '_', '.']).next().unwrap_or_default();
                        Ok((Source::look(&source.path.join(name))?, paths::split_named(word)))
                    })
                    .collect::<Result<Vec<_>, Error>>()?
            }
        };
        let schema = builder(&files[0].0)?.schema().clone();
        Ok(Self { source, files, schema })
    }

    /// Goes through these columns of all files, some rows at a time, with the split of the file.
    pub(super) fn batches(
        &self,
        columns: &[&str],
        rows: usize,
        mut visit: impl FnMut(&RecordBatch, Option<Split>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        for (file, split) in &self.files {
            let builder = builder(file)?;
            let place = |column: &&str| {
                builder.schema().fields().iter().position(|field| field.name() == *column)
            };
            let places: Option<Vec<usize>> = columns.iter().map(place).collect();
            let Some(places) = places else {
                let expected = columns.join(", ");
                return Err(file.malformed(format!("the columns {expected} were expected")));
            };
            let mask = ProjectionMask::roots(builder.parquet_schema(), places);
            let builder = builder.with_projection(mask).with_batch_size(rows);
            let mut reader = guarded(file, || builder.build())?;
            while let Some(batch) = guarded(file, || reader.next().transpose())? {
                visit(&batch, *split)?;
            }
        }
        Ok(())
    }

    /// What Hugging Face calls the classes of a column of numbers.
    pub(super) fn class_names(&self, column: &str) -> Option<Vec<String>> {
        let builder = builder(&self.files[0].0).ok()?;
        let pairs = builder.metadata().file_metadata().key_value_metadata()?;
        let text = pairs.iter().find(|pair| pair.key == "huggingface")?.value.as_ref()?;
        let about: serde_json::Value = serde_json::from_str(text).ok()?;
        let names = about.get("info")?.get("features")?.get(column)?.get("names")?.as_array()?;
        names.iter().map(|name| name.as_str().map(str::to_owned)).collect()
    }
}

/// A column as texts; missing values are empty.
pub(super) struct Texts(ArrayRef);

impl Texts {
    pub(super) fn new(column: &ArrayRef) -> Result<Self, String> {
        cast(column, &DataType::Utf8).map(Texts).map_err(|error| error.to_string())
    }

    pub(super) fn get(&self, row: usize) -> &str {
        let texts = self.0.as_string::<i32>();
        if texts.is_null(row) { "" } else { texts.value(row) }
    }
}

fn is_plain(field: &Field) -> bool {
    let kind = field.data_type();
    let binary = [DataType::Binary, DataType::LargeBinary, DataType::BinaryView];
    !kind.is_nested() && !binary.contains(kind) && !matches!(kind, DataType::FixedSizeBinary(_))
}

impl TextRows for Shards<'_> {
    fn scan(&self, visit: &mut Visit<'_>) -> Result<(), Error> {
        let fields = self.schema.fields().iter();
        let names: Vec<String> =
            fields.filter(|field| is_plain(field)).map(|field| field.name().clone()).collect();
        let columns: Vec<&str> = names.iter().map(String::as_str).collect();
        self.batches(&columns, 1024, |batch, _| {
            let failed = |why| self.source.malformed(why);
            // Columns come in the order of the file, which may differ between shards.
            let texts = columns.iter().map(|name| match batch.column_by_name(name) {
                Some(column) => Texts::new(column),
                None => Err(format!("column {name:?} is gone")),
            });
            let texts = texts.collect::<Result<Vec<_>, _>>().map_err(failed)?;
            for row in 0..batch.num_rows() {
                let cells: Vec<Cow<'_, str>> =
                    texts.iter().map(|column| Cow::Borrowed(column.get(row))).collect();
                visit(&names, Ok(&cells))?;
            }
            Ok(())
        })
    }
}
