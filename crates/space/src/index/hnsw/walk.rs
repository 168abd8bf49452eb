//! Walking the graph towards a vector.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::sync::{Mutex, PoisonError};

use super::distance::Distance;
use super::graph::Graph;
use crate::Matrix;

/// A node and how far it is; nearer nodes first, equal ones in order of the row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Near {
    pub(super) distance: f32,
    pub(super) node: u32,
}

impl Ord for Near {
    fn cmp(&self, other: &Self) -> Ordering {
        self.distance.total_cmp(&other.distance).then(self.node.cmp(&other.node))
    }
}

impl PartialOrd for Near {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Near {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Near {}

/// What a walk needs to look at.
#[derive(Clone, Copy)]
pub(super) struct Walk<'a> {
    pub(super) vectors: &'a Matrix,
    pub(super) distance: Distance,
    pub(super) graph: &'a Graph,
}

impl Walk<'_> {
    pub(super) fn near(&self, query: &[f32], node: u32) -> Near {
        let distance = self.distance.between(query, self.vectors.row(node as usize));
        Near { distance, node }
    }

    /// From the entry down to the layer above `layer`, each time to the neighbour nearest to the query.
    pub(super) fn descend(&self, query: &[f32], layer: usize) -> Near {
        let mut best = self.near(query, self.graph.entry());
        for layer in (layer + 1..=self.graph.level(best.node)).rev() {
            loop {
                let links = self.graph.links(layer, best.node).iter();
                let nearest = links.map(|&node| self.near(query, node)).min();
                match nearest {
                    Some(next) if next < best => best = next,
                    _ => break,
                }
            }
        }
        best
    }

    /// The `width` nodes nearest to the query that a beam of that width meets (Algorithm 2), nearest first.
    pub(super) fn beam(
        &self,
        query: &[f32],
        from: &[Near],
        width: usize,
        layer: usize,
        visited: &mut Visited,
    ) -> Vec<Near> {
        visited.clear(self.graph.len());
        let mut open = BinaryHeap::with_capacity(4 * width);
        let mut found = BinaryHeap::with_capacity(width + 1);
        for &start in from {
            if visited.insert(start.node) {
                open.push(Reverse(start));
                found.push(start);
            }
        }
        while let Some(Reverse(nearest)) = open.pop() {
            if found.len() >= width && found.peek().is_some_and(|worst| nearest > *worst) {
                break;
            }
            for &link in self.graph.links(layer, nearest.node) {
                if !visited.insert(link) {
                    continue;
                }
                let near = self.near(query, link);
                if found.len() < width || found.peek().is_some_and(|worst| near < *worst) {
                    open.push(Reverse(near));
                    found.push(near);
                    if found.len() > width {
                        found.pop();
                    }
                }
            }
        }
        found.into_sorted_vec()
    }

    /// Of candidates (nearest first), at most `most` that are nearer to the query than to each other (Algorithm 4).
    pub(super) fn select(&self, candidates: &[Near], most: usize) -> Vec<u32> {
        let mut chosen: Vec<u32> = Vec::with_capacity(most);
        for candidate in candidates {
            if chosen.len() == most {
                break;
            }
            let vector = self.vectors.row(candidate.node as usize);
            let spreads = |&other: &u32| self.near(vector, other).distance >= candidate.distance;
            if candidates.len() <= most || chosen.iter().all(spreads) {
                chosen.push(candidate.node);
            }
        }
        chosen
    }
}

/// The nodes met on a walk: a stamp each, so that the next walk need not wipe them.
#[derive(Debug, Default)]
pub(super) struct Visited {
    stamps: Vec<u32>,
    stamp: u32,
}

impl Visited {
    fn clear(&mut self, nodes: usize) {
        if self.stamps.len() != nodes || self.stamp == u32::MAX {
            self.stamps = vec![0; nodes];
            self.stamp = 0;
        }
        self.stamp += 1;
    }

    /// Whether the node is met for the first time.
    fn insert(&mut self, node: u32) -> bool {
        std::mem::replace(&mut self.stamps[node as usize], self.stamp) != self.stamp
    }
}

/// Stamps at rest, one set for each thread that ever walked.
#[derive(Debug, Default)]
pub(super) struct Pool(Mutex<Vec<Visited>>);

impl Pool {
    /// Lends a set of stamps.
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Visited) -> T) -> T {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut visited = lock().pop().unwrap_or_default();
        let result = work(&mut visited);
        lock().push(visited);
        result
    }
}
