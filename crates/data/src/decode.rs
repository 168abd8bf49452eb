//! From the bytes of a PNG, JPEG or WebP file to pixels.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, ImageReader, Limits};

use crate::error::Fault;
use crate::sample::Image;

/// A picture that claims to be wider or higher is refused: it would not fit in memory.
const LARGEST_SIDE: u32 = 32_768;
/// A picture may take this many bytes while it is decoded.
const LARGEST_ALLOCATION: u64 = 1 << 30;

/// Decodes a picture by its content, whatever its name.
///
/// Grey stays one channel, colour becomes RGB; 16-bit and float samples are reduced to 8 bits, and
/// transparent pictures are composited on white.
///
/// # Errors
/// Where the bytes are empty, not a picture, cut off or damaged.
pub fn decode(bytes: &[u8]) -> Result<Image, Fault> {
    if bytes.is_empty() {
        return Err(Fault::Empty);
    }
    let format = image::guess_format(bytes).map_err(|_| Fault::NotAnImage)?;
    if !matches!(format, ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP) {
        return Err(Fault::NotAnImage);
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(LARGEST_SIDE);
    limits.max_image_height = Some(LARGEST_SIDE);
    limits.max_alloc = Some(LARGEST_ALLOCATION);
    reader.limits(limits);
    let picture = reader.decode().map_err(|error| Fault::Damaged(error.to_string()))?;
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let (channels, pixels) = channels(picture);
    Ok(Image { width, height, channels, pixels })
}

fn channels(picture: DynamicImage) -> (usize, Vec<u8>) {
    use DynamicImage as D;
    match picture {
        D::ImageLuma8(grey) => (1, grey.into_raw()),
        D::ImageLuma16(_) => (1, picture.into_luma8().into_raw()),
        D::ImageLumaA8(_) | D::ImageLumaA16(_) => {
            (1, on_white::<2, 1>(picture.into_luma_alpha8().as_raw()))
        }
        D::ImageRgb8(colour) => (3, colour.into_raw()),
        D::ImageRgba8(_) | D::ImageRgba16(_) | D::ImageRgba32F(_) => {
            (3, on_white::<4, 3>(picture.into_rgba8().as_raw()))
        }
        other => (3, other.into_rgb8().into_raw()),
    }
}

/// `alpha * colour + (1 - alpha) * white`, rounded; `FROM = TO + 1` channels in.
fn on_white<const FROM: usize, const TO: usize>(pixels: &[u8]) -> Vec<u8> {
    let mut opaque = Vec::with_capacity(pixels.len() / FROM * TO);
    for pixel in pixels.chunks_exact(FROM) {
        let alpha = u32::from(pixel[TO]);
        opaque.extend(
            pixel[..TO]
                .iter()
                .map(|&value| ((u32::from(value) * alpha + 255 * (255 - alpha) + 127) / 255) as u8),
        );
    }
    opaque
}

#[cfg(test)]
mod tests {
    use image::{ExtendedColorType, ImageEncoder, codecs::png::PngEncoder};

    use super::*;

    fn png(pixels: &[u8], width: u32, height: u32, color: ExtendedColorType) -> Vec<u8> {
        let mut bytes = Vec::new();
        PngEncoder::new(&mut bytes).write_image(pixels, width, height, color).unwrap();
        bytes
    }

    #[test]
    fn grey_stays_grey_and_colour_is_rgb() {
        let grey = decode(&png(&[0, 128, 255, 7], 2, 2, ExtendedColorType::L8)).unwrap();
        assert_eq!((grey.width, grey.height, grey.channels), (2, 2, 1));
        assert_eq!(grey.pixels, [0, 128, 255, 7]);
        let colour = decode(&png(&[1, 2, 3, 4, 5, 6], 2, 1, ExtendedColorType::Rgb8)).unwrap();
        assert_eq!((colour.width, colour.height, colour.channels), (2, 1, 3));
        assert_eq!(colour.pixels, [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn transparency_is_composited_on_white() {
        let pixels = [10, 20, 30, 255, 10, 20, 30, 0, 0, 0, 0, 51];
        let image = decode(&png(&pixels, 3, 1, ExtendedColorType::Rgba8)).unwrap();
        assert_eq!(image.pixels, [10, 20, 30, 255, 255, 255, 204, 204, 204]);
        let grey = decode(&png(&[0, 51, 9, 255], 2, 1, ExtendedColorType::La8)).unwrap();
        assert_eq!((grey.channels, grey.pixels), (1, vec![204, 9]));
    }

    #[test]
    fn sixteen_bits_become_eight() {
        let bytes: Vec<u8> = [0u16, 0x8080, 0xffff].iter().flat_map(|v| v.to_ne_bytes()).collect();
        let image = decode(&png(&bytes, 3, 1, ExtendedColorType::L16)).unwrap();
        assert_eq!((image.channels, image.pixels), (1, vec![0, 128, 255]));
    }

    #[test]
    fn bad_bytes_are_named_for_what_they_are() {
        assert!(matches!(decode(b""), Err(Fault::Empty)));
        assert!(matches!(decode(b"just some text, named .png"), Err(Fault::NotAnImage)));
        assert!(matches!(decode(b"GIF89a not read here"), Err(Fault::NotAnImage)));
        let whole = png(&[9; 3 * 64 * 64], 64, 64, ExtendedColorType::Rgb8);
        for len in [9, whole.len() / 2, whole.len() - 20] {
            assert!(matches!(decode(&whole[..len]), Err(Fault::Damaged(_))), "{len} bytes");
        }
    }
}
