//! IDX, the format of MNIST: pictures in `*-images-idx3-ubyte`, labels in `*-labels-idx1-ubyte`.
//!
//! <http://yann.lecun.com/exdb/mnist/>: two zero bytes, the type (8: unsigned byte), the number of
//! dimensions, each dimension as a big-endian `u32`, the values.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::classes::Labels;
use super::raw::{Layout, Part, RawImages};
use super::source::Source;
use super::{Format, Split};
use crate::error::Error;

const IMAGES: &str = "images-idx3-ubyte";
const LABELS: &str = "labels-idx1-ubyte";

pub(super) const FORMAT: Format = Format {
    name: "IDX (MNIST; also .gz), a file or a folder with train and t10k files",
    knows: |source| {
        if source.is_folder { !image_files(source).is_empty() } else { is_idx(&source.head) }
    },
    open: |source, _| Ok(Arc::new(open(source)?)),
};

fn is_idx(head: &[u8]) -> bool {
    matches!(head, [0, 0, 8..=14, 1..=4, ..])
}

/// The image files in a folder, one of each set: `x` goes before `x.gz`.
fn image_files(source: &Source) -> Vec<String> {
    let mut files: Vec<String> = Vec::new();
    for name in source.inside.iter().filter(|name| name.contains(IMAGES)) {
        if files.last().is_none_or(|last| !name.starts_with(last.as_str())) {
            files.push(name.clone());
        }
    }
    files
}

fn open(source: &Source) -> Result<RawImages, Error> {
    if !source.is_folder {
        return assemble(vec![read(source, None)?]);
    }
    let mut sets = Vec::new();
    for name in image_files(source) {
        let split = match () {
            () if name.contains("t10k") || name.contains("test") => Split::Test,
            () => Split::Train,
        };
        if sets.iter().any(|set: &Set| set.part.split == Some(split)) {
            return Err(Error::Setting(format!(
                "{:?} holds several sets of IDX files; give the path of one images file instead",
                source.path.display()
            )));
        }
        sets.push(read(&Source::look(&source.path.join(name))?, Some(split))?);
    }
    // "t10k" comes before "train" by name.
    sets.sort_by_key(|set| set.part.split == Some(Split::Test));
    assemble(sets)
}

struct Set {
    part: Part,
    layout: Layout,
    labels: Option<Vec<u8>>,
}

fn assemble(sets: Vec<Set>) -> Result<RawImages, Error> {
    let layout = sets[0].layout;
    if let Some(other) = sets.iter().find(|set| set.layout != layout) {
        return Err(Error::Setting(format!(
            "the pictures of {:?} and {:?} are of different sizes",
            sets[0].part.name, other.part.name
        )));
    }
    let labels: Vec<Option<u32>> = sets
        .iter()
        .flat_map(|set| match &set.labels {
            Some(labels) => labels.iter().map(|&label| Some(u32::from(label))).collect(),
            None => vec![None; set.part.count],
        })
        .collect();
    let classes = labels.iter().flatten().max().map_or(0, |&last| last + 1);
    let unlabelled = sets.iter().filter(|set| set.labels.is_none());
    let notes = unlabelled
        .map(|set| format!("no {LABELS} file lies beside the pictures of {:?}", set.part.name))
        .collect();
    Ok(RawImages {
        parts: sets.into_iter().map(|set| set.part).collect(),
        layout,
        labels: Labels::new(labels, (0..classes).map(|class| class.to_string()).collect()),
        notes,
    })
}

/// Reads one images file, and the labels file that lies beside it.
fn read(source: &Source, split: Option<Split>) -> Result<Set, Error> {
    let store = source.store()?;
    let head = store.read_at(0, store.len().min(20) as usize)?.into_owned();
    let (dimensions, start) = header(source, &head)?;
    let (count, height, width, channels) = match dimensions[..] {
        [n, h, w] => (n, h, w, 1),
        [n, h, w, c] if c == 1 || c == 3 => (n, h, w, c),
        _ => {
            return Err(source.malformed(format!(
                "pictures [n, height, width] or [n, height, width, 1 or 3] were expected, \
                 the dimensions are {dimensions:?}"
            )));
        }
    };
    let layout = Layout { height, width, channels, planar: false };
    let stride = height.checked_mul(width).and_then(|area| area.checked_mul(channels));
    let size = stride.and_then(|stride| stride.checked_mul(count));
    let size = size.and_then(|size| (size as u64).checked_add(start));
    if size.is_none_or(|size| size != store.len()) {
        return Err(source.malformed(format!(
            "the header promises {count} pictures of {height}×{width}×{channels}, \
             the file has {} bytes after the header",
            store.len() - start
        )));
    }
    if count == 0 || layout.size() == 0 {
        return Err(source.empty("its header says so"));
    }
    let labels = match labels_beside(&source.path) {
        Some(path) => Some(read_labels(&Source::look(&path)?, count)?),
        None => None,
    };
    let name = source.name();
    let name = name.split(IMAGES).next().unwrap_or_default().trim_end_matches(['-', '.', '_']);
    let name = if name == "t10k" { "test" } else { name };
    let name = if name.is_empty() { "row" } else { name }.to_owned();
    let stride = layout.size() as u64;
    let part = Part { store: Arc::new(store), start, stride, count, split, name, first: 0 };
    Ok(Set { part, layout, labels })
}

/// The dimensions, and where the values begin.
fn header(source: &Source, head: &[u8]) -> Result<(Vec<usize>, u64), Error> {
    let [0, 0, 8, rank @ 1..=4, rest @ ..] = head else {
        let why = "an IDX header (0, 0, 8 for unsigned bytes, 1 to 4 dimensions) was expected";
        return Err(
            source.malformed(format!("{why}, it begins with {:?}", &head[..head.len().min(4)]))
        );
    };
    let rank = usize::from(*rank);
    if rest.len() < 4 * rank {
        return Err(source.malformed("it ends within its header"));
    }
    let dimensions = rest[..4 * rank].chunks_exact(4);
    let dimensions = dimensions.map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]) as usize);
    Ok((dimensions.collect(), 4 + 4 * rank as u64))
}

fn labels_beside(images: &Path) -> Option<PathBuf> {
    let name = images.file_name()?.to_str()?;
    let labels = name.contains(IMAGES).then(|| name.replace(IMAGES, LABELS))?;
    let other = match labels.strip_suffix(".gz") {
        Some(plain) => plain.to_owned(),
        None => format!("{labels}.gz"),
    };
    [labels, other].map(|name| images.with_file_name(name)).into_iter().find(|path| path.exists())
}

fn read_labels(source: &Source, count: usize) -> Result<Vec<u8>, Error> {
    let store = source.store()?;
    let bytes = store.read_at(0, store.len() as usize)?;
    let (dimensions, start) = header(source, &bytes)?;
    let labels = &bytes[start as usize..];
    if dimensions != [count] || labels.len() != count {
        return Err(source.malformed(format!(
            "{count} labels were expected, as many as pictures; \
             the header says {dimensions:?} and {} follow",
            labels.len()
        )));
    }
    Ok(labels.to_vec())
}
