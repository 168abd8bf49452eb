//! The one-dimensional transforms of F(4, 3), sixteen channels at a time, and the walks over tiles
//! that apply them in both directions.
//!
//! With evaluation points 0, ±1, ±2, ∞ a correlation of six inputs `d` with three weights `g` is
//! `Aᵀ((G g) ⊙ (Bᵀ d))`: Lavin and Gray 2016, section 4.3. Being bilinear, its gradient with
//! respect to `g` is `Gᵀ((A dy) ⊙ (Bᵀ d))`.

#![allow(clippy::needless_range_loop, reason = "columns of arrays of vectors have no iterator")]

use super::vector::{Vector, read, write};
use std::arch::x86_64::{
    _mm512_add_ps, _mm512_fmadd_ps, _mm512_fnmadd_ps, _mm512_mul_ps, _mm512_set1_ps,
    _mm512_setzero_ps, _mm512_sub_ps,
};

/// Points at which tiles are evaluated, in two dimensions.
pub(super) const POINTS: usize = 36;

/// `Bᵀ d`.
#[inline]
#[target_feature(enable = "avx512f")]
fn input(d: [Vector; 6]) -> [Vector; 6] {
    let (two, four, five) = (_mm512_set1_ps(2.0), _mm512_set1_ps(4.0), _mm512_set1_ps(5.0));
    let even = _mm512_fnmadd_ps(four, d[2], d[4]);
    let odd = _mm512_fnmadd_ps(four, d[1], d[3]);
    let even_two = _mm512_sub_ps(d[4], d[2]);
    let odd_two = _mm512_sub_ps(d[3], d[1]);
    [
        _mm512_fmadd_ps(four, d[0], _mm512_fnmadd_ps(five, d[2], d[4])),
        _mm512_add_ps(even, odd),
        _mm512_sub_ps(even, odd),
        _mm512_fmadd_ps(two, odd_two, even_two),
        _mm512_fnmadd_ps(two, odd_two, even_two),
        _mm512_fmadd_ps(four, d[1], _mm512_fnmadd_ps(five, d[3], d[5])),
    ]
}

/// `Aᵀ m`.
#[inline]
#[target_feature(enable = "avx512f")]
fn output(m: [Vector; 6]) -> [Vector; 4] {
    let (two, four, eight) = (_mm512_set1_ps(2.0), _mm512_set1_ps(4.0), _mm512_set1_ps(8.0));
    let (sum, difference) = (_mm512_add_ps(m[1], m[2]), _mm512_sub_ps(m[1], m[2]));
    let (sum_two, difference_two) = (_mm512_add_ps(m[3], m[4]), _mm512_sub_ps(m[3], m[4]));
    [
        _mm512_add_ps(m[0], _mm512_add_ps(sum, sum_two)),
        _mm512_fmadd_ps(two, difference_two, difference),
        _mm512_fmadd_ps(four, sum_two, sum),
        _mm512_fmadd_ps(eight, difference_two, _mm512_add_ps(difference, m[5])),
    ]
}

/// `A y`, the adjoint of [`output`].
#[inline]
#[target_feature(enable = "avx512f")]
fn gradient(y: [Vector; 4]) -> [Vector; 6] {
    let (two, four, eight) = (_mm512_set1_ps(2.0), _mm512_set1_ps(4.0), _mm512_set1_ps(8.0));
    let (even, odd) = (_mm512_add_ps(y[0], y[2]), _mm512_add_ps(y[1], y[3]));
    let even_two = _mm512_fmadd_ps(four, y[2], y[0]);
    let odd_two = _mm512_fmadd_ps(eight, y[3], _mm512_mul_ps(two, y[1]));
    [
        y[0],
        _mm512_add_ps(even, odd),
        _mm512_sub_ps(even, odd),
        _mm512_add_ps(even_two, odd_two),
        _mm512_sub_ps(even_two, odd_two),
        y[3],
    ]
}

/// `Gᵀ m`.
#[inline]
#[target_feature(enable = "avx512f")]
fn weight_gradient(m: [Vector; 6]) -> [Vector; 3] {
    let of = |numerator: f32, denominator: f32| _mm512_set1_ps(numerator / denominator);
    let (sum, difference) = (_mm512_add_ps(m[1], m[2]), _mm512_sub_ps(m[2], m[1]));
    let (sum_two, difference_two) = (_mm512_add_ps(m[3], m[4]), _mm512_sub_ps(m[3], m[4]));
    let quarter = _mm512_mul_ps(of(1.0, 4.0), m[0]);
    let sixth = _mm512_mul_ps(of(1.0, 6.0), sum);
    [
        _mm512_fmadd_ps(of(1.0, 24.0), sum_two, _mm512_sub_ps(quarter, sixth)),
        _mm512_fmadd_ps(of(1.0, 12.0), difference_two, _mm512_mul_ps(of(1.0, 6.0), difference)),
        _mm512_add_ps(
            m[5],
            _mm512_fmadd_ps(of(1.0, 6.0), sum_two, _mm512_sub_ps(_mm512_setzero_ps(), sixth)),
        ),
    ]
}

