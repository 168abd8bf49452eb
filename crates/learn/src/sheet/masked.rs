//! Pictures of which a part was hidden, and what was drawn there.

use burn::tensor::Tensor;

use super::{HeldOut, Row, Sheet};
use crate::encoder::Patches;
use crate::mask::Mask;
use crate::objective::mae;

/// The first held-out pictures, what the encoder saw of them, and the visible patches with what was
/// drawn, `[n, patches, values]`, at the hidden ones. `normalized` says that the patches were
/// compared at mean zero and variance one.
///
/// # Panics
/// Where mask and drawings are of another number of pictures.
pub fn masked(
    held_out: &HeldOut,
    patches: Patches,
    mask: &Mask,
    drawn: Tensor<3>,
    normalized: bool,
) -> Sheet {
    let pixels = mae::targets(&held_out.first(), patches, false);
    let nothing = pixels.full_like(f32::NAN);
    let row = |label: &str, cut: Tensor<3>| {
        Row::new(label, held_out.pictures(patches.join(cut).flatten(1, 3)))
    };
    let rows = vec![
        row("picture", pixels.clone()),
        row("as seen", hide(pixels.clone(), nothing, mask)),
        row("reconstruction", hide(pixels, drawn, mask)),
    ];
    let undone = if normalized {
        " The loss compares patches at mean zero and variance one: what was drawn has been given \
         the mean and the deviation of the true patch, so that the brightness and the contrast of \
         hidden patches are given and only their structure is the model's."
    } else {
        ""
    };
    let flags = (0..mask.pictures()).flat_map(|picture| mask.of(picture));
    let hidden = flags.clone().filter(|&&hidden| hidden).count() as f64;
    Sheet {
        name: "masked",
        title: "Masked reconstructions".into(),
        caption: format!(
            "Held-out pictures, what the encoder saw of them ({:.0} % of the patches are hidden, \
             grey), and what was drawn in their place; visible patches are kept as they \
             were.{undone} Healthy: lines and colours go on across the hidden patches. Sick: grey, \
             or the same texture everywhere.",
            100.0 * hidden / flags.count().max(1) as f64
        ),
        columns: Vec::new(),
        rows,
    }
}

/// `[n, patches, values]` with others in the place of what is hidden.
fn hide(pixels: Tensor<3>, others: Tensor<3>, mask: &Mask) -> Tensor<3> {
    let flags = mask.flags(&pixels.device()).unsqueeze_dim::<3>(2); // [n, patches, 1]
    let shape = pixels.dims();
    pixels.mask_where(flags.expand(shape), others)
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, TensorData};

    use super::*;

    const GRID: Patches = Patches { rows: 2, columns: 3, side: 2 };

    fn pictures() -> Tensor<4> {
        let values: Vec<f32> = (0..2 * 3 * 4 * 6).map(|i| (i as f32 * 0.37).sin()).collect();
        Tensor::from_data(TensorData::new(values, [2, 3, 4, 6]), &Device::flex())
    }

    fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
        tensor.into_data().iter().collect()
    }

    #[test]
    fn joined_patches_are_the_picture() {
        let pictures = pictures();
        assert_eq!(values(GRID.join(GRID.cut(pictures.clone()))), values(pictures));
    }

    #[test]
    fn visible_patches_keep_their_bits_and_hidden_ones_are_drawn() {
        let device = Device::flex();
        let hidden =
            [[true, false, true, true, false, false], [false, true, true, false, true, false]];
        let mask = Mask::new(6, hidden.concat());
        let pixels = GRID.cut(pictures());
        // What is drawn at the k-th hidden patch of picture n is 100 n + k.
        let drawn: Vec<f32> = (0..6).flat_map(|i| [(i / 3 * 100 + i % 3) as f32; 12]).collect();
        let drawn = Tensor::<3>::from_data(TensorData::new(drawn, [2, 3, 12]), &device);
        let found = values(hide(pixels.clone(), mask.spread(drawn), &mask));
        let (mut rank, before) = ([0, 0], values(pixels));
        for (place, (found, before)) in found.chunks(12).zip(before.chunks(12)).enumerate() {
            let picture = place / 6;
            if mask.of(picture)[place % 6] {
                assert_eq!(found, [(picture * 100 + rank[picture]) as f32; 12]);
                rank[picture] += 1;
            } else {
                assert_eq!(found, before);
            }
        }
    }
}
