//! Pairs of words with a similarity that people gave them: WS-353, SimLex-999, MEN, …

use std::path::Path;

use serde::Serialize;

use super::spearman;
use crate::{Error, Vectors};

/// How vectors rank pairs of words.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SimilarityScore {
    /// Spearman's correlation over the pairs whose words are both known; the others are left out.
    pub spearman: f64,
    /// The same over all pairs, a pair with an unknown word getting the cosine 0.
    pub spearman_all: f64,
    /// Pairs whose words are both known.
    pub known: usize,
    /// Pairs in the file.
    pub pairs: usize,
}

/// Two words and how alike people found them.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// The words as the file spells them.
    pub words: [String; 2],
    /// The more, the more alike; the scale is the file's own.
    pub score: f64,
}

/// Reads `word word score` in columns by tabs, commas or spaces; lines that begin with `#` and a
/// heading are skipped.
///
/// # Errors
/// Where the file cannot be read or a line has no such columns.
pub fn pairs(path: &Path) -> Result<Vec<Pair>, Error> {
    let mut pairs = Vec::new();
    for (number, line) in fs_err::read_to_string(path)?.lines().enumerate() {
        let malformed = |why: String| Error::Malformed {
            path: path.to_path_buf(),
            why: format!("line {}: {why}", number + 1),
        };
        let mut columns =
            line.split(['\t', ',', ' ', ';']).map(str::trim).filter(|column| !column.is_empty());
        let (Some(first), Some(second), Some(score)) =
            (columns.next(), columns.next(), columns.next())
        else {
            if line.trim().is_empty() {
                continue;
            }
            return Err(malformed(format!("expected two words and a number, received {line:?}")));
        };
        match score.parse() {
            Ok(score) => pairs.push(Pair { words: [first, second].map(str::to_owned), score }),
            Err(_) if number == 0 || line.starts_with('#') => {}
            Err(_) => return Err(malformed(format!("expected a number, received {score:?}"))),
        }
    }
    Ok(pairs)
}

/// Ranks the pairs of a file; words are looked up as they stand, then in lower case.
///
/// # Errors
/// As [`pairs`].
pub fn similarity(vectors: &Vectors, path: &Path) -> Result<SimilarityScore, Error> {
    let (mut cosines, mut truths, mut known) = (Vec::new(), Vec::new(), Vec::new());
    for Pair { words: [first, second], score } in pairs(path)? {
        let pair = find(vectors, &first).zip(find(vectors, &second));
        let cosine = pair.and_then(|(first, second)| vectors.cosine(first, second).ok());
        known.push(cosine.is_some());
        cosines.push(f64::from(cosine.unwrap_or(0.0)));
        truths.push(score);
    }
    let of_known = |values: &[f64]| -> Vec<f64> {
        values.iter().zip(&known).filter(|(_, known)| **known).map(|(value, _)| *value).collect()
    };
    Ok(SimilarityScore {
        spearman: spearman(&of_known(&cosines), &of_known(&truths)),
        spearman_all: spearman(&cosines, &truths),
        known: known.iter().filter(|known| **known).count(),
        pairs: truths.len(),
    })
}

/// The word as the vectors spell it: as it stands, else in lower case.
pub fn find<'a>(vectors: &'a Vectors, word: &str) -> Option<&'a str> {
    let place = vectors.place(word).or_else(|| vectors.place(&word.to_lowercase()))?;
    Some(&vectors.words()[place])
}
