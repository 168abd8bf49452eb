//! node2vec (Grover and Leskovec, 2016): random walks on a graph are sentences.
//!
//! From `v`, come from `t`, a walk goes on to `x` in proportion to the weight of the edge times `1/p`
//! where `x` is `t`, 1 where an edge leads from `t` to `x`, and `1/q` elsewhere. Steps are drawn by
//! the weights alone and then taken or refused (rejection sampling), so that no table over pairs of
//! edges is needed. With `p = q = 1` the walks are DeepWalk's (Perozzi, Al-Rfou and Skiena, 2014).

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use super::Graph;
use crate::random::Random;
use crate::train::{Config, Progress, train};
use crate::{Corpus, Error, Model, corpus};

/// Refused so often, a step is drawn from all neighbours: with an extreme `p` or `q` nearly all would
/// be refused. Tries are independent, so that this changes no chance.
const TRIES: usize = 32;

/// How to walk. Defaults are those of the authors' program.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Walks {
    /// Walks from every node.
    pub per_node: usize,
    /// Nodes of a walk; it ends sooner where no edge leads on.
    pub length: usize,
    /// `p`: the higher, the rarer a walk turns back.
    #[serde(rename = "return")]
    pub p: f64,
    /// `q`: the higher, the nearer a walk stays.
    #[serde(rename = "in-out")]
    pub q: f64,
    /// Draws follow from it.
    pub seed: u64,
}

impl Default for Walks {
    fn default() -> Self {
        Self { per_node: 10, length: 80, p: 1.0, q: 1.0, seed: 1 }
    }
}

impl Walks {
    /// Walks on a graph, as a corpus whose words are the nodes. Each walk follows from the seed, its
    /// round and its first node.
    ///
    /// # Errors
    /// Where a setting makes no sense, or a temporary file cannot be written.
    pub fn corpus(&self, graph: &Graph) -> Result<Corpus, Error> {
        self.check()?;
        let starts = (0..self.per_node as u64).flat_map(|round| {
            let mut nodes: Vec<u32> = (0..graph.len() as u32).collect();
            Random::keyed(&[self.seed, round]).shuffle(&mut nodes);
            nodes.into_iter().map(move |node| (round, node))
        });
        let walks = starts.map(|(round, node)| {
            let mut random = Random::keyed(&[self.seed, round, u64::from(node)]);
            let walk = self.walk(graph, node, &mut random);
            walk.into_iter().map(|node| &graph.names()[node as usize])
        });
        let about = corpus::Config { minimum_count: 1, ..corpus::Config::default() };
        Corpus::from_sentences(walks, &about)
    }

    /// Refuses what cannot be walked.
    ///
    /// # Errors
    /// Names the setting and what was received.
    pub fn check(&self) -> Result<(), Error> {
        for (name, value) in [("return", self.p), ("in-out", self.q)] {
            if !(value > 0.0 && value.is_finite()) {
                return Err(Error::Setting(format!("{name} must be above 0, received {value}")));
            }
        }
        for (name, value) in [("per-node", self.per_node), ("length", self.length)] {
            if value == 0 {
                return Err(Error::Setting(format!("{name} must be 1 or more, received 0")));
            }
        }
        Ok(())
    }

    fn walk(&self, graph: &Graph, start: u32, random: &mut Random) -> Vec<u32> {
        let mut walk = vec![start];
        while walk.len() < self.length {
            let here = walk[walk.len() - 1];
            let before = walk.len().checked_sub(2).map(|place| walk[place]);
            match self.step(graph, before, here, random) {
                Some(next) => walk.push(next),
                None => break,
            }
        }
        walk
    }

    fn step(
        &self,
        graph: &Graph,
        before: Option<u32>,
        here: u32,
        random: &mut Random,
    ) -> Option<u32> {
        let (neighbours, reach) = (graph.neighbours(here), graph.reach(here));
        if neighbours.is_empty() {
            return None;
        }
        let Some(before) = before.filter(|_| (self.p, self.q) != (1.0, 1.0)) else {
            return Some(neighbours[draw(reach, random)]);
        };
        let highest = (1.0 / self.p).max(1.0).max(1.0 / self.q);
        for _ in 0..TRIES {
            let next = neighbours[draw(reach, random)];
            if random.fine() * highest < self.factor(graph, before, next) {
                return Some(next);
            }
        }
        let (mut sum, mut last) = (0.0, 0.0);
        let shares = neighbours.iter().zip(reach).map(|(&next, &reach)| {
            sum += (reach - last) * self.factor(graph, before, next);
            last = reach;
            sum
        });
        let shares: Vec<f64> = shares.collect();
        Some(neighbours[draw(&shares, random)])
    }

