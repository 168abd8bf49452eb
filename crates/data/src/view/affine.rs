//! The picture is turned, moved, stretched and slanted a little.

use super::{Error, Fits, Picture, View, error};
use crate::random::Random;

/// A random affine map about the centre, as torchvision's `RandomAffine`: rotation, translation,
/// scale and horizontal shear, each uniform in its range; bilinear between pixels.
///
/// For digits, characters and other drawings, whose meaning crops and colours would change.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Largest rotation either way, in degrees, from 0 to 180.
    pub rotation: f32,
    /// Largest translation either way, as a share of the side, from 0 to 1.
    pub translation: f32,
    /// Smallest and largest enlargement.
    pub scale: [f32; 2],
    /// Largest shear either way, in degrees, from 0 to 80.
    pub shear: f32,
    /// The value beyond the border, from 0 (black) to 1 (white). Left out, the border goes on.
    pub fill: Option<f32>,
    /// How often, from 0 to 1.
    pub probability: f32,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            rotation: 10.0,
            translation: 0.1,
            scale: [0.9, 1.1],
            shear: 10.0,
            fill: None,
            probability: 1.0,
        }
    }
}

impl View for Config {
    const SUMMARY: &'static str = "turns, moves, stretches and slants a picture";
    const REFERENCE: &'static str =
        "Simard et al. 2003 (best practices for document analysis); RandomAffine of torchvision";
    const FITS: Fits = Fits::Pictures;

    fn validate(&self) -> Result<(), Error> {
        let name = "affine";
        error::within(name, "rotation", self.rotation, (0.0, 180.0), "from 0 to 180 degrees")?;
        error::within(name, "translation", self.translation, (0.0, 1.0), "from 0 to 1")?;
        let order = "[low, high] with 0.01 <= low <= high <= 100";
        error::range(name, "scale", self.scale, (0.01, 100.0), order)?;
        error::within(name, "shear", self.shear, (0.0, 80.0), "from 0 to 80 degrees")?;
        error::within(name, "fill", self.fill.unwrap_or(0.0), (0.0, 1.0), "from 0 to 1")?;
        error::probability(name, self.probability)
    }

    fn change_picture(&self, picture: &mut Picture, random: &mut Random) {
        if !random.chance(self.probability) {
            return;
        }
        let mut either_way = |limit: f32| random.uniform(-limit, limit);
        let (turn, slant) = (either_way(self.rotation), either_way(self.shear));
        let across = either_way(self.translation) * picture.width as f32;
        let down = either_way(self.translation) * picture.height as f32;
        let scale = random.uniform(self.scale[0], self.scale[1]);
        let map = Inverse::new(turn.to_radians(), slant.to_radians(), scale, [across, down]);
        map.apply(picture, self.fill);
    }

    #[cfg(test)]
    fn neutral() -> Self {
        Config {
            rotation: 0.0,
            translation: 0.0,
            scale: [1.0, 1.0],
            shear: 0.0,
            ..Config::default()
        }
    }
}

/// From a place in the new picture to its place in the old one, both about the centre.
struct Inverse {
    /// `[[x by x, x by y], [y by x, y by y]]`
    matrix: [[f32; 2]; 2],
    /// Where the centre went: right, down.
    moved: [f32; 2],
}

impl Inverse {
    /// Undoes: slant, turn (clockwise, with y downwards), enlarge, then move.
    fn new(turn: f32, slant: f32, scale: f32, moved: [f32; 2]) -> Self {
        let ((sine, cosine), tangent) = (turn.sin_cos(), slant.tan());
        // The map is scale [[cos, -cos tan - sin], [sin, -sin tan + cos]], with determinant scale².
        let matrix = [
            [(cosine - sine * tangent) / scale, (cosine * tangent + sine) / scale],
            [-sine / scale, cosine / scale],
        ];
        Inverse { matrix, moved }
    }

    fn apply(&self, picture: &mut Picture, fill: Option<f32>) {
        let (height, width, pixels) = (picture.height, picture.width, picture.pixels());
        let (middle_x, middle_y) = ((width as f32 - 1.0) / 2.0, (height as f32 - 1.0) / 2.0);
        let [[xx, xy], [yx, yy]] = self.matrix;
        picture.spare.clear();
        picture.spare.resize(picture.values.len(), 0.0);
        for row in 0..height {
            let y = row as f32 - middle_y - self.moved[1];
            for column in 0..width {
                let x = column as f32 - middle_x - self.moved[0];
                let (x, y) = (xx * x + xy * y + middle_x, yx * x + yy * y + middle_y);
                let (four, beyond) = around(x, y, height, width, fill);
                let planes = picture.values.chunks_exact(pixels);
                for (plane, out) in planes.zip(picture.spare.chunks_exact_mut(pixels)) {
                    let inside: f32 =
                        four.iter().map(|&(pixel, weight)| weight * plane[pixel]).sum();
                    out[row * width + column] = inside + beyond;
                }
            }
        }
        std::mem::swap(&mut picture.values, &mut picture.spare);
    }
}

