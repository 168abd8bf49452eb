//! What is compared: the vectors on trial, spelling, and chance, over the same words.

use std::collections::HashSet;

use anyhow::Result;
use pith_space::proof::{CandidateKind, Example, ExampleNeighbour};
use pith_tables::Vectors;
use pith_tables::evaluate::baseline;
use pith_tables::train::subword;
use pith_tables::vectors::Matrix;

use super::measures::Judged;
use crate::words::Model;

/// Words of the vocabulary that are measured, the most frequent ones; analogies are asked among
/// these, as usual.
pub const AMONG: usize = 30_000;
/// Numbers per vector of trigrams: enough that few share a place.
const TRIGRAMS: usize = 256;
/// Words that examples are drawn from, by their rank: frequent, but beyond the commonest.
const RANKS: std::ops::Range<usize> = 100..3000;

/// One space on trial or beside it.
pub struct Candidate {
    /// How the report calls it.
    pub name: &'static str,
    /// Where its vectors come from.
    pub kind: CandidateKind,
    /// The frequent words, then those of the sets that can be spelled: the same for all.
    pub vectors: Vectors,
    /// How many are frequent words of the vocabulary.
    pub frequent: usize,
}

/// The vectors on trial first, then trigrams and chance.
pub fn all(model: &Model, sets: &[Judged], seed: u64) -> Vec<Candidate> {
    let words = model.vectors.words();
    let frequent = words.len().min(AMONG);
    let mut chosen = words[..frequent].to_vec();
    let mut known: HashSet<Box<str>> = chosen.iter().cloned().collect();
    for word in sets.iter().flat_map(Judged::words) {
        let spelled: Box<str> = model.find(word).unwrap_or(word).into();
        if !known.contains(&spelled) && model.vector(&spelled).is_some() {
            known.insert(spelled.clone());
            chosen.push(spelled);
        }
    }
    let rows = chosen.iter().flat_map(|word| model.vector(word).unwrap_or_default()).collect();
    let ours = Vectors::new(chosen.clone(), Matrix::new(chosen.len(), model.width(), rows));
    let trigrams = baseline::trigrams(&chosen, TRIGRAMS);
    let random = baseline::random(&chosen, model.width(), seed);
    [
        ("word vectors", CandidateKind::Encoder, ours),
        ("character trigrams", CandidateKind::RawInput, trigrams),
        ("random vectors", CandidateKind::Untrained, random),
    ]
    .map(|(name, kind, vectors)| Candidate { name, kind, vectors, frequent })
    .into()
}

/// Words to show with their neighbours, drawn by the seed.
pub fn shown(candidate: &Candidate, count: usize, seed: u64) -> Vec<String> {
    let words = &candidate.vectors.words()[..candidate.frequent];
    let range = if words.len() > RANKS.end { RANKS } else { 0..words.len() };
    let drawn = |word: &str| subword::hash(format!("{seed} {word}").as_bytes());
    let letters = |word: &&str| word.chars().all(char::is_alphabetic);
    let mut words: Vec<&str> = words[range].iter().map(|word| &**word).filter(letters).collect();
    words.sort_by_key(|word| drawn(word));
    words.into_iter().take(count).map(ToString::to_string).collect()
}

impl Candidate {
    /// The chosen words with their nearest.
    pub fn examples(&self, words: &[String], neighbours: usize) -> Result<Vec<Example>> {
        let row = |word: &str| self.vectors.place(word).unwrap_or_default();
        let mut examples = Vec::new();
        for word in words {
            let near = self.vectors.neighbours(word, neighbours)?.into_iter();
            let near = near.map(|near| ExampleNeighbour {
                row: row(&near.word),
                id: near.word,
                label: None,
                cosine: f64::from(near.score),
            });
            examples.push(Example {
                query: word.clone(),
                query_row: row(word),
                label: None,
                neighbours: near.collect(),
            });
        }
        Ok(examples)
    }

    /// The first vectors, for measures whose cost grows with the square of their number.
    pub fn first(&self, count: usize) -> pith_space::Matrix {
        let (count, matrix) = (self.frequent.min(count), self.vectors.matrix());
        let values = matrix.values()[..count * matrix.width()].to_vec();
        pith_space::Matrix::new(count, matrix.width(), values)
    }
}
