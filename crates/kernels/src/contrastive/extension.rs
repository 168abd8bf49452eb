//! Row normalization and the two losses as operations on the tape.

use super::normalize;
use super::tiles::{self, Normalizers, Pairing, Sides};
use crate::fast_path::{Owned, Values, dims, tensor};
use crate::operation::Operation;
use burn::backend::flex::FlexTensor;
use std::sync::Arc;

/// `[n, d]` to rows of unit length.
#[derive(Clone, Copy, Debug)]
pub(super) struct NormalizeRows;

impl Operation<1> for NormalizeRows {
    /// The output, and what each row was multiplied by.
    type Saved = (FlexTensor, Arc<[f32]>);

    fn forward(&self, [rows]: [FlexTensor; 1]) -> (FlexTensor, Self::Saved) {
        let shape: [usize; 2] = dims(&rows);
        let (output, scales) = normalize::forward(Values::of(&rows).as_slice(), shape[1]);
        let output = tensor(output, shape);
        (output.clone(), (output, scales.into()))
    }

    fn backward(
        &self,
        (output, scales): Self::Saved,
        gradient: FlexTensor,
        _wanted: [bool; 1],
    ) -> [Option<FlexTensor>; 1] {
        let [_, width] = dims(&output);
        let mut gradient = Owned::of(gradient);
        normalize::backward(
            gradient.as_mut_slice(),
            Values::of(&output).as_slice(),
            width,
            &scales,
        );
        [Some(gradient.into_tensor())]
    }
}

/// What a loss keeps: its inputs and the log-sum-exp of each row.
#[derive(Clone, Debug)]
pub(super) struct Saved<const N: usize> {
    inputs: [FlexTensor; N],
    log_sums: Arc<[f32]>,
}

/// The mean of the losses, `[1]`, and the log-sum-exp of each row.
fn mean(rows: &[[f64; 2]]) -> (FlexTensor, Arc<[f32]>) {
    let total: f64 = rows.iter().map(|[_, loss]| loss).sum();
    let loss = tensor(vec![(total / rows.len() as f64) as f32], [1]);
    (loss, rows.iter().map(|&[log_sum, _]| log_sum as f32).collect())
}

/// The only value of the gradient of a loss.
fn scalar(gradient: &FlexTensor) -> f64 {
    Values::of(gradient).as_slice()[0].into()
}

/// Queries `[n, d]` and keys `[m, d]` to the loss `[1]`.
#[derive(Clone, Copy, Debug)]
pub(super) struct InfoNce {
    pub(super) temperature: f64,
}

impl InfoNce {
    fn sides<'a>(&self, rows: &'a [f32], columns: &'a [f32], width: usize) -> Sides<'a> {
        let sharpness = self.temperature.recip() as f32;
        Sides { rows, columns, width, pairing: Pairing::Same, sharpness }
    }
}

impl Operation<2> for InfoNce {
    type Saved = Saved<2>;

    fn forward(&self, inputs: [FlexTensor; 2]) -> (FlexTensor, Self::Saved) {
        let [_, width] = dims(&inputs[0]);
        let [queries, keys] = inputs.each_ref().map(Values::of);
        let rows = tiles::forward(self.sides(queries.as_slice(), keys.as_slice(), width));
        let (loss, log_sums) = mean(&rows);
        (loss, Saved { inputs, log_sums })
    }

    fn backward(
        &self,
        Saved { inputs, log_sums }: Self::Saved,
        gradient: FlexTensor,
        [for_queries, for_keys]: [bool; 2],
    ) -> [Option<FlexTensor>; 2] {
        let ([n, width], [m, _]) = (dims(&inputs[0]), dims(&inputs[1]));
        let [queries, keys] = inputs.each_ref().map(Values::of);
        let (queries, keys) = (queries.as_slice(), keys.as_slice());
        let factor = (scalar(&gradient) / (self.temperature * n as f64)) as f32;
        let by_query = for_queries.then(|| {
            let normalizers = Normalizers { rows: &log_sums, columns: &[] };
            tiles::gradient(self.sides(queries, keys, width), normalizers, factor)
        });
        let by_key = for_keys.then(|| {
            let normalizers = Normalizers { rows: &[], columns: &log_sums };
            tiles::gradient(self.sides(keys, queries, width), normalizers, factor)
        });
        [
            by_query.map(|values| tensor(values, [n, width])),
            by_key.map(|values| tensor(values, [m, width])),
        ]
    }
}

/// Both halves, `[2n, d]`, to the loss `[1]`.
#[derive(Clone, Copy, Debug)]
pub(super) struct NtXent {
    pub(super) temperature: f64,
}

impl NtXent {
    fn sides<'a>(&self, rows: &'a [f32], width: usize) -> Sides<'a> {
        let sharpness = self.temperature.recip() as f32;
        Sides { rows, columns: rows, width, pairing: Pairing::Halves, sharpness }
    }
}

impl Operation<1> for NtXent {
    type Saved = Saved<1>;

    fn forward(&self, inputs: [FlexTensor; 1]) -> (FlexTensor, Self::Saved) {
        let [_, width] = dims(&inputs[0]);
        let rows = Values::of(&inputs[0]);
        let (loss, log_sums) = mean(&tiles::forward(self.sides(rows.as_slice(), width)));
        (loss, Saved { inputs, log_sums })
    }

    fn backward(
        &self,
        Saved { inputs: [rows], log_sums }: Self::Saved,
        gradient: FlexTensor,
        _wanted: [bool; 1],
    ) -> [Option<FlexTensor>; 1] {
        let [n, width] = dims(&rows);
        let factor = (scalar(&gradient) / (self.temperature * n as f64)) as f32;
        // A row is pulled as the one that looks and as the one that is looked at.
        let normalizers = Normalizers { rows: &log_sums, columns: &log_sums };
        let rows = Values::of(&rows);
        let values = tiles::gradient(self.sides(rows.as_slice(), width), normalizers, factor);
        [Some(tensor(values, [n, width]))]
    }
}
