//! Brightness, contrast, saturation and hue change a little, in random order.

use super::picture::LUMA;
use super::{Error, Fits, Picture, View, error};
use crate::random::Random;

/// Colour jitter as torchvision's `ColorJitter`: four changes in random order, each with a factor
/// uniform in `[max(0, 1 - strength), 1 + strength]`; hue turns by a share of the colour circle
/// uniform in `[-hue, hue]`. After each change, values are cut to `[0, 1]`.
///
/// A picture of one channel has brightness and contrast only.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Strength of the change of brightness.
    pub brightness: f32,
    /// Strength of the change of contrast.
    pub contrast: f32,
    /// Strength of the change of saturation.
    pub saturation: f32,
    /// Largest turn of the hue, from 0 to 0.5 of the circle.
    pub hue: f32,
    /// How often, from 0 to 1.
    pub probability: f32,
}

/// SimCLR's strength 0.5, which its authors use for CIFAR-10.
impl Default for Config {
    fn default() -> Self {
        Config { brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1, probability: 0.8 }
    }
}

impl View for Config {
    const SUMMARY: &'static str = "changes brightness, contrast, saturation and hue";
    const REFERENCE: &'static str = "Chen et al. 2020 (SimCLR), appendices A and B.9";
    const FITS: Fits = Fits::Pictures;

    fn validate(&self) -> Result<(), Error> {
        let name = "colour-jitter";
        for (setting, strength) in [
            ("brightness", self.brightness),
            ("contrast", self.contrast),
            ("saturation", self.saturation),
        ] {
            error::within(name, setting, strength, (0.0, f32::MAX), "0 or more")?;
        }
        error::within(name, "hue", self.hue, (0.0, 0.5), "from 0 to 0.5")?;
        error::probability(name, self.probability)
    }

    fn change_picture(&self, picture: &mut Picture, random: &mut Random) {
        if !random.chance(self.probability) {
            return;
        }
        let mut order = [Change::Brightness, Change::Contrast, Change::Saturation, Change::Hue];
        random.shuffle(&mut order);
        for change in order {
            self.change(change, picture, random);
        }
    }

    #[cfg(test)]
    fn neutral() -> Self {
        Config { brightness: 0.0, contrast: 0.0, saturation: 0.0, hue: 0.0, probability: 1.0 }
    }
}

#[derive(Clone, Copy)]
enum Change {
    Brightness,
    Contrast,
    Saturation,
    Hue,
}

impl Config {
    fn change(&self, change: Change, picture: &mut Picture, random: &mut Random) {
        let mut factor = |strength: f32| random.uniform((1.0 - strength).max(0.0), 1.0 + strength);
        match change {
            Change::Brightness => blend(&mut picture.values, 0.0, factor(self.brightness)),
            Change::Contrast => {
                let mean = mean_grey(picture);
                blend(&mut picture.values, mean, factor(self.contrast));
            }
            Change::Saturation => {
                let factor = factor(self.saturation);
                if let Some(colours) = picture.colours_mut() {
                    saturate(colours, factor);
                }
            }
            // The way to hue and back is not exact in its last bit, so no turn is no change.
            Change::Hue if self.hue == 0.0 => {}
            Change::Hue => {
                let turn = random.uniform(-self.hue, self.hue);
                if let Some(colours) = picture.colours_mut() {
                    turn_hue(colours, turn);
                }
            }
        }
    }
}

/// `factor * value + (1 - factor) * other`, cut to `[0, 1]`.
fn blend(values: &mut [f32], other: f32, factor: f32) {
    let shift = (1.0 - factor) * other;
    for value in values {
        *value = (factor * *value + shift).clamp(0.0, 1.0);
    }
}

/// The mean over all pixels of the grey value.
fn mean_grey(picture: &Picture) -> f32 {
    let pixels = picture.pixels();
    let weights: &[f32] = if picture.channels == 3 { &LUMA } else { &[1.0] };
    let planes = picture.values.chunks_exact(pixels);
    let total: f32 = planes.zip(weights).map(|(plane, weight)| weight * sum(plane)).sum();
    total / pixels as f32
}

/// A sum in eight lanes, which the compiler can put side by side.
fn sum(values: &[f32]) -> f32 {
    let chunks = values.chunks_exact(8);
    let rest: f32 = chunks.remainder().iter().sum();
    let mut lanes = [0.0f32; 8];
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane += value;
        }
    }
    lanes.iter().sum::<f32>() + rest
}

