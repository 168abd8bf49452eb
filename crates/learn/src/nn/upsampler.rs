//! From a vector or a feature map to a picture: a linear layer draws a small one, which is doubled
//! by nearest neighbour and smoothed by 3x3 convolutions (Odena et al. 2016: no checkerboards).

use burn::module::Module;
use burn::tensor::Tensor;
use pith_kernels::{Interpolation, resize};

use super::batch_norm::After;
use super::{BatchNorm, Conv2d, Init, Linear};
use crate::Error;

/// Channels of the last stage where none are named, and at most of the first.
const CHANNELS: [usize; 2] = [32, 128];

/// What a picture is drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// So many numbers without a place.
    Vector(usize),
    /// A feature map, cell by cell in reading order.
    Map {
        /// Rows and columns.
        cells: [usize; 2],
        /// Numbers per cell.
        width: usize,
    },
}

impl From<usize> for Source {
    fn from(numbers: usize) -> Self {
        Source::Vector(numbers)
    }
}

impl Source {
    /// Numbers in all.
    pub fn size(self) -> usize {
        match self {
            Source::Vector(numbers) => numbers,
            Source::Map { cells: [rows, columns], width } => rows * columns * width,
        }
    }

    /// Channels of each stage for pictures of that height and width, where none are named.
    pub fn widths(self, picture: [usize; 2]) -> Vec<usize> {
        let [least, most] = CHANNELS;
        let doublings = self.doublings(picture).unwrap_or(2);
        (0..=doublings).rev().map(|left| (least << left).min(most)).collect()
    }

    /// How often a map is doubled to be as large as the picture; a vector, as often as one likes.
    fn doublings(self, [height, width]: [usize; 2]) -> Option<u32> {
        let Source::Map { cells: [rows, columns], .. } = self else { return None };
        let times = (height as f64 / rows as f64).max(width as f64 / columns as f64);
        Some(times.log2().round().max(0.0) as u32)
    }
}

/// Draws `[channels, height, width]` from a vector or a feature map.
#[derive(Module, Debug)]
pub struct Upsampler {
    /// Of the whole vector, or of every cell of a map.
    seed: Linear,
    norm: BatchNorm,
    stages: Vec<Stage>,
    output: Conv2d,
    start: [usize; 3],
    size: [usize; 2],
    by_cell: bool,
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
    /// Where the picture is too small for that many stages, or a map needs more or fewer.
    pub fn new(
        source: impl Into<Source>,
        widths: &[usize],
        [channels, height, width]: [usize; 3],
        init: &mut Init,
    ) -> Result<Self, Error> {
        let source = source.into();
        check(source, widths, [height, width])?;
        let doublings = widths.len() as u32 - 1;
        let side = |pixels: usize, left: u32| pixels.div_ceil(1 << left);
        let size = |left: u32| [side(height, left), side(width, left)];
        let ([rows, columns], inputs, outputs) = match source {
            Source::Vector(numbers) => {
                let [rows, columns] = size(doublings);
                ([rows, columns], numbers, widths[0] * rows * columns)
            }
            Source::Map { cells, width } => (cells, width, widths[0]),
        };
        let stages = widths
            .windows(2)
            .zip(1..)
            .map(|(pair, stage)| Stage {
                conv: Conv2d::new(pair[0], pair[1], 3, 1, init),
                norm: BatchNorm::new(pair[1], init),
                size: size(doublings - stage),
            })
            .collect();
        Ok(Self {
            seed: Linear::new(inputs, outputs, true, init),
            norm: BatchNorm::new(widths[0], init),
            stages,
            output: Conv2d::new(widths[widths.len() - 1], channels, 3, 1, init),
            start: [widths[0], rows, columns],
            size: [height, width],
            by_cell: matches!(source, Source::Map { .. }),
        })
    }

    /// `[n, numbers of the source]` to `[n, channels, height, width]`.
    pub fn forward(&self, rows: Tensor<2>) -> Tensor<4> {
        let small = self.norm.forward(self.small(rows), After::Relu);
        let large = self.stages.iter().fold(small, |pixels, stage| {
            let larger = resize(pixels, stage.size, Interpolation::Nearest);
            stage.norm.forward(stage.conv.forward(larger), After::Relu)
        });
        debug_assert_eq!(large.dims()[2..], self.size);
        self.output.forward(large)
    }

