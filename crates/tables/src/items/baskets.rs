//! item2vec (Barkan and Koenigstein, 2016): what lies in one basket belongs together, in whatever
//! order.

use std::collections::HashSet;
use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use xxhash_rust::xxh3::xxh3_64;

use super::links::share_of;
use crate::random::Random;
use crate::train::{Config, Progress, train};
use crate::{Corpus, Error, Model, corpus};

/// The largest group: the trainer's widest window.
const WIDEST: usize = 1000;

/// What lies together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Basket {
    /// Decides by its hash whether an item is left out.
    pub id: String,
    /// In the order in which they came.
    pub items: Vec<String>,
}

/// Which item of a basket is left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Which {
    /// One drawn by the basket's id.
    #[default]
    Random,
    /// The last one; only where the order means time.
    Last,
}

/// An item that was taken out of its basket, to be found again by the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The basket.
    pub id: String,
    /// The items that stay, and are learned from.
    pub rest: Vec<String>,
    /// The item that is not.
    pub item: String,
}

/// Takes one item out of a share of the baskets. Which baskets, and of a random item which, follows
/// from their ids alone. An item that lies in a basket twice is taken out twice; a basket of one item
/// keeps it.
pub fn leave_one_out(baskets: &mut [Basket], share: f64, which: Which) -> Vec<LeftOut> {
    let mut left_out = Vec::new();
    for basket in baskets.iter_mut().filter(|basket| share_of(&basket.id) < share) {
        let distinct: HashSet<&String> = basket.items.iter().collect();
        if distinct.len() < 2 {
            continue;
        }
        let last = basket.items.len() - 1;
        let place = match which {
            Which::Last => last,
            Which::Random => Random::keyed(&[key(&basket.id)]).below(last + 1),
        };
        let item = basket.items[place].clone();
        basket.items.retain(|other| *other != item);
        left_out.push(LeftOut { id: basket.id.clone(), rest: basket.items.clone(), item });
    }
    left_out
}

/// How baskets become sentences whose words are all neighbours of each other. A step of the trainer
/// takes all neighbours of a word at the values before it, so that hundreds of them would overshoot: a
/// large basket is shuffled and cut into groups, in every round differently. In the mean over rounds any
/// two of its items are neighbours equally often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Groups {
    /// Items of a group, at most; smaller baskets stay whole.
    pub size: usize,
    /// How often all baskets are taken in an epoch, where some are cut.
    pub rounds: usize,
}

impl Default for Groups {
    fn default() -> Self {
        Self { size: 32, rounds: 10 }
    }
}

impl Groups {
    /// Refuses what makes no neighbours.
    ///
    /// # Errors
    /// Names the setting and what was received.
    pub fn check(&self) -> Result<(), Error> {
        let range = 2..=WIDEST;
        if !range.contains(&self.size) || self.rounds == 0 {
            return Err(Error::Setting(format!(
                "groups need size within 2 and {WIDEST} and rounds of 1 or more, received {} and {}",
                self.size, self.rounds
            )));
        }
        Ok(())
    }

    fn rounds_of(&self, baskets: &[Basket]) -> usize {
        let cut = baskets.iter().any(|basket| basket.items.len() > self.size);
        if cut { self.rounds } else { 1 }
    }

    /// The window within which all items of a group are neighbours.
    pub fn window(&self, baskets: &[Basket]) -> usize {
        let largest = baskets.iter().map(|basket| basket.items.len()).max().unwrap_or(0);
        largest.min(self.size).saturating_sub(1).max(1)
    }

    /// The groups of all rounds as a corpus. Of `about` the least count, that of baskets, and the limits
    /// hold. Counts are those of all rounds.
    ///
    /// # Errors
    /// Where a setting makes no sense, or no item is frequent enough.
    pub fn corpus(&self, baskets: &[Basket], about: &corpus::Config) -> Result<Corpus, Error> {
        self.check()?;
        let rounds = self.rounds_of(baskets);
        let minimum_count = about.minimum_count * rounds as u64;
        let about = corpus::Config { minimum_count, ..about.clone() };
        let groups = (0..rounds).flat_map(|round| {
            baskets.iter().flat_map(move |basket| self.groups(basket, round as u64))
        });
        Corpus::from_sentences(groups, &about)
    }

    /// The groups of a basket, all of nearly one size.
    fn groups<'a>(&self, basket: &'a Basket, round: u64) -> Vec<Vec<&'a str>> {
        let mut items: Vec<&str> = basket.items.iter().map(String::as_str).collect();
        if items.len() <= self.size {
            return vec![items];
        }
        Random::keyed(&[round, key(&basket.id)]).shuffle(&mut items);
        let count = items.len().div_ceil(self.size);
        let size = items.len().div_ceil(count);
        items.chunks(size).map(<[_]>::to_vec).collect()
    }
}

/// A number that follows from a name.
fn key(name: &str) -> u64 {
    xxh3_64(name.as_bytes())
}

