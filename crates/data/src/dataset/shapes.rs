//! Shapes that the program draws itself: pictures whose factors are known and independent.
//!
//! Every combination of shape, size, turn, place and colour is one sample, as in dSprites (Matthey,
//! Higgins, Hassabis, Lerchner 2017), which this replaces where nothing can be fetched. A sample is
//! drawn from its index alone. Turns cover a quarter of a circle: there, no shape looks the same
//! twice.

use std::f32::consts::{FRAC_PI_2, TAU};

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

use super::{Dataset, Kind};
use crate::error::{Error, SampleError};
use crate::sample::{Image, Value};

/// The shapes, which are the classes.
const SHAPES: [&str; 3] = ["ellipse", "square", "triangle"];
/// What differs between samples, from the slowest to the quickest along the indices.
const FACTORS: [&str; 6] = ["shape", "size", "turn", "column", "row", "colour"];
/// Half the size of the smallest and of the largest shape, as a share of the picture's side.
const SIZES: [f32; 2] = [0.09, 0.17];
/// Where centres lie, as a share of the picture's side.
const PLACES: [f32; 2] = [0.24, 0.76];

/// How many of each there are. One colour is white, in grey pictures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Pixels on a side.
    pub side: usize,
    /// Sizes.
    pub sizes: usize,
    /// Turns, over a quarter of a circle.
    pub turns: usize,
    /// Places from left to right.
    pub columns: usize,
    /// Places from top to bottom.
    pub rows: usize,
    /// Colours, evenly around the circle of hues.
    pub colours: usize,
}

impl Default for Config {
    fn default() -> Self {
        Config { side: 32, sizes: 4, turns: 8, columns: 8, rows: 8, colours: 4 }
    }
}

/// All samples of a configuration.
#[derive(Clone, Debug)]
pub struct Shapes {
    config: Config,
    /// Values of each factor.
    counts: [usize; 6],
    classes: Vec<String>,
    factors: Vec<String>,
}

impl Shapes {
    /// The data set.
    ///
    /// # Errors
    /// Where a count is 0, the picture is smaller than 8 pixels or larger than 512, or there are
    /// more than 2³² samples.
    pub fn new(config: &Config) -> Result<Self, Error> {
        let Config { side, sizes, turns, columns, rows, colours } = *config;
        let counts = [SHAPES.len(), sizes, turns, columns, rows, colours];
        let all =
            counts.iter().try_fold(1u32, |all, &count| all.checked_mul(count.try_into().ok()?));
        if all.is_none_or(|all| all == 0) || !(8..=512).contains(&side) {
            return Err(Error::Setting(format!(
                "data.shapes needs a side from 8 to 512 pixels, one or more of everything else, and \
                 at most 2^32 samples; received {config:?}"
            )));
        }
        Ok(Shapes {
            config: config.clone(),
            counts,
            classes: SHAPES.map(str::to_owned).to_vec(),
            factors: FACTORS.map(str::to_owned).to_vec(),
        })
    }

    /// The value of each factor.
    fn values(&self, index: usize) -> [usize; 6] {
        let mut rest = index;
        let mut values = [0; 6];
        for (value, count) in values.iter_mut().zip(self.counts).rev() {
            (*value, rest) = (rest % count, rest / count);
        }
        values
    }

    fn draw(&self, index: usize) -> Image {
        let [shape, size, turn, column, row, colour] = self.values(index);
        let Config { side, sizes, turns, columns, rows, colours } = self.config;
        let pixels = side as f32;
        let half = pixels * between(SIZES, size, sizes);
        let (x, y) =
            (pixels * between(PLACES, column, columns), pixels * between(PLACES, row, rows));
        let (sine, cosine) = (FRAC_PI_2 * turn as f32 / turns as f32).sin_cos();
        let colour = (colours > 1).then(|| hue(colour as f32 / colours as f32));
        let paint: &[f32] = colour.as_ref().map_or(&[1.0], |colour| colour);
        let mut image =
            Image { width: side, height: side, channels: paint.len(), pixels: Vec::new() };
        for place in 0..side * side {
            let (dx, dy) = ((place % side) as f32 + 0.5 - x, (place / side) as f32 + 0.5 - y);
            let (u, v) = (cosine * dx + sine * dy, cosine * dy - sine * dx);
            // A pixel that the edge crosses is covered in part.
            let covered = (0.5 - outside(shape, u, v, half)).clamp(0.0, 1.0);
            image.pixels.extend(paint.iter().map(|part| (255.0 * part * covered).round() as u8));
        }
        image
    }
}

impl Dataset for Shapes {
    fn len(&self) -> usize {
        self.counts.iter().product()
    }

    fn id(&self, index: usize) -> String {
        let [shape, size, turn, column, row, colour] = self.values(index);
        format!("{}/size-{size}/turn-{turn}/place-{column}-{row}/colour-{colour}", SHAPES[shape])
    }

    fn label(&self, index: usize) -> Option<u32> {
        Some(self.values(index)[0] as u32)
    }

    fn classes(&self) -> &[String] {
        &self.classes
    }