    /// The picture to begin with, `[n, channels, rows, columns]`.
    fn small(&self, source: Tensor<2>) -> Tensor<4> {
        let [n, numbers] = source.dims();
        let [channels, rows, columns] = self.start;
        if !self.by_cell {
            return self.seed.forward(source).reshape([n, channels, rows, columns]);
        }
        let cells = source.reshape([n * rows * columns, numbers / (rows * columns)]);
        let drawn = self.seed.forward(cells).reshape([n, rows, columns, channels]);
        drawn.permute([0, 3, 1, 2])
    }
}

fn check(source: Source, widths: &[usize], picture: [usize; 2]) -> Result<(), Error> {
    let [height, width] = picture;
    let least = height.min(width).max(1);
    let doublings = widths.len().saturating_sub(1) as u32;
    let fits = match source.doublings(picture) {
        Some(needed) => doublings == needed,
        None => least >> doublings > 0,
    };
    if !widths.is_empty() && !widths.contains(&0) && fits {
        return Ok(());
    }
    let expected = match (source, source.doublings(picture)) {
        (Source::Map { cells: [rows, columns], .. }, Some(needed)) => format!(
            "{}, for a map of {rows}x{columns} cells and each doubling of it up to {height}x{width}",
            needed + 1
        ),
        _ => format!("one to {}, for pictures of {height}x{width}", least.ilog2() + 1),
    };
    Err(Error::Recipe(format!(
        "decoder widths must be numbers above zero, as many as {expected}; received {widths:?}"
    )))
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, TensorData};

    use super::*;

    #[test]
    fn a_cell_is_drawn_where_it_lies() {
        let source = Source::Map { cells: [4, 6], width: 2 };
        let mut init = Init::new(1, &Device::flex());
        let upsampler = Upsampler::new(source, &[8, 6, 4], [1, 16, 24], &mut init);
        let upsampler = upsampler.expect("two doublings");
        let (mut maps, changed) = (vec![0.3f32; 2 * source.size()], [2, 4]);
        maps[source.size() + (changed[0] * 6 + changed[1]) * 2] = 5.0; // of the second picture
        let maps = TensorData::new(maps, [2, source.size()]);
        let drawn = upsampler.forward(Tensor::from_data(maps, &Device::flex()));
        assert_eq!(drawn.dims(), [2, 1, 16, 24]);
        let drawn: Vec<f32> = drawn.into_data().iter().collect();
        let (plain, other) = drawn.split_at(16 * 24);
        let (mut near, mut far) = (0f32, 0f32);
        for (place, (plain, other)) in plain.iter().zip(other).enumerate() {
            // Pixels from the square of 4 that belongs to the cell; convolutions reach 2 + 1 + 1.
            let away = |pixel: usize, cell: usize| {
                (cell * 4).saturating_sub(pixel).max(pixel.saturating_sub(cell * 4 + 3))
            };
            let away = away(place / 24, changed[0]).max(away(place % 24, changed[1]));
            let largest = if away > 4 { &mut far } else { &mut near };
            *largest = largest.max((plain - other).abs());
        }
        assert!(near > 0.1 && far < 1e-4, "{near} near the cell, {far} far away");
    }

    #[test]
    fn a_map_asks_for_its_doublings() {
        let source = Source::Map { cells: [4, 4], width: 2 };
        assert_eq!(source.widths([32, 32]), [128, 128, 64, 32]);
        assert_eq!(source.widths([28, 28]), [128, 128, 64, 32]);
        assert_eq!(Source::Vector(3).widths([32, 32]), [128, 64, 32]);
        let mut init = Init::new(1, &Device::flex());
        let told = Upsampler::new(source, &[8, 4], [1, 16, 16], &mut init).expect_err("two");
        let told = told.to_string();
        assert!(told.contains("as many as 3") && told.contains("4x4 cells"), "{told}");
        let told =
            Upsampler::new(9, &[8, 4, 2], [1, 2, 2], &mut init).expect_err("one").to_string();
        assert!(told.contains("one to 2") && told.contains("[8, 4, 2]"), "{told}");
        Upsampler::new(source, &[8], [1, 4, 4], &mut init).expect("as large as the picture");
    }
}
