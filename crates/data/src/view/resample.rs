//! Resizing with a triangle filter: bilinear where a picture grows, averaging where it shrinks.
//!
//! The filter of Pillow's `resize(…, BILINEAR)` and of torchvision's `resize(…, antialias=True)`:
//! an output pixel is the weighted mean of the input pixels under a triangle, as wide as the step
//! between two output pixels but never narrower than two input pixels.

/// A part of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// First row.
    pub top: usize,
    /// First column.
    pub left: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

impl Window {
    /// All of a picture.
    pub fn whole(height: usize, width: usize) -> Self {
        Window { top: 0, left: 0, height, width }
    }

    /// The largest centred part with the proportions of `target` (height, width). Resized to
    /// `target`, it is what "resize the shorter side, crop the centre" gives, in one step.
    pub fn centred(height: usize, width: usize, target: [usize; 2]) -> Self {
        let [rows, columns] = target;
        // height / width compared with rows / columns, without division.
        let (part_height, part_width) = if height * columns > width * rows {
            (rounded(width * rows, columns).clamp(1, height), width)
        } else {
            (height, rounded(height * columns, rows).clamp(1, width))
        };
        let (top, left) = ((height - part_height) / 2, (width - part_width) / 2);
        Window { top, left, height: part_height, width: part_width }
    }
}

fn rounded(numerator: usize, denominator: usize) -> usize {
    (numerator + denominator / 2) / denominator
}

/// The buffers of a resize, kept from one picture to the next.
#[derive(Clone, Debug, Default)]
pub(super) struct Resampler {
    horizontal: Axis,
    vertical: Axis,
    /// One plane after the horizontal pass: `[window.height, out width]`.
    rows: Vec<f32>,
}

/// For every output position, which input positions it is made of.
#[derive(Clone, Debug, Default)]
struct Axis {
    /// Weights per output position; the unused ones are at the end.
    taps: usize,
    /// First input position and number of taps in use.
    spans: Vec<(usize, usize)>,
    /// `weights[out * taps + tap]`, summing to 1 for every output position.
    weights: Vec<f32>,
}

impl Axis {
    fn fill(&mut self, from: usize, to: usize) {
        let scale = from as f64 / to as f64;
        let support = scale.max(1.0);
        self.taps = support.ceil() as usize * 2 + 1;
        self.spans.clear();
        self.weights.clear();
        for position in 0..to {
            let centre = (position as f64 + 0.5) * scale;
            // Truncation after adding one half is Pillow's rounding; negative values become 0.
            let first = (centre - support + 0.5) as usize;
            let end = ((centre + support + 0.5) as usize).min(from);
            let weight = |at: usize| (1.0 - ((at as f64 - centre + 0.5) / support).abs()).max(0.0);
            let total: f64 = (first..end).map(weight).sum();
            self.weights.extend((first..end).map(|at| (weight(at) / total) as f32));
            self.weights.resize((position + 1) * self.taps, 0.0);
            self.spans.push((first, end - first));
        }
    }

    /// First input position and weights of every output position.
    fn entries(&self) -> impl Iterator<Item = (usize, &[f32])> {
        let weights = self.weights.chunks_exact(self.taps);
        self.spans.iter().zip(weights).map(|(&(first, used), weights)| (first, &weights[..used]))
    }
}

