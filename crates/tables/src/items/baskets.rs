//! item2vec (Barkan and Koenigstein, 2016): what lies in one basket belongs together, in whatever
//! order.

use std::ops::ControlFlow;

use crate::train::{Config, Progress, train};
use crate::{Corpus, Error, Model, corpus};

/// The widest window the trainer has; of a larger basket only items so far apart are paired.
const WIDEST: usize = 1000;

/// Learns a vector for every item: baskets are sentences, and the window is as wide as the largest
/// basket. Names may hold spaces. Of `about` the least count and the limits hold.
///
/// # Errors
/// Where a setting makes no sense, or no item is frequent enough.
pub fn item2vec<S: AsRef<str>>(
    baskets: &[Vec<S>],
    about: &corpus::Config,
    config: &Config,
    report: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
) -> Result<Model, Error> {
    let corpus = Corpus::from_sentences(baskets, about)?;
    let largest = baskets.iter().map(Vec::len).max().unwrap_or(0);
    let window = largest.saturating_sub(1).clamp(1, WIDEST);
    train(&corpus, &Config { window, shrink_window: false, ..config.clone() }, report)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

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
        let baskets: Vec<Vec<String>> = (0..1500).map(|i| basket(i % 2, &mut random)).collect();
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
        let vectors = item2vec(&baskets, &about, &config, quiet).unwrap().vectors();
        let cosine = |other| vectors.cosine("tea cup 0", other).unwrap();
        for kind in ["tea cup 1", "tea cup 2"] {
            let (own, other) = (cosine(kind), cosine("saw 0"));
            assert!(own > other + 0.3, "{kind}: {own} {other}");
        }
    }
}
