//! The preparation of pictures.

use serde::{Deserialize, Serialize};

use super::{Config, Error, Mismatch, measure};
use crate::collection::Subset;
use crate::sample::{self, Shape, Value};
use crate::view::{Picture, Window};

/// The side of the input where pictures are larger than this and no side is given.
const LARGEST_CHOSEN: usize = 64;
/// A standard deviation below this is taken for the noise of a constant channel.
const SMALLEST_STD: f32 = 1e-3;
/// What stands for a value that is not a number in a picture.
const UNSEEN: u8 = 128;

/// Resize the shorter side, crop the centre, then `(value - mean) / std` with values in `[0, 1]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Image {
    /// Height and width of the input.
    pub size: [usize; 2],
    /// 1 (grey) or 3 (red, green, blue).
    pub channels: usize,
    /// What is subtracted, per channel.
    pub mean: Vec<f32>,
    /// What is divided by, per channel.
    pub std: Vec<f32>,
}

impl Image {
    pub(super) fn fit(train: &Subset, config: &Config) -> Result<Self, Error> {
        check(config)?;
        let (side, channels) = match (config.size, config.channels) {
            (Some(side), Some(channels)) => (side, channels),
            _ => {
                let (side, channels) = measure_shape(train)?;
                (config.size.unwrap_or(side), config.channels.unwrap_or(channels))
            }
        };
        let mut image = Image {
            size: [side, side],
            channels,
            mean: vec![0.0; channels],
            std: vec![1.0; channels],
        };
        let given = [("mean", &config.mean), ("std", &config.std)];
        for (setting, values) in given {
            if let Some(values) = values
                && values.len() != channels
            {
                let received = format!("{values:?}");
                return Err(Error::Setting {
                    setting,
                    expected: format!("one number for each of the {channels} channels"),
                    received,
                });
            }
        }
        let (mean, std) = match (&config.mean, &config.std) {
            (Some(mean), Some(std)) => (mean.clone(), std.clone()),
            _ => {
                let (mean, std) = image.measure_colour(train)?;
                (config.mean.clone().unwrap_or(mean), config.std.clone().unwrap_or(std))
            }
        };
        (image.mean, image.std) = (mean, std);
        Ok(image)
    }

    /// The shape of one input.
    pub fn shape(&self) -> Shape {
        let [height, width] = self.size;
        Shape::Pixels { channels: self.channels, height, width }
    }

    /// Checks that a picture is what it says.
    pub(crate) fn check(&self, image: &sample::Image) -> Result<(), Mismatch> {
        let sample::Image { width, height, channels, ref pixels } = *image;
        let values = pixels.len();
        if values == 0 || values != width * height * channels || ![1, 3].contains(&channels) {
            return Err(Mismatch::Picture { width, height, channels, values });
        }
        Ok(())
    }

    /// Takes a part of a checked picture in, in its own size, for views to change.
    pub(crate) fn load(&self, image: &sample::Image, part: Window, out: &mut Picture) {
        out.target = self.size;
        out.mean.clone_from(&self.mean);
        out.load(image, part, self.channels);
    }

    /// Takes the centre of a checked picture in and brings it to the size of the input.
    pub(crate) fn load_centre(&self, image: &sample::Image, out: &mut Picture) {
        self.load(image, Window::centred(image.height, image.width, self.size), out);
        out.resize_whole();
    }

    /// Writes a picture of the target size as an input.
    pub(crate) fn normalize(&self, picture: &Picture, out: &mut [f32]) {
        debug_assert_eq!([picture.height, picture.width], self.size);
        let pixels = picture.pixels();
        let planes = picture.values.chunks_exact(pixels).zip(out.chunks_exact_mut(pixels));
        for ((plane, out), (mean, std)) in planes.zip(self.mean.iter().zip(&self.std)) {
            let (scale, shift) = (1.0 / std, -mean / std);
            for (out, value) in out.iter_mut().zip(plane) {
                *out = value * scale + shift;
            }
        }
    }

    /// The picture of an input, `[channels, height, width]`, cut off at black and white; grey where
    /// it is not a number.
    ///
    /// # Panics
    /// Where the input is of another size.
    pub fn restore(&self, input: &[f32]) -> sample::Image {
        let [height, width] = self.size;
        let (plane, channels) = (height * width, self.channels);
        assert_eq!(input.len(), plane * channels, "an input of {channels} x {height} x {width}");
        let byte = |value: f32, channel: usize| {
            let value = value * self.std[channel] + self.mean[channel];
            if value.is_nan() { UNSEEN } else { (value.clamp(0.0, 1.0) * 255.0).round() as u8 }
        };
        let pixels = (0..plane * channels)
            .map(|place| (place / channels, place % channels))
            .map(|(pixel, channel)| byte(input[channel * plane + pixel], channel))
            .collect();
        sample::Image { width, height, channels, pixels }
    }

    /// Mean and standard deviation of each channel over pictures of the target size.
    fn measure_colour(&self, train: &Subset) -> Result<(Vec<f32>, Vec<f32>), Error> {
        let mut picture = Picture::default();
        let mut sums = vec![[0.0f64; 2]; self.channels];
        let mut count = 0.0;
        measure(train, |value| {
            let Value::Image(image) = value else { return Err(Mismatch::Kind) };
            self.check(&image)?;
            self.load_centre(&image, &mut picture);
            for (plane, [sum, squares]) in picture.planes_mut().zip(&mut sums) {
                *sum += plane.iter().map(|&v| f64::from(v)).sum::<f64>();
                *squares += plane.iter().map(|&v| f64::from(v) * f64::from(v)).sum::<f64>();
            }
            count += picture.pixels() as f64;
            Ok(())
        })?;
        Ok(sums
            .iter()
            .map(|[sum, squares]| {
                let mean = sum / count;
                let std = (squares / count - mean * mean).max(0.0).sqrt() as f32;
                // A constant channel carries nothing: it is centred and left unscaled.
                (mean as f32, if std < SMALLEST_STD { 1.0 } else { std })
            })
            .unzip())
    }
}

fn check(config: &Config) -> Result<(), Error> {
    let wrong = |setting, expected: &str, received: String| {
        Err(Error::Setting { setting, expected: expected.to_string(), received })
    };
    if let Some(size) = config.size
        && !(1..=4096).contains(&size)
    {
        return wrong("size", "from 1 to 4096", size.to_string());
    }
    if let Some(channels) = config.channels
        && ![1, 3].contains(&channels)
    {
        return wrong("channels", "1 (grey) or 3 (red, green, blue)", channels.to_string());
    }
    if let Some(mean) = &config.mean
        && !mean.iter().all(|value| value.is_finite())
    {
        return wrong("mean", "finite numbers", format!("{mean:?}"));
    }
    if let Some(std) = &config.std
        && !std.iter().all(|value| value.is_finite() && *value > 0.0)
    {
        return wrong("std", "numbers above 0", format!("{std:?}"));
    }
    Ok(())
}

/// The side and the channels that suit the pictures.
fn measure_shape(train: &Subset) -> Result<(usize, usize), Error> {
    let (mut sides, mut channels) = (Vec::new(), 1);
    measure(train, |value| {
        let Value::Image(image) = value else { return Err(Mismatch::Kind) };
        sides.push(image.height.min(image.width));
        channels = channels.max(if image.channels == 1 { 1 } else { 3 });
        Ok(())
    })?;
    sides.sort_unstable();
    Ok((sides[sides.len() / 2].clamp(1, LARGEST_CHOSEN), channels))
}
