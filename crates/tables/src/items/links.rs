//! Edges that are taken out of a graph before it is walked, to be told from pairs that no edge joins.
//!
//! Most pairs of a graph are pairs of nodes with few edges, so that against pairs drawn among all
//! nodes the product of degrees alone does well. Pairs can be drawn by degree instead, as in the
//! configuration model: then degrees say nothing, and what is left is who is near whom.

use std::collections::{HashMap, HashSet};

use xxhash_rust::xxh3::xxh3_64;

use super::Graph;
use crate::Vectors;
use crate::random::Random;

/// Draws for one pair before it is given up, in a graph that is nearly complete.
const TRIES: usize = 100;

/// An edge by the names of its ends.
#[derive(Clone, Debug, PartialEq)]
pub struct Edge {
    /// Where it comes from.
    pub from: String,
    /// Where it leads.
    pub to: String,
    /// Edges that come several times have the sum.
    pub weight: f64,
}

/// Where a name falls in `[0, 1)`, by its hash.
pub(super) fn share_of(name: &str) -> f64 {
    (xxh3_64(name.as_bytes()) >> 11) as f64 / (1_u64 << 53) as f64
}

/// One edge for every pair of nodes that has some, in the order of the first; undirected ones are the
/// same either way round.
pub fn merged(edges: impl IntoIterator<Item = Edge>, directed: bool) -> Vec<Edge> {
    let mut places: HashMap<(String, String), usize> = HashMap::new();
    let mut merged: Vec<Edge> = Vec::new();
    for edge in edges {
        let mut ends = (edge.from.clone(), edge.to.clone());
        if !directed && ends.0 > ends.1 {
            std::mem::swap(&mut ends.0, &mut ends.1);
        }
        match places.get(&ends) {
            Some(&place) => merged[place].weight += edge.weight,
            None => {
                places.insert(ends, merged.len());
                merged.push(edge);
            }
        }
    }
    merged
}

/// Takes a share of the edges out, chosen by the hash of their ends. Every node keeps an edge, so that
/// walks meet it; where that leaves fewer to take, fewer are taken. A node's edge to itself stays.
pub fn hold_out(edges: Vec<Edge>, share: f64) -> (Vec<Edge>, Vec<Edge>) {
    let mut degrees: HashMap<String, usize> = HashMap::new();
    for edge in edges.iter().filter(|edge| edge.from != edge.to) {
        *degrees.entry(edge.from.clone()).or_default() += 1;
        *degrees.entry(edge.to.clone()).or_default() += 1;
    }
    let wanted = (share * edges.len() as f64).round() as usize;
    let key = |edge: &Edge| share_of(&format!("{}\n{}", edge.from, edge.to));
    let mut order: Vec<usize> = (0..edges.len()).collect();
    order.sort_by(|&a, &b| key(&edges[a]).total_cmp(&key(&edges[b])));
    let mut taken = HashSet::new();
    for place in order {
        let Edge { from, to, .. } = &edges[place];
        if taken.len() < wanted && from != to && degrees[from] > 1 && degrees[to] > 1 {
            taken.insert(place);
            for end in [from, to] {
                degrees.entry(end.clone()).and_modify(|degree| *degree -= 1);
            }
        }
    }
    let (out, kept): (Vec<_>, Vec<_>) =
        edges.into_iter().enumerate().partition(|(place, _)| taken.contains(place));
    let bare = |edges: Vec<(usize, Edge)>| edges.into_iter().map(|(_, edge)| edge).collect();
    (bare(kept), bare(out))
}

/// How pairs that no edge joins are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Against {
    /// Both ends among all nodes.
    All,
    /// Both ends by how many edges that were taken out they have: the degrees say nothing.
    ByDegree,
}

/// As many pairs as there are edges in `out`, joined neither in the graph nor by these; fewer where
/// there are no more.
pub fn unjoined(graph: &Graph, out: &[(u32, u32)], against: Against, seed: u64) -> Vec<(u32, u32)> {
    let mut random = Random::keyed(&[seed, against as u64]);
    let mut seen: HashSet<(u32, u32)> = out.iter().flat_map(|&(a, b)| [(a, b), (b, a)]).collect();
    let mut pairs = Vec::new();
    for _ in out {
        for _ in 0..TRIES {
            let (from, to) = match against {
                Against::All => {
                    (random.below(graph.len()) as u32, random.below(graph.len()) as u32)
                }
                Against::ByDegree => {
                    let [one, other] = [0; 2].map(|_| out[random.below(out.len())]);
                    (one.0, other.1)
                }
            };
            let joined = graph.leads(from, to) || graph.leads(to, from);
            if from != to && !joined && seen.insert((from, to)) {
                seen.insert((to, from));
                pairs.push((from, to));
                break;
            }
        }
    }
    pairs
}

