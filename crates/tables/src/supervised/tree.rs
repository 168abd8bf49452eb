//! The most probable labels of a Huffman tree, without a look at the others.

use std::collections::BinaryHeap;

use crate::train::huffman::Paths;

/// The inner nodes with their children.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    /// Of every inner node the child of the turn 0 and of the turn 1.
    children: Vec<[Child; 2]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Child {
    Node(u32),
    Label(u32),
}

/// A part of the tree, by the probability of the way to it.
#[derive(PartialEq)]
struct Open(f32, Child);

impl Eq for Open {}

impl PartialOrd for Open {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Open {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0).then(other.1.cmp(&self.1))
    }
}

impl Tree {
    /// The tree of labels with these counts.
    pub(crate) fn new(counts: &[u64]) -> Self {
        let paths = Paths::new(counts);
        let mut children = vec![[Child::Label(0); 2]; counts.len().saturating_sub(1)];
        for label in 0..counts.len() as u32 {
            let (nodes, turns) = paths.of(label);
            for (step, (&node, turn)) in nodes.iter().zip(turns).enumerate() {
                let child = nodes.get(step + 1).map_or(Child::Label(label), |&n| Child::Node(n));
                children[node as usize][usize::from(turn.label > 0.5)] = child;
            }
        }
        Self { children }
    }

    /// The `k` most probable labels of at least `threshold`, where `chance` is the probability of
    /// the turn 1 at an inner node. A part is opened only when nothing better is left.
    pub(crate) fn best(
        &self,
        k: usize,
        threshold: f32,
        mut chance: impl FnMut(usize) -> f32,
    ) -> Vec<(u32, f32)> {
        let root = self.children.len().checked_sub(1);
        let root = root.map_or(Child::Label(0), |root| Child::Node(root as u32));
        let mut open = BinaryHeap::from([Open(1.0, root)]);
        let mut best = Vec::new();
        while best.len() < k
            && let Some(Open(probability, part)) = open.pop()
        {
            // Also where it is not a number.
            if probability.is_nan() || probability < threshold {
                break;
            }
            match part {
                Child::Label(label) => best.push((label, probability)),
                Child::Node(node) => {
                    let [left, right] = self.children[node as usize];
                    let turn = chance(node as usize);
                    open.push(Open(probability * (1.0 - turn), left));
                    open.push(Open(probability * turn, right));
                }
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_are_products_along_the_paths() {
        let counts = [40, 30, 20, 5, 5];
        let chance = |node: usize| [0.9, 0.2, 0.6, 0.3][node];
        let (tree, paths) = (Tree::new(&counts), Paths::new(&counts));
        let found = tree.best(5, 0.0, chance);
        let total: f32 = found.iter().map(|(_, probability)| probability).sum();
        assert!((total - 1.0).abs() < 1e-6);
        assert!(found.windows(2).all(|pair| pair[0].1 >= pair[1].1));
        for (label, probability) in &found {
            let (nodes, turns) = paths.of(*label);
            let turn = |(node, turn): (&u32, &crate::train::block::Target)| {
                let chance = chance(*node as usize);
                if turn.label > 0.5 { chance } else { 1.0 - chance }
            };
            let expected: f32 = nodes.iter().zip(turns).map(turn).product();
            assert!((probability - expected).abs() < 1e-6);
        }
        assert_eq!(tree.best(2, 0.0, chance), found[..2]);
        assert!(tree.best(5, found[1].1, chance).len() == 2);
    }

    #[test]
    fn one_label_is_certain() {
        assert_eq!(Tree::new(&[3]).best(4, 0.0, |_| 0.5), [(0, 1.0)]);
    }
}
