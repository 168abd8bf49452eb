//! A batch of the data as tensors on a device.

use burn::tensor::{Device, Tensor, TensorData};
use pith_data::sample;

/// One view of a batch of samples, typed by what it is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Input {
    /// Pictures, `[samples, channels, height, width]`.
    Pixels(Tensor<4>),
    /// Table rows, `[samples, width]`.
    Features(Tensor<2>),
}

/// The views of a batch, with the samples' classes where they are known.
#[derive(Clone, Debug)]
pub struct Views {
    /// One input per view, the same samples in the same order.
    pub inputs: Vec<Input>,
    /// Small crops of the same samples, for objectives that take them.
    pub local: Vec<Input>,
    /// The class of each sample, where it has one.
    pub labels: Vec<Option<u32>>,
}

impl Input {
    /// Copies a batch to the device.
    ///
    /// # Panics
    /// Where the kind of data is one that no encoder of this version takes.
    pub fn from_data(input: sample::Input, device: &Device) -> Self {
        match input {
            sample::Input::Pixels(p) => {
                let shape = [p.samples, p.channels, p.height, p.width];
                Input::Pixels(Tensor::from_data(TensorData::new(p.values, shape), device))
            }
            sample::Input::Features(f) => {
                let shape = [f.samples, f.width];
                Input::Features(Tensor::from_data(TensorData::new(f.values, shape), device))
            }
            other => panic!("no encoder takes {:?}", other.shape()),
        }
    }

    /// Samples in the batch.
    pub fn samples(&self) -> usize {
        match self {
            Input::Pixels(pixels) => pixels.dims()[0],
            Input::Features(features) => features.dims()[0],
        }
    }

    /// Where the numbers live.
    pub fn device(&self) -> Device {
        match self {
            Input::Pixels(pixels) => pixels.device(),
            Input::Features(features) => features.device(),
        }
    }

    /// The samples that come first.
    ///
    /// # Panics
    /// Where there are fewer.
    pub fn first(&self, count: usize) -> Self {
        match self {
            Input::Pixels(pixels) => Input::Pixels(pixels.clone().narrow(0, 0, count)),
            Input::Features(features) => Input::Features(features.clone().narrow(0, 0, count)),
        }
    }

    /// Several inputs of one kind and size as one, sample after sample.
    ///
    /// # Panics
    /// Where there is none, or kinds or sizes differ.
    pub fn cat(inputs: &[Input]) -> Self {
        match &inputs[0] {
            Input::Pixels(_) => {
                let pixels = inputs.iter().map(|input| match input {
                    Input::Pixels(pixels) => pixels.clone(),
                    Input::Features(_) => panic!("table rows among pictures"),
                });
                Input::Pixels(Tensor::cat(pixels.collect(), 0))
            }
            Input::Features(_) => {
                Input::Features(Tensor::cat(inputs.iter().map(Input::rows).collect(), 0))
            }
        }
    }

    /// Every sample as one row of numbers, `[samples, size]`.
    pub fn rows(&self) -> Tensor<2> {
        match self {
            Input::Pixels(pixels) => pixels.clone().flatten(1, 3),
            Input::Features(features) => features.clone(),
        }
    }

    /// Inputs of this shape with other numbers, `[n, size]`.
    pub fn with_rows(&self, rows: Tensor<2>) -> Self {
        match self {
            Input::Pixels(pixels) => {
                let [_, channels, height, width] = pixels.dims();
                Input::Pixels(rows.reshape([-1, channels as i64, height as i64, width as i64]))
            }
            Input::Features(_) => Input::Features(rows),
        }
    }
}

impl Views {
    /// Copies a batch to the device.
    pub fn from_batch(batch: sample::Batch, device: &Device) -> Self {
        let on_device = |views: Vec<sample::Input>| {
            views.into_iter().map(|view| Input::from_data(view, device)).collect()
        };
        let (inputs, local) = (on_device(batch.views), on_device(batch.local));
        Views { inputs, local, labels: batch.labels }
    }

    /// Samples of which these are the views.
    ///
    /// # Panics
    /// Where there is no view.
    pub fn samples(&self) -> usize {
        self.inputs[0].samples()
    }
}
