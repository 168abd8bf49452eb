//! What the file begins with: magic, version and settings.

use std::io::{self, BufRead, Write};

use super::super::{Fault, WIDEST};
use super::{bytes, expect, integer};

/// The number that every fastText model begins with.
pub(crate) const MAGIC: i32 = 793_712_314;
const VERSION: i32 = 12;
/// The rate is looked at after so many words; fastText's default, written for its reader.
const RATE_UPDATE: i32 = 100;
/// The model of a classifier.
pub(super) const SUPERVISED: i32 = 3;

/// The settings in the order of the file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Settings {
    pub(super) width: usize,
    pub(super) window: usize,
    pub(super) epochs: usize,
    pub(super) minimum_count: usize,
    pub(super) negatives: usize,
    pub(super) word_ngrams: usize,
    pub(super) loss: i32,
    pub(super) model: i32,
    pub(super) buckets: usize,
    pub(super) shortest: usize,
    pub(super) longest: usize,
    pub(super) subsample: f64,
}

impl Settings {
    pub(super) fn read(content: &mut dyn BufRead) -> Result<Self, Fault> {
        let magic = integer(content)?;
        expect(magic == MAGIC, || {
            format!("expected a fastText model ({MAGIC}), received {magic}")
        })?;
        let version = integer(content)?;
        let known = matches!(version, 11 | 12);
        expect(known, || format!("expected version 11 or 12, received {version}"))?;
        let mut settings = [0; 12];
        for setting in &mut settings {
            *setting = integer(content)?;
        }
        let subsample = f64::from_le_bytes(bytes(content)?);
        let [width, _, _, _, _, _, loss, model, buckets, shortest, longest, _] = settings;
        expect(
            (1..=WIDEST as i32).contains(&width)
                && buckets >= 0
                && shortest >= 0
                && longest >= 0
                && (1..=4).contains(&loss)
                && (1..=3).contains(&model),
            || {
                format!(
                    "its settings make no sense: width {width}, loss {loss}, model {model}, \
                     buckets {buckets}, n-grams {shortest} to {longest}"
                )
            },
        )?;
        let whole = |value: i32| value.max(0) as usize;
        let [_, window, epochs, minimum_count, negatives, word_ngrams, ..] = settings.map(whole);
        // Classifiers of version 11 had no n-grams of characters, whatever they say.
        let old = version == 11 && model == SUPERVISED;
        Ok(Self {
            width: whole(width),
            window,
            epochs,
            minimum_count,
            negatives,
            word_ngrams: word_ngrams.max(1),
            loss,
            model,
            buckets: whole(buckets),
            shortest: if old { 0 } else { whole(shortest) },
            longest: if old { 0 } else { whole(longest) },
            subsample,
        })
    }

    pub(super) fn write(&self, file: &mut dyn Write) -> io::Result<()> {
        let sizes = [self.width, self.window, self.epochs, self.minimum_count, self.negatives];
        let whole = |value: usize| i32::try_from(value).unwrap_or(i32::MAX);
        let numbers = [MAGIC, VERSION].into_iter().chain(sizes.map(whole)).chain([
            whole(self.word_ngrams),
            self.loss,
            self.model,
            whole(self.buckets),
            whole(self.shortest),
            whole(self.longest),
            RATE_UPDATE,
        ]);
        for number in numbers {
            file.write_all(&number.to_le_bytes())?;
        }
        file.write_all(&self.subsample.to_le_bytes())
    }
}
