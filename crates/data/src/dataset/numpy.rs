//! NumPy files: `.npy` with samples, `.npz` with samples and labels, perhaps of several splits.
//!
//! Arrays are told by the words of their names: `x`, `images`, `data`, … hold samples, `y`,
//! `labels`, … classes; `train`, `val`, `test`, … say the split. So MedMNIST (`train_images`)
//! and Keras (`x_train`) are read alike. `uint8` arrays of three or four dimensions are pictures, arrays
//! of numbers of two dimensions are rows.

use std::io::{BufReader, Write};
use std::sync::Arc;

use super::classes::{Labels, LabelsBuilder};
use super::ids::{Ids, Run, run_name};
use super::npy::{Array, Element};
use super::raw::{Layout, Part, RawImages};
use super::source::Source;
use super::store::{MEMORY_LIMIT, Store, Writer};
use super::table::{Table, pack_number};
use super::{Format, Opened, Split};
use crate::error::Error;
use crate::schema::{Column, Content, Schema};

pub(super) const NPY: Format = Format {
    name: "NumPy array (.npy) of pictures [n, height, width(, channels)] or rows [n, width]",
    knows: |source| source.head.starts_with(b"\x93NUMPY"),
    open: |source, _| {
        let store = source.store()?;
        let array = Array::read(&store, 0, store.len()).map_err(|why| source.malformed(why))?;
        let set = Set { split: None, name: run_name(None), samples: array, labels: None };
        assemble(source, &Arc::new(store), vec![set])
    },
};

pub(super) const NPZ: Format = Format {
    name: "NumPy archive (.npz) with samples (x, images, …) and labels (y, labels, …)",
    knows: |source| source.head.starts_with(b"PK\x03\x04") && source.extension() == "npz",
    open: |source, _| open_npz(source),
};

/// Samples of one split, and their labels.
struct Set {
    split: Option<Split>,
    /// Ids are `name/number`.
    name: &'static str,
    samples: Array,
    labels: Option<Array>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Samples,
    Labels,
}

/// What an array holds, by the words of its name.
fn role(name: &str) -> Option<(Role, Option<Split>)> {
    let (mut role, mut split) = (None, None);
    for word in name.to_lowercase().split(['_', '-', '.', ' ', '/']) {
        match word {
            "x" | "image" | "images" | "data" | "features" | "embeddings" | "vectors" | "arr" => {
                role = Some(Role::Samples);
            }
            "y" | "label" | "labels" | "target" | "targets" | "classes" => {
                role = Some(Role::Labels);
            }
            "train" | "training" => split = Some(Split::Train),
            "val" | "valid" | "validation" | "dev" => split = Some(Split::Validation),
            "test" | "testing" => split = Some(Split::Test),
            _ => {}
        }
    }
    Some((role?, split))
}

fn open_npz(source: &Source) -> Opened {
    let failed = |why: String| source.malformed(why);
    let file = BufReader::new(fs_err::File::open(&source.path)?.into_parts().0);
    let mut archive = zip::ZipArchive::new(file).map_err(|error| failed(error.to_string()))?;
    let mut writer = Writer::new(MEMORY_LIMIT);
    let mut places = Vec::new();
    let mut others = Vec::new();
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(|error| failed(error.to_string()))?;
        let name = entry.name().map_err(|error| failed(error.to_string()))?.into_owned();
        let name = name.strip_suffix(".npy").unwrap_or(&name).to_owned();
        match role(&name) {
            Some((role, split)) => {
                let place = writer.append(entry);
                let place = place.map_err(|error| failed(format!("array {name:?}: {error}")))?;
                places.push((name, role, split, place));
            }
            None => others.push(name),
        }
    }
    let store = writer.finish()?;
    let array = |name: &str, (offset, len)| {
        let array = Array::read(&store, offset, len);
        array.map_err(|why| failed(format!("array {name:?}: {why}")))
    };
    let mut sets = Vec::new();
    for split in [None, Some(Split::Train), Some(Split::Validation), Some(Split::Test)] {
        let of = |wanted: Role| {
            let mut of = places.iter().filter(|(_, role, s, _)| *role == wanted && *s == split);
            let first = of.next();
            if let (Some((a, ..)), Some((b, ..))) = (first, of.next()) {
                return Err(failed(format!("the arrays {a:?} and {b:?} could both be meant")));
            }
            first.map(|(name, _, _, place)| array(name, *place)).transpose()
        };
        let (samples, labels) = (of(Role::Samples)?, of(Role::Labels)?);
        if let Some(samples) = samples {
            sets.push(Set { split, name: run_name(split), samples, labels });
        }
    }
    if sets.is_empty() {
        let found: Vec<&str> = places.iter().map(|(name, ..)| name.as_str()).collect();
        let found = [found.join(", "), others.join(", ")].join(", ");
        return Err(source.empty(format!(
            "no array is called x, images, data or the like (also train_images, x_train); \
             there are: {found}"
        )));
    }
    assemble(source, &Arc::new(store), sets)
}