impl Resampler {
    /// Resizes a part of every plane. `width` is the width of the input planes, `size` the height
    /// and width of the output; `out` holds the output planes one after the other.
    pub(super) fn resample<'a>(
        &mut self,
        planes: impl Iterator<Item = &'a [f32]>,
        width: usize,
        part: Window,
        size: [usize; 2],
        out: &mut [f32],
    ) {
        self.vertical.fill(part.height, size[0]);
        self.horizontal.fill(part.width, size[1]);
        self.rows.resize(part.height * size[1], 0.0);
        for (plane, out) in planes.zip(out.chunks_exact_mut(size[0] * size[1])) {
            let input = plane.chunks_exact(width).skip(part.top).take(part.height);
            for (input, row) in input.zip(self.rows.chunks_exact_mut(size[1])) {
                let input = &input[part.left..part.left + part.width];
                for (value, (first, weights)) in row.iter_mut().zip(self.horizontal.entries()) {
                    let taps = &input[first..first + weights.len()];
                    *value = taps.iter().zip(weights).map(|(value, weight)| value * weight).sum();
                }
            }
            for (out, (first, weights)) in
                out.chunks_exact_mut(size[1]).zip(self.vertical.entries())
            {
                out.fill(0.0);
                let rows = self.rows.chunks_exact(size[1]).skip(first);
                for (row, &weight) in rows.zip(weights) {
                    for (out, value) in out.iter_mut().zip(row) {
                        *out += weight * value;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resampled(part: Window, size: [usize; 2]) -> Vec<f32> {
        let value = |x: usize, y: usize| ((x * x + 3 * y * x + 7 * y) % 17) as f32 / 16.0;
        let plane: Vec<f32> = (0..42).map(|at| value(at % 7, at / 7)).collect();
        let mut out = vec![0.0; size[0] * size[1]];
        Resampler::default().resample([&plane[..]].into_iter(), 7, part, size, &mut out);
        out
    }

    // import numpy as np
    // from PIL import Image
    // x = np.array([[(x*x + 3*y*x + 7*y) % 17 / 16 for x in range(7)] for y in range(6)], np.float32)
    // crop = Image.fromarray(x).crop((1, 2, 6, 6))
    // for size in [(3, 2), (7, 6), (2, 8)]:
    //     print(np.asarray(crop.resize(size, Image.BILINEAR)).round(6).flatten().tolist())
    #[test]
    fn a_part_is_resized_as_pillow_does() {
        let smaller = vec![0.582908, 0.420635, 0.281888, 0.281888, 0.322421, 0.646684];
        let larger = vec![
            0.25, 0.571429, 0.705357, 0.4375, 0.258929, 0.133929, 0.0625, 0.5625, 0.633929,
            0.607143, 0.40625, 0.294643, 0.236607, 0.21875, 0.802083, 0.641369, 0.47619, 0.364583,
            0.342262, 0.373512, 0.427083, 0.510417, 0.421131, 0.345238, 0.322917, 0.389881,
            0.510417, 0.635417, 0.21875, 0.200893, 0.214286, 0.28125, 0.4375, 0.647321, 0.84375,
            0.0, 0.035714, 0.116071, 0.25, 0.473214, 0.75, 1.0,
        ];
        let narrower_and_higher = vec![
            0.519886, 0.232955, 0.541903, 0.264205, 0.585938, 0.326705, 0.545455, 0.389205,
            0.420455, 0.451705, 0.295455, 0.514205, 0.170455, 0.576705, 0.107955, 0.607955,
        ];
        let part = Window { top: 2, left: 1, height: 4, width: 5 };
        for (size, expected) in [([2, 3], smaller), ([6, 7], larger), ([8, 2], narrower_and_higher)]
        {
            let received = resampled(part, size);
            assert_eq!(received.len(), expected.len());
            for (received, expected) in received.iter().zip(&expected) {
                assert!(
                    (received - expected).abs() < 1e-6,
                    "{size:?}: {received} is not {expected}"
                );
            }
        }
    }

    #[test]
    fn the_same_size_is_the_same_picture() {
        let whole = Window { top: 0, left: 0, height: 6, width: 7 };
        let value = |x: usize, y: usize| ((x * x + 3 * y * x + 7 * y) % 17) as f32 / 16.0;
        let expected: Vec<f32> = (0..42).map(|at| value(at % 7, at / 7)).collect();
        assert_eq!(resampled(whole, [6, 7]), expected);
    }

    proptest::proptest! {
        #[test]
        fn a_flat_picture_stays_flat(from in 1usize..70, to in 1usize..70) {
            let mut axis = Axis::default();
            axis.fill(from, to);
            proptest::prop_assert_eq!(axis.spans.len(), to);
            for (first, weights) in axis.entries() {
                proptest::prop_assert!(!weights.is_empty() && first + weights.len() <= from);
                proptest::prop_assert!((weights.iter().sum::<f32>() - 1.0).abs() < 1e-6);
            }
        }

        #[test]
        fn the_centre_lies_inside_and_has_the_proportions(
            height in 1usize..500, width in 1usize..500, rows in 1usize..99, columns in 1usize..99,
        ) {
            let part = Window::centred(height, width, [rows, columns]);
            proptest::prop_assert!(part.height >= 1 && part.top + part.height <= height);
            proptest::prop_assert!(part.width >= 1 && part.left + part.width <= width);
            proptest::prop_assert!(part.height == height || part.width == width);
            let (across, down) = (part.width * rows, part.height * columns);
            // Half a pixel of rounding either way.
            proptest::prop_assert!(across.abs_diff(down) <= rows.max(columns));
        }
    }
}
