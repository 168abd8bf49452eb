//! Pictures made larger or smaller.

mod axis;
mod extension;
mod planes;
#[cfg(test)]
mod tests;

use crate::{fast_path, operation};
use burn::tensor::Tensor;
use burn::tensor::module;
use burn::tensor::ops::{InterpolateMode, InterpolateOptions};
use extension::Resize;

/// Where the value of a new pixel comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interpolation {
    /// The old pixel that its upper left corner lies in.
    Nearest,
    /// The four old pixels around its centre, by their distance.
    Bilinear,
}

/// Every plane in another size, as PyTorch's `interpolate` with `align_corners=False`.
///
/// The new pixel `o` of an axis looks at `floor(o · old / new)` (nearest), or between the two old
/// pixels around `(o + ½) · old / new - ½`, the border repeated (bilinear).
///
/// # Shapes
/// - `[n, c, h, w]` to `[n, c, size]`
///
/// # Panics
/// When a plane is empty, before or after.
pub fn resize(input: Tensor<4>, size: [usize; 2], interpolation: Interpolation) -> Tensor<4> {
    let [_, _, height, width] = input.dims();
    assert!(
        height > 0 && width > 0 && size[0] > 0 && size[1] > 0,
        "planes of {height}×{width} cannot become {size:?}"
    );
    if !fast_path::accepts(&input) {
        return composed(input, size, interpolation);
    }
    operation::unary(input, Resize { size, interpolation })
}

fn composed(input: Tensor<4>, size: [usize; 2], interpolation: Interpolation) -> Tensor<4> {
    let mode = match interpolation {
        Interpolation::Nearest => InterpolateMode::Nearest,
        Interpolation::Bilinear => InterpolateMode::Bilinear,
    };
    let options = InterpolateOptions::new(mode).with_output_size(size).with_align_corners(false);
    module::interpolate(input, options)
}
