//! Pictures in a parquet column: bytes, or a struct with a field `bytes`.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BinaryArray};
use arrow_cast::cast;
use arrow_schema::DataType;

use super::Options;
use super::classes::{Labels, LabelsBuilder};
use super::encoded::EncodedImages;
use super::ids::{Ids, Run};
use super::parquet::{Shards, Texts};
use super::store::{MEMORY_LIMIT, Writer};
use super::text_table::{UniqueNames, place};
use crate::error::Error;

/// Names of a column of classes, where the recipe names none.
const LABELS: [&str; 4] = ["label", "fine_label", "class", "target"];

fn holds_bytes(kind: &DataType) -> bool {
    match kind {
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => true,
        DataType::Struct(fields) => {
            fields.iter().any(|field| field.name() == "bytes" && holds_bytes(field.data_type()))
        }
        _ => false,
    }
}

/// The column of pictures: the one that the recipe names, else the first that holds bytes.
pub(super) fn column(shards: &Shards<'_>, options: &Options) -> Result<Option<String>, Error> {
    let fields = shards.schema.fields();
    let Some(name) = &options.columns.image else {
        let first = fields.iter().find(|field| holds_bytes(field.data_type()));
        return Ok(first.map(|field| field.name().clone()));
    };
    let field = &fields[place(shards.source, &names(shards), name)?];
    if !holds_bytes(field.data_type()) {
        let found = field.data_type();
        let expected = "bytes, or a struct with a field \"bytes\"";
        return Err(Error::Setting(format!(
            "image column {name:?} holds {found}, {expected} were expected"
        )));
    }
    Ok(Some(name.clone()))
}

fn names(shards: &Shards<'_>) -> Vec<String> {
    shards.schema.fields().iter().map(|field| field.name().clone()).collect()
}

pub(super) fn open(
    shards: &Shards<'_>,
    image: &str,
    options: &Options,
) -> Result<EncodedImages, Error> {
    let names = names(shards);
    let label = match &options.columns.label {
        Some(name) => Some(names[place(shards.source, &names, name)?].as_str()),
        None => LABELS.into_iter().find(|label| names.iter().any(|name| name == label)),
    };
    let id = match &options.columns.id {
        Some(name) => Some(names[place(shards.source, &names, name)?].as_str()),
        None => None,
    };
    let columns: Vec<&str> = [Some(image), label, id].into_iter().flatten().collect();
    let mut writer = Writer::new(MEMORY_LIMIT);
    let mut places = Vec::new();
    let mut labels = LabelsBuilder::default();
    let mut unique = UniqueNames::default();
    let mut runs: Vec<Run> = Vec::new();
    let failed = |why: String| shards.source.malformed(why);
    shards.batches(&columns, 64, |batch, split| {
        let column = |name: &str| {
            let column = batch.column_by_name(name);
            column.ok_or_else(|| failed(format!("column {name:?} is gone")))
        };
        let pictures = bytes(column(image)?).map_err(failed)?;
        let texts = |name: Option<&str>| match name {
            Some(name) => Texts::new(column(name)?).map(Some).map_err(failed),
            None => Ok(None),
        };
        let (classes, ids) = (texts(label)?, texts(id)?);
        for row in 0..batch.num_rows() {
            // A missing picture is an empty one: it is reported when it is read.
            let picture = if pictures.is_null(row) { &[] } else { pictures.value(row) };
            places.push(writer.append(picture)?);
            let class = classes.as_ref().map(|classes| classes.get(row));
            labels.push(class.filter(|class| !class.is_empty()));
            if let Some(ids) = &ids
                && !unique.push(ids.get(row))
            {
                let (id, value) = (id.unwrap_or_default(), ids.get(row));
                return Err(Error::Setting(format!(
                    "id column {id:?} has the value {value:?} more than once; \
                     leave data.columns.id out to count rows instead"
                )));
            }
        }
        runs.push(Run::new(split, batch.num_rows()));
        Ok(())
    })?;
    if places.is_empty() {
        return Err(shards.source.empty("it has no rows"));
    }
    let splits = id.is_some().then(|| {
        let of = |run: &Run| Some(std::iter::repeat_n(run.split?, run.samples));
        runs.iter()
            .map(of)
            .collect::<Option<Vec<_>>>()
            .map(|splits| splits.into_iter().flatten().collect())
    });
    let ids = match id {
        Some(_) => Ids::Named(unique.names),
        None => Ids::Counted(joined(runs)),
    };
    let labels = named(labels.finish(), label.and_then(|label| shards.class_names(label)));
    let mut notes = Vec::new();
    let unlabelled = places.len() - labels.labelled();
    if label.is_some() && unlabelled > 0 {
        notes.push(format!("{unlabelled} of {} pictures have no label", places.len()));
    }
    let splits = splits.flatten();
    Ok(EncodedImages { store: writer.finish()?, places, ids, labels, splits, notes })
}

/// The bytes of each picture.
fn bytes(column: &ArrayRef) -> Result<BinaryArray, String> {
    let inner = match column.as_struct_opt() {
        Some(pictures) => pictures.column_by_name("bytes").ok_or("it has no field \"bytes\"")?,
        None => column,
    };
    let binary = cast(inner, &DataType::Binary).map_err(|error| error.to_string())?;
    binary.as_binary_opt::<i32>().cloned().ok_or("it holds no bytes".to_owned())
}

/// Neighbouring runs of one split as one, so that a sample is found fast.
fn joined(runs: Vec<Run>) -> Vec<Run> {
    let mut joined: Vec<Run> = Vec::new();
    for run in runs {
        match joined.last_mut() {
            Some(last) if last.split == run.split => last.samples += run.samples,
            _ => joined.push(run),
        }
    }
    joined
}

/// Numbers replaced by the names that the file gives them, where it names them all.
fn named(labels: Labels, names: Option<Vec<String>>) -> Labels {
    let Some(names) = names else { return labels };
    let numbers = labels.classes().iter().map(|class| class.parse::<usize>().ok());
    let numbers: Option<Vec<usize>> = numbers.collect();
    match numbers {
        Some(numbers) if numbers.iter().all(|&number| number < names.len()) => {
            labels.renumbered(&numbers, names)
        }
        _ => labels,
    }
}
