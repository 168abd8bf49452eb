//! A direction of meaning, such as that from `he` to `she`, and vectors without it.
//!
//! Two ways. [`project_out`] takes the part along the direction from every word (Dev and Phillips,
//! 2019). [`hard_debias`] does so with all words but those that are about it by definition, and gives
//! pairs such as `grandfather`, `grandmother` the same distance to all others (Bolukbasi, Chang, Zou,
//! Saligrama and Kalai, 2016).
//!
//! The part along one direction is not all that a space knows: words can often still be told apart by
//! their neighbours (Gonen and Goldberg, 2019). Measure with [`weat`](super::weat) before and after.

use std::collections::HashSet;

use serde::Serialize;

use crate::linear::{Eigen, eigen};
use crate::vectors::{Matrix, dot, normalize};
use crate::{Error, Vectors};

/// A direction of unit length.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Direction {
    axis: Vec<f32>,
    /// Share of the pairs' squared differences that lies along it: 1 where all pairs differ in one
    /// and the same way.
    pub explained: f64,
}

impl Direction {
    /// The first principal component of the unit vectors of pairs, each pair about its own mean.
    /// It points from the first words of the pairs to the second ones.
    ///
    /// # Errors
    /// Where a word is unknown, there is no pair, or the words of all pairs are one vector.
    pub fn of_pairs(vectors: &Vectors, pairs: &[[&str; 2]]) -> Result<Self, Error> {
        let width = vectors.matrix().width();
        let mut products = vec![0.0; width * width];
        let mut sum = vec![0.0; width];
        for [first, second] in pairs {
            let [first, second] = [vectors.known(first)?, vectors.known(second)?];
            let (first, second) = (vectors.unit().row(first), vectors.unit().row(second));
            let half = first.iter().zip(second).map(|(a, b)| (f64::from(*b) - f64::from(*a)) / 2.0);
            let half: Vec<f64> = half.collect();
            for (row, one) in products.chunks_exact_mut(width).zip(&half) {
                // Both words of a pair lie half of the difference from the mean.
                row.iter_mut().zip(&half).for_each(|(sum, other)| *sum += 2.0 * one * other);
            }
            sum.iter_mut().zip(&half).for_each(|(sum, half)| *sum += half);
        }
        let Eigen { values, vectors: axes } = eigen(products, width);
        let total: f64 = values.iter().sum();
        if pairs.is_empty() || total <= 0.0 {
            return Err(Error::Setting(format!(
                "expected pairs of words with different vectors, received {pairs:?}"
            )));
        }
        let along: f64 = axes[0].iter().zip(&sum).map(|(axis, sum)| axis * sum).sum();
        let sign = if along < 0.0 { -1.0 } else { 1.0 };
        let axis = axes[0].iter().map(|value| (sign * value) as f32).collect();
        Ok(Self { axis, explained: values[0] / total })
    }

    /// The direction, of unit length.
    pub fn axis(&self) -> &[f32] {
        &self.axis
    }

    /// Where a word lies on the direction: the cosine of the angle between them.
    ///
    /// # Errors
    /// Where the word is unknown.
    pub fn projection(&self, vectors: &Vectors, word: &str) -> Result<f32, Error> {
        Ok(dot(vectors.unit().row(vectors.known(word)?), &self.axis))
    }

    /// Mean of the size of the words' projections to the power `strictness` (equation 2.1 of
    /// Bolukbasi et al., their direct bias).
    ///
    /// # Errors
    /// Where a word is unknown, or there is none.
    pub fn direct_bias(
        &self,
        vectors: &Vectors,
        words: &[&str],
        strictness: f64,
    ) -> Result<f64, Error> {
        if words.is_empty() {
            return Err(Error::Setting("expected words to measure, received none".to_owned()));
        }
        let size =
            |word: &&str| Ok(f64::from(self.projection(vectors, word)?).abs().powf(strictness));
        Ok(words.iter().map(size).sum::<Result<f64, Error>>()? / words.len() as f64)
    }

    /// Takes the part along the direction away. Twice: the first leaves rounding errors of the size of
    /// what was taken.
    fn remove_from(&self, vector: &mut [f32]) {
        for _ in 0..2 {
            let part = dot(vector, &self.axis);
            vector.iter_mut().zip(&self.axis).for_each(|(value, axis)| *value -= part * axis);
        }
    }
}

