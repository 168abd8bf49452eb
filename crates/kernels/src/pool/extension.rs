//! The poolings as operations on the tape.

use super::windows::Geometry;
use super::{PoolOptions, planes};
use crate::fast_path::{Values, dims, tensor};
use crate::operation::Operation;
use burn::backend::flex::FlexTensor;
use std::sync::Arc;

fn geometry([_, _, height, width]: [usize; 4], options: PoolOptions) -> Geometry {
    Geometry::new([height, width], options)
}

/// The largest value of every window.
#[derive(Clone, Copy, Debug)]
pub(super) struct MaxPool(pub(super) PoolOptions);

impl Operation<1> for MaxPool {
    /// The shape of the input, and where in its plane each largest value was.
    type Saved = ([usize; 4], Arc<Vec<u32>>);

    fn forward(&self, [input]: [FlexTensor; 1]) -> (FlexTensor, Self::Saved) {
        let shape @ [images, channels, _, _] = dims(&input);
        let geometry = geometry(shape, self.0);
        let (output, places) = planes::largest(&geometry, Values::of(&input).as_slice());
        let [height, width] = geometry.output;
        (tensor(output, [images, channels, height, width]), (shape, places.into()))
    }

    fn backward(
        &self,
        (shape, places): Self::Saved,
        gradient: FlexTensor,
        _wanted: [bool; 1],
    ) -> [Option<FlexTensor>; 1] {
        let gradient = Values::of(&gradient);
        let values =
            planes::give_to_largest(&geometry(shape, self.0), gradient.as_slice(), &places);
        [Some(tensor(values, shape))]
    }
}

/// The mean of every window.
#[derive(Clone, Copy, Debug)]
pub(super) struct AveragePool(pub(super) PoolOptions);

impl Operation<1> for AveragePool {
    /// The shape of the input.
    type Saved = [usize; 4];

    fn forward(&self, [input]: [FlexTensor; 1]) -> (FlexTensor, Self::Saved) {
        let shape @ [images, channels, _, _] = dims(&input);
        let geometry = geometry(shape, self.0);
        let [height, width] = geometry.output;
        let output = planes::means(&geometry, Values::of(&input).as_slice());
        (tensor(output, [images, channels, height, width]), shape)
    }

    fn backward(
        &self,
        shape: Self::Saved,
        gradient: FlexTensor,
        _wanted: [bool; 1],
    ) -> [Option<FlexTensor>; 1] {
        let gradient = Values::of(&gradient);
        let values = planes::share(&geometry(shape, self.0), gradient.as_slice());
        [Some(tensor(values, shape))]
    }
}

/// The mean of every plane.
#[derive(Clone, Copy, Debug)]
pub(super) struct GlobalAverage;

impl Operation<1> for GlobalAverage {
    /// The shape of the input.
    type Saved = [usize; 4];

    fn forward(&self, [input]: [FlexTensor; 1]) -> (FlexTensor, Self::Saved) {
        let shape @ [images, channels, height, width] = dims(&input);
        let output = planes::plane_means(Values::of(&input).as_slice(), height * width);
        (tensor(output, [images, channels]), shape)
    }

    fn backward(
        &self,
        shape: Self::Saved,
        gradient: FlexTensor,
        _wanted: [bool; 1],
    ) -> [Option<FlexTensor>; 1] {
        let [_, _, height, width] = shape;
        let gradient = Values::of(&gradient);
        [Some(tensor(planes::share_planes(gradient.as_slice(), height * width), shape))]
    }
}
