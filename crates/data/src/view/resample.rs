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
    /// The largest centred part with the proportions of `target` (height, width).
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
