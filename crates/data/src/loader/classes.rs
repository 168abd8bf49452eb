//! Batches of so many classes with as many samples of each, so that every sample meets others of
//! its class and of other classes (Hermans, Beyer, Leibe: In defense of the triplet loss for person
//! re-identification, 2017, section 2).

use super::Error;
use crate::collection::Subset;
use crate::random::Random;

/// The samples of each class, and how they become batches.
#[derive(Clone)]
pub(super) struct Classes {
    /// Positions in the subset, class by class.
    members: Vec<Vec<usize>>,
    /// Classes of a batch.
    classes: usize,
    /// Samples of each.
    samples: usize,
}

impl Classes {
    /// Batches of so many classes out of this subset; its samples without a class stand in none.
    pub fn new(subset: &Subset, classes: usize, batch_size: usize) -> Result<Self, Error> {
        if classes == 0 || !batch_size.is_multiple_of(classes) {
            return Err(Error::Uneven { classes, batch_size });
        }
        let mut members: Vec<Vec<usize>> = Vec::new();
        for position in 0..subset.len() {
            let Some(label) = subset.label(position) else { continue };
            let label = label as usize;
            members.resize(members.len().max(label + 1), Vec::new());
            members[label].push(position);
        }
        members.retain(|samples| !samples.is_empty());
        match members.len() < classes {
            true => Err(Error::TooFewClasses { found: members.len(), wanted: classes }),
            false => Ok(Self { members, classes, samples: batch_size / classes }),
        }
    }

    /// Samples that have a class.
    pub fn labelled(&self) -> usize {
        self.members.iter().map(Vec::len).sum()
    }

    /// The positions of so many batches, one after the other. All classes come equally often,
    /// however many samples they have.
    pub fn order(&self, batches: usize, random: &mut Random) -> Vec<usize> {
        let mut samples: Vec<Deck> = self.members.iter().cloned().map(Deck::new).collect();
        let mut classes = Deck::new((0..samples.len()).collect());
        let mut order = Vec::with_capacity(batches * self.classes * self.samples);
        for _ in 0..batches {
            for class in classes.deal(self.classes, random) {
                order.extend(samples[class].deal(self.samples, random));
            }
        }
        order
    }
}

/// Cards dealt in a random order, and shuffled again where too few are left.
struct Deck {
    cards: Vec<usize>,
    dealt: usize,
}

impl Deck {
    fn new(cards: Vec<usize>) -> Self {
        Self { dealt: cards.len(), cards }
    }

    /// So many cards: none twice where the deck has as many.
    fn deal(&mut self, count: usize, random: &mut Random) -> Vec<usize> {
        if self.cards.len() - self.dealt < count {
            random.shuffle(&mut self.cards);
            self.dealt = 0;
        }
        let cards = self.cards.iter().cycle().skip(self.dealt).take(count).copied().collect();
        self.dealt = (self.dealt + count).min(self.cards.len());
        cards
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_cards_are_dealt_before_any_comes_again() {
        let (mut deck, random) = (Deck::new((0..6).collect()), &mut Random::keyed(&[1]));
        let mut round = |count: usize| {
            let mut cards: Vec<usize> =
                (0..6 / count).flat_map(|_| deck.deal(count, random)).collect();
            cards.sort_unstable();
            cards
        };
        for count in [2, 3, 6, 1] {
            assert_eq!(round(count), [0, 1, 2, 3, 4, 5]);
        }
        assert_eq!(round(4).len(), 4);
        let many = Deck::new(vec![7, 9]).deal(5, random);
        let sevens = many.iter().filter(|&&card| card == 7).count();
        assert!(many.len() == 5 && (2..=3).contains(&sevens), "{many:?}");
    }
}
