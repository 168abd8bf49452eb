//! A file that appears under its name only when it is whole.

use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use fs_err::File;

use crate::Error;

/// Writes beside the final name; [`Partial::finish`] renames, dropping without it removes.
#[derive(Debug)]
pub struct Partial {
    writer: Option<BufWriter<File>>,
    temporary: PathBuf,
    path: PathBuf,
}

impl Partial {
    /// Opens a hidden file in the folder of `path`.
    ///
    /// # Errors
    /// Where `path` stands already and `force` is false, or the folder cannot be written.
    pub fn create(path: &Path, force: bool) -> Result<Self, Error> {
        if !force && path.exists() {
            return Err(Error::Exists { path: path.to_owned() });
        }
        let Some(name) = path.file_name() else {
            return Err(Error::file(path, "expected the name of a file to write"));
        };
        let hidden = format!(".{}.partial-{}", name.to_string_lossy(), std::process::id());
        let temporary = path.with_file_name(hidden);
        let writer = BufWriter::with_capacity(1 << 20, File::create(&temporary)?);
        Ok(Self { writer: Some(writer), temporary, path: path.to_owned() })
    }

    /// The final name.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Forces everything to the disk and gives the file its name.
    ///
    /// # Errors
    /// A full disk, for example; nothing then stands under the name.
    pub fn finish(mut self) -> Result<(), Error> {
        if let Some(mut writer) = self.writer.take() {
            let written = writer.flush().and_then(|()| writer.get_ref().sync_all());
            let renamed = written.and_then(|()| fs_err::rename(&self.temporary, &self.path));
            // `into_parts` drops the buffer without a second attempt to write it.
            drop(writer.into_parts());
            if let Err(error) = renamed {
                // The first error is the one to tell; the hidden file may already be gone.
                let _ = fs_err::remove_file(&self.temporary);
                return Err(error.into());
            }
        }
        Ok(())
    }

    fn open(&mut self) -> io::Result<&mut BufWriter<File>> {
        self.writer.as_mut().ok_or_else(|| io::Error::other("the file is closed already"))
    }
}

impl Write for Partial {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.open()?.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.open()?.flush()
    }
}

impl Seek for Partial {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.open()?.seek(position)
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if let Some(writer) = self.writer.take() {
            drop(writer.into_parts());
            let _ = fs_err::remove_file(&self.temporary);
        }
    }
}
