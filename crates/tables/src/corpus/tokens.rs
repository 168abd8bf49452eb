//! A corpus as numbers: in memory while they fit, in a temporary file beyond.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;

use tempfile::NamedTempFile;

/// Ends a sentence among the numbers of words.
pub(crate) const END: u32 = u32::MAX;
/// Numbers in a chunk, about: what one thread trains on at a time.
pub(crate) const CHUNK: u64 = 1 << 16;
/// Numbers written to the file at once.
const BLOCK: usize = 1 << 16;

/// Numbers written one behind the other.
pub(crate) struct Writer {
    memory: Vec<u32>,
    limit: usize,
    file: Option<NamedTempFile>,
    len: u64,
}

impl Writer {
    /// Holds at most `limit` numbers in memory.
    pub(crate) fn new(limit: usize) -> Self {
        Self { memory: Vec::new(), limit, file: None, len: 0 }
    }

    pub(crate) fn push(&mut self, number: u32) -> io::Result<()> {
        self.memory.push(number);
        self.len += 1;
        let full = if self.file.is_some() { BLOCK } else { self.limit.max(1) };
        if self.memory.len() >= full { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(NamedTempFile::new()?),
        };
        for block in self.memory.chunks(BLOCK) {
            let bytes: Vec<u8> = block.iter().flat_map(|number| number.to_le_bytes()).collect();
            file.write_all(&bytes)?;
        }
        self.memory.clear();
        self.memory.shrink_to(BLOCK);
        Ok(())
    }

    pub(crate) fn finish(mut self) -> io::Result<Store> {
        if self.file.is_some() {
            self.flush()?;
        }
        Ok(Store { memory: self.memory, file: self.file, len: self.len })
    }
}

/// Numbers that can be read from any place.
pub(crate) struct Store {
    memory: Vec<u32>,
    file: Option<NamedTempFile>,
    len: u64,
}

/// The numbers of a corpus in chunks, each ending with a sentence.
pub(crate) struct Tokens {
    store: Store,
    chunks: Vec<Range<u64>>,
}

impl Tokens {
    /// Translates provisional numbers into places; what has none is left out. A chunk ends with the
    /// sentence that fills it to `length` numbers.
    pub(crate) fn translate(
        from: &Store,
        places: &[Option<u32>],
        limit: usize,
        length: u64,
    ) -> io::Result<Self> {
        let mut writer = Writer::new(limit);
        let mut chunks = Vec::new();
        let (mut start, mut sentence) = (0, 0);
        let mut reader = Reader::new(from)?;
        for block in 0..from.len.div_ceil(CHUNK) {
            let range = block * CHUNK..((block + 1) * CHUNK).min(from.len);
            for &number in reader.read(range)?.iter() {
                if number == END {
                    if writer.len > sentence {
                        writer.push(END)?;
                    }
                    sentence = writer.len;
                    if sentence - start >= length {
                        chunks.push(start..sentence);
                        start = sentence;
                    }
                } else if let Some(place) = places[number as usize] {
                    writer.push(place)?;
                }
            }
        }
        if writer.len > start {
            chunks.push(start..writer.len);
        }
        Ok(Self { store: writer.finish()?, chunks })
    }

    /// Number of chunks.
    pub(crate) fn chunks(&self) -> usize {
        self.chunks.len()
    }

    /// A way to read chunks, one for each thread.
    pub(crate) fn reader(&self) -> io::Result<ChunkReader<'_>> {
        Ok(ChunkReader { tokens: self, reader: Reader::new(&self.store)? })
    }
}

/// Reads the chunks of a corpus.
pub(crate) struct ChunkReader<'a> {
    tokens: &'a Tokens,
    reader: Reader<'a>,
}

impl ChunkReader<'_> {
    /// The numbers of a chunk: words, and [`END`] behind every sentence.
    pub(crate) fn chunk(&mut self, chunk: usize) -> io::Result<Cow<'_, [u32]>> {
        self.reader.read(self.tokens.chunks[chunk].clone())
    }
}

struct Reader<'a> {
    store: &'a Store,
    file: Option<File>,
}

impl<'a> Reader<'a> {
    fn new(store: &'a Store) -> io::Result<Self> {
        let file = store.file.as_ref().map(NamedTempFile::reopen).transpose()?;
        Ok(Self { store, file })
    }

    fn read(&mut self, range: Range<u64>) -> io::Result<Cow<'a, [u32]>> {
        let Some(file) = &mut self.file else {
            return Ok(Cow::Borrowed(&self.store.memory[range.start as usize..range.end as usize]));
        };
        file.seek(SeekFrom::Start(range.start * 4))?;
        let mut bytes = vec![0; (range.end - range.start) as usize * 4];
        file.read_exact(&mut bytes)?;
        let (numbers, _) = bytes.as_chunks::<4>();
        Ok(Cow::Owned(numbers.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect()))
    }
}
