//! The arithmetic of a step: every input against every output, as small matrix products.
//!
//! With inputs `X` `[n, d]` and outputs `Y` `[m, d]`, the scores are `Z = X Yᵀ`, the gains
//! `G = rate · weight · (label - σ(Z))`, and the changes `ΔX = G Y`, `ΔY = Gᵀ X`: one step of
//! gradient descent on `-Σ weight · log σ(±Z)`, for all pairs at the values before the step. Taking
//! the pairs of a window together reads each row once (Ji, Satish, Li and Dubey, 2016).
//!
//! Pairs that word2vec takes one by one meet an output that the pairs before have changed. The part
//! of that which is of first order in the rate is added for the first, "chained", outputs: those of
//! the true word, which all inputs of a window share in word2vec too.

use pulp::Arch;

use super::products;
use crate::shared::LINE;

/// An output of a step: which label all inputs should get with it, and how much that matters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Target {
    pub(crate) label: f32,
    pub(crate) weight: f32,
}

/// Rows that this thread alone holds, at the start of a cache line.
#[derive(Default)]
pub(crate) struct Rows {
    values: Vec<f32>,
    first: usize,
}

impl Rows {
    /// Room for `len` numbers; what was there is lost.
    pub(crate) fn reserve(&mut self, len: usize) {
        if self.values.len() < len + LINE {
            self.values = vec![0.0; (len + LINE).next_power_of_two()];
            self.first = self.values.as_ptr().align_offset(size_of::<[f32; LINE]>()).min(LINE);
        }
    }

    pub(crate) fn values(&mut self, len: usize) -> &mut [f32] {
        &mut self.values[self.first..self.first + len]
    }
}

/// Private copies of the rows of a step, and their changes.
pub(crate) struct Block {
    arch: Arch,
    stride: usize,
    pub(crate) inputs: Rows,
    pub(crate) outputs: Rows,
    pub(crate) input_changes: Rows,
    pub(crate) output_changes: Rows,
    scores: Vec<f32>,
    sum: Rows,
}

impl Block {
    /// For rows of `stride` numbers, a multiple of [`LINE`].
    pub(crate) fn new(stride: usize) -> Self {
        let [inputs, outputs, input_changes, output_changes] =
            std::array::from_fn(|_| Rows::default());
        let (scores, mut sum) = (Vec::new(), Rows::default());
        sum.reserve(stride);
        let arch = Arch::new();
        Self { arch, stride, inputs, outputs, input_changes, output_changes, scores, sum }
    }

    /// Makes room for a step of `inputs` by `outputs` rows.
    pub(crate) fn reserve(&mut self, inputs: usize, outputs: usize) {
        self.inputs.reserve(inputs * self.stride);
        self.input_changes.reserve(inputs * self.stride);
        self.outputs.reserve(outputs * self.stride);
        self.output_changes.reserve(outputs * self.stride);
    }

    /// Computes the changes; gives the loss, summed over all pairs, where it is asked for.
    pub(crate) fn step(
        &mut self,
        inputs: usize,
        targets: &[Target],
        chained: usize,
        rate: f32,
        ask: bool,
    ) -> f64 {
        let (rows, columns) = (inputs * self.stride, targets.len() * self.stride);
        self.scores.resize(inputs * targets.len(), 0.0);
        let scores = &mut self.scores[..];
        self.arch.dispatch(products::Scores {
            inputs: self.inputs.values(rows),
            outputs: self.outputs.values(columns),
            stride: self.stride,
            scores,
        });
        let loss = if ask { loss(scores, targets) } else { 0.0 };
        if rate > 0.0 {
            self.arch.dispatch(products::Gains { scores, targets, rate });
            self.arch.dispatch(products::Changes {
                inputs: self.inputs.values(rows),
                outputs: self.outputs.values(columns),
                gains: scores,
                input_changes: self.input_changes.values(rows),
                output_changes: self.output_changes.values(columns),
                stride: self.stride,
            });
            self.chain(inputs, targets.len(), chained);
        }
        loss
    }

    /// The step of one input whose outputs are the classes of a softmax, of which `truth` is true:
    /// gradient descent on `-log softmax(x Yᵀ)[truth]`. Gives that loss.
    pub(crate) fn softmax_step(&mut self, outputs: usize, truth: usize, rate: f32) -> f64 {
        let columns = outputs * self.stride;
        self.scores.resize(outputs, 0.0);
        let scores = &mut self.scores[..];
        self.arch.dispatch(products::Scores {
            inputs: self.inputs.values(self.stride),
            outputs: self.outputs.values(columns),
            stride: self.stride,
            scores,
        });
        let score = scores[truth];
        let total = self.arch.dispatch(products::SoftmaxGains { scores, truth, rate });
        if rate > 0.0 {
            self.arch.dispatch(products::Changes {
                inputs: self.inputs.values(self.stride),
                outputs: self.outputs.values(columns),
                gains: scores,
                input_changes: self.input_changes.values(self.stride),
                output_changes: self.output_changes.values(columns),
                stride: self.stride,
            });
        }
        f64::from(total - score)
    }

    fn chain(&mut self, inputs: usize, targets: usize, chained: usize) {
        let rows = inputs * self.stride;
        // A single input follows none.
        for output in 0..if inputs > 1 { chained } else { 0 } {
            self.arch.dispatch(products::Chain {
                rows: self.inputs.values(rows),
                gains: &self.scores[output..],
                step: targets,
                changes: self.input_changes.values(rows),
                sum: self.sum.values(self.stride),
            });
        }
    }
}

