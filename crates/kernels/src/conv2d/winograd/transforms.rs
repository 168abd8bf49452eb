//! The one-dimensional transforms of F(4, 3), a register of channels at a time, and the walks over
//! tiles that apply them in both directions.
//!
//! With evaluation points 0, ±1, ±2, ∞ a correlation of six inputs `d` with three weights `g` is
//! `Aᵀ((G g) ⊙ (Bᵀ d))`: Lavin and Gray 2016, section 4.3. Being bilinear, its gradient with
//! respect to `g` is `Gᵀ((A dy) ⊙ (Bᵀ d))`.

#![allow(clippy::needless_range_loop, reason = "columns of arrays of registers have no iterator")]

use crate::conv2d::lanes::Lanes;

/// Points at which tiles are evaluated, in two dimensions.
pub(super) const POINTS: usize = 36;

/// `Bᵀ d`.
#[inline(always)]
fn input<L: Lanes>(d: [L; 6]) -> [L; 6] {
    let even = d[2].scaled_plus(-4.0, d[4]);
    let odd = d[1].scaled_plus(-4.0, d[3]);
    let even_two = d[4].minus(d[2]);
    let odd_two = d[3].minus(d[1]);
    [
        d[0].scaled_plus(4.0, d[2].scaled_plus(-5.0, d[4])),
        even.plus(odd),
        even.minus(odd),
        odd_two.scaled_plus(2.0, even_two),
        odd_two.scaled_plus(-2.0, even_two),
        d[1].scaled_plus(4.0, d[3].scaled_plus(-5.0, d[5])),
    ]
}

/// `Aᵀ m`.
#[inline(always)]
fn output<L: Lanes>(m: [L; 6]) -> [L; 4] {
    let (sum, difference) = (m[1].plus(m[2]), m[1].minus(m[2]));
    let (sum_two, difference_two) = (m[3].plus(m[4]), m[3].minus(m[4]));
    [
        m[0].plus(sum.plus(sum_two)),
        difference_two.scaled_plus(2.0, difference),
        sum_two.scaled_plus(4.0, sum),
        difference_two.scaled_plus(8.0, difference.plus(m[5])),
    ]
}

/// `A y`, the adjoint of [`output`].
#[inline(always)]
fn gradient<L: Lanes>(y: [L; 4]) -> [L; 6] {
    let (even, odd) = (y[0].plus(y[2]), y[1].plus(y[3]));
    let even_two = y[2].scaled_plus(4.0, y[0]);
    let odd_two = y[3].scaled_plus(8.0, y[1].plus(y[1]));
    [y[0], even.plus(odd), even.minus(odd), even_two.plus(odd_two), even_two.minus(odd_two), y[3]]
}

/// `G g`.
#[inline(always)]
fn weight<L: Lanes>(g: [L; 3]) -> [L; 6] {
    let (even, even_two) = (g[0].plus(g[2]), g[2].scaled_plus(4.0, g[0]));
    let odd_two = g[1].plus(g[1]);
    [
        g[0].times(1.0 / 4.0),
        even.plus(g[1]).times(-1.0 / 6.0),
        even.minus(g[1]).times(-1.0 / 6.0),
        even_two.plus(odd_two).times(1.0 / 24.0),
        even_two.minus(odd_two).times(1.0 / 24.0),
        g[2],
    ]
}

/// `Gᵀ m`, the adjoint of [`weight`].
#[inline(always)]
fn weight_gradient<L: Lanes>(m: [L; 6]) -> [L; 3] {
    let (sum, difference) = (m[1].plus(m[2]), m[2].minus(m[1]));
    let (sum_two, difference_two) = (m[3].plus(m[4]), m[3].minus(m[4]));
    let sixth = sum.times(-1.0 / 6.0);
    [
        sum_two.scaled_plus(1.0 / 24.0, m[0].scaled_plus(1.0 / 4.0, sixth)),
        difference_two.scaled_plus(1.0 / 12.0, difference.times(1.0 / 6.0)),
        sum_two.scaled_plus(1.0 / 6.0, sixth.plus(m[5])),
    ]
}

/// Tiles of one image, and where their pixels and points lie.
///
/// Pixels are `[rows, width, lanes]`. Points are `[36, tiles, channels]`, `step` floats apart, of
/// which `at` is the first of this image and of these channels.
#[derive(Clone, Copy)]
pub(super) struct Walk {
    pub(super) tiles: [usize; 2],
    pub(super) width: usize,
    pub(super) channels: usize,
    pub(super) step: usize,
    pub(super) at: usize,
}

impl Walk {
    /// The first pixel of a tile.
    #[inline(always)]
    fn pixel(&self, tile: usize) -> usize {
        let (y, x) = (tile / self.tiles[1], tile % self.tiles[1]);
        4 * y * self.width + 4 * x
    }

    /// The first point of a tile.
    #[inline(always)]
    fn point(&self, tile: usize) -> usize {
        self.at + tile * self.channels
    }

