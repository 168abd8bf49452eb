//! Neighbours, analogies, and the word that does not belong.

use serde::{Deserialize, Serialize};

use super::{Vectors, dot, normalize};
use crate::Error;

/// A word and how near it is: the cosine, or the score of an analogy.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Neighbour {
    /// The word.
    pub word: String,
    /// The higher, the nearer.
    pub score: f32,
}

/// How an analogy is scored (Levy and Goldberg, 2014).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Analogy {
    /// 3CosAdd: the cosine with the sum of the unit vectors, the words to leave subtracted.
    #[default]
    Sum,
    /// 3CosMul: `Π (1 + cos) / 2` over the words to add, divided by that over the words to leave
    /// (and 0.001).
    Product,
}

impl Vectors {
    /// The `count` words nearest to a word by cosine, itself left out.
    ///
    /// # Errors
    /// Where the word is unknown.
    pub fn neighbours(&self, word: &str, count: usize) -> Result<Vec<Neighbour>, Error> {
        let place = self.known(word)?;
        Ok(self.nearest(self.unit.row(place), &[place], count))
    }

    /// The `count` words nearest to a vector by cosine.
    pub fn near(&self, vector: &[f32], count: usize) -> Vec<Neighbour> {
        let mut unit = vector.to_vec();
        normalize(&mut unit);
        self.nearest(&unit, &[], count)
    }

    /// `king - man + woman`: `plus` is king and woman, `minus` is man. The words of the question are
    /// never an answer.
    ///
    /// # Errors
    /// Where a word is unknown.
    pub fn analogy(
        &self,
        plus: &[&str],
        minus: &[&str],
        method: Analogy,
        count: usize,
    ) -> Result<Vec<Neighbour>, Error> {
        let places = |words: &[&str]| words.iter().map(|word| self.known(word)).collect();
        let (plus, minus): (Result<Vec<_>, _>, Result<Vec<_>, _>) = (places(plus), places(minus));
        let (plus, minus) = (plus?, minus?);
        let asked = [&plus[..], &minus[..]].concat();
        Ok(match method {
            Analogy::Sum => self.nearest(&self.sum(&plus, &minus), &asked, count),
            Analogy::Product => {
                let score = |row| self.product(&plus, &minus, row);
                self.best(score, &asked, count)
            }
        })
    }

    /// The word that is least like the mean of all of them.
    ///
    /// # Errors
    /// Where a word is unknown.
    pub fn odd_one_out<'a>(&self, words: &[&'a str]) -> Result<Option<&'a str>, Error> {
        let places: Vec<usize> =
            words.iter().map(|word| self.known(word)).collect::<Result<_, _>>()?;
        let mean = self.sum(&places, &[]);
        let likeness = |place: &usize| dot(self.unit.row(*place), &mean);
        let odd = places.iter().zip(words).min_by(|a, b| likeness(a.0).total_cmp(&likeness(b.0)));
        Ok(odd.map(|(_, word)| *word))
    }

    /// The unit vector along the sum of unit vectors.
    pub(crate) fn sum(&self, plus: &[usize], minus: &[usize]) -> Vec<f32> {
        let mut sum = vec![0.0; self.unit.width()];
        for (places, sign) in [(plus, 1.0), (minus, -1.0)] {
            for &place in places {
                sum.iter_mut()
                    .zip(self.unit.row(place))
                    .for_each(|(sum, value)| *sum += sign * value);
            }
        }
        normalize(&mut sum);
        sum
    }

    /// The score of a row by 3CosMul.
    pub(crate) fn product(&self, plus: &[usize], minus: &[usize], row: usize) -> f32 {
        let shifted = |places: &[usize]| -> f32 {
            let cosine = |&place: &usize| dot(self.unit.row(place), self.unit.row(row));
            places.iter().map(|place| (1.0 + cosine(place)) / 2.0).product()
        };
        shifted(plus) / (shifted(minus) + 1e-3)
    }

    fn nearest(&self, unit: &[f32], left_out: &[usize], count: usize) -> Vec<Neighbour> {
        self.best(|row| dot(self.unit.row(row), unit), left_out, count)
    }

    fn best(
        &self,
        score: impl Fn(usize) -> f32,
        left_out: &[usize],
        count: usize,
    ) -> Vec<Neighbour> {
        let mut scored: Vec<(f32, usize)> = (0..self.words.len())
            .filter(|row| !left_out.contains(row))
            .map(|row| (score(row), row))
            .collect();
        let order = |a: &(f32, usize), b: &(f32, usize)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        if count < scored.len() {
            scored.select_nth_unstable_by(count, order);
            scored.truncate(count);
        }
        scored.sort_unstable_by(order);
        let named =
            |(score, row): (f32, usize)| Neighbour { word: self.words[row].to_string(), score };
        scored.into_iter().map(named).collect()
    }
}