    /// By how much the weight of a step is multiplied.
    fn factor(&self, graph: &Graph, before: u32, next: u32) -> f64 {
        if next == before {
            1.0 / self.p
        } else if graph.leads(before, next) {
            1.0
        } else {
            1.0 / self.q
        }
    }
}

/// A place in proportion to how much each adds to the sums.
fn draw(sums: &[f64], random: &mut Random) -> usize {
    let bar = random.fine() * sums[sums.len() - 1];
    sums.partition_point(|sum| *sum <= bar).min(sums.len() - 1)
}

/// Walks on a graph and learns a vector for every node.
///
/// # Errors
/// Where a setting makes no sense, or a temporary file cannot be written.
pub fn node2vec(
    graph: &Graph,
    walks: &Walks,
    config: &Config,
    report: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
) -> Result<Model, Error> {
    train(&walks.corpus(graph)?, config, report)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// b is joined to all, a and c to each other.
    fn graph() -> Graph {
        let edges =
            [("a", "b", 1.0), ("b", "c", 2.0), ("b", "d", 0.5), ("a", "c", 1.0), ("b", "e", 1.0)];
        Graph::new(edges, false).unwrap()
    }

    #[test]
    fn steps_are_drawn_as_defined() {
        let graph = graph();
        let place =
            |name: &str| graph.names().iter().position(|other| &**other == name).unwrap() as u32;
        // With the second, tries are mostly refused and the long way is taken.
        for (p, q) in [(4.0, 0.5), (1e-4, 1e4)] {
            let walks = Walks { p, q, ..Walks::default() };
            // At b, come from a: back to a 1/p, to c (joined to a) 2, to d and e 0.5/q and 1/q.
            let expected = [("a", 1.0 / p), ("c", 2.0), ("d", 0.5 / q), ("e", 1.0 / q)];
            let total: f64 = expected.iter().map(|(_, share)| share).sum();
            let mut random = Random::keyed(&[7]);
            let draws = 60_000;
            let mut found = vec![0.0; graph.len()];
            for _ in 0..draws {
                let next = walks.step(&graph, Some(place("a")), place("b"), &mut random);
                found[next.unwrap() as usize] += 1.0;
            }
            for (name, share) in expected {
                let (found, mean) = (found[place(name) as usize], f64::from(draws) * share / total);
                assert!(
                    (found - mean).abs() < 5.0 * mean.sqrt() + 1.0,
                    "{p} {q} {name}: {found} {mean}"
                );
            }
        }
    }

    #[test]
    fn a_hopeless_try_ends() {
        // From the leaf d only the way back is left, which is refused nearly always.
        let walks = Walks { p: 1e12, q: 1.0, ..Walks::default() };
        let graph = graph();
        assert_eq!(walks.step(&graph, Some(1), 3, &mut Random::keyed(&[1])), Some(1));
    }

    #[test]
    fn walks_follow_edges_from_every_node() {
        let graph = Graph::new([("a", "b", 1.0), ("b", "c", 1.0)], true).unwrap();
        let corpus = Walks { per_node: 2, length: 5, ..Walks::default() }.corpus(&graph).unwrap();
        let mut found = Vec::new();
        corpus
            .sentences(|walk| {
                let words = corpus.vocabulary.words();
                let named: Vec<&str> = walk.iter().map(|&node| &*words[node as usize]).collect();
                found.push(named.join(" "));
                Ok(())
            })
            .unwrap();
        found.sort();
        assert_eq!(found, ["a b c", "a b c", "b c", "b c", "c", "c"]);
        assert!(Walks { q: 0.0, ..Walks::default() }.corpus(&graph).is_err());
    }

    #[test]
    fn nodes_of_one_clique_are_near() {
        let mut edges = Vec::new();
        for clique in ["a", "b"] {
            for i in 0..6 {
                for j in 0..i {
                    edges.push((format!("{clique}{i}"), format!("{clique}{j}"), 1.0));
                }
            }
        }
        edges.push(("a0".to_owned(), "b0".to_owned(), 1.0));
        let graph = Graph::new(edges, false).unwrap();
        let walks = Walks { per_node: 40, length: 20, q: 2.0, ..Walks::default() };
        let config =
            Config { dimensions: 8, threads: 1, subsample: 0.0, rate: 0.05, ..Config::default() };
        let quiet = &mut |_: &Progress| ControlFlow::Continue(());
        let vectors = node2vec(&graph, &walks, &config, quiet).unwrap().vectors();
        let near = vectors.neighbours("a3", 4).unwrap();
        assert!(near.iter().all(|node| node.word.starts_with('a')), "{near:?}");
    }
}