    fn count(&self) -> usize {
        self.tiles[0] * self.tiles[1]
    }
}

/// Pixels of overlapping 6 by 6 tiles to points: `Bᵀ d B`.
#[inline(always)]
pub(super) fn input_tiles<L: Lanes>(walk: Walk, pixels: &[f32], points: &mut [f32]) {
    let mut half = [[L::splat(0.0); 6]; 6];
    for tile in 0..walk.count() {
        let (pixel, point) = (walk.pixel(tile), walk.point(tile));
        for row in 0..6 {
            let start = (pixel + row * walk.width) * L::COUNT;
            let line = &pixels[start..start + 6 * L::COUNT];
            half[row] = input([
                L::read(line, 0),
                L::read(line, L::COUNT),
                L::read(line, 2 * L::COUNT),
                L::read(line, 3 * L::COUNT),
                L::read(line, 4 * L::COUNT),
                L::read(line, 5 * L::COUNT),
            ]);
        }
        for b in 0..6 {
            let column =
                input([half[0][b], half[1][b], half[2][b], half[3][b], half[4][b], half[5][b]]);
            for a in 0..6 {
                column[a].write(points, point + (6 * a + b) * walk.step);
            }
        }
    }
}

/// Pixels of 4 by 4 tiles of the output gradient to points: `A y Aᵀ`.
#[inline(always)]
pub(super) fn gradient_tiles<L: Lanes>(walk: Walk, pixels: &[f32], points: &mut [f32]) {
    let mut half = [[L::splat(0.0); 6]; 4];
    for tile in 0..walk.count() {
        let (pixel, point) = (walk.pixel(tile), walk.point(tile));
        for row in 0..4 {
            let start = (pixel + row * walk.width) * L::COUNT;
            let line = &pixels[start..start + 4 * L::COUNT];
            half[row] = gradient([
                L::read(line, 0),
                L::read(line, L::COUNT),
                L::read(line, 2 * L::COUNT),
                L::read(line, 3 * L::COUNT),
            ]);
        }
        for b in 0..6 {
            let column = gradient([half[0][b], half[1][b], half[2][b], half[3][b]]);
            for a in 0..6 {
                column[a].write(points, point + (6 * a + b) * walk.step);
            }
        }
    }
}

/// Points to pixels of 4 by 4 tiles: `Aᵀ m A`.
#[inline(always)]
pub(super) fn output_tiles<L: Lanes>(walk: Walk, points: &[f32], pixels: &mut [f32]) {
    let mut half = [[L::splat(0.0); 4]; 6];
    for tile in 0..walk.count() {
        let (pixel, point) = (walk.pixel(tile), walk.point(tile));
        for a in 0..6 {
            let first = point + 6 * a * walk.step;
            half[a] = output([
                L::read(points, first),
                L::read(points, first + walk.step),
                L::read(points, first + 2 * walk.step),
                L::read(points, first + 3 * walk.step),
                L::read(points, first + 4 * walk.step),
                L::read(points, first + 5 * walk.step),
            ]);
        }
        for x in 0..4 {
            let column =
                output([half[0][x], half[1][x], half[2][x], half[3][x], half[4][x], half[5][x]]);
            for y in 0..4 {
                column[y].write(pixels, (pixel + y * walk.width + x) * L::COUNT);
            }
        }
    }
}

/// A register of kernels to their points: `G g Gᵀ`.
#[inline(always)]
pub(super) fn weight_points<L: Lanes>(taps: [L; 9]) -> [L; POINTS] {
    let mut half = [[taps[0]; 6]; 3];
    for a in 0..3 {
        half[a] = weight([taps[3 * a], taps[3 * a + 1], taps[3 * a + 2]]);
    }
    let mut points = [taps[0]; POINTS];
    for b in 0..6 {
        let column = weight([half[0][b], half[1][b], half[2][b]]);
        for a in 0..6 {
            points[6 * a + b] = column[a];
        }
    }
    points
}

/// Points, `step` floats apart and beginning at `first`, to the nine taps: `Gᵀ m G`.
#[inline(always)]
pub(super) fn taps<L: Lanes>(points: &[f32], first: usize, step: usize) -> [L; 9] {
    let mut half = [[L::splat(0.0); 3]; 6];
    for a in 0..6 {
        let first = first + 6 * a * step;
        half[a] = weight_gradient([
            L::read(points, first),
            L::read(points, first + step),
            L::read(points, first + 2 * step),
            L::read(points, first + 3 * step),
            L::read(points, first + 4 * step),
            L::read(points, first + 5 * step),
        ]);
    }
    let mut taps = [L::splat(0.0); 9];
    for b in 0..3 {
        let column = weight_gradient([
            half[0][b], half[1][b], half[2][b], half[3][b], half[4][b], half[5][b],
        ]);
        for a in 0..3 {
            taps[3 * a + b] = column[a];
        }
    }
    taps
}
