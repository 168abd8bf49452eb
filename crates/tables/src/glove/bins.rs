//! Counts in random order: every pair falls into a bin by chance, and bins are shuffled as they are
//! read.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};

use crate::cooccurrence::{Pair, Runs};
use crate::random::Random;

/// Pairs in a bin, about, as long as there are not too many bins.
const BIN: usize = 1 << 18;
/// Files that are open at once, at most.
const FILES: usize = 256;

/// Every entry of the counts that is not 0, `(i, j)` and `(j, i)` apart.
pub(super) struct Bins {
    memory: Vec<Vec<Pair>>,
    files: Vec<(File, usize)>,
}

impl Bins {
    /// Holds the pairs in memory where they are `limit` or fewer. Of bins in files each thread reads
    /// one at a time.
    pub(super) fn scatter(
        runs: &Runs,
        limit: usize,
        threads: usize,
        random: &mut Random,
    ) -> io::Result<Self> {
        let pairs = 2 * runs.len();
        let bin = if pairs <= limit { BIN } else { BIN.min(limit / threads).max(1) };
        let count = pairs.div_ceil(bin).clamp(1, FILES);
        let mut into = Scatter { count, random, memory: Vec::new(), files: Vec::new() };
        if pairs <= limit {
            // Sizes differ by chance: by four standard deviations seldom.
            let mean = pairs as f64 / count as f64;
            let room = (mean + 4.0 * mean.sqrt()) as usize + 1;
            into.memory.resize_with(count, || Vec::with_capacity(room));
        } else {
            for _ in 0..count {
                into.files.push((BufWriter::new(tempfile::tempfile()?), 0));
            }
        }
        runs.each(|pair| {
            into.push(pair)?;
            if pair.first == pair.second {
                return Ok(());
            }
            into.push(Pair { first: pair.second, second: pair.first, ..pair })
        })?;
        let finished = |(file, len): (BufWriter<File>, usize)| {
            Ok((file.into_inner().map_err(io::IntoInnerError::into_error)?, len))
        };
        let files = into.files.into_iter().map(finished).collect::<io::Result<_>>()?;
        Ok(Self { memory: into.memory, files })
    }

    /// Number of bins.
    pub(super) fn count(&self) -> usize {
        self.memory.len() + self.files.len()
    }

    /// Pairs in all bins.
    pub(super) fn pairs(&self) -> usize {
        self.memory.iter().map(Vec::len).chain(self.files.iter().map(|(_, len)| *len)).sum()
    }

    /// Replaces `into` by the pairs of a bin, which only one thread may ask for at a time.
    pub(super) fn load(&self, bin: usize, into: &mut Vec<Pair>) -> io::Result<()> {
        into.clear();
        let Some((file, len)) = self.files.get(bin) else {
            into.extend_from_slice(&self.memory[bin]);
            return Ok(());
        };
        into.resize(*len, bytemuck::Zeroable::zeroed());
        let mut file = file;
        file.seek(SeekFrom::Start(0))?;
        file.read_exact(bytemuck::cast_slice_mut(into))
    }
}

struct Scatter<'a> {
    count: usize,
    random: &'a mut Random,
    memory: Vec<Vec<Pair>>,
    files: Vec<(BufWriter<File>, usize)>,
}

impl Scatter<'_> {
    fn push(&mut self, pair: Pair) -> io::Result<()> {
        let bin = self.random.below(self.count);
        if let Some((file, len)) = self.files.get_mut(bin) {
            *len += 1;
            return file.write_all(bytemuck::bytes_of(&pair));
        }
        self.memory[bin].push(pair);
        Ok(())
    }
}