/// Blends every pixel with its grey value.
fn saturate([red, green, blue]: [&mut [f32]; 3], factor: f32) {
    for ((r, g), b) in red.iter_mut().zip(green).zip(blue) {
        let shift = (1.0 - factor) * (LUMA[0] * *r + LUMA[1] * *g + LUMA[2] * *b);
        *r = (factor * *r + shift).clamp(0.0, 1.0);
        *g = (factor * *g + shift).clamp(0.0, 1.0);
        *b = (factor * *b + shift).clamp(0.0, 1.0);
    }
}

/// Turns the hue by a share of the colour circle: to hue, saturation and value and back.
///
/// Every choice is a select between numbers already computed, so that the loop has no branch and
/// several pixels are turned at once.
fn turn_hue([red, green, blue]: [&mut [f32]; 3], turn: f32) {
    // In sixths of the circle, and not negative: [0, 6).
    let turn = if turn < 0.0 { 6.0 * turn + 6.0 } else { 6.0 * turn };
    let wrap = |sixths: f32| if sixths >= 6.0 { sixths - 6.0 } else { sixths };
    for ((r, g), b) in red.iter_mut().zip(green).zip(blue) {
        let high = max(*r, max(*g, *b));
        let chroma = high - min(*r, min(*g, *b));
        let inverse = if chroma > 0.0 { 1.0 / chroma } else { 0.0 };
        // Green to blue around red (in [-1, 1]), blue to red around green, red to green around blue.
        let around_red = (*g - *b) * inverse;
        let around_green = 2.0 + (*b - *r) * inverse;
        let around_blue = 4.0 + (*r - *g) * inverse;
        let not_red = if high == *g { around_green } else { around_blue };
        let hue = if high == *r { around_red } else { not_red };
        let hue = wrap(if hue < 0.0 { hue + 6.0 } else { hue });
        let hue = wrap(hue + turn);
        // https://en.wikipedia.org/wiki/HSL_and_HSV#HSV_to_RGB_alternative
        let channel = |offset: f32| {
            let k = wrap(hue + offset);
            high - chroma * max(0.0, min(1.0, min(k, 4.0 - k)))
        };
        (*r, *g, *b) = (channel(5.0), channel(3.0), channel(1.0));
    }
}

// `f32::max` also decides about NaN, which costs a branch; pictures hold none.
fn max(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

fn min(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One pixel after a turn of the hue.
    fn turned([r, g, b]: [f32; 3], turn: f32) -> [f32; 3] {
        let (mut red, mut green, mut blue) = ([r], [g], [b]);
        turn_hue([&mut red, &mut green, &mut blue], turn);
        [red[0], green[0], blue[0]]
    }

    fn assert_near(received: [f32; 3], expected: [f32; 3]) {
        let near = received.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6);
        assert!(near, "received {received:?}, expected {expected:?}");
    }

    #[test]
    fn a_third_of_the_circle_makes_red_green_and_green_blue() {
        assert_near(turned([0.9, 0.2, 0.3], 1.0 / 3.0), [0.3, 0.9, 0.2]);
        assert_near(turned([0.9, 0.2, 0.3], -1.0 / 3.0), [0.2, 0.3, 0.9]);
        assert_near(turned([1.0, 0.0, 0.0], 0.5), [0.0, 1.0, 1.0]);
    }

    // import colorsys
    // h, s, v = colorsys.rgb_to_hsv(.2, .7, .45); print(colorsys.hsv_to_rgb((h - .07) % 1, s, v))
    // h, s, v = colorsys.rgb_to_hsv(.8, .1, .6); print(colorsys.hsv_to_rgb((h + .1) % 1, s, v))
    #[test]
    fn hue_turns_as_in_python_colorsys() {
        assert_near(turned([0.2, 0.7, 0.45], -0.07), [0.2, 0.7, 0.24]);
        assert_near(turned([0.8, 0.1, 0.6], 0.1), [0.8, 0.1, 0.18]);
    }

    #[test]
    fn grey_has_no_hue_to_turn() {
        assert_eq!(turned([0.4, 0.4, 0.4], 0.3), [0.4, 0.4, 0.4]);
    }

    #[test]
    fn no_saturation_is_grey() {
        let (mut red, mut green, mut blue) = ([0.5], [0.25], [1.0]);
        saturate([&mut red, &mut green, &mut blue], 0.0);
        let grey = 0.299 * 0.5 + 0.587 * 0.25 + 0.114;
        assert_near([red[0], green[0], blue[0]], [grey; 3]);
    }

    #[test]
    fn contrast_moves_away_from_the_mean_grey() {
        let mut picture = Picture {
            channels: 1,
            height: 1,
            width: 2,
            values: vec![0.4, 0.6],
            ..Picture::default()
        };
        assert_eq!(mean_grey(&picture), 0.5);
        blend(&mut picture.values, 0.5, 2.0);
        assert_near([picture.values[0], picture.values[1], 0.0], [0.3, 0.7, 0.0]);
    }
}