    fn kind(&self) -> Kind {
        Kind::Image
    }

    fn factors(&self) -> &[String] {
        &self.factors
    }

    fn factor_values(&self, index: usize) -> Vec<u32> {
        self.values(index).map(|value| value as u32).to_vec()
    }

    fn read(&self, index: usize) -> Result<Value, SampleError> {
        Ok(Value::Image(self.draw(index)))
    }

    fn fingerprint(&self, index: usize) -> Result<u128, SampleError> {
        Ok(xxh3_128(&self.draw(index).pixels))
    }
}

/// The `value`th of `count` numbers from low to high; the middle where there is one.
fn between([low, high]: [f32; 2], value: usize, count: usize) -> f32 {
    if count == 1 {
        return (low + high) / 2.0;
    }
    low + (high - low) * value as f32 / (count - 1) as f32
}

/// How far a point lies outside a shape around 0, in pixels; below zero inside.
fn outside(shape: usize, u: f32, v: f32, half: f32) -> f32 {
    match SHAPES[shape] {
        "ellipse" => {
            let (long, short) = (half * 1.3, half * 0.65);
            ((u / long).hypot(v / short) - 1.0) * short
        }
        "square" => u.abs().max(v.abs()) - half * 0.85,
        _ => {
            // Three sides, each as far from the middle.
            let side = |turn: f32| {
                let (sine, cosine) = (TAU * turn / 3.0).sin_cos();
                u * cosine + v * sine - half * 0.65
            };
            side(0.25).max(side(1.25)).max(side(2.25))
        }
    }
}

/// Red, green and blue of a pure colour, `turn` of the way around.
fn hue(turn: f32) -> [f32; 3] {
    [0.0, 2.0, 4.0].map(|shift| {
        let distance = (turn * 6.0 - shift).rem_euclid(6.0);
        (distance.min(6.0 - distance) - 1.0).clamp(0.0, 1.0).mul_add(-1.0, 1.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn small(colours: usize) -> Shapes {
        let config =
            Config { sizes: 2, turns: 4, columns: 3, rows: 2, colours, ..Config::default() };
        Shapes::new(&config).unwrap()
    }

    fn pixels(shapes: &Shapes, index: usize) -> Vec<u8> {
        let Ok(Value::Image(image)) = shapes.read(index) else { panic!("a picture") };
        assert_eq!(image.pixels.len(), 32 * 32 * image.channels);
        image.pixels
    }

    #[test]
    fn every_combination_is_one_sample_and_no_two_look_alike() {
        let shapes = small(2);
        assert_eq!(shapes.len(), 3 * 2 * 4 * 3 * 2 * 2);
        let all = 0..shapes.len();
        let values: BTreeSet<Vec<u32>> =
            all.clone().map(|index| shapes.factor_values(index)).collect();
        let looks: BTreeSet<u128> =
            all.clone().map(|index| shapes.fingerprint(index).unwrap()).collect();
        let ids: BTreeSet<String> = all.map(|index| shapes.id(index)).collect();
        assert_eq!([values.len(), looks.len(), ids.len()], [shapes.len(); 3]);
        assert_eq!(shapes.factors().len(), shapes.factor_values(0).len());
    }

    #[test]
    fn a_shape_lies_where_its_factors_say() {
        let shapes = small(1);
        for index in 0..shapes.len() {
            let [_, _, _, column, row, _] = shapes.values(index);
            let image = pixels(&shapes, index);
            let mass: f32 = image.iter().map(|&value| f32::from(value)).sum();
            let centre = |along: fn(usize) -> usize| {
                let moments = image.iter().enumerate();
                moments.map(|(at, &value)| (along(at) as f32 + 0.5) * f32::from(value)).sum::<f32>()
                    / mass
            };
            let expected = [between(PLACES, column, 3) * 32.0, between(PLACES, row, 2) * 32.0];
            for (found, expected) in
                [centre(|at| at % 32), centre(|at| at / 32)].iter().zip(expected)
            {
                assert!((found - expected).abs() < 0.7, "{}: {found} {expected}", shapes.id(index));
            }
        }
    }

    #[test]
    fn larger_shapes_cover_more_and_colours_are_pure() {
        let shapes = small(3);
        let [size, colour] = [4 * 3 * 2 * 3, 1];
        let sum = |index| pixels(&shapes, index).iter().map(|&value| u32::from(value)).sum::<u32>();
        assert!(sum(size) > 2 * sum(0));
        assert_ne!(pixels(&shapes, 0), pixels(&shapes, colour));
        assert_eq!(hue(0.0), [1.0, 0.0, 0.0]);
        assert_eq!(hue(1.0 / 3.0), [0.0, 1.0, 0.0]);
        assert_eq!(hue(0.5), [0.0, 1.0, 1.0]);
    }

    #[test]
    fn nothing_of_something_is_refused() {
        let told = Shapes::new(&Config { turns: 0, ..Config::default() }).unwrap_err().to_string();
        assert!(told.contains("data.shapes") && told.contains("turns: 0"), "{told}");
    }
}
