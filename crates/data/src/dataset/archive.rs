//! Pictures in a `.tar` (plain, `.gz`, `.zst`) or `.zip` archive. The class is the folder inside.

use std::borrow::Cow;
use std::collections::HashSet;
use std::io::{self, BufReader, Read};
use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_128;

use super::classes::Labels;
use super::names::Names;
use super::source::Source;
use super::store::{MEMORY_LIMIT, Store, Writer};
use super::{Dataset, Format, Kind, Split, paths};
use crate::decode::decode;
use crate::error::{Error, Fault, SampleError};
use crate::sample::Value;

pub(super) const TAR: Format = Format {
    name: "tar archive of pictures (also .gz, .zst)",
    knows: |source| source.head.get(257..262) == Some(b"ustar"),
    open: |source, _| Ok(Arc::new(Archive::open(source, read_tar)?)),
};

pub(super) const ZIP: Format = Format {
    name: "zip archive of pictures",
    knows: |source| source.head.starts_with(b"PK\x03\x04") && source.extension() != "npz",
    open: |source, _| Ok(Arc::new(Archive::open(source, read_zip)?)),
};

/// Pictures as they stand in their archive, unpacked but not decoded.
#[derive(Debug)]
struct Archive {
    store: Store,
    paths: Names,
    /// Where each picture lies in the store: offset and length.
    places: Vec<(u64, u64)>,
    labels: Labels,
    splits: Option<Vec<Split>>,
    notes: Vec<String>,
}

/// Pictures as they come out of an archive.
struct Unpacked {
    writer: Writer,
    entries: Vec<(String, (u64, u64))>,
    names: HashSet<String>,
    others: usize,
    repeated: usize,
}

impl Unpacked {
    /// Takes one file of the archive, if it is a picture.
    fn take(&mut self, path: &str, content: impl Read) -> io::Result<()> {
        let path = path.trim_start_matches("./");
        let mut parts = path.split('/');
        if !paths::is_picture(path) || parts.any(paths::is_hidden) {
            self.others += 1;
        } else if !self.names.insert(path.to_owned()) {
            self.repeated += 1;
        } else {
            let place = self.writer.append(content)?;
            self.entries.push((path.to_owned(), place));
        }
        Ok(())
    }
}

impl Archive {
    fn open(
        source: &Source,
        unpack: fn(&Source, &mut Unpacked) -> io::Result<()>,
    ) -> Result<Self, Error> {
        let mut unpacked = Unpacked {
            writer: Writer::new(MEMORY_LIMIT),
            entries: Vec::new(),
            names: HashSet::new(),
            others: 0,
            repeated: 0,
        };
        unpack(source, &mut unpacked)
            .map_err(|error| source.malformed(format!("the archive does not unpack: {error}")))?;
        let Unpacked { writer, mut entries, others, repeated, .. } = unpacked;
        if entries.is_empty() {
            return Err(source.empty("no file in it is called .png, .jpg, .jpeg or .webp"));
        }
        entries.sort_unstable();
        let paths: Names = entries.iter().map(|(path, _)| path.as_str()).collect();
        let (labels, splits) = paths::arrange(&paths);
        let mut notes = Vec::new();
        if others > 0 {
            let what = "files that are not called .png, .jpg, .jpeg or .webp were left out";
            notes.push(format!("{others} {what}"));
        }
        if repeated > 0 {
            notes.push(format!("{repeated} pictures whose path came before were left out"));
        }
        let places = entries.into_iter().map(|(_, place)| place).collect();
        Ok(Archive { store: writer.finish()?, paths, places, labels, splits, notes })
    }

    fn bytes(&self, index: usize) -> Result<Cow<'_, [u8]>, SampleError> {
        let (offset, len) = self.places[index];
        let bytes = self.store.read_at(offset, len as usize);
        bytes.map_err(|error| Fault::Io(error).of(self.paths.get(index)))
    }
}

fn read_tar(source: &Source, unpacked: &mut Unpacked) -> io::Result<()> {
    let mut archive = tar::Archive::new(source.reader()?);
    for entry in archive.entries()? {
        let entry = entry?;
        if entry.header().entry_type().is_file() {
            let path = entry.path()?.to_string_lossy().into_owned();
            unpacked.take(&path, entry)?;
        }
    }
    Ok(())
}

fn read_zip(source: &Source, unpacked: &mut Unpacked) -> io::Result<()> {
    let file = BufReader::new(fs_err::File::open(&source.path)?.into_parts().0);
    let mut archive = zip::ZipArchive::new(file)?;
    for index in 0..archive.len() {
        let entry = archive.by_index(index)?;
        if entry.is_file() {
            let path = entry.name()?.replace('\\', "/");
            unpacked.take(&path, entry)?;
        }
    }
    Ok(())
}

impl Dataset for Archive {
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
