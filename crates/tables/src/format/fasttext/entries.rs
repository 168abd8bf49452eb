//! Words, labels and kept buckets.

use std::collections::HashMap;
use std::io::{self, BufRead, Read, Write};

use super::super::{Fault, LONGEST_WORD};
use super::{bytes, expect, integer, long};
use crate::corpus::Vocabulary;
use crate::supervised::Dictionary;

/// The entries, and the rows of the kept buckets where not all were kept.
pub(super) struct Entries {
    pub(super) dictionary: Dictionary,
    pub(super) kept: Option<HashMap<u32, u32>>,
}

impl Entries {
    pub(super) fn read(content: &mut dyn BufRead) -> Result<Self, Fault> {
        let [entries, words, labels] = [integer(content)?, integer(content)?, integer(content)?];
        let [tokens, kept] = [long(content)?, long(content)?];
        let adds_up = words >= 0 && labels >= 0 && words.checked_add(labels) == Some(entries);
        expect(adds_up && entries > 0 && kept >= -1, || {
            format!(
                "expected entries that are words or labels, received {entries} entries, {words} \
                 words, {labels} labels and {kept} kept buckets"
            )
        })?;
        let (mut found, mut labels) = (Vec::new(), Vec::new());
        for number in 0..entries {
            let mut name = Vec::new();
            (&mut *content).take(LONGEST_WORD as u64).read_until(0, &mut name)?;
            expect(name.pop() == Some(0), || {
                format!("entry {number} of {entries} has no name that ends with a zero")
            })?;
            let count = long(content)?.max(0) as u64;
            let [kind] = bytes(content)?;
            let expected = u8::from(number >= words);
            expect(kind == expected, || {
                format!("entry {number}: expected the kind {expected}, received {kind}")
            })?;
            let entry = (String::from_utf8_lossy(&name).into(), count);
            if kind == 0 { found.push(entry) } else { labels.push(entry) }
        }
        let buckets = if kept < 0 { None } else { Some(read_kept(content, kept)?) };
        let (words, labels) = (Vocabulary::new(found), Vocabulary::new(labels));
        let dictionary = Dictionary { words, labels, tokens: tokens.max(0) as u64 };
        Ok(Self { dictionary, kept: buckets })
    }
}

/// Every kept bucket has a row of its own.
fn read_kept(content: &mut dyn BufRead, count: i64) -> Result<HashMap<u32, u32>, Fault> {
    let mut kept = HashMap::new();
    for number in 0..count {
        let [bucket, row] = [integer(content)?, integer(content)?];
        let fits = bucket >= 0 && (0..count).contains(&i64::from(row));
        expect(fits && kept.insert(bucket as u32, row as u32).is_none(), || {
            format!("kept bucket {number} of {count}: received the bucket {bucket}, row {row}")
        })?;
    }
    Ok(kept)
}

pub(super) fn write(
    dictionary: &Dictionary,
    kept: Option<&HashMap<u32, u32>>,
    file: &mut dyn Write,
) -> io::Result<()> {
    let Dictionary { words, labels, tokens } = dictionary;
    for number in [words.len() + labels.len(), words.len(), labels.len()] {
        file.write_all(&(number as i32).to_le_bytes())?;
    }
    file.write_all(&(*tokens as i64).to_le_bytes())?;
    file.write_all(&kept.map_or(-1, |kept| kept.len() as i64).to_le_bytes())?;
    for (kind, entries) in [(0, words), (1, labels)] {
        for (name, count) in entries.words().iter().zip(entries.counts()) {
            file.write_all(name.as_bytes())?;
            file.write_all(&[0])?;
            file.write_all(&(*count as i64).to_le_bytes())?;
            file.write_all(&[kind])?;
        }
    }
    let mut kept: Vec<(u32, u32)> =
        kept.into_iter().flatten().map(|(bucket, row)| (*bucket, *row)).collect();
    kept.sort_unstable_by_key(|(_, row)| *row);
    for number in kept.into_iter().flat_map(|(bucket, row)| [bucket, row]) {
        file.write_all(&number.to_le_bytes())?;
    }
    Ok(())
}
