//! Weights, quantized column by column and laid out in the order in which a product reads them.

use super::format::{Format, inverse, nearest};

/// Columns side by side: two vectors of sixteen sums.
pub(super) const WIDTH: usize = 32;

/// One 32-bit word for each of sixteen neighbouring columns.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(super) struct Line(pub(super) [i32; 16]);

/// What turns the sums of a panel's columns back into numbers. Columns beyond the last are zeros.
#[derive(Clone, Debug)]
pub(super) struct Columns {
    pub(super) step: [f32; WIDTH],
    /// Sum of the quantized weights of each column, which the origin of a row is multiplied by.
    pub(super) total: [f32; WIDTH],
    pub(super) bias: [f32; WIDTH],
}

/// A weight matrix in panels of [`WIDTH`] columns, each from the first input to the last.
#[derive(Clone, Debug)]
pub(super) struct Panels {
    pub(super) format: Format,
    inputs: usize,
    /// `[panels, groups, 2]`: a group is as many inputs as fit a word.
    lines: Vec<Line>,
    columns: Vec<Columns>,
}

impl Panels {
    /// Quantizes `weight [inputs, outputs]`.
    pub(super) fn pack(
        format: Format,
        weight: &[f32],
        [inputs, outputs]: [usize; 2],
        bias: &[f32],
    ) -> Self {
        format.check(inputs);
        let groups = inputs.div_ceil(format.per_word());
        let mut panels = Self { format, inputs, lines: Vec::new(), columns: Vec::new() };
        for first in (0..outputs).step_by(WIDTH) {
            let start = panels.lines.len();
            panels.lines.resize(start + 2 * groups, Line([0; 16]));
            let zeros = [0.0; WIDTH];
            let mut columns = Columns { step: zeros, total: zeros, bias: zeros };
            for lane in 0..WIDTH.min(outputs - first) {
                let column = || weight.iter().skip(first + lane).step_by(outputs).copied();
                let step = format.weight_step(column());
                let mut total = 0i64;
                for (input, value) in column().enumerate() {
                    let value = nearest(value * inverse(step));
                    total += i64::from(value);
                    let line = start + 2 * (input / format.per_word()) + lane / 16;
                    let word = &mut panels.lines[line].0[lane % 16];
                    *word |= format.place(value, input);
                }
                columns.step[lane] = step;
                columns.total[lane] = total as f32;
                columns.bias[lane] = bias.get(first + lane).copied().unwrap_or(0.0);
            }
            panels.columns.push(columns);
        }
        panels
    }

    /// Words that a row of inputs takes.
    pub(super) fn groups(&self) -> usize {
        self.inputs.div_ceil(self.format.per_word())
    }

    /// The panels in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&[Line], &Columns)> {
        self.lines.chunks_exact(2 * self.groups()).zip(&self.columns)
    }

    /// Bytes of the quantized weights.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&self.lines[..])
    }
}

impl Format {
    /// A value's bits, at the place in the word of its group.
    #[inline(always)]
    pub(super) fn place(self, value: i32, input: usize) -> i32 {
        match self {
            Self::Words => (value & 0xFFFF) << (16 * (input % 2)),
            Self::Bytes => (value & 0xFF) << (8 * (input % 4)),
        }
    }
}
