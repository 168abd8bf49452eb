//! Small pictures of samples for the report.

use std::io::Cursor;

use image::{DynamicImage, GrayImage, ImageFormat, RgbImage, imageops::FilterType};
use pith_data::collection::Subset;
use pith_data::sample::{Image, Value};

/// Longest side, in pixels.
const SIDE: u32 = 64;

/// The sample of that id as PNG bytes; none where it is no picture or cannot be read.
pub fn of(subset: &Subset, id: &str) -> Option<Vec<u8>> {
    // A report shows hundreds of samples of sets of any order: looking is cheap beside decoding.
    let place = (0..subset.len()).find(|&place| subset.id(place) == id)?;
    match subset.read(place).ok()? {
        Value::Image(image) => png(image),
        _ => None,
    }
}

fn png(image: Image) -> Option<Vec<u8>> {
    let (width, height) = (u32::try_from(image.width).ok()?, u32::try_from(image.height).ok()?);
    let picture: DynamicImage = match image.channels {
        1 => GrayImage::from_raw(width, height, image.pixels)?.into(),
        3 => RgbImage::from_raw(width, height, image.pixels)?.into(),
        _ => return None,
    };
    let picture = match width.max(height) > SIDE {
        true => picture.resize(SIDE, SIDE, FilterType::Triangle),
        false => picture,
    };
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).ok()?;
    Some(bytes.into_inner())
}