/// The four pixels around a place with their bilinear weights, and what the fill adds to their sum.
fn around(
    x: f32,
    y: f32,
    height: usize,
    width: usize,
    fill: Option<f32>,
) -> ([(usize, f32); 4], f32) {
    let (left, top) = (floor(x), floor(y));
    let (right_share, lower_share) = (x - left as f32, y - top as f32);
    let weights = [
        (1.0 - right_share) * (1.0 - lower_share),
        right_share * (1.0 - lower_share),
        (1.0 - right_share) * lower_share,
        right_share * lower_share,
    ];
    let (last_x, last_y) = (width as isize - 1, height as isize - 1);
    if (0..last_x).contains(&left) && (0..last_y).contains(&top) {
        let at = top as usize * width + left as usize;
        let places = [at, at + 1, at + width, at + width + 1];
        return (std::array::from_fn(|corner| (places[corner], weights[corner])), 0.0);
    }
    let mut beyond = 0.0;
    let mut pixel = |x: isize, y: isize, weight: f32| {
        let (near_x, near_y) = (x.clamp(0, last_x), y.clamp(0, last_y));
        let at = near_y as usize * width + near_x as usize;
        match fill {
            Some(fill) if (near_x, near_y) != (x, y) => {
                beyond += weight * fill;
                (at, 0.0)
            }
            _ => (at, weight),
        }
    };
    let four = [
        pixel(left, top, weights[0]),
        pixel(left + 1, top, weights[1]),
        pixel(left, top + 1, weights[2]),
        pixel(left + 1, top + 1, weights[3]),
    ];
    (four, beyond)
}

/// The largest integer that is not greater: `f32::floor` is a call on processors without SSE4.1.
fn floor(value: f32) -> isize {
    let whole = value as isize;
    whole - isize::from(whole as f32 > value)
}

#[cfg(test)]
mod tests {
    use std::f32::consts::{FRAC_PI_2, FRAC_PI_4};

    use super::*;

    /// A 3 x 3 picture of one channel after a map.
    fn mapped(values: [f32; 9], map: &Inverse, fill: Option<f32>) -> Vec<f32> {
        let values = values.to_vec();
        let mut picture =
            Picture { channels: 1, height: 3, width: 3, values, ..Picture::default() };
        map.apply(&mut picture, fill);
        picture.values
    }

    const COUNT: [f32; 9] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0];

    #[test]
    fn a_quarter_turn_is_clockwise() {
        let received = mapped(COUNT, &Inverse::new(FRAC_PI_2, 0.0, 1.0, [0.0, 0.0]), None);
        let expected = [7.0, 4.0, 1.0, 8.0, 5.0, 2.0, 9.0, 6.0, 3.0];
        assert!(received.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-5), "{received:?}");
    }

    #[test]
    fn a_move_brings_in_the_fill_or_the_border() {
        let right = Inverse::new(0.0, 0.0, 1.0, [1.0, 0.0]);
        let filled = mapped(COUNT, &right, Some(0.0));
        assert_eq!(filled, [0.0, 1.0, 2.0, 0.0, 4.0, 5.0, 0.0, 7.0, 8.0]);
        let continued = mapped(COUNT, &right, None);
        assert_eq!(continued, [1.0, 1.0, 2.0, 4.0, 4.0, 5.0, 7.0, 7.0, 8.0]);
    }

    #[test]
    fn twice_as_large_shows_half_steps_about_the_centre() {
        let received = mapped(COUNT, &Inverse::new(0.0, 0.0, 2.0, [0.0, 0.0]), None);
        assert_eq!(received, [3.0, 3.5, 4.0, 4.5, 5.0, 5.5, 6.0, 6.5, 7.0]);
    }

    #[test]
    fn a_slant_moves_rows_sideways() {
        let received = mapped(COUNT, &Inverse::new(0.0, FRAC_PI_4, 1.0, [0.0, 0.0]), Some(0.0));
        // The map is x - y: the upper row goes right, the lower row left.
        let expected = [0.0, 1.0, 2.0, 4.0, 5.0, 6.0, 8.0, 9.0, 0.0];
        assert!(received.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-5), "{received:?}");
    }
}
