//! What a thread learns with: one document at a time.

use super::Documents;
use crate::random::Random;
use crate::train::block::{Block, Target};

/// Words taken at once.
const TOGETHER: usize = 4;

/// What a thread holds for itself.
pub(super) struct Learner<'a> {
    documents: &'a Documents,
    /// Whether the outputs learn too.
    learns_outputs: bool,
    /// The vector of the document.
    pub row: Vec<f32>,
    block: Block,
    kept: Vec<u32>,
    outputs: Vec<u32>,
    targets: Vec<Target>,
    pub loss: f64,
    pub words: u64,
}

impl<'a> Learner<'a> {
    pub fn new(documents: &'a Documents, learns_outputs: bool) -> Self {
        let stride = documents.outputs.stride();
        Self {
            documents,
            learns_outputs,
            row: vec![0.0; stride],
            block: Block::new(stride),
            kept: Vec::new(),
            outputs: Vec::new(),
            targets: Vec::new(),
            loss: 0.0,
            words: 0,
        }
    }

    /// One pass over a document.
    pub fn document(&mut self, words: &[u32], rate: f32, random: &mut Random) {
        self.kept.clear();
        let keep = &self.documents.keep;
        self.kept.extend(words.iter().filter(|word| {
            let chance = keep[**word as usize];
            chance == u32::MAX || (random.bits() as u32) < chance
        }));
        let kept = std::mem::take(&mut self.kept);
        kept.chunks(TOGETHER).for_each(|words| self.step(words, rate, random));
        self.kept = kept;
    }

    fn step(&mut self, words: &[u32], rate: f32, random: &mut Random) {
        let Documents { outputs, negatives, config, .. } = self.documents;
        self.outputs.clear();
        self.targets.clear();
        for &word in words {
            self.outputs.push(word);
            self.targets.push(Target { label: 1.0, weight: 1.0 });
            for _ in 0..config.negatives {
                let drawn = negatives.draw(random);
                if drawn != word {
                    self.outputs.push(drawn);
                    self.targets.push(Target { label: 0.0, weight: 1.0 });
                }
            }
        }
        let (stride, len) = (outputs.stride(), self.outputs.len() * outputs.stride());
        self.block.reserve(1, self.outputs.len());
        self.block.inputs.values(stride).copy_from_slice(&self.row);
        outputs.gather(&self.outputs, self.block.outputs.values(len));
        self.loss += self.block.step(1, &self.targets, 0, rate, true);
        self.words += words.len() as u64;
        if rate > 0.0 {
            let changes = self.block.input_changes.values(stride).iter();
            self.row.iter_mut().zip(changes).for_each(|(value, change)| *value += change);
            if self.learns_outputs {
                outputs.scatter(&self.outputs, self.block.output_changes.values(len));
            }
        }
    }
}
