//! From a vector to a picture: a linear layer draws a small one, which is doubled by nearest
//! neighbour and smoothed by 3x3 convolutions (Odena et al. 2016: no checkerboards).

use burn::module::Module;
use burn::tensor::Tensor;
use pith_kernels::{Interpolation, resize};

use super::batch_norm::After;
use super::{BatchNorm, Conv2d, Init, Linear};
use crate::Error;

/// Draws `[channels, height, width]` from a vector.
#[derive(Module, Debug)]
pub struct Upsampler {
    seed: Linear,
    norm: BatchNorm,
    stages: Vec<Stage>,
    output: Conv2d,
    start: [usize; 3],
    size: [usize; 2],
}

#[derive(Module, Debug)]
struct Stage {
    conv: Conv2d,
    norm: BatchNorm,
    size: [usize; 2],
}

impl Upsampler {
    /// Stages of the channels given; every stage after the first doubles the picture, so that the
    /// last has the size of the picture wanted.
    ///
    /// # Errors
    /// Where the picture is too small for that many stages.
    pub fn new(
        inputs: usize,
        widths: &[usize],
        [channels, height, width]: [usize; 3],
        init: &mut Init,
    ) -> Result<Self, Error> {
        let doublings = widths.len().saturating_sub(1) as u32;
        if widths.is_empty() || widths.contains(&0) || (height.min(width) >> doublings) == 0 {
            return Err(Error::Recipe(format!(
                "decoder widths must be one to {} numbers above zero for pictures of {height}x\
                 {width}, received {widths:?}",
                height.min(width).max(1).ilog2() + 1
            )));
        }
        let shrink = |side: usize, times: u32| side.div_ceil(1 << times);
        let start = [widths[0], shrink(height, doublings), shrink(width, doublings)];
        let stages = widths
            .windows(2)
            .zip(1..)
            .map(|(pair, stage)| Stage {
                conv: Conv2d::new(pair[0], pair[1], 3, 1, init),
                norm: BatchNorm::new(pair[1], init),
                size: [shrink(height, doublings - stage), shrink(width, doublings - stage)],
            })
            .collect();
        Ok(Self {
            seed: Linear::new(inputs, start.iter().product(), true, init),
            norm: BatchNorm::new(start[0], init),
            stages,
            output: Conv2d::new(widths[widths.len() - 1], channels, 3, 1, init),
            start,
            size: [height, width],
        })
    }

    /// `[n, inputs]` to `[n, channels, height, width]`.
    pub fn forward(&self, rows: Tensor<2>) -> Tensor<4> {
        let samples = rows.dims()[0];
        let [channels, height, width] = self.start;
        let small = self.seed.forward(rows).reshape([samples, channels, height, width]);
        let small = self.norm.forward(small, After::Relu);
        let large = self.stages.iter().fold(small, |pixels, stage| {
            let larger = resize(pixels, stage.size, Interpolation::Nearest);
            stage.norm.forward(stage.conv.forward(larger), After::Relu)
        });
        debug_assert_eq!(large.dims()[2..], self.size);
        self.output.forward(large)
    }
}
