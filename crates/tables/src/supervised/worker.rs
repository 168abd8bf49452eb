//! One thread's part: chunks of examples to steps on the shared tables.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::features::Line;
use super::{Config, Dictionary, Examples, Features, Loss};
use crate::corpus::tokens::END;
use crate::random::Random;
use crate::shared::Table;
use crate::train::block::{Block, Target};
use crate::train::crew::{Tally, shuffle};
use crate::train::huffman::Paths;
use crate::train::negatives::Negatives;
use crate::train::subword::hash;

/// Words between two looks at the clock of the schedule.
const REFRESH: u64 = 100;
/// Labels are drawn by the square root of their count.
const EXPONENT: f64 = 0.5;

/// What every number of the examples means: rows and hash of a word, or a label.
pub(super) struct Tokens {
    starts: Vec<usize>,
    rows: Vec<u32>,
    hashes: Vec<u32>,
    words: u32,
    labels: u32,
}

impl Tokens {
    /// The rows are those of `dictionary`, which may hold fewer words than the examples.
    pub(super) fn new(examples: &Examples, dictionary: &Dictionary, features: &Features) -> Self {
        let own = &examples.dictionary;
        let (words, labels) = (own.words.len() as u32, own.labels.len() as u32);
        let mut tokens =
            Self { starts: vec![0], rows: Vec::new(), hashes: Vec::new(), words, labels };
        for word in own.words.words().iter().chain(&examples.rare) {
            features.word(word, dictionary.words.place(word), &mut tokens.rows);
            tokens.starts.push(tokens.rows.len());
            tokens.hashes.push(hash(word.as_bytes()));
        }
        tokens
    }

    fn read(&self, numbers: &[u32], features: &Features, hashes: &mut Vec<u32>, line: &mut Line) {
        line.rows.clear();
        line.labels.clear();
        hashes.clear();
        for &number in numbers {
            if (self.words..self.words + self.labels).contains(&number) {
                line.labels.push(number - self.words);
            } else {
                let skipped = if number < self.words { 0 } else { self.labels };
                let word = (number - skipped) as usize;
                line.rows.extend(&self.rows[self.starts[word]..self.starts[word + 1]]);
                hashes.push(self.hashes[word]);
            }
        }
        features.sequences(hashes, &mut line.rows);
    }
}

/// What all threads hold together.
pub(super) struct Common {
    pub(super) config: Config,
    pub(super) features: Features,
    pub(super) tokens: Tokens,
    pub(super) inputs: Table,
    pub(super) outputs: Table,
    pub(super) negatives: Negatives,
    pub(super) paths: Option<Paths>,
    pub(super) all: Vec<u32>,
    /// Words seen so far, and those to see in all epochs.
    pub(super) done: AtomicU64,
    pub(super) total: u64,
}

impl Common {
    pub(super) fn new(
        examples: &Examples,
        config: &Config,
        dictionary: &Dictionary,
        features: Features,
        tables: (Table, Table),
    ) -> Self {
        let counts = dictionary.labels.counts();
        let (inputs, outputs) = tables;
        Self {
            tokens: Tokens::new(examples, dictionary, &features),
            features,
            inputs,
            outputs,
            negatives: Negatives::new(counts, EXPONENT),
            paths: (config.loss == Loss::HierarchicalSoftmax).then(|| Paths::new(counts)),
            all: (0..counts.len() as u32).collect(),
            done: AtomicU64::new(0),
            total: examples.dictionary.tokens * config.epochs as u64,
            config: config.clone(),
        }
    }

    /// The rate falls in a straight line with the words seen.
    pub(super) fn rate(&self) -> f32 {
        let progress = self.done.load(Relaxed) as f64 / self.total.max(1) as f64;
        (f64::from(self.config.rate) * (1.0 - progress.min(1.0))) as f32
    }
}

/// What a thread holds for itself.
pub(super) struct Worker<'a> {
    common: &'a Common,
    block: Block,
    random: Random,
    outputs: Vec<u32>,
    targets: Vec<Target>,
    next: Line,
    line: Line,
    hashes: Vec<u32>,
}

impl<'a> Worker<'a> {
    pub(super) fn new(common: &'a Common) -> Self {
        Self {
            common,
            block: Block::new(common.inputs.stride()),
            random: Random::keyed(&[common.config.seed]),
            outputs: Vec::new(),
            targets: Vec::new(),
            next: Line::default(),
            line: Line::default(),
            hashes: Vec::new(),
        }
    }

