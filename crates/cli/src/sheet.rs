//! Sheets as files: one PNG each, and the words beside them.

use std::path::Path;

use anyhow::{Context, Result};
use image::{DynamicImage, RgbaImage, imageops};
use pith_data::sample::Image;
use pith_learn::sheet;
use pith_space::report::Sheet;

use crate::thumbnail;

/// Side below which pictures are enlarged, in pixels.
const SMALL: u32 = 64;
/// Between two pictures, in pixels; the paper shines through.
const GAP: u32 = 3;
/// The words of all sheets of a folder.
const WORDS: &str = "sheets.json";

/// Writes sheets into a folder; nothing where there are none.
pub fn write(folder: &Path, sheets: &[sheet::Sheet]) -> Result<()> {
    if sheets.is_empty() {
        return Ok(());
    }
    fs_err::create_dir_all(folder)?;
    let mut words = Vec::new();
    for sheet in sheets {
        let image = drawn(sheet).context("pictures of a sheet are of one size")?;
        let png = thumbnail::encoded(&image.into()).context("a sheet can be written as PNG")?;
        fs_err::write(folder.join(format!("{}.png", sheet.name)), png)?;
        words.push(Sheet {
            name: sheet.name.to_owned(),
            title: sheet.title.clone(),
            caption: sheet.caption.clone(),
            columns: sheet.columns.clone(),
            rows: sheet.rows.iter().map(|row| row.label.clone()).collect(),
            png: Vec::new(),
        });
    }
    Ok(fs_err::write(folder.join(WORDS), serde_json::to_vec_pretty(&words)?)?)
}

/// The sheets of a folder; none where nothing was written there.
pub fn read(folder: &Path) -> Result<Vec<Sheet>> {
    let words = folder.join(WORDS);
    if !words.exists() {
        return Ok(Vec::new());
    }
    let mut sheets: Vec<Sheet> = serde_json::from_slice(&fs_err::read(&words)?)
        .with_context(|| format!("{} is damaged; remove the folder", words.display()))?;
    for sheet in &mut sheets {
        sheet.png = fs_err::read(folder.join(format!("{}.png", sheet.name)))?;
    }
    Ok(sheets)
}

/// All rows under each other, small pictures enlarged pixel by pixel.
fn drawn(sheet: &sheet::Sheet) -> Option<RgbaImage> {
    let first = sheet.rows.first()?.cells.first()?;
    let (width, height) = (u32::try_from(first.width).ok()?, u32::try_from(first.height).ok()?);
    let times = SMALL.div_ceil(width.max(height).max(1));
    let [width, height] = [width * times, height * times];
    let columns = sheet.rows.iter().map(|row| row.cells.len()).max()? as u32;
    let rows = sheet.rows.len() as u32;
    let mut all = RgbaImage::new(columns * (width + GAP) - GAP, rows * (height + GAP) - GAP);
    for (row, y) in sheet.rows.iter().zip(0i64..) {
        for (cell, x) in row.cells.iter().zip(0i64..) {
            let cell = enlarged(cell, [width, height])?;
            let (x, y) = (x * i64::from(width + GAP), y * i64::from(height + GAP));
            imageops::replace(&mut all, &cell, x, y);
        }
    }
    Some(all)
}

fn enlarged(cell: &Image, [width, height]: [u32; 2]) -> Option<RgbaImage> {
    let picture: DynamicImage = thumbnail::picture(cell.clone())?;
    Some(picture.resize_exact(width, height, imageops::FilterType::Nearest).into_rgba8())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet() -> sheet::Sheet {
        let cell =
            |level: u8| Image { width: 2, height: 2, channels: 1, pixels: vec![level, 9, 8, 7] };
        let row = |label: &str, levels: [u8; 2]| sheet::Row {
            label: label.into(),
            cells: levels.map(cell).to_vec(),
        };
        sheet::Sheet {
            name: "known",
            title: "Known".into(),
            caption: "two of two".into(),
            columns: vec!["a".into(), "b".into()],
            rows: vec![row("first", [10, 20]), row("second", [30, 40])],
        }
    }

    #[test]
    fn every_picture_stands_in_its_place_pixel_by_pixel() {
        let image = drawn(&sheet()).expect("pictures of one size");
        assert_eq!(image.dimensions(), (2 * 64 + GAP, 2 * 64 + GAP));
        for (x, y, level) in [(0, 0, 10), (31, 31, 10), (32, 0, 9), (0, 32, 8), (63, 63, 7)] {
            assert_eq!(image.get_pixel(x, y).0, [level, level, level, 255]);
        }
        assert_eq!(image.get_pixel(64 + GAP, 0).0[0], 20);
        assert_eq!(image.get_pixel(0, 64 + GAP).0[0], 30);
        assert_eq!(image.get_pixel(64, 0).0[3], 0, "the gap is clear");
    }

    #[test]
    fn what_was_written_is_read_again() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(read(folder.path()).expect("no sheets"), []);
        write(folder.path(), &[]).expect("nothing to write");
        assert!(!folder.path().join(WORDS).exists());
        write(folder.path(), &[sheet()]).expect("written");
        let found = read(folder.path()).expect("sheets");
        assert_eq!((found.len(), &found[0].title[..]), (1, "Known"));
        assert_eq!(found[0].rows, ["first", "second"]);
        assert!(found[0].png.starts_with(b"\x89PNG"));
    }
}
