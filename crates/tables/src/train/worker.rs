//! One thread's part: chunks of the corpus to steps on the shared tables.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use super::block::{Block, Target};
use super::config::{Config, Method};
use super::crew::Tally;
use super::huffman::Paths;
use super::negatives::Negatives;
use super::subword::Subwords;
use crate::corpus::tokens::END;
use crate::random::{Random, mix};
use crate::shared::Table;

/// The loss is measured at every such place in the text; the mean is over many thousand of them.
const MEASURE_EVERY: u64 = 32;
/// Words between two looks at the clock of the schedule.
const REFRESH: u64 = 4096;
/// Where a word meets all neighbours at once, they share so many times the negatives of one.
const SHARED: usize = 3;

/// What all threads hold together.
pub(super) struct Common<'a> {
    pub(super) config: &'a Config,
    pub(super) inputs: &'a Table,
    pub(super) outputs: &'a Table,
    pub(super) negatives: &'a Negatives,
    pub(super) subwords: Option<&'a Subwords>,
    pub(super) paths: Option<&'a Paths>,
    /// Of 2^32: the chance of each word to stay.
    pub(super) keep: &'a [u32],
    /// Words seen so far, and those to see in all epochs.
    pub(super) done: &'a AtomicU64,
    pub(super) total: u64,
}

impl Common<'_> {
    /// The rate falls in a straight line with the words seen.
    pub(super) fn rate(&self) -> f32 {
        let progress = self.done.load(Relaxed) as f64 / self.total.max(1) as f64;
        let (first, last) = (f64::from(self.config.rate), f64::from(self.config.final_rate));
        (first - (first - last) * progress.min(1.0)) as f32
    }
}

/// Which sentences a pass takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Pass {
    /// All but the held-out ones, to learn.
    Learn,
    /// The held-out ones, to measure.
    Measure,
}

/// What a thread holds for itself.
pub(super) struct Worker<'a> {
    common: &'a Common<'a>,
    pass: Pass,
    block: Block,
    random: Random,
    rate: f32,
    places: u64,
    unreported: u64,
    sentence: Vec<u32>,
    spans: Vec<usize>,
    drawn: Vec<u32>,
    drawn_per_word: usize,
    input_rows: Vec<u32>,
    output_rows: Vec<u32>,
    targets: Vec<Target>,
    pub(super) tally: Tally,
}

impl<'a> Worker<'a> {
    pub(super) fn new(common: &'a Common<'a>, pass: Pass) -> Self {
        let config = common.config;
        let negatives = if common.paths.is_some() { 0 } else { config.negatives };
        let meets_all = config.method == Method::SkipGram && common.subwords.is_some();
        Self {
            common,
            pass,
            block: Block::new(common.inputs.stride()),
            random: Random::keyed(&[]),
            rate: 0.0,
            places: 0,
            unreported: 0,
            sentence: Vec::new(),
            spans: Vec::new(),
            drawn: Vec::new(),
            drawn_per_word: if meets_all { negatives * SHARED } else { negatives },
            input_rows: Vec::new(),
            output_rows: Vec::new(),
            targets: Vec::new(),
            tally: Tally::default(),
        }
    }

    /// Goes through the sentences of a chunk that belong to this pass.
    pub(super) fn chunk(&mut self, numbers: &[u32], chunk: usize, epoch: u64) {
        let config = self.common.config;
        self.random = Random::keyed(&[config.seed, epoch, chunk as u64]);
        self.refresh();
        for (ordinal, sentence) in numbers.split(|number| *number == END).enumerate() {
            let held_out = is_held_out(chunk, ordinal, config.held_out);
            if held_out == (self.pass == Pass::Measure) {
                self.subsample(sentence);
                self.draw();
                for place in 0..self.sentence.len() {
                    self.prefetch(place + 1);
                    self.place(place);
                }
            }
            self.unreported += sentence.len() as u64;
            if self.unreported >= REFRESH {
                self.refresh();
            }
        }
        self.refresh();
    }

    fn refresh(&mut self) {
        if self.pass == Pass::Learn {
            self.common.done.fetch_add(self.unreported, Relaxed);
            self.rate = self.common.rate();
        }
        self.unreported = 0;
    }

    fn subsample(&mut self, sentence: &[u32]) {
        self.sentence.clear();
        for &word in sentence {
            let keep = self.common.keep[word as usize];
            if keep == u32::MAX || (self.random.bits() as u32) < keep {
                self.sentence.push(word);
            }
        }
    }

    /// Draws for the whole sentence, so that rows can be fetched before they are needed.
    fn draw(&mut self) {
        let config = self.common.config;
        self.spans.clear();
        self.drawn.clear();
        for &word in &self.sentence {
            self.spans.push(if config.shrink_window {
                1 + self.random.below(config.window)
            } else {
                config.window
            });
            for _ in 0..self.drawn_per_word {
                let mut drawn = self.common.negatives.draw(&mut self.random);
                while drawn == word && self.common.keep.len() > 1 {
                    drawn = self.common.negatives.draw(&mut self.random);
                }
                self.drawn.push(drawn);
            }
        }
    }

    fn drawn(&self, place: usize) -> &[u32] {
        &self.drawn[place * self.drawn_per_word..][..self.drawn_per_word]
    }

    /// Fetches what the next place needs and this one does not.
    fn prefetch(&self, place: usize) {
        let Some(&word) = self.sentence.get(place) else { return };
        let Common { inputs, outputs, subwords, paths, config, .. } = self.common;
        if config.method == Method::StructuredSkipGram {
            // Which rows of the outputs, only the place itself says.
            return inputs.prefetch(word);
        }
        self.drawn(place).iter().for_each(|&row| outputs.prefetch(row));
        let entering = self.sentence.get(place + self.common.config.window);
        match (subwords, entering) {
            (Some(subwords), _) => {
                subwords.rows(word).iter().for_each(|&row| inputs.prefetch(row));
            }
            (None, Some(&entering)) => inputs.prefetch(entering),
            (None, None) => {}
        }
        match (paths, entering) {
            (Some(paths), _) => paths.of(word).0.iter().for_each(|&row| outputs.prefetch(row)),
            (None, Some(&entering)) => outputs.prefetch(entering),
            (None, None) => {}
        }
    }

