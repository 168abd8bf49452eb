//! Whether an item that was left out of its basket is found by the others, among all items.
//!
//! Every item that the basket does not hold already is ranked; none is left to chance, as measures
//! over a few sampled items do not order methods as those over all do (Krichene and Rendle, 2020).
//! Beside vectors stand what they must beat: how often an item lies in baskets at all, and how often it
//! lies with those of the basket.

use super::{Basket, LeftOut};
use crate::Vectors;
use crate::random::Random;
use crate::vectors::{dot, normalize};

/// What ranks items for the rest of a basket.
pub enum Ranker<'a> {
    /// By the cosine with the mean of the unit vectors of the rest.
    Vectors(&'a Vectors),
    /// By the number of baskets with an item.
    Popularity(&'a Together),
    /// By `Σ_j c_ij / sqrt(c_i c_j)` over the rest `j`, from the counts of baskets with one and with
    /// both (Sarwar et al., 2001).
    Together(&'a Together),
    /// By chance, for this seed.
    Chance(u64),
}

/// Which baskets hold an item.
pub struct Together {
    /// The items of every basket, each once.
    baskets: Vec<Vec<u32>>,
    /// The baskets of every item.
    holders: Vec<Vec<u32>>,
}

impl Together {
    /// Of the baskets that were learned from; items without a vector are left out.
    pub fn new(baskets: &[Basket], items: &Vectors) -> Self {
        let mut holders = vec![Vec::new(); items.words().len()];
        let places = |basket: &Basket| {
            let mut places: Vec<u32> = placed(&basket.items, items);
            places.sort_unstable();
            places.dedup();
            places
        };
        let baskets: Vec<Vec<u32>> = baskets.iter().map(places).collect();
        for (number, basket) in (0..).zip(&baskets) {
            basket.iter().for_each(|&item| holders[item as usize].push(number));
        }
        Self { baskets, holders }
    }

    fn count(&self, item: u32) -> f32 {
        self.holders[item as usize].len() as f32
    }
}

fn placed(names: &[String], items: &Vectors) -> Vec<u32> {
    names.iter().filter_map(|name| items.place(name)).map(|place| place as u32).collect()
}

impl Ranker<'_> {
    /// The rank of every item that was left out, from 1; of equal scores the middle one, and infinite
    /// where it has no vector or none of the rest has one: it can be found by nobody.
    pub fn ranks(&self, left_out: &[LeftOut], items: &Vectors) -> Vec<f64> {
        let rank = |(number, question): (usize, &LeftOut)| {
            let rest = placed(&question.rest, items);
            match items.place(&question.item) {
                Some(item) if !rest.is_empty() => {
                    place_of(&self.scores(&rest, number, items), item, &rest)
                }
                _ => f64::INFINITY,
            }
        };
        left_out.iter().enumerate().map(rank).collect()
    }

    fn scores(&self, rest: &[u32], number: usize, items: &Vectors) -> Vec<f32> {
        let all = 0..items.words().len();
        match self {
            Self::Vectors(vectors) => {
                let places: Vec<usize> = rest.iter().map(|&item| item as usize).collect();
                let mean = vectors.sum(&places, &[]);
                all.map(|item| dot(vectors.unit().row(item), &mean)).collect()
            }
            Self::Popularity(together) => all.map(|item| together.count(item as u32)).collect(),
            Self::Together(together) => {
                let mut scores = vec![0.0; all.len()];
                for &item in rest {
                    let share = 1.0 / together.count(item).sqrt();
                    for &basket in &together.holders[item as usize] {
                        let others = &together.baskets[basket as usize];
                        others.iter().for_each(|&other| scores[other as usize] += share);
                    }
                }
                let counts = all.map(|item| together.count(item as u32).max(1.0).sqrt());
                scores.iter_mut().zip(counts).for_each(|(score, count)| *score /= count);
                scores
            }
            Self::Chance(seed) => {
                let mut random = Random::keyed(&[*seed, number as u64]);
                all.map(|_| random.unit()).collect()
            }
        }
    }
}

/// The rank of an item among all but the known ones.
fn place_of(scores: &[f32], item: usize, known: &[u32]) -> f64 {
    let own = scores[item];
    let mut scores = scores.to_vec();
    known.iter().for_each(|&item| scores[item as usize] = f32::NEG_INFINITY);
    let above = scores.iter().filter(|score| **score > own).count();
    let equal = scores.iter().enumerate().filter(|(other, score)| *other != item && **score == own);
    1.0 + above as f64 + equal.count() as f64 / 2.0
}

/// Whether a rank is among the first `k`: 1 or 0.
pub fn hit(rank: f64, k: usize) -> f64 {
    f64::from(u8::from(rank <= k as f64))
}

/// The normalized discounted gain of one right item: `1 / log2(1 + rank)` among the first `k`, else 0.
pub fn gain(rank: f64, k: usize) -> f64 {
    hit(rank, k) / (1.0 + rank).log2()
}

/// The mean of the unit vectors of a basket's items, of length one; zeros where none is known.
pub fn mean<S: AsRef<str>>(basket: &[S], items: &Vectors) -> Vec<f32> {
    let places: Vec<usize> = basket.iter().filter_map(|name| items.place(name.as_ref())).collect();
    let mut sum = items.sum(&places, &[]);
    normalize(&mut sum);
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::Matrix;

    fn basket(items: &str) -> Basket {
        Basket { id: items.into(), items: items.chars().map(String::from).collect() }
    }

    fn question(rest: &str, item: &str) -> LeftOut {
        LeftOut { id: String::new(), rest: basket(rest).items, item: item.into() }
    }

    /// a, b and c along one axis, d and e along another.
    fn items() -> Vectors {
        let words = ["a", "b", "c", "d", "e"].map(Box::from).to_vec();
        let rows = [[1.0, 0.0], [3.0, 0.1], [1.0, -0.2], [0.0, 1.0], [0.1, 2.0]];
        Vectors::new(words, Matrix::new(5, 2, rows.concat()))
    }

    #[test]
    fn ranks_by_hand() {
        let items = items();
        let baskets = ["ab", "ab", "ac", "de", "d", "d"].map(basket);
        let together = Together::new(&baskets, &items);
        let questions = [question("a", "b"), question("a", "d"), question("d", "e")];
        let ranks = |ranker: Ranker| ranker.ranks(&questions, &items);
        assert_eq!(ranks(Ranker::Vectors(&items)), [1.0, 4.0, 1.0]);
        // Without the rest: d 3, b 2, c and e 1 for the first; a and d 3, b 2, c and e 1.
        assert_eq!(ranks(Ranker::Popularity(&together)), [2.0, 1.0, 3.5]);
        // With a: b 2 / sqrt(3 · 2), c 1 / sqrt(3); d and e nothing. With d only e.
        assert_eq!(ranks(Ranker::Together(&together)), [1.0, 3.5, 1.0]);
        assert_eq!(ranks(Ranker::Chance(1)), ranks(Ranker::Chance(1)));
        let lost = [question("a", "unknown"), question("unknown", "a"), question("", "a")];
        assert!(Ranker::Vectors(&items).ranks(&lost, &items).iter().all(|rank| rank.is_infinite()));
    }

    #[test]
    fn gains_fall_with_the_rank() {
        assert_eq!((gain(1.0, 10), gain(3.0, 10), gain(11.0, 10)), (1.0, 0.5, 0.0));
        assert_eq!((hit(10.0, 10), hit(10.5, 10), hit(f64::INFINITY, 10)), (1.0, 0.0, 0.0));
        let mean = mean(&["d", "e", "?"], &items());
        assert!((mean[0].hypot(mean[1]) - 1.0).abs() < 1e-6 && mean[1] > 0.99, "{mean:?}");
        let none = super::mean(&["?"], &items());
        assert_eq!(none, [0.0, 0.0]);
    }
}
