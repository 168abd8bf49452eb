//! Exact duplicates between the splits of a collection: a test on them would praise memory.

use std::collections::HashMap;

use rayon::prelude::*;
use serde::Serialize;

use crate::collection::{Collection, Subset};
use crate::dataset::Split;

/// How many examples of each overlap are kept.
const EXAMPLES: usize = 10;

/// What the splits share.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Leakage {
    /// Samples whose content was compared.
    pub compared: usize,
    /// Samples that could not be read, and so not compared.
    pub unreadable: usize,
    /// The pairs of splits that share samples; empty where all is well.
    pub overlaps: Vec<Overlap>,
}

/// Samples of one split that stand in another, bit for bit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Overlap {
    /// The split that should be new.
    pub of: Split,
    /// The split that holds the twins.
    pub with: Split,
    /// How many samples of `of` have a twin in `with`.
    pub samples: usize,
    /// The first of them, each beside a twin.
    pub examples: Vec<[String; 2]>,
}

impl Leakage {
    /// How many samples of one split have a twin in another.
    pub fn samples(&self, of: Split, with: Split) -> usize {
        let overlap = self.overlaps.iter().find(|overlap| overlap.of == of && overlap.with == with);
        overlap.map_or(0, |overlap| overlap.samples)
    }
}

impl std::fmt::Display for Leakage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.overlaps.is_empty() {
            write!(f, "no exact duplicates between splits ({} samples compared)", self.compared)?;
        }
        for (position, overlap) in self.overlaps.iter().enumerate() {
            let Overlap { of, with, samples, examples } = overlap;
            let separator = if position > 0 { "; " } else { "" };
            write!(f, "{separator}{samples} {} samples are also in {}", name(*of), name(*with))?;
            if let Some([one, other]) = examples.first() {
                write!(f, " (such as {one:?} = {other:?})")?;
            }
        }
        if self.unreadable > 0 {
            write!(f, "; {} samples could not be read", self.unreadable)?;
        }
        Ok(())
    }
}

fn name(split: Split) -> &'static str {
    match split {
        Split::Train => "training",
        Split::Validation => "validation",
        Split::Test => "test",
    }
}

/// Compares the content of all samples, on all threads. Every sample is read once, none is decoded.
pub fn find(collection: &Collection) -> Leakage {
    let train = fingerprints(&collection.train);
    let validation = fingerprints(&collection.validation);
    let test = fingerprints(&collection.test);
    let all = [&train, &validation, &test];
    let of = |split, fingerprints, subset| Side { split, fingerprints, subset };
    let train = of(Split::Train, &train, &collection.train);
    let validation = of(Split::Validation, &validation, &collection.validation);
    let test = of(Split::Test, &test, &collection.test);
    let pairs = [(&validation, &train), (&test, &train), (&test, &validation)];
    let unreadable =
        all.iter().flat_map(|side| side.iter()).filter(|print| print.is_none()).count();
    Leakage {
        compared: all.iter().map(|side| side.len()).sum::<usize>() - unreadable,
        unreadable,
        overlaps: pairs.into_iter().filter_map(|(of, with)| overlap(of, with)).collect(),
    }
}

struct Side<'a> {
    split: Split,
    fingerprints: &'a [Option<u128>],
    subset: &'a Subset,
}

fn fingerprints(subset: &Subset) -> Vec<Option<u128>> {
    (0..subset.len()).into_par_iter().map(|position| subset.fingerprint(position).ok()).collect()
}

fn overlap(of: &Side<'_>, with: &Side<'_>) -> Option<Overlap> {
    let mut twins = HashMap::new();
    for (position, print) in with.fingerprints.iter().enumerate() {
        if let Some(print) = print {
            twins.entry(*print).or_insert(position);
        }
    }
    let mut samples = 0;
    let mut examples = Vec::new();
    for (position, print) in of.fingerprints.iter().enumerate() {
        let Some(twin) = print.and_then(|print| twins.get(&print)) else { continue };
        samples += 1;
        if examples.len() < EXAMPLES {
            examples.push([of.subset.id(position), with.subset.id(*twin)]);
        }
    }
    (samples > 0).then_some(Overlap { of: of.split, with: with.split, samples, examples })
}
