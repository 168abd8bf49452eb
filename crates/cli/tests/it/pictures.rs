//! Small pictures, written as PNG files.

use std::path::Path;

use image::{Rgb, RgbImage};

/// Two folders, `stripes/` and `discs/`, of so many pictures each.
pub fn folder(folder: &Path, each: u32, side: u32) {
    for class in ["stripes", "discs"] {
        fs_err::create_dir_all(folder.join(class)).unwrap();
        for number in 0..each {
            let picture = picture(class, number, side);
            picture.save(folder.join(class).join(format!("{number:03}.png"))).unwrap();
        }
    }
}

/// The picture of that number: no two are alike.
pub fn picture(class: &str, number: u32, side: u32) -> RgbImage {
    let centre = f64::from(side) / 2.0;
    RgbImage::from_fn(side, side, |x, y| {
        let distance = (f64::from(x) - centre).hypot(f64::from(y) - centre);
        let light = match class {
            "stripes" => (x + number) % 6 < 3,
            _ => distance < centre * (0.4 + 0.02 * f64::from(number % 20)),
        };
        let grain = (x * 31 + y * 17 + number * 101) % 47;
        let level = if light { 160 } else { 40 } + grain as u8;
        Rgb([level, level.wrapping_add(number as u8 % 50), 200 - level / 2])
    })
}
