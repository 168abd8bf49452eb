//! The resize as an operation on the tape.

use super::Interpolation;
use super::axis::Axis;
use super::planes::{self, Plan};
use crate::fast_path::{Values, dims, tensor};
use crate::operation::Operation;
use burn::backend::flex::FlexTensor;

/// `[n, c, h, w]` to `[n, c, size]`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resize {
    pub(super) size: [usize; 2],
    pub(super) interpolation: Interpolation,
}

impl Resize {
    fn plan(&self, [_, _, height, width]: [usize; 4]) -> Plan {
        Plan {
            rows: Axis::new(height, self.size[0], self.interpolation),
            columns: Axis::new(width, self.size[1], self.interpolation),
        }
    }
}

impl Operation<1> for Resize {
    /// The shape of the input.
    type Saved = [usize; 4];

    fn forward(&self, [input]: [FlexTensor; 1]) -> (FlexTensor, Self::Saved) {
        let shape @ [images, channels, _, _] = dims(&input);
        let output = planes::forward(&self.plan(shape), Values::of(&input).as_slice());
        (tensor(output, [images, channels, self.size[0], self.size[1]]), shape)
    }

    fn backward(
        &self,
        shape: Self::Saved,
        gradient: FlexTensor,
        _wanted: [bool; 1],
    ) -> [Option<FlexTensor>; 1] {
        let values = planes::backward(&self.plan(shape), Values::of(&gradient).as_slice());
        [Some(tensor(values, shape))]
    }
}
