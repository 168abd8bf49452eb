//! What I-JEPA looks at and what it predicts (Assran et al. 2023, section 3 and figure 4): some
//! blocks of a picture are targets, one large block without them is the context.
//!
//! Departures: contexts of a batch are cut to the smallest of them by leaving out patches at random,
//! where the authors leave out the last in reading order; blocks reach the right and lower edge,
//! which the authors' code spares; area and aspect of a target are drawn apart.

use pith_data::random::Random;

use super::Places;
use super::blocks::Block;
use crate::encoder::Patches;

/// How context and targets are drawn. Sizes are drawn for a batch, places for each picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Layout {
    /// Blocks to be predicted.
    pub targets: usize,
    /// Least and greatest area of a target, as a share of the picture.
    pub target_scale: [f64; 2],
    /// Least and greatest height of a target, as a multiple of its width.
    pub target_aspect: [f64; 2],
    /// Least and greatest area of the context before the targets are taken out.
    pub context_scale: [f64; 2],
}

/// The paper's.
impl Default for Layout {
    fn default() -> Self {
        Self {
            targets: 4,
            target_scale: [0.15, 0.2],
            target_aspect: [0.75, 1.5],
            context_scale: [0.85, 1.0],
        }
    }
}

/// What is looked at and what is predicted in a batch of pictures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scene {
    /// The patches in sight.
    pub context: Places,
    /// The patches of every target, which may overlap each other.
    pub targets: Vec<Places>,
}

/// Draws of a picture before a small context is taken as it is.
const TRIES: usize = 20;
/// The context that is large enough, as a share of the picture: the authors' 10 of 196 patches.
const ENOUGH: f64 = 10.0 / 196.0;

impl Layout {
    /// Context and targets of each picture, at least two patches high and wide.
    pub fn draw(&self, pictures: usize, grid: Patches, random: &mut Random) -> Scene {
        let area = |scale: [f64; 2], random: &mut Random| {
            between(scale, random) * grid.count() as f64 // patches
        };
        let aspect = between(self.target_aspect, random);
        let target = Block::size(grid, area(self.target_scale, random).floor(), aspect, 1);
        let context = Block::size(grid, area(self.context_scale, random).floor(), 1.0, 1);
        let drawn: Vec<_> =
            (0..pictures).map(|_| self.picture(grid, target, context, random)).collect();

        let each = drawn.iter().map(|(context, _)| context.len()).min().unwrap_or(0);
        let (mut contexts, mut targets) = (Vec::new(), vec![Vec::new(); self.targets]);
        for (mut context, blocks) in drawn {
            random.shuffle(&mut context);
            context.truncate(each);
            context.sort_unstable();
            contexts.push(context);
            for (target, block) in targets.iter_mut().zip(blocks) {
                target.push(block);
            }
        }
        Scene {
            context: Places::new(&contexts),
            targets: targets.iter().map(|target| Places::new(target)).collect(),
        }
    }

    /// Context and targets of a picture: drawn until the context is large enough, or the largest of
    /// some draws; where targets always cover the context it keeps what they share.
    fn picture(
        &self,
        grid: Patches,
        target: [usize; 2],
        context: [usize; 2],
        random: &mut Random,
    ) -> (Vec<usize>, Vec<Vec<usize>>) {
        let enough = (ENOUGH * grid.count() as f64).ceil() as usize;
        let mut best = (Vec::new(), Vec::new());
        for last in (0..TRIES).rev() {
            let blocks: Vec<Vec<usize>> = (0..self.targets)
                .map(|_| Block::place(grid, target, random).patches(grid).collect())
                .collect();
            let around = Block::place(grid, context, random);
            let taken = |patch: &usize| blocks.iter().any(|block| block.contains(patch));
            let mut rest: Vec<usize> = around.patches(grid).filter(|patch| !taken(patch)).collect();
            if last == 0 && best.0.is_empty() && rest.is_empty() {
                rest = around.patches(grid).collect();
            }
            if rest.len() > best.0.len() {
                best = (rest, blocks);
            }
            if best.0.len() >= enough {
                break;
            }
        }
        best
    }
}

fn between([low, high]: [f64; 2], random: &mut Random) -> f64 {
    f64::from(random.uniform(low as f32, high as f32))
}
