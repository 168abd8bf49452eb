//! Bytes that can be read by offset from any thread: in a file, in memory, or spilled to disk.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

/// Decompressed bytes up to this many stay in memory; more are moved to an anonymous file.
pub(crate) const MEMORY_LIMIT: usize = 512 << 20;

/// Bytes by offset.
#[derive(Debug)]
pub(crate) enum Store {
    Memory(Vec<u8>),
    File { file: File, len: u64 },
}

impl Store {
    /// The bytes of an uncompressed file, left where they are.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = fs_err::File::open(path)?;
        let len = file.metadata()?.len();
        Ok(Store::File { file: file.into_parts().0, len })
    }

    /// All bytes that this reader gives.
    pub(crate) fn drain(reader: impl Read) -> io::Result<Self> {
        let mut writer = Writer::new(MEMORY_LIMIT);
        writer.append(reader)?;
        writer.finish()
    }

    /// How many bytes there are.
    pub(crate) fn len(&self) -> u64 {
        match self {
            Store::Memory(bytes) => bytes.len() as u64,
            Store::File { len, .. } => *len,
        }
    }

    /// `len` bytes from `offset` on.
    pub(crate) fn read_at(&self, offset: u64, len: usize) -> io::Result<Cow<'_, [u8]>> {
        let end = offset.checked_add(len as u64).filter(|&end| end <= self.len());
        let Some(end) = end else {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                format!("{len} bytes at {offset} were asked for, {} are there", self.len()),
            ));
        };
        match self {
            Store::Memory(bytes) => Ok(Cow::Borrowed(&bytes[offset as usize..end as usize])),
            Store::File { file, .. } => {
                let mut bytes = vec![0; len];
                read_exact_at(file, &mut bytes, offset)?;
                Ok(Cow::Owned(bytes))
            }
        }
    }
}

#[cfg(unix)]
fn read_exact_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut bytes: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let read = std::os::windows::fs::FileExt::seek_read(file, bytes, offset)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        bytes = &mut bytes[read..];
        offset += read as u64;
    }
    Ok(())
}

/// Collects bytes for a [`Store`].
#[derive(Debug)]
pub(crate) struct Writer {
    memory: Vec<u8>,
    spilled: Option<File>,
    len: u64,
    limit: usize,
}

impl Writer {
    /// A writer that keeps at most `limit` bytes in memory.
    pub(crate) fn new(limit: usize) -> Self {
        Writer { memory: Vec::new(), spilled: None, len: 0, limit }
    }

    /// Appends all that a reader gives; where it starts and how many bytes it was.
    pub(crate) fn append(&mut self, mut reader: impl Read) -> io::Result<(u64, u64)> {
        let start = self.len;
        let mut buffer = vec![0; 64 << 10];
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => return Ok((start, self.len - start)),
                Ok(read) => self.write_all(&buffer[..read])?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The bytes, ready to be read.
    pub(crate) fn finish(mut self) -> io::Result<Store> {
        let Some(mut file) = self.spilled else {
            self.memory.shrink_to_fit();
            return Ok(Store::Memory(self.memory));
        };
        file.write_all(&self.memory)?;
        Ok(Store::File { file, len: self.len })
    }
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Once spilled, memory is only a buffer of 1 MiB before the file.
        let limit = if self.spilled.is_some() { self.limit.min(1 << 20) } else { self.limit };
        if self.memory.len() + bytes.len() > limit {
            if self.spilled.is_none() {
                self.spilled = Some(tempfile::tempfile()?);
            }
            if let Some(file) = &mut self.spilled {
                file.write_all(&self.memory)?;
            }
            self.memory = Vec::new();
        }
        self.memory.extend_from_slice(bytes);
        self.len += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spilled_bytes_read_like_bytes_in_memory() {
        let pieces: Vec<Vec<u8>> = (0..40u8).map(|i| vec![i; 7 * i as usize]).collect();
        let mut stores = Vec::new();
        for limit in [64, 1 << 20] {
            let mut writer = Writer::new(limit);
            for piece in &pieces {
                let (_, len) = writer.append(&piece[..]).unwrap();
                assert_eq!(len, piece.len() as u64);
            }
            stores.push(writer.finish().unwrap());
        }
        assert!(matches!(stores[0], Store::File { .. }));
        assert!(matches!(stores[1], Store::Memory(_)));
        for store in &stores {
            let all = pieces.concat();
            assert_eq!(store.len(), all.len() as u64);
            assert_eq!(store.read_at(500, 1000).unwrap(), &all[500..1500]);
            assert!(store.read_at(all.len() as u64 - 1, 2).is_err());
            assert!(store.read_at(u64::MAX, 2).is_err());
        }
    }
}
