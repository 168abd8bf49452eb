//! What lies at a path: enough of it to tell the format.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use super::store::Store;
use crate::error::{Error, nearest};

/// Window of 2 GiB: `zstd --long=31` and everything below can be read.
const LARGEST_ZSTD_WINDOW_LOG: u32 = 31;

/// How a file is compressed as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compression {
    None,
    Gzip,
    Zstd,
}

/// A file or folder, and what its beginning shows.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    /// File names directly inside, sorted, without those of pictures; empty for a file.
    pub(crate) inside: Vec<String>,
    /// The first bytes after decompression; empty for a folder.
    pub(crate) head: Vec<u8>,
    pub(crate) is_folder: bool,
    compression: Compression,
}

impl Source {
    /// Looks at a path.
    pub(crate) fn look(path: &Path) -> Result<Self, Error> {
        if !path.exists() {
            return Err(Error::NoSuchPath { path: path.into(), hint: sibling(path) });
        }
        let mut source = Source {
            path: path.into(),
            inside: Vec::new(),
            head: Vec::new(),
            is_folder: path.is_dir(),
            compression: Compression::None,
        };
        if source.is_folder {
            for entry in fs_err::read_dir(path)? {
                let name = entry?.file_name().to_string_lossy().into_owned();
                if !super::paths::is_picture(&name) {
                    source.inside.push(name);
                }
            }
            source.inside.sort();
            return Ok(source);
        }
        source.compression = compression(&head(fs_err::File::open(path)?.into_parts().0)?);
        source.head = source
            .reader()
            .and_then(head)
            .map_err(|error| source.malformed(format!("it does not decompress: {error}")))?;
        if source.head.is_empty() {
            return Err(source.empty("it has 0 bytes"));
        }
        Ok(source)
    }

    /// The file's bytes in order, decompressed.
    pub(crate) fn reader(&self) -> io::Result<Box<dyn Read>> {
        let file: File = fs_err::File::open(&self.path)?.into_parts().0;
        Ok(match self.compression {
            Compression::None => Box::new(BufReader::new(file)),
            Compression::Gzip => Box::new(flate2::read::MultiGzDecoder::new(BufReader::new(file))),
            Compression::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::new(file)?;
                decoder.window_log_max(LARGEST_ZSTD_WINDOW_LOG)?;
                Box::new(decoder)
            }
        })
    }

    /// The file's bytes by offset, decompressed.
    pub(crate) fn store(&self) -> Result<Store, Error> {
        match self.compression {
            Compression::None => Ok(Store::open(&self.path)?),
            _ => Store::drain(self.reader()?).map_err(|error| self.malformed(error.to_string())),
        }
    }

    /// The extension in lower case, without one that only says how the file is compressed.
    pub(crate) fn extension(&self) -> String {
        let name = self.name().to_lowercase();
        let name = name.strip_suffix(".gz").or(name.strip_suffix(".zst")).unwrap_or(&name);
        name.rsplit_once('.').map_or(String::new(), |(_, extension)| extension.to_owned())
    }

    /// The last part of the path.
    pub(crate) fn name(&self) -> String {
        self.path.file_name().map_or(String::new(), |name| name.to_string_lossy().into_owned())
    }

    /// For messages: what the content looks like.
    pub(crate) fn description(&self) -> String {
        match self.head.get(..self.head.len().min(8)) {
            None | Some([]) => "it is empty".to_owned(),
            Some(head) => format!("it begins with {:?}", String::from_utf8_lossy(head)),
        }
    }

    /// An error about the content of this file.
    pub(crate) fn malformed(&self, why: impl Into<String>) -> Error {
        Error::Malformed { path: self.path.clone(), why: why.into() }
    }

    /// The error of a file or folder without samples.
    pub(crate) fn empty(&self, why: impl Into<String>) -> Error {
        Error::Empty { path: self.path.clone(), why: why.into() }
    }
}

/// The first bytes, as many as can be had before any damage.
fn head(reader: impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    match reader.take(4096).read_to_end(&mut head) {
        Err(error) if head.is_empty() => Err(error),
        _ => Ok(head),
    }
}

fn compression(head: &[u8]) -> Compression {
    match head {
        [0x1f, 0x8b, ..] => Compression::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Compression::Zstd,
        _ => Compression::None,
    }
}

/// "; did you mean …?" with the name beside the missing one that is most like it.
fn sibling(path: &Path) -> String {
    // The deepest folder that exists, and the first name below it that does not.
    let mut missing = path;
    while let Some(parent) = missing.parent() {
        let folder = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
        if folder.is_dir() {
            let names: Vec<String> = std::fs::read_dir(folder)
                .map(|entries| {
                    let entries = entries.filter_map(Result::ok);
                    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
                })
                .unwrap_or_default();
            let name = missing.file_name().unwrap_or_default().to_string_lossy();
            return nearest(&name, names.iter().map(String::as_str));
        }
        missing = parent;
    }
    String::new()
}