/// All vectors without their part along a direction; lengths otherwise stay.
pub fn project_out(vectors: &Vectors, direction: &Direction) -> Vectors {
    let mut matrix = vectors.matrix().clone();
    (0..matrix.rows()).for_each(|row| direction.remove_from(matrix.row_mut(row)));
    Vectors::new(vectors.words().to_vec(), matrix)
}

/// Unit vectors without their part along a direction, but for the words in `about`, which keep it;
/// then the words of each pair in `equalize` differ in nothing else. Unknown words are skipped.
///
/// # Errors
/// Where the two words of a pair lie at the same place of the direction, so that nothing says which
/// of them goes where.
pub fn hard_debias(
    vectors: &Vectors,
    direction: &Direction,
    about: &[&str],
    equalize: &[[&str; 2]],
) -> Result<Vectors, Error> {
    let mut matrix = vectors.unit().clone();
    let kept: HashSet<usize> = about.iter().filter_map(|word| vectors.place(word)).collect();
    for row in (0..matrix.rows()).filter(|row| !kept.contains(row)) {
        direction.remove_from(matrix.row_mut(row));
        normalize(matrix.row_mut(row));
    }
    for pair in equalize {
        if let [Some(first), Some(second)] = pair.map(|word| vectors.place(word)) {
            level(&mut matrix, vectors.unit(), [first, second], direction).ok_or_else(|| {
                Error::Setting(format!(
                    "the words {pair:?} lie at the same place of the direction: they cannot be \
                     equalized"
                ))
            })?;
        }
    }
    Ok(Vectors::new(vectors.words().to_vec(), matrix))
}