/// Tiles of one image, and where their pixels and points lie.
///
/// Pixels are `[rows, width, 16]`. Points are `[36, tiles, channels]`, `step` floats apart, of which
/// `at` is the first of this image and of these sixteen channels.
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
        (4 * y * self.width + 4 * x) * 16
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
#[target_feature(enable = "avx512f")]
pub(super) fn input_tiles(walk: Walk, pixels: &[f32], points: &mut [f32]) {
    let mut half = [[_mm512_setzero_ps(); 6]; 6];
    for tile in 0..walk.count() {
        let (pixel, point) = (walk.pixel(tile), walk.point(tile));
        for (row, half) in half.iter_mut().enumerate() {
            let start = pixel + row * walk.width * 16;
            let line = &pixels[start..start + 6 * 16];
            *half = input([
                read(line, 0),
                read(line, 16),
                read(line, 32),
                read(line, 48),
                read(line, 64),
                read(line, 80),
            ]);
        }
        for b in 0..6 {
            let column = [half[0][b], half[1][b], half[2][b], half[3][b], half[4][b], half[5][b]];
            let column = input(column);
            for (a, value) in column.into_iter().enumerate() {
                write(points, point + (6 * a + b) * walk.step, value);
            }
        }
    }
}

/// Pixels of 4 by 4 tiles of the output gradient to points: `A y Aᵀ`.
#[target_feature(enable = "avx512f")]
pub(super) fn gradient_tiles(walk: Walk, pixels: &[f32], points: &mut [f32]) {
    let mut half = [[_mm512_setzero_ps(); 6]; 4];
    for tile in 0..walk.count() {
        let (pixel, point) = (walk.pixel(tile), walk.point(tile));
        for (row, half) in half.iter_mut().enumerate() {
            let start = pixel + row * walk.width * 16;
            let line = &pixels[start..start + 4 * 16];
            *half = gradient([read(line, 0), read(line, 16), read(line, 32), read(line, 48)]);
        }
        for b in 0..6 {
            let column = gradient([half[0][b], half[1][b], half[2][b], half[3][b]]);
            for (a, value) in column.into_iter().enumerate() {
                write(points, point + (6 * a + b) * walk.step, value);
            }
        }
    }
}

/// Points to pixels of 4 by 4 tiles: `Aᵀ m A`.
#[target_feature(enable = "avx512f")]
pub(super) fn output_tiles(walk: Walk, points: &[f32], pixels: &mut [f32]) {
    let mut half = [[_mm512_setzero_ps(); 4]; 6];
    for tile in 0..walk.count() {
        let (pixel, point) = (walk.pixel(tile), walk.point(tile));
        for (a, half) in half.iter_mut().enumerate() {
            let first = point + 6 * a * walk.step;
            *half = output([
                read(points, first),
                read(points, first + walk.step),
                read(points, first + 2 * walk.step),
                read(points, first + 3 * walk.step),
                read(points, first + 4 * walk.step),
                read(points, first + 5 * walk.step),
            ]);
        }
        for x in 0..4 {
            let column = [half[0][x], half[1][x], half[2][x], half[3][x], half[4][x], half[5][x]];
            for (y, value) in output(column).into_iter().enumerate() {
                write(pixels, pixel + (y * walk.width + x) * 16, value);
            }
        }
    }
}

/// Adds `Gᵀ m G` to the nine taps: points `[36, pairs]` to `[9, pairs]`.
#[target_feature(enable = "avx512f")]
pub(super) fn add_weight_gradient(points: &[f32], pairs: usize, taps: &mut [f32]) {
    let mut half = [[_mm512_setzero_ps(); 3]; 6];
    for pair in (0..pairs).step_by(16) {
        for (a, half) in half.iter_mut().enumerate() {
            let first = pair + 6 * a * pairs;
            *half = weight_gradient([
                read(points, first),
                read(points, first + pairs),
                read(points, first + 2 * pairs),
                read(points, first + 3 * pairs),
                read(points, first + 4 * pairs),
                read(points, first + 5 * pairs),
            ]);
        }
        for b in 0..3 {
            let column = [half[0][b], half[1][b], half[2][b], half[3][b], half[4][b], half[5][b]];
            for (a, value) in weight_gradient(column).into_iter().enumerate() {
                let place = (3 * a + b) * pairs + pair;
                write(taps, place, _mm512_add_ps(read(taps, place), value));
            }
        }
    }
}

/// `G g Gᵀ` of one kernel, in plain arithmetic: there are few weights.
pub(super) fn weight_points(kernel: &[f32; 9]) -> [f32; POINTS] {
    let line = |g: [f32; 3]| {
        let (even, even_two) = (g[0] + g[2], g[0] + 4.0 * g[2]);
        [
            g[0] / 4.0,
            (even + g[1]) / -6.0,
            (even - g[1]) / -6.0,
            (even_two + 2.0 * g[1]) / 24.0,
            (even_two - 2.0 * g[1]) / 24.0,
            g[2],
        ]
    };
    let rows: [[f32; 6]; 3] =
        std::array::from_fn(|a| line([kernel[3 * a], kernel[3 * a + 1], kernel[3 * a + 2]]));
    let mut points = [0.0; POINTS];
    for b in 0..6 {
        for (a, value) in line([rows[0][b], rows[1][b], rows[2][b]]).into_iter().enumerate() {
            points[6 * a + b] = value;
        }
    }
    points
}