    /// The step of one place in the text.
    fn place(&mut self, place: usize) {
        let span = self.spans[place];
        let before = place.saturating_sub(span)..place;
        let after = place + 1..(place + 1 + span).min(self.sentence.len());
        let neighbours = before.len() + after.len();
        if neighbours == 0 {
            return;
        }
        let common = self.common;
        let word = self.sentence[place];
        let around = || self.sentence[before.clone()].iter().chain(&self.sentence[after.clone()]);
        self.input_rows.clear();
        self.output_rows.clear();
        self.targets.clear();
        let negatives = &self.drawn[place * self.drawn_per_word..][..self.drawn_per_word];
        // Every input is one row, or the mean of all of them is one input.
        let (mean, chained) = match (common.config.method, common.subwords) {
            (Method::SkipGram, None) => {
                self.input_rows.extend(around());
                aim(common, word, &mut self.output_rows, &mut self.targets);
                let chained = self.targets.len();
                against(negatives, 1.0, word, &mut self.output_rows, &mut self.targets);
                (false, chained)
            }
            (Method::SkipGram, Some(subwords)) => {
                self.input_rows.extend(subwords.rows(word));
                around().for_each(|&other| {
                    aim(common, other, &mut self.output_rows, &mut self.targets);
                });
                let weight = neighbours as f32 / SHARED as f32;
                against(negatives, weight, word, &mut self.output_rows, &mut self.targets);
                (true, 0)
            }
            (Method::StructuredSkipGram, subwords) => {
                match subwords {
                    Some(subwords) => self.input_rows.extend(subwords.rows(word)),
                    None => self.input_rows.push(word),
                }
                let words = common.keep.len();
                for other in before.clone().chain(after.clone()) {
                    let first = self.output_rows.len();
                    let neighbour = self.sentence[other];
                    aim(common, neighbour, &mut self.output_rows, &mut self.targets);
                    against(negatives, 1.0, neighbour, &mut self.output_rows, &mut self.targets);
                    let slot = if other < place {
                        place - other - 1
                    } else {
                        common.config.window + other - place - 1
                    };
                    let shift = (slot * words) as u32;
                    self.output_rows[first..].iter_mut().for_each(|row| *row += shift);
                }
                (true, 0)
            }
            (Method::Cbow, subwords) => {
                match subwords {
                    Some(subwords) => {
                        around().for_each(|&other| self.input_rows.extend(subwords.rows(other)));
                    }
                    None => self.input_rows.extend(around()),
                }
                aim(common, word, &mut self.output_rows, &mut self.targets);
                against(negatives, 1.0, word, &mut self.output_rows, &mut self.targets);
                (true, 0)
            }
        };
        let examples = if common.config.method == Method::Cbow { 1 } else { neighbours };
        self.step(mean, chained, examples as u64);
    }

    fn step(&mut self, mean: bool, chained: usize, examples: u64) {
        let Common { inputs, outputs, .. } = *self.common;
        let stride = inputs.stride();
        let count = if mean { 1 } else { self.input_rows.len() };
        self.block.reserve(count, self.output_rows.len());
        let private = self.block.inputs.values(count * stride);
        if mean {
            private.fill(0.0);
            inputs.add_rows_to(&self.input_rows, private);
            let share = 1.0 / self.input_rows.len() as f32;
            private.iter_mut().for_each(|value| *value *= share);
        } else {
            inputs.gather(&self.input_rows, private);
        }
        let len = self.output_rows.len() * stride;
        outputs.gather(&self.output_rows, self.block.outputs.values(len));
        self.places += 1;
        let learn = self.pass == Pass::Learn;
        let measure = !learn || self.places.is_multiple_of(MEASURE_EVERY);
        let rate = if learn { self.rate } else { 0.0 };
        let loss = self.block.step(count, &self.targets, chained, rate, measure);
        if measure {
            self.tally.loss += loss;
            self.tally.examples += examples;
        }
        if learn {
            outputs.scatter(&self.output_rows, self.block.output_changes.values(len));
            let changes = self.block.input_changes.values(count * stride);
            if mean {
                inputs.add_to_rows(&self.input_rows, changes);
            } else {
                inputs.scatter(&self.input_rows, changes);
            }
        }
    }
}

/// Sentences are held out by their place in the text, in every epoch and for every seed the same.
fn is_held_out(chunk: usize, ordinal: usize, share: f64) -> bool {
    (mix((chunk as u64) << 32 | ordinal as u64) as f64) < share * 2f64.powi(64)
}

/// The outputs that should say yes to `word`.
fn aim(common: &Common, word: u32, rows: &mut Vec<u32>, targets: &mut Vec<Target>) {
    match common.paths {
        Some(paths) => {
            let (nodes, turns) = paths.of(word);
            rows.extend(nodes);
            targets.extend(turns);
        }
        None => {
            rows.push(word);
            targets.push(Target { label: 1.0, weight: 1.0 });
        }
    }
}

/// The outputs that should say no.
fn against(
    negatives: &[u32],
    weight: f32,
    word: u32,
    rows: &mut Vec<u32>,
    targets: &mut Vec<Target>,
) {
    for &negative in negatives.iter().filter(|negative| **negative != word) {
        rows.push(negative);
        targets.push(Target { label: 0.0, weight });
    }
}