fn assemble(source: &Source, store: &Arc<Store>, sets: Vec<Set>) -> Opened {
    let count = |set: &Set| set.samples.shape.first().copied().unwrap_or(0);
    if sets.iter().map(count).sum::<usize>() == 0 {
        return Err(source.empty("its arrays have no elements"));
    }
    let labels = labels(source, store, &sets)?;
    let trailing = |set: &Set| set.samples.shape.get(1..).unwrap_or_default().to_vec();
    let shape = trailing(&sets[0]);
    if let Some(other) = sets.iter().find(|set| trailing(set) != shape) {
        return Err(source.malformed(format!(
            "samples of one shape were expected, {:?} has {shape:?} and {:?} has {:?}",
            sets[0].name,
            other.name,
            trailing(other)
        )));
    }
    let bytes = sets.iter().all(|set| set.samples.element == Element::Unsigned(1));
    match (layout(&shape), shape[..].len()) {
        (Some(layout), _) if bytes => {
            let parts = sets.into_iter().map(|set| Part {
                store: store.clone(),
                start: set.samples.start,
                stride: layout.size() as u64,
                count: set.samples.shape[0],
                split: set.split,
                name: set.name.to_owned(),
                first: 0,
            });
            let parts = parts.collect();
            Ok(Arc::new(RawImages { parts, layout, labels, notes: Vec::new() }))
        }
        (_, 1) => Ok(Arc::new(rows(source, store, &sets, shape[0], labels)?)),
        _ => Err(source.malformed(format!(
            "rows [n, width] of numbers or pictures [n, height, width] or \
             [n, height, width, 1 or 3] of uint8 were expected, the samples are {:?} of {:?}; \
             scale pictures to 0..255 and save them as numpy.uint8",
            sets[0].samples.shape, sets[0].samples.element
        ))),
    }
}

/// `[h, w]`, `[h, w, 1 or 3]`, or `[1 or 3, h, w]`.
fn layout(shape: &[usize]) -> Option<Layout> {
    let (height, width, channels, planar) = match *shape {
        [height, width] => (height, width, 1, false),
        [height, width, channels @ (1 | 3)] => (height, width, channels, false),
        [channels @ (1 | 3), height, width] => (height, width, channels, true),
        _ => return None,
    };
    Some(Layout { height, width, channels, planar }).filter(|layout| layout.size() > 0)
}

fn labels(source: &Source, store: &Store, sets: &[Set]) -> Result<Labels, Error> {
    let mut builder = LabelsBuilder::default();
    for set in sets {
        let count = set.samples.shape.first().copied().unwrap_or(0);
        let Some(array) = &set.labels else {
            (0..count).for_each(|_| builder.push(None));
            continue;
        };
        if !matches!(array.shape[..], [n] | [n, 1] if n == count) {
            return Err(source.malformed(format!(
                "one label for each of the {count} samples of {:?} was expected, \
                 the array of labels is {:?}",
                set.name, array.shape
            )));
        }
        let size = array.element.size();
        let bytes = store.read_at(array.start, size * count)?;
        bytes.chunks_exact(size).for_each(|label| builder.push(array.text(label).as_deref()));
    }
    Ok(builder.finish())
}

/// Rows of numbers, packed.
fn rows(
    source: &Source,
    store: &Store,
    sets: &[Set],
    width: usize,
    labels: Labels,
) -> Result<Table, Error> {
    let mut writer = Writer::new(MEMORY_LIMIT);
    let (mut missing, mut total) = (0usize, 0);
    if width == 0 {
        return Err(source.empty("its rows have no columns"));
    }
    for set in sets {
        let size = set.samples.element.size();
        let stride = size * width;
        for row in 0..set.samples.shape[0] {
            let bytes = store.read_at(set.samples.start + (row * stride) as u64, stride)?;
            for element in bytes.chunks_exact(size) {
                let number = set.samples.number(element).ok_or_else(|| {
                    source.malformed("rows of numbers were expected, it holds texts")
                })?;
                let number = Some(number as f32).filter(|number| number.is_finite());
                missing += usize::from(number.is_none());
                writer.write_all(&pack_number(number))?;
            }
        }
        total += set.samples.shape[0];
    }
    let columns = (0..width)
        .map(|column| Column { name: format!("x{column}"), content: Content::Number })
        .collect();
    let runs = sets.iter().map(|set| Run::new(set.split, set.samples.shape[0]));
    let notes = match missing {
        0 => Vec::new(),
        _ => vec![format!("{missing} of {} cells are missing (NaN or infinite)", total * width)],
    };
    Ok(Table {
        schema: Schema { columns },
        cells: writer.finish()?,
        rows: total,
        ids: Ids::Counted(runs.collect()),
        labels,
        bad: Default::default(),
        notes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_are_told_by_the_words_of_their_names() {
        let is = |name, wanted, split| assert!(role(name) == Some((wanted, split)), "{name}");
        is("train_images", Role::Samples, Some(Split::Train));
        is("val_labels", Role::Labels, Some(Split::Validation));
        is("y_test", Role::Labels, Some(Split::Test));
        is("arr_0", Role::Samples, None);
        is("X", Role::Samples, None);
        assert!(role("weights").is_none());
    }
}