/// `-Σ weight · log σ(±z)`, without overflow.
fn loss(scores: &[f32], targets: &[Target]) -> f64 {
    let pairs = scores.iter().zip(targets.iter().cycle());
    pairs
        .map(|(&score, target)| {
            let margin = f64::from(if target.label > 0.5 { score } else { -score });
            f64::from(target.weight) * ((-margin.abs()).exp().ln_1p() + (-margin).max(0.0))
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The same in the plainest way, in f64: scores, then changes of inputs and of outputs.
    fn twin(
        inputs: &[Vec<f32>],
        outputs: &[Vec<f32>],
        targets: &[Target],
        chained: usize,
        rate: f32,
    ) -> (f64, Vec<Vec<f64>>, Vec<Vec<f64>>) {
        let width = inputs[0].len();
        let mut loss = 0.0;
        let mut input_changes = vec![vec![0.0; width]; inputs.len()];
        let mut output_changes = vec![vec![0.0; width]; outputs.len()];
        for (i, x) in inputs.iter().enumerate() {
            for (o, y) in outputs.iter().enumerate() {
                let (label, weight) = (f64::from(targets[o].label), f64::from(targets[o].weight));
                let score: f64 = x.iter().zip(y).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum();
                let sigma = 1.0 / (1.0 + (-score).exp());
                loss -= weight * (label * sigma.ln() + (1.0 - label) * (1.0 - sigma).ln());
                let gain = f64::from(rate) * weight * (label - sigma);
                for d in 0..width {
                    // One by one: the output as the inputs before have left it.
                    let passed = if o < chained { output_changes[o][d] } else { 0.0 };
                    input_changes[i][d] += gain * (f64::from(y[d]) + passed);
                    output_changes[o][d] += gain * f64::from(x[d]);
                }
            }
        }
        (loss, input_changes, output_changes)
    }

    proptest! {
        #[test]
        fn equals_its_twin(
            n in prop_oneof![Just(1), 1usize..12],
            labels in prop::collection::vec((any::<bool>(), 0u8..4), 1..14),
            lines in 1usize..12,
            seed in 0u64..1000,
            chained in 0usize..14,
        ) {
            let stride = lines * LINE;
            let mut random = crate::random::Random::keyed(&[seed]);
            let mut rows = |count: usize| -> Vec<Vec<f32>> {
                (0..count).map(|_| (0..stride).map(|_| random.unit() - 0.5).collect()).collect()
            };
            let (inputs, outputs) = (rows(n), rows(labels.len()));
            let targets: Vec<Target> = labels
                .iter()
                .map(|(label, weight)| Target { label: f32::from(*label), weight: f32::from(*weight) })
                .collect();
            let chained = chained.min(labels.len());
            let mut block = Block::new(stride);
            block.reserve(n, targets.len());
            block.inputs.values(n * stride).copy_from_slice(&inputs.concat());
            block.outputs.values(targets.len() * stride).copy_from_slice(&outputs.concat());
            let loss = block.step(n, &targets, chained, 0.1, true);
            let (expected, x, y) = twin(&inputs, &outputs, &targets, chained, 0.1);
            prop_assert!((loss - expected).abs() < 1e-4 * (1.0 + expected), "{loss} {expected}");
            for (change, expected) in [
                (block.input_changes.values(n * stride), x.concat()),
                (block.output_changes.values(targets.len() * stride), y.concat()),
            ] {
                for (change, expected) in change.iter().zip(expected) {
                    prop_assert!((f64::from(*change) - expected).abs() < 1e-5, "{change} {expected}");
                }
            }
        }
    }

    #[test]
    fn softmax_changes_are_the_gradient() {
        let (outputs, truth, rate, small) = (5, 2, 0.1, 1e-3);
        let mut random = crate::random::Random::keyed(&[3]);
        let values: Vec<f32> = (0..LINE * (1 + outputs)).map(|_| random.unit() - 0.5).collect();
        let run = |values: &[f32], rate: f32| {
            let mut block = Block::new(LINE);
            block.reserve(1, outputs);
            block.inputs.values(LINE).copy_from_slice(&values[..LINE]);
            block.outputs.values(LINE * outputs).copy_from_slice(&values[LINE..]);
            let loss = block.softmax_step(outputs, truth, rate);
            let changes = [
                block.input_changes.values(LINE).to_vec(),
                block.output_changes.values(LINE * outputs).to_vec(),
            ];
            (loss, changes.concat())
        };
        let (loss, changes) = run(&values, rate);
        let scores = (0..outputs).map(|row| {
            let pairs = values[..LINE].iter().zip(&values[LINE * (1 + row)..]);
            pairs.map(|(x, y)| f64::from(*x) * f64::from(*y)).sum::<f64>()
        });
        let scores: Vec<f64> = scores.collect();
        let exact = scores.iter().map(|score| score.exp()).sum::<f64>().ln() - scores[truth];
        assert!((loss - exact).abs() < 1e-5, "{loss} {exact}");
        for (place, change) in changes.iter().enumerate() {
            let [up, down] = [small, -small].map(|step| {
                let mut moved = values.clone();
                moved[place] += step;
                run(&moved, 0.0).0
            });
            let slope = (up - down) / f64::from(2.0 * small);
            let expected = -f64::from(rate) * slope;
            assert!((f64::from(*change) - expected).abs() < 2e-4, "{place}: {change} {expected}");
        }
    }
}
