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
    let picture = picture(image)?;
    let picture = match picture.width().max(picture.height()) > SIDE {
        true => picture.resize(SIDE, SIDE, FilterType::Triangle),
        false => picture,
    };
    encoded(&picture)
}

/// A decoded sample as a picture that can be changed; none where its parts do not fit together.
pub fn picture(image: Image) -> Option<DynamicImage> {
    let (width, height) = (u32::try_from(image.width).ok()?, u32::try_from(image.height).ok()?);
    match image.channels {
        1 => Some(GrayImage::from_raw(width, height, image.pixels)?.into()),
        3 => Some(RgbImage::from_raw(width, height, image.pixels)?.into()),
        _ => None,
    }
}

/// PNG bytes.
pub fn encoded(picture: &DynamicImage) -> Option<Vec<u8>> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).ok()?;
    Some(bytes.into_inner())
}
