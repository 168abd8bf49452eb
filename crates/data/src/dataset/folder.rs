//! A folder of pictures, in any depth of sub-folders. The class is the sub-folder.

use std::path::PathBuf;
use std::sync::Arc;

use walkdir::WalkDir;
use xxhash_rust::xxh3::xxh3_128;

use super::classes::Labels;
use super::names::Names;
use super::source::Source;
use super::{Dataset, Format, Kind, Split, paths};
use crate::decode::decode;
use crate::error::{Error, Fault, SampleError};
use crate::sample::Value;

pub(super) const FORMAT: Format = Format {
    name: "folder of PNG, JPEG or WebP pictures",
    knows: |source| source.is_folder,
    open: |source, _| Ok(Arc::new(Folder::open(source)?)),
};

/// Pictures read from their files when they are asked for. Only the paths are kept in memory.
#[derive(Debug)]
struct Folder {
    root: PathBuf,
    paths: Names,
    labels: Labels,
    splits: Option<Vec<Split>>,
    notes: Vec<String>,
}

impl Folder {
    fn open(source: &Source) -> Result<Self, Error> {
        let mut found = Vec::new();
        let (mut others, mut unreadable, mut strange) = (0usize, 0usize, 0usize);
        let walk = WalkDir::new(&source.path).follow_links(true).into_iter();
        let visible = |entry: &walkdir::DirEntry| {
            entry.depth() == 0 || !paths::is_hidden(&entry.file_name().to_string_lossy())
        };
        for entry in walk.filter_entry(visible) {
            let Ok(entry) = entry else {
                unreadable += 1;
                continue;
            };
            if !entry.file_type().is_file() {
                continue;
            }
            if !paths::is_picture(&entry.file_name().to_string_lossy()) {
                others += 1;
                continue;
            }
            let relative = entry.path().strip_prefix(&source.path).ok().and_then(|p| p.to_str());
            match relative {
                Some(path) => found.push(path.replace(std::path::MAIN_SEPARATOR, "/")),
                None => strange += 1,
            }
        }
        if found.is_empty() {
            let why = "no file in it or its sub-folders is called .png, .jpg, .jpeg or .webp";
            return Err(source.empty(why));
        }
        found.sort_unstable();
        let paths: Names = found.iter().map(String::as_str).collect();
        let (labels, splits) = paths::arrange(&paths);
        let mut notes = Vec::new();
        let mut note = |count: usize, what: &str| {
            if count > 0 {
                notes.push(format!("{what}: {count}"));
            }
        };
        note(others, "left out for not being called .png, .jpg, .jpeg or .webp");
        note(strange, "left out for a name that is not UTF-8");
        note(unreadable, "left out because the system did not let them be looked at");
        Ok(Folder { root: source.path.clone(), paths, labels, splits, notes })
    }

    fn bytes(&self, index: usize) -> Result<Vec<u8>, SampleError> {
        let path = self.root.join(self.paths.get(index));
        fs_err::read(path).map_err(|error| Fault::Io(error).of(self.paths.get(index)))
    }
}

impl Dataset for Folder {
    fn len(&self) -> usize {
        self.paths.len()
    }

    fn id(&self, index: usize) -> String {
        self.paths.get(index).to_owned()
    }

    fn label(&self, index: usize) -> Option<u32> {
        self.labels.get(index)
    }

    fn classes(&self) -> &[String] {
        self.labels.classes()
    }

    fn kind(&self) -> Kind {
        Kind::Image
    }

    fn split(&self, index: usize) -> Option<Split> {
        self.splits.as_ref().map(|splits| splits[index])
    }

    fn read(&self, index: usize) -> Result<Value, SampleError> {
        let picture = decode(&self.bytes(index)?);
        picture.map(Value::Image).map_err(|fault| fault.of(self.paths.get(index)))
    }

    fn fingerprint(&self, index: usize) -> Result<u128, SampleError> {
        Ok(xxh3_128(&self.bytes(index)?))
    }

    fn notes(&self) -> &[String] {
        &self.notes
    }
}
