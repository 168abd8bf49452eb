//! Pairs sorted, summed, written to temporary files and merged.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read, Write};

use bytemuck::{Pod, Zeroable};
use tempfile::NamedTempFile;

/// Two words, `first <= second`, and how often they stand near each other.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub(crate) struct Pair {
    pub(crate) first: u32,
    pub(crate) second: u32,
    pub(crate) weight: f32,
}

impl Pair {
    fn key(&self) -> u64 {
        u64::from(self.first) << 32 | u64::from(self.second)
    }
}

/// Takes pairs in any order.
pub(super) struct Sorter {
    pairs: Vec<Pair>,
    limit: usize,
    runs: Runs,
}

impl Sorter {
    /// Holds at most `limit` pairs in memory.
    pub(super) fn new(limit: usize) -> Self {
        Self { pairs: Vec::new(), limit: limit.max(2), runs: Runs::default() }
    }

    pub(super) fn push(&mut self, pair: Pair) -> io::Result<()> {
        if self.pairs.len() == self.pairs.capacity() {
            // Doubling, but never beyond the limit.
            let more = self.pairs.len().max(1024).min(self.limit - self.pairs.len());
            self.pairs.reserve_exact(more);
        }
        self.pairs.push(pair);
        if self.pairs.len() < self.limit {
            return Ok(());
        }
        sum(&mut self.pairs);
        // Where summing frees less than half, the next pairs would be sorted too soon again.
        if self.pairs.len() > self.limit / 2 {
            let mut file = NamedTempFile::new()?;
            file.write_all(bytemuck::cast_slice(&self.pairs))?;
            self.runs.len += self.pairs.len();
            self.runs.files.push(file);
            self.pairs.clear();
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> io::Result<Runs> {
        sum(&mut self.pairs);
        self.pairs.shrink_to_fit();
        self.runs.len += self.pairs.len();
        self.runs.memory.push(self.pairs);
        Ok(self.runs)
    }
}

/// Sorts, and makes one of equal pairs.
fn sum(pairs: &mut Vec<Pair>) {
    pairs.sort_unstable_by_key(Pair::key);
    let mut kept = 0;
    let mut next = 0;
    while next < pairs.len() {
        let key = pairs[next].key();
        let equal = pairs[next..].iter().take_while(|pair| pair.key() == key);
        let (count, weight) =
            equal.fold((0, 0.0), |(count, sum), pair| (count + 1, sum + f64::from(pair.weight)));
        pairs[kept] = Pair { weight: weight as f32, ..pairs[next] };
        kept += 1;
        next += count;
    }
    pairs.truncate(kept);
}

/// Sorted runs of pairs; a pair may stand in several.
#[derive(Default)]
pub(crate) struct Runs {
    memory: Vec<Vec<Pair>>,
    files: Vec<NamedTempFile>,
    len: usize,
}

impl Runs {
    /// Pairs in all runs: no fewer than there are different ones.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn extend(&mut self, other: Self) {
        self.memory.extend(other.memory);
        self.files.extend(other.files);
        self.len += other.len;
    }

    /// Calls `each` with every different pair, in order.
    ///
    /// # Errors
    /// Where a temporary file cannot be read, or `each` fails.
    pub(crate) fn each(&self, mut each: impl FnMut(Pair) -> io::Result<()>) -> io::Result<()> {
        let mut sources: Vec<Source> =
            self.memory.iter().map(|pairs| Source::Memory(pairs.iter())).collect();
        for file in &self.files {
            sources.push(Source::File(BufReader::with_capacity(1 << 16, file.reopen()?)));
        }
        // The least key first; of equal ones, the run that comes first.
        let mut heads = BinaryHeap::new();
        let mut pairs = vec![Pair::zeroed(); sources.len()];
        for (run, source) in sources.iter_mut().enumerate() {
            if let Some(pair) = source.next()? {
                pairs[run] = pair;
                heads.push(Reverse((pair.key(), run)));
            }
        }
        let mut sum: Option<(Pair, f64)> = None;
        while let Some(Reverse((_, run))) = heads.pop() {
            let pair = pairs[run];
            sum = match sum {
                Some((last, weight)) if last.key() == pair.key() => {
                    Some((last, weight + f64::from(pair.weight)))
                }
                Some((last, weight)) => {
                    each(Pair { weight: weight as f32, ..last })?;
                    Some((pair, f64::from(pair.weight)))
                }
                None => Some((pair, f64::from(pair.weight))),
            };
            if let Some(pair) = sources[run].next()? {
                pairs[run] = pair;
                heads.push(Reverse((pair.key(), run)));
            }
        }
        match sum {
            Some((last, weight)) => each(Pair { weight: weight as f32, ..last }),
            None => Ok(()),
        }
    }
}

/// A run that is read from its front.
enum Source<'a> {
    Memory(std::slice::Iter<'a, Pair>),
    File(BufReader<File>),
}

impl Source<'_> {
    fn next(&mut self) -> io::Result<Option<Pair>> {
        match self {
            Self::Memory(pairs) => Ok(pairs.next().copied()),
            Self::File(file) => {
                let mut pair = Pair::zeroed();
                match file.read_exact(bytemuck::bytes_of_mut(&mut pair)) {
                    Ok(()) => Ok(Some(pair)),
                    Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
                    Err(error) => Err(error),
                }
            }
        }
    }
}
