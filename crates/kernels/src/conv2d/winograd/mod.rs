//! 3 by 3 convolution with a quarter of the multiplications: F(4 × 4, 3 × 3) of Winograd's minimal
//! filtering, Lavin and Gray 2016 ("Fast Algorithms for Convolutional Neural Networks").
//!
//! The output is cut into 4 by 4 tiles. A tile's input is evaluated at 36 points, where convolution
//! is a product, so that summing over channels is one matrix product per point:
//! 36 multiplications per channel instead of 144. All arithmetic is in `f32`; the error against
//! direct summation is a few units of 1e-6 of the largest value.
//!
//! A register of channels lies side by side while transforming; a number of channels that does not
//! fill registers is filled up with zeros.
//!
//! There are two orders of work. *By blocks*, a few tiles pass through all stages in the cache;
//! that suits few weights. *By stages*, all tiles pass one stage before any enters the next, and
//! the matrix products of the 36 points run in parallel; that suits wide layers on small planes,
//! where reading the weights again for every block would cost more than the points do.

mod forward;
mod pixels;
#[cfg(test)]
mod tests;
mod tiles;
mod transforms;
mod weight_gradient;
mod weights;

use super::geometry::Geometry;
use super::lanes;
pub(super) use forward::forward;
use tiles::Tiling;
use transforms::POINTS;
pub(super) use weight_gradient::weight_gradient;
pub(super) use weights::Kernels;

/// Whether a convolution can be, and is worth being, computed here.
pub(super) fn applies(g: &Geometry) -> bool {
    let shape = g.kernel == [3, 3] && g.stride == [1, 1] && g.groups == 1;
    let padding = g.padding[0] <= 2 && g.padding[1] <= 2;
    let some = g.images > 0 && g.channels_in > 0 && g.channels_out > 0;
    shape && padding && some && advantage(g) >= 2.0
}

/// Multiplications of direct summation for one of ours, not counting zeros that fill up channels
/// and tiles.
fn advantage(g: &Geometry) -> f64 {
    let filled = |channels: usize| channels.next_multiple_of(lanes::count());
    let direct = 9 * g.plane_out() * g.channels_in * g.channels_out;
    let ours = POINTS * Tiling::new(g).count() * filled(g.channels_in) * filled(g.channels_out);
    direct as f64 / ours as f64
}

/// Whether stages suit a convolution better than blocks.
fn by_stages(g: &Geometry) -> bool {
    /// Weights at all points that are read again for every block without harm: what the
    /// second-level cache holds.
    const WEIGHTS: usize = 256 * 1024;
    /// Points of all images that may be held at once.
    const TILES: usize = 8 * 1024 * 1024;
    let weights = POINTS * g.channels_in * g.channels_out;
    let tiles = POINTS * g.images * Tiling::new(g).count() * (g.channels_in + g.channels_out);
    weights > WEIGHTS && tiles <= TILES
}