/// What tells pairs with an edge from those without.
pub enum Scorer<'a> {
    /// The cosine of the two vectors.
    Vectors(&'a Vectors),
    /// How many neighbours they share.
    CommonNeighbours,
    /// The product of their degrees: preferential attachment.
    Degrees,
    /// Chance, for this seed.
    Chance(u64),
}

impl Scorer<'_> {
    /// A number for every pair, the higher the likelier an edge.
    pub fn scores(&self, graph: &Graph, pairs: &[(u32, u32)]) -> Vec<f64> {
        let name = |node: u32| &*graph.names()[node as usize];
        let degree = |node: u32| graph.neighbours(node).len() as f64;
        let score = |&(from, to): &(u32, u32)| match self {
            Self::Vectors(vectors) => {
                vectors.cosine(name(from), name(to)).map_or(f64::NEG_INFINITY, f64::from)
            }
            Self::CommonNeighbours => {
                let shared = graph.neighbours(from).iter().filter(|&&node| graph.leads(to, node));
                shared.count() as f64
            }
            Self::Degrees => degree(from) * degree(to),
            Self::Chance(seed) => Random::keyed(&[*seed, u64::from(from), u64::from(to)]).fine(),
        };
        pairs.iter().map(score).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edges(text: &str) -> Vec<Edge> {
        let edge = |pair: &str| Edge { from: pair[..1].into(), to: pair[1..].into(), weight: 1.0 };
        text.split(' ').map(edge).collect()
    }

    fn graph(edges: &[Edge], directed: bool) -> Graph {
        Graph::of(edges, directed).unwrap()
    }

    #[test]
    fn edges_that_come_twice_are_one() {
        let both = merged(edges("ab ba ab cc"), false);
        assert_eq!(both.iter().map(|edge| edge.weight).collect::<Vec<_>>(), [3.0, 1.0]);
        assert_eq!(merged(edges("ab ba ab"), true).len(), 2);
    }

    #[test]
    fn every_node_keeps_an_edge() {
        let ring: Vec<Edge> = (0..200)
            .flat_map(|at: usize| [1, 7].map(|step| (at, (at + step) % 200)))
            .map(|(a, b)| Edge { from: a.to_string(), to: b.to_string(), weight: 1.0 })
            .collect();
        let (kept, out) = hold_out(ring.clone(), 0.25);
        assert_eq!((kept.len(), out.len()), (300, 100));
        assert_eq!(graph(&kept, false).len(), 200);
        let mut other = ring;
        other.reverse();
        let (_, again) = hold_out(other, 0.25);
        let names = |edges: &[Edge]| -> HashSet<String> {
            edges.iter().map(|edge| format!("{} {}", edge.from, edge.to)).collect()
        };
        assert_eq!(names(&again), names(&out), "the order of the file decides nothing");
        // Of a star no edge can be spared.
        assert!(hold_out(edges("ab ac ad aa"), 0.9).1.is_empty());
    }

    #[test]
    fn pairs_without_an_edge_have_none() {
        let text: Vec<String> = (0..26)
            .map(|at| [at, (at * 7 + 3) % 26].map(|l| char::from(b'a' + l)).iter().collect())
            .collect();
        let (kept, out) = hold_out(merged(edges(&text.join(" ")), false), 0.2);
        let graph = graph(&kept, false);
        let place = |name: &str| graph.names().iter().position(|n| **n == *name).unwrap() as u32;
        let out: Vec<(u32, u32)> =
            out.iter().map(|edge| (place(&edge.from), place(&edge.to))).collect();
        for against in [Against::All, Against::ByDegree] {
            let pairs = unjoined(&graph, &out, against, 1);
            assert!(!pairs.is_empty() && pairs == unjoined(&graph, &out, against, 1));
            for &(from, to) in &pairs {
                assert!(from != to && !graph.leads(from, to) && !out.contains(&(from, to)));
                assert!(!out.contains(&(to, from)));
            }
        }
        assert!(unjoined(&self::graph(&edges("ab"), false), &[(0, 1)], Against::All, 1).is_empty());
    }

    #[test]
    fn scores_by_hand() {
        let graph = graph(&edges("ab ac bc cd"), false);
        // a 0, b 1, c 2, d 3: a and d share c; degrees 2, 2, 3, 1.
        let pairs = [(0, 3), (0, 1)];
        assert_eq!(Scorer::CommonNeighbours.scores(&graph, &pairs), [1.0, 1.0]);
        assert_eq!(Scorer::Degrees.scores(&graph, &pairs), [2.0, 4.0]);
    }
}
