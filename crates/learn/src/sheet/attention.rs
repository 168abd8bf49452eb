//! What the class token of a vision transformer looks at (Caron et al. 2021, DINO, figure 1).

use burn::tensor::Tensor;
use pith_data::sample::Image;

use super::{HeldOut, Row, Sheet};
use crate::encoder::{Encoder, Patches};

/// Pictures, one a row.
const ROWS: usize = 6;
/// Heads that are shown.
const HEADS: usize = 8;
/// From no attention to the most: black, purple, red, orange, yellow.
const COLOURS: [[f32; 3]; 5] = [
    [0.0, 0.0, 0.02],
    [0.34, 0.06, 0.43],
    [0.74, 0.22, 0.33],
    [0.98, 0.56, 0.04],
    [0.99, 1.0, 0.64],
];

/// The first held-out pictures beside the attention of the last block; none where the encoder has no
/// class token.
pub fn attention(encoder: &Encoder, held_out: &HeldOut) -> Option<Sheet> {
    let (patches, count) = (encoder.patches()?, held_out.labels.len().min(ROWS));
    let input = held_out.input.first(count);
    let by_head = shares(encoder.attention(&input)?); // [n, heads, patches]
    let heads = by_head.dims()[1];
    let shown = heads.min(HEADS);
    let maps = Tensor::cat(vec![by_head.clone().mean_dim(1), by_head.narrow(1, 0, shown)], 1);
    let maps: Vec<f32> = maps.into_data().iter().collect();
    let each = (1 + shown) * patches.count();
    let rows = held_out.pictures(input.rows()).into_iter().zip(maps.chunks(each)).enumerate();
    let row = |(place, (picture, maps)): (usize, (Image, &[f32]))| {
        let picture = coloured(picture);
        let mut cells = vec![picture.clone()];
        cells.extend(maps.chunks(patches.count()).map(|map| heat(map, patches)));
        cells.insert(1, over(&cells[1], &picture));
        Row::new(held_out.class(place), cells)
    };
    let few = if shown < heads { format!(", the first {shown} of {heads}") } else { String::new() };
    let columns = ["picture", "mean of heads over it", "mean of heads"].map(str::to_owned);
    Some(Sheet {
        name: "attention",
        title: "Attention of the class token".into(),
        caption: format!(
            "How the class token of the last block shares its attention among the patches: the \
             mean over heads, laid over the picture in grey and alone, then each head{few}. Shares of one map sum to one; the brightest patch of \
             each map has the most, black has none. Healthy: heads differ, and some outline the thing that is \
             pictured. Sick: every picture gets the same map, all heads agree, or single patches \
             of the background shine (registers help there). Where the encoder pools by the mean, nothing may have \
             taught the class token."
        ),
        columns: columns
            .into_iter()
            .chain((1..=shown).map(|head| format!("head {head}")))
            .collect(),
        rows: rows.map(row).collect(),
    })
}

/// Attention to the patches alone, `[n, heads, patches]`: every row sums to one.
pub fn shares(attention: Tensor<3>) -> Tensor<3> {
    let sums = attention.clone().sum_dim(2).clamp_min(f64::from(f32::MIN_POSITIVE));
    attention / sums
}

/// A picture of shares, as large as the one that was cut into the patches; the largest share is the
/// brightest.
fn heat(shares: &[f32], patches: Patches) -> Image {
    let Patches { rows, columns, side } = patches;
    let most = shares.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
    let (height, width) = (rows * side, columns * side);
    let share = |place: usize| shares[place / width / side * columns + place % width / side];
    let pixels = (0..height * width).flat_map(|place| colour(share(place) / most)).collect();
    Image { width, height, channels: 3, pixels }
}

/// Half of a map of heat, and half of the picture in grey under it.
fn over(heat: &Image, picture: &Image) -> Image {
    let pixels = heat.pixels.chunks(3).zip(picture.pixels.chunks(3));
    let pixels = pixels.flat_map(|(warm, plain)| {
        let grey = plain.iter().map(|&level| u16::from(level)).sum::<u16>() / 3;
        [0, 1, 2].map(|channel| ((u16::from(warm[channel]) + grey) / 2) as u8)
    });
    Image { pixels: pixels.collect(), ..*heat }
}

/// Of a number from 0 to 1, between the two nearest colours.
fn colour(level: f32) -> [u8; 3] {
    let place = level.clamp(0.0, 1.0) * (COLOURS.len() - 1) as f32;
    let below = (place as usize).min(COLOURS.len() - 2);
    let part = place - below as f32;
    [0, 1, 2].map(|channel| {
        let [dark, light] = [COLOURS[below][channel], COLOURS[below + 1][channel]];
        (255.0 * (dark + part * (light - dark))).round() as u8
    })
}

/// In three channels, whatever the picture had.
fn coloured(image: Image) -> Image {
    if image.channels == 3 {
        return image;
    }
    let pixels = image.pixels.iter().flat_map(|&level| [level; 3]).collect();
    Image { channels: 3, pixels, ..image }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    #[test]
    fn shares_sum_to_one() {
        // The rest of each row went to the class token itself.
        let attention = Tensor::<3>::from_floats([[[0.1, 0.3], [0.0, 0.5]]], &Device::flex());
        let shares: Vec<f32> = shares(attention).into_data().iter().collect();
        for (found, expected) in shares.iter().zip([0.25, 0.75, 0.0, 1.0]) {
            assert!((found - expected).abs() < 1e-6, "{shares:?}");
        }
    }

    #[test]
    fn the_brightest_patch_is_where_most_attention_went() {
        let grid = Patches { rows: 2, columns: 3, side: 2 };
        let image = heat(&[0.1, 0.0, 0.2, 0.5, 0.1, 0.1], grid);
        assert_eq!((image.width, image.height), (6, 4));
        let light = |x: usize, y: usize| {
            let at = (y * 6 + x) * 3;
            image.pixels[at..at + 3].iter().map(|&level| u32::from(level)).sum::<u32>()
        };
        assert_eq!(light(1, 2), light(0, 3));
        assert!(
            light(0, 2) > light(4, 0) && light(4, 0) > light(0, 0) && light(0, 0) > light(2, 1)
        );
        assert!(light(2, 0) < 10, "none is black");
    }

    #[test]
    fn what_is_attended_to_is_warm_and_the_picture_stays_to_be_seen() {
        let grid = Patches { rows: 1, columns: 2, side: 1 };
        let heat = heat(&[0.9, 0.0], grid);
        let picture = Image { pixels: vec![0, 90, 240, 0, 90, 240], ..heat.clone() };
        let laid = over(&heat, &picture);
        assert_eq!((laid.width, laid.height, laid.channels), (2, 1, 3));
        let [warm, cold] = [&laid.pixels[..3], &laid.pixels[3..]];
        assert!(warm[0] > warm[2], "{warm:?}");
        assert!(cold.iter().all(|level| (55..=58).contains(level)), "half of the grey: {cold:?}");
    }
}
