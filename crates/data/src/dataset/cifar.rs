//! CIFAR-10 and CIFAR-100 in their binary version: one file, or the folder of all files.
//!
//! <https://www.cs.toronto.edu/~kriz/cifar.html>: a record is the label (CIFAR-100: the coarse,
//! then the fine label), then 32×32 red, green and blue values, plane by plane.

use std::path::Path;
use std::sync::Arc;

use super::classes::Labels;
use super::ids::run_name;
use super::raw::{Layout, Part, RawImages};
use super::source::Source;
use super::store::Store;
use super::{Format, Split};
use crate::error::Error;

pub(super) const FORMAT: Format = Format {
    name: "CIFAR-10 or CIFAR-100 binary, a .bin file or the folder of all",
    knows: |source| {
        if source.is_folder { !bin_files(source).is_empty() } else { source.extension() == "bin" }
    },
    open: |source, _| Ok(Arc::new(open(source)?)),
};

const LAYOUT: Layout = Layout { height: 32, width: 32, channels: 3, planar: true };

/// The two versions of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Version {
    /// Bytes before the values; the last is the class.
    labels: u64,
    classes: u32,
    /// The file with the names of the classes.
    names: &'static str,
}

const TEN: Version = Version { labels: 1, classes: 10, names: "batches.meta.txt" };
const HUNDRED: Version = Version { labels: 2, classes: 100, names: "fine_label_names.txt" };

fn bin_files(source: &Source) -> Vec<(&str, Split)> {
    let split = |name: &str| match name {
        "train.bin" => Some(Split::Train),
        "test.bin" | "test_batch.bin" => Some(Split::Test),
        _ => (name.starts_with("data_batch_") && name.ends_with(".bin")).then_some(Split::Train),
    };
    let known = source.inside.iter().filter_map(|name| Some((name.as_str(), split(name)?)));
    let mut known: Vec<_> = known.collect();
    // Stable: the training files stay in the order of their names.
    known.sort_by_key(|(_, split)| *split == Split::Test);
    known
}

fn open(source: &Source) -> Result<RawImages, Error> {
    let files: Vec<_> = match source.is_folder {
        true => bin_files(source)
            .into_iter()
            .map(|(name, split)| Ok((Source::look(&source.path.join(name))?, Some(split))))
            .collect::<Result<_, Error>>()?,
        false => vec![(Source::look(&source.path)?, None)],
    };
    let mut parts: Vec<Part> = Vec::new();
    let mut labels = Vec::new();
    let mut version = None;
    for (file, split) in &files {
        let store = file.store()?;
        let own = version_of(file, &store)?;
        if *version.get_or_insert(own) != own {
            return Err(file.malformed("CIFAR-10 and CIFAR-100 files lie in one folder"));
        }
        let stride = own.labels + LAYOUT.size() as u64;
        let count = (store.len() / stride) as usize;
        labels.extend(read_labels(file, &store, own, count)?);
        let name = run_name(*split);
        let before = parts.iter().filter(|part| part.name == name).map(|part| part.count).sum();
        parts.push(Part {
            store: Arc::new(store),
            start: own.labels,
            stride,
            count,
            split: *split,
            name: name.to_owned(),
            first: before,
        });
    }
    let version = version.unwrap_or(TEN);
    let folder = if source.is_folder { Some(source.path.as_path()) } else { source.path.parent() };
    let classes = class_names(folder, version);
    Ok(RawImages { parts, layout: LAYOUT, labels: Labels::new(labels, classes), notes: Vec::new() })
}

/// The version whose records fill the file and whose labels are in range.
fn version_of(source: &Source, store: &Store) -> Result<Version, Error> {
    let fits = |version: &Version| {
        let stride = version.labels + LAYOUT.size() as u64;
        let whole = store.len() > 0 && store.len().is_multiple_of(stride);
        let first = store.read_at(version.labels - 1, 1);
        whole && first.is_ok_and(|first| u32::from(first[0]) < version.classes)
    };
    [TEN, HUNDRED].into_iter().find(fits).ok_or_else(|| {
        source.malformed(format!(
            "records of 3073 (CIFAR-10) or 3074 bytes (CIFAR-100) with a label below 10 or 100 \
             were expected, it has {} bytes",
            store.len()
        ))
    })
}

fn read_labels(
    source: &Source,
    store: &Store,
    version: Version,
    count: usize,
) -> Result<Vec<Option<u32>>, Error> {
    let stride = version.labels + LAYOUT.size() as u64;
    let label = |row: usize| {
        let label = u32::from(store.read_at(row as u64 * stride + version.labels - 1, 1)?[0]);
        if label >= version.classes {
            let expected = format!("a label below {} was expected", version.classes);
            return Err(source.malformed(format!("{expected}, record {row} has {label}")));
        }
        Ok(Some(label))
    };
    (0..count).map(label).collect()
}

/// The names that come with the data, or the numbers.
fn class_names(folder: Option<&Path>, version: Version) -> Vec<String> {
    let count = version.classes as usize;
    let text = folder.and_then(|folder| std::fs::read_to_string(folder.join(version.names)).ok());
    let names = text.map(|text| {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.map(str::to_owned).collect::<Vec<_>>()
    });
    names
        .filter(|names| names.len() == count)
        .unwrap_or_else(|| (0..count).map(|class| class.to_string()).collect())
}
