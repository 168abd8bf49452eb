//! A binary tree with frequent words near the root, for the hierarchical softmax (Morin and Bengio,
//! 2005; Mikolov et al., 2013).

use super::block::Target;

/// For every word the inner nodes on its way from the root, and which side it took at each.
pub(crate) struct Paths {
    starts: Vec<usize>,
    nodes: Vec<u32>,
    turns: Vec<Target>,
}

impl Paths {
    /// The tree of `counts`, which fall, by two queues as in word2vec: node `n - 2` is the root.
    pub(crate) fn new(counts: &[u64]) -> Self {
        let words = counts.len();
        let mut weights: Vec<u64> = counts.to_vec();
        let mut parents = vec![(0, false); (2 * words).saturating_sub(1)];
        // The rarest word not yet taken stands before `leaf`, the lightest inner node at `inner`.
        let (mut leaf, mut inner) = (words, words);
        for node in words..(2 * words).saturating_sub(1) {
            let mut weight = 0_u64;
            for right in [false, true] {
                let from_leaves = leaf > 0 && (inner == node || weights[leaf - 1] < weights[inner]);
                let child = if from_leaves {
                    leaf -= 1;
                    leaf
                } else {
                    inner += 1;
                    inner - 1
                };
                parents[child] = (node, right);
                weight = u64::saturating_add(weight, weights[child]);
            }
            weights.push(weight);
        }
        let mut paths = Self { starts: vec![0], nodes: Vec::new(), turns: Vec::new() };
        let root = (2 * words).saturating_sub(2);
        for word in 0..words {
            let start = paths.nodes.len();
            let mut node = word;
            while node != root {
                let (parent, right) = parents[node];
                paths.nodes.push((parent - words) as u32);
                // fastText: the label of a turn is its code, 1 for the second child.
                paths.turns.push(Target { label: f32::from(u8::from(right)), weight: 1.0 });
                node = parent;
            }
            paths.nodes[start..].reverse();
            paths.turns[start..].reverse();
            paths.starts.push(paths.nodes.len());
        }
        paths
    }

    /// Nodes on the way to the word, from the root, and the turn at each.
    pub(crate) fn of(&self, word: u32) -> (&[u32], &[Target]) {
        let range = self.starts[word as usize]..self.starts[word as usize + 1];
        (&self.nodes[range.clone()], &self.turns[range])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequent_words_are_near_the_root() {
        // Huffman's own lengths for these weights, whose mean is the least possible.
        let counts = [40, 30, 20, 5, 5];
        let paths = Paths::new(&counts);
        let lengths: Vec<usize> = (0..5).map(|word| paths.of(word).0.len()).collect();
        assert_eq!(lengths, [1, 2, 3, 4, 4]);
        assert!((0..5).all(|word| paths.of(word).0[0] == 3), "the root is the last inner node");
        // Every word by its own sequence of turns.
        let turns: std::collections::BTreeSet<Vec<bool>> = (0..5)
            .map(|word| paths.of(word).1.iter().map(|turn| turn.label > 0.5).collect())
            .collect();
        assert_eq!(turns.len(), 5);
    }

    #[test]
    fn one_word_needs_no_decision() {
        assert!(Paths::new(&[3]).of(0).0.is_empty());
    }
}
