//! Pictures in a `.tar` (plain, `.gz`, `.zst`) or `.zip` archive. The class is the folder inside.

use std::collections::HashSet;
use std::io::{self, BufReader, Read};
use std::sync::Arc;

use super::encoded::EncodedImages;
use super::ids::Ids;
use super::names::Names;
use super::source::Source;
use super::store::{MEMORY_LIMIT, Writer};
use super::{Format, paths};
use crate::error::Error;

pub(super) const TAR: Format = Format {
    name: "tar archive of pictures (also .gz, .zst)",
    knows: |source| {
        let extensions = ["tar", "tgz", "tzst"];
        source.head.get(257..262) == Some(b"ustar")
            || extensions.contains(&source.extension().as_str())
    },
    open: |source, _| Ok(Arc::new(open(source, read_tar)?)),
};

pub(super) const ZIP: Format = Format {
    name: "zip archive of pictures",
    knows: |source| source.head.starts_with(b"PK\x03\x04") && source.extension() != "npz",
    open: |source, _| Ok(Arc::new(open(source, read_zip)?)),
};

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

fn open(
    source: &Source,
    unpack: fn(&Source, &mut Unpacked) -> io::Result<()>,
) -> Result<EncodedImages, Error> {
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
        let what = "left out for not being called .png, .jpg, .jpeg or .webp";
        notes.push(format!("{what}: {others}"));
    }
    if repeated > 0 {
        notes.push(format!("left out for a path that came before: {repeated}"));
    }
    let places = entries.into_iter().map(|(_, place)| place).collect();
    let ids = Ids::Named(paths);
    Ok(EncodedImages { store: writer.finish()?, places, ids, labels, splits, notes })
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