/// Learns a vector for every item: groups of baskets are sentences, and the window is as wide as they
/// are. Names may hold spaces. Of `about` the least count and the limits hold.
///
/// # Errors
/// Where a setting makes no sense, or no item is frequent enough.
pub fn item2vec(
    baskets: &[Basket],
    groups: &Groups,
    about: &corpus::Config,
    config: &Config,
    report: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
) -> Result<Model, Error> {
    let corpus = groups.corpus(baskets, about)?;
    let window = groups.window(baskets);
    train(&corpus, &Config { window, shrink_window: false, ..config.clone() }, report)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_bought_together_is_near_wherever_it_lies() {
        // The first and the last of ten are of a kind: with a window of five, they would never meet.
        let mut random = Random::keyed(&[2]);
        let basket = |kind: usize, random: &mut Random| -> Vec<String> {
            let own = ["tea cup", "saw"][kind];
            let mut items = vec![format!("{own} {}", random.below(3))];
            items.extend((0..8).map(|_| format!("common {}", random.below(30))));
            items.push(format!("{own} {}", random.below(3)));
            items
        };
        let named = |i: usize, items| Basket { id: i.to_string(), items };
        let baskets: Vec<Basket> =
            (0..1500).map(|i| named(i, basket(i % 2, &mut random))).collect();
        let about = corpus::Config { minimum_count: 1, ..corpus::Config::default() };
        let config = Config {
            dimensions: 16,
            epochs: 8,
            threads: 1,
            rate: 0.05,
            subsample: 0.0,
            ..Config::default()
        };
        let quiet = &mut |_: &Progress| ControlFlow::Continue(());
        let vectors =
            item2vec(&baskets, &Groups::default(), &about, &config, quiet).unwrap().vectors();
        let cosine = |other| vectors.cosine("tea cup 0", other).unwrap();
        for kind in ["tea cup 1", "tea cup 2"] {
            let (own, other) = (cosine(kind), cosine("saw 0"));
            assert!(own > other + 0.3, "{kind}: {own} {other}");
        }
    }

    #[test]
    fn a_large_basket_is_cut_anew_in_every_round() {
        let items = (0..10).map(|item| format!("i{item}")).collect();
        let large = Basket { id: "large".into(), items };
        let small = Basket { id: "small".into(), items: vec!["i0".into(), "i1".into()] };
        let groups = Groups { size: 4, rounds: 300 };
        let mut together = 0;
        for round in 0..300 {
            let cut = groups.groups(&large, round);
            assert_eq!(cut.iter().map(Vec::len).collect::<Vec<_>>(), [4, 4, 2]);
            assert_eq!(cut.concat().iter().collect::<HashSet<_>>().len(), 10);
            let has = |group: &&Vec<&str>| group.contains(&"i0") && group.contains(&"i9");
            together += cut.iter().filter(has).count();
        }
        // 13 of the 45 pairs lie in one group.
        assert!((60..115).contains(&together), "{together}");
        assert_eq!(groups.groups(&small, 7), [["i0", "i1"]]);
        let baskets = [large, small];
        assert_eq!((groups.window(&baskets), Groups::default().window(&baskets)), (3, 9));
        let about = corpus::Config { minimum_count: 2, ..corpus::Config::default() };
        let corpus = groups.corpus(&baskets, &about).unwrap();
        let mut known = corpus.vocabulary.words().to_vec();
        known.sort();
        assert_eq!(known, ["i0", "i1"].map(Box::from), "two baskets, whatever the rounds");
        assert!(Groups { size: 1, ..groups }.corpus(&baskets, &about).is_err());
    }

    #[test]
    fn what_is_left_out_is_nowhere_in_its_basket() {
        let basket = |id: usize| {
            let items = (0..6).map(|at| format!("i{}", (id + at * at) % 5)).collect();
            Basket { id: id.to_string(), items }
        };
        let before: Vec<Basket> = (0..1000).map(basket).collect();
        let mut baskets = before.clone();
        let left_out = leave_one_out(&mut baskets, 0.3, Which::Random);
        assert!((230..370).contains(&left_out.len()), "{}", left_out.len());
        for LeftOut { id, rest, item } in &left_out {
            let place: usize = id.parse().unwrap();
            assert!(!rest.contains(item) && before[place].items.contains(item));
            assert_eq!(baskets[place].items, *rest);
        }
        let untouched = before.iter().zip(&baskets).filter(|(before, after)| before == after);
        assert_eq!(untouched.count(), 1000 - left_out.len());
        let again = leave_one_out(&mut before.clone(), 0.3, Which::Random);
        assert_eq!(again, left_out, "the ids alone decide");
        let last = leave_one_out(&mut before.clone(), 1.0, Which::Last);
        assert!(last.iter().zip(&before).all(|(out, basket)| out.item == basket.items[5]));
        let alone = Basket { id: "x".into(), items: vec!["a".into(), "a".into()] };
        assert!(leave_one_out(&mut [alone], 1.0, Which::Last).is_empty());
    }
}
