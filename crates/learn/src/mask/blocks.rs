//! Blockwise masking (Bao, Dong, Piao, Wei: BEiT: BERT pre-training of image transformers, ICLR
//! 2022, algorithm 1; iBOT and data2vec draw the same).
//!
//! Departure: the authors' code gives up when no block fits any more and hides a few patches less;
//! here the last block is cut, so that every count is met.

use pith_data::random::Random;

use crate::encoder::Patches;

/// How blocks are drawn: rectangles one over the other until enough is hidden.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Blocks {
    /// The least area of a block, as a share of the picture; the largest is what shall be hidden.
    pub least: f64,
    /// The least height as a multiple of the width; the greatest is its inverse. Their logarithm
    /// is uniform.
    pub aspect: f64,
}

/// The paper's: 16 of 196 patches, and 0.3.
impl Default for Blocks {
    fn default() -> Self {
        Self { least: 16.0 / 196.0, aspect: 0.3 }
    }
}

impl Blocks {
    /// One picture with `count` patches hidden.
    pub(super) fn draw(&self, grid: Patches, count: usize, random: &mut Random) -> Vec<bool> {
        assert!(count <= grid.count(), "{count} of {} patches cannot be hidden", grid.count());
        let mut hidden = vec![false; grid.count()];
        let mut wanted = count;
        let least = self.least * grid.count() as f64;
        while wanted > 0 {
            let area = random.uniform(least as f32, (count as f64).max(least) as f32);
            let slant = -self.aspect.ln() as f32;
            let aspect = random.uniform(-slant, slant).exp();
            let block = Block::draw(grid, f64::from(area), f64::from(aspect), 0, random);
            let mut patches: Vec<usize> = block.patches(grid).collect();
            if random.chance(0.5) {
                patches.reverse(); // the last block is cut from above as often as from below
            }
            for patch in patches {
                if wanted > 0 && !hidden[patch] {
                    hidden[patch] = true;
                    wanted -= 1;
                }
            }
        }
        hidden
    }
}

/// A rectangle of patches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block {
    top: usize,
    left: usize,
    height: usize,
    width: usize,
}

impl Block {
    /// Height and width of a block of that area, at least one and at least `border` less than the
    /// picture.
    pub(super) fn size(grid: Patches, area: f64, aspect: f64, border: usize) -> [usize; 2] {
        let side = |length: f64, most: usize| {
            (length.round() as usize).clamp(1, most.saturating_sub(border).max(1))
        };
        [side((area * aspect).sqrt(), grid.rows), side((area / aspect).sqrt(), grid.columns)]
    }

    /// A block of that size anywhere in the picture.
    pub(super) fn place(grid: Patches, [height, width]: [usize; 2], random: &mut Random) -> Self {
        let top = random.below(grid.rows - height + 1);
        let left = random.below(grid.columns - width + 1);
        Self { top, left, height, width }
    }

    fn draw(grid: Patches, area: f64, aspect: f64, border: usize, random: &mut Random) -> Self {
        Self::place(grid, Self::size(grid, area, aspect, border), random)
    }

    /// Its patches in reading order.
    pub(super) fn patches(self, grid: Patches) -> impl Iterator<Item = usize> {
        let columns = self.left..self.left + self.width;
        (self.top..self.top + self.height)
            .flat_map(move |row| columns.clone().map(move |column| row * grid.columns + column))
    }
}