/// Puts both words at `ν ± sqrt(1 - |ν|²) · direction`, where `ν` is their mean without its part
/// along it.
fn level(
    matrix: &mut Matrix,
    unit: &Matrix,
    pair: [usize; 2],
    direction: &Direction,
) -> Option<()> {
    let [first, second] = pair.map(|row| unit.row(row));
    let gap = dot(second, &direction.axis) - dot(first, &direction.axis);
    if gap == 0.0 {
        return None;
    }
    let mut shared: Vec<f32> = first.iter().zip(second).map(|(a, b)| (a + b) / 2.0).collect();
    direction.remove_from(&mut shared);
    let side = (1.0 - dot(&shared, &shared)).max(0.0).sqrt() * gap.signum();
    for (row, side) in pair.into_iter().zip([-side, side]) {
        let values = shared.iter().zip(&direction.axis).map(|(shared, axis)| shared + side * axis);
        matrix.row_mut(row).iter_mut().zip(values).for_each(|(value, new)| *value = new);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    /// Words of 20 numbers: in each pair the second lies further along the third axis, and a little
    /// elsewhere; `w0` to `w9` lie anywhere.
    fn vectors() -> Vectors {
        let mut random = Random::keyed(&[3]);
        let (mut words, mut values): (Vec<Box<str>>, Vec<f32>) = (Vec::new(), Vec::new());
        for pair in 0..6 {
            let shared: Vec<f32> = (0..20).map(|_| random.normal() as f32).collect();
            for (name, side) in [("he", -1.0), ("she", 1.0)] {
                words.push(format!("{name}{pair}").into());
                let own = shared.iter().enumerate().map(|(column, value)| {
                    let along = if column == 2 { 3.0 * side } else { 0.0 };
                    value + along + 0.1 * random.normal() as f32
                });
                values.extend(own);
            }
        }
        for word in 0..10 {
            words.push(format!("w{word}").into());
            values.extend((0..20).map(|_| 2.0 * random.normal() as f32));
        }
        let rows = words.len();
        Vectors::new(words, Matrix::new(rows, 20, values))
    }

    const PAIRS: [[&str; 2]; 4] =
        [["he0", "she0"], ["he1", "she1"], ["he2", "she2"], ["he3", "she3"]];

    #[test]
    fn the_direction_is_that_in_which_pairs_differ() {
        let vectors = vectors();
        let direction = Direction::of_pairs(&vectors, &PAIRS).unwrap();
        assert!((dot(direction.axis(), direction.axis()) - 1.0).abs() < 1e-6);
        assert!(direction.axis()[2] > 0.98 && direction.explained > 0.95, "{direction:?}");
        // Pairs it was not made of.
        let at = |word| direction.projection(&vectors, word).unwrap();
        assert!(at("she5") - at("he5") > 0.5);
    }

    #[test]
    fn of_one_pair_it_is_their_difference() {
        let vectors = vectors();
        let direction = Direction::of_pairs(&vectors, &PAIRS[..1]).unwrap();
        let (he, she) = (vectors.unit().row(0), vectors.unit().row(1));
        let mut difference: Vec<f32> = he.iter().zip(she).map(|(a, b)| b - a).collect();
        normalize(&mut difference);
        for (axis, expected) in direction.axis().iter().zip(difference) {
            assert!((axis - expected).abs() < 1e-6, "{axis} {expected}");
        }
        assert!((direction.explained - 1.0).abs() < 1e-12);
    }

    #[test]
    fn nothing_is_left_along_it() {
        let vectors = vectors();
        let direction = Direction::of_pairs(&vectors, &PAIRS).unwrap();
        let words: Vec<&str> = vectors.words().iter().map(|word| &**word).collect();
        assert!(direction.direct_bias(&vectors, &words, 1.0).unwrap() > 0.1);
        let without = project_out(&vectors, &direction);
        assert!(direction.direct_bias(&without, &words, 1.0).unwrap() < 1e-7);
        // What is left is the vector less its projection.
        let (old, new) = (vectors.get("w4").unwrap(), without.get("w4").unwrap());
        let part = dot(old, direction.axis());
        for ((old, new), axis) in old.iter().zip(new).zip(direction.axis()) {
            assert!((old - part * axis - new).abs() < 1e-5);
        }
    }

    #[test]
    fn hard_debiasing_neutralizes_and_equalizes() {
        let vectors = vectors();
        let direction = Direction::of_pairs(&vectors, &PAIRS).unwrap();
        let kept = ["he4", "she4", "he5", "she5"];
        let equal = [["he5", "she5"], ["he0", "unknown"]];
        let found = hard_debias(&vectors, &direction, &kept, &equal).unwrap();
        let at = |word| direction.projection(&found, word).unwrap();
        for word in ["w0", "w9", "he0", "she0"] {
            assert!(at(word).abs() < 1e-7, "{word}: {}", at(word));
        }
        assert_eq!(found.get("he4").unwrap(), vectors.unit().row(8));
        assert!((at("she5") + at("he5")).abs() < 1e-6 && at("she5") > 0.1);
        // Words that are neutral are as near to one as to the other.
        for word in ["w0", "w7"] {
            let (he, she) =
                (found.cosine(word, "he5").unwrap(), found.cosine(word, "she5").unwrap());
            assert!((he - she).abs() < 1e-6, "{he} {she}");
            let before =
                vectors.cosine(word, "he5").unwrap() - vectors.cosine(word, "she5").unwrap();
            assert!(before.abs() > 1e-3);
        }
        let unit = |row: usize| dot(found.matrix().row(row), found.matrix().row(row));
        assert!((0..22).all(|row| (unit(row) - 1.0).abs() < 1e-5));
    }

    #[test]
    fn similarities_of_other_things_stay() {
        // The same file before and after: what has nothing to do with the direction keeps its rank.
        let vectors = vectors();
        let direction = Direction::of_pairs(&vectors, &PAIRS).unwrap();
        let without = project_out(&vectors, &direction);
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut lines = String::new();
        for i in 0..10 {
            for j in 0..i {
                let (one, other) = (format!("w{i}"), format!("w{j}"));
                lines += &format!("{one} {other} {}\n", vectors.cosine(&one, &other).unwrap());
            }
        }
        fs_err::write(file.path(), lines).unwrap();
        let score = |vectors| crate::evaluate::similarity(vectors, file.path()).unwrap().spearman;
        assert!(score(&vectors) > 0.999 && score(&without) > 0.8, "{}", score(&without));
    }

    #[test]
    fn what_cannot_be_is_named() {
        let vectors = vectors();
        let error =
            |pairs: &[[&str; 2]]| Direction::of_pairs(&vectors, pairs).unwrap_err().to_string();
        assert!(error(&[["he0", "sh0"]]).contains("sh0"));
        assert!(error(&[]).contains("received []") && error(&[["he0", "he0"]]).contains("he0"));
    }
}