    /// Learns from the examples of a chunk, in an order drawn for the epoch.
    pub(super) fn chunk(&mut self, numbers: &[u32], chunk: usize, epoch: u64) -> Tally {
        let common = self.common;
        self.random = Random::keyed(&[common.config.seed, epoch, chunk as u64]);
        let mut examples: Vec<&[u32]> = numbers.split(|number| *number == END).collect();
        shuffle(&mut examples, &mut self.random);
        let (mut tally, mut rate, mut unreported) = (Tally::default(), common.rate(), 0);
        let Some(first) = examples.first() else { return tally };
        self.fetch(first);
        for (place, example) in examples.iter().enumerate() {
            std::mem::swap(&mut self.line, &mut self.next);
            if let Some(next) = examples.get(place + 1) {
                self.fetch(next);
            }
            let line = std::mem::take(&mut self.line);
            if let Some(loss) = self.step(&line, rate) {
                tally.loss += loss;
                tally.examples += 1;
            }
            self.line = line;
            unreported += example.len() as u64;
            if unreported >= REFRESH {
                common.done.fetch_add(unreported, Relaxed);
                (rate, unreported) = (common.rate(), 0);
            }
        }
        common.done.fetch_add(unreported, Relaxed);
        tally
    }

    /// Reads the example that comes next, and has its rows fetched.
    fn fetch(&mut self, example: &[u32]) {
        let Common { tokens, features, inputs, .. } = self.common;
        tokens.read(example, features, &mut self.hashes, &mut self.next);
        self.next.rows.iter().for_each(|&row| inputs.prefetch(row));
    }

    /// The loss of an example, and a step against it unless the rate is 0; nothing for an example
    /// without labels or words.
    pub(super) fn step(&mut self, line: &Line, rate: f32) -> Option<f64> {
        if line.rows.is_empty() || line.labels.is_empty() {
            return None;
        }
        let common = self.common;
        let truth = line.labels[self.random.below(line.labels.len())];
        self.aim(truth, &line.labels);
        let outputs: &[u32] = if self.outputs.is_empty() { &common.all } else { &self.outputs };
        let (stride, len) = (common.inputs.stride(), outputs.len() * common.inputs.stride());
        self.block.reserve(1, outputs.len());
        let share = 1.0 / line.rows.len() as f32;
        let mean = self.block.inputs.values(stride);
        mean.fill(0.0);
        common.inputs.add_rows_to(&line.rows, mean);
        mean.iter_mut().for_each(|value| *value *= share);
        common.outputs.gather(outputs, self.block.outputs.values(len));
        let loss = if common.config.loss == Loss::Softmax {
            self.block.softmax_step(outputs.len(), truth as usize, rate)
        } else {
            self.block.step(1, &self.targets, 0, rate, true)
        };
        if rate > 0.0 {
            common.outputs.scatter(outputs, self.block.output_changes.values(len));
            let change = self.block.input_changes.values(stride);
            change.iter_mut().for_each(|value| *value *= share);
            common.inputs.add_to_rows(&line.rows, change);
        }
        Some(loss)
    }

    /// Which outputs take part, none for all of them, and what they should say.
    fn aim(&mut self, truth: u32, labels: &[u32]) {
        let common = self.common;
        self.outputs.clear();
        self.targets.clear();
        let target = |yes| Target { label: f32::from(u8::from(yes)), weight: 1.0 };
        match (common.config.loss, &common.paths) {
            (Loss::Softmax, _) => {}
            (Loss::OneVsAll, _) => {
                self.targets.extend(common.all.iter().map(|label| target(labels.contains(label))));
            }
            (_, Some(paths)) => {
                let (nodes, turns) = paths.of(truth);
                self.outputs.extend(nodes);
                self.targets.extend(turns);
            }
            (_, None) => {
                self.outputs.push(truth);
                self.targets.push(target(true));
                let others = if common.all.len() > 1 { common.config.negatives } else { 0 };
                for _ in 0..others {
                    let mut drawn = common.negatives.draw(&mut self.random);
                    while drawn == truth {
                        drawn = common.negatives.draw(&mut self.random);
                    }
                    self.outputs.push(drawn);
                    self.targets.push(target(false));
                }
            }
        }
    }
}
