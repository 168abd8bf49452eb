//! What a decoder of whole inputs draws: reconstructions and samples of the prior.

use burn::tensor::Tensor;

use super::{HeldOut, Path, Row, Sheet, interpolations};
use crate::objective::variational::noise;

/// Rows of samples.
const ROWS: usize = 4;
/// Samples in a row.
const COLUMNS: usize = 10;
/// The draw of samples.
const PRIOR: u64 = 1 << 16;

/// The sheets of an autoencoder without a prior; `decode` takes latents, `[n, d]`, to inputs,
/// `[n, size]`.
pub fn autoencoder(
    held_out: &HeldOut,
    latents: Tensor<2>,
    decode: impl Fn(Tensor<2>) -> Tensor<2>,
) -> Vec<Sheet> {
    vec![
        reconstructions(held_out, None, decode(latents.clone())),
        interpolations(held_out, latents, Path::Line, decode),
    ]
}

/// Held-out pictures over what was drawn of them, `[n, size]`, and between them what the encoder
/// saw where it was damaged.
pub fn reconstructions(held_out: &HeldOut, damaged: Option<Tensor<2>>, drawn: Tensor<2>) -> Sheet {
    let row = |label: &str, inputs: Tensor<2>| {
        Row::new(label, held_out.pictures(inputs.narrow(0, 0, held_out.shown())))
    };
    let seen = if damaged.is_some() { "of its damaged version (the middle row) " } else { "" };
    let caption = format!(
        "Held-out pictures, and below each what the decoder draws from the latent {seen}alone. \
         Healthy: the same thing, only softer. Sick: one and the same blur everywhere (the latent \
         is ignored), or the classes right and everything else lost."
    );
    let mut rows = vec![row("picture", held_out.input.rows())];
    rows.extend(damaged.map(|damaged| row("as seen", damaged)));
    rows.push(row("reconstruction", drawn));
    Sheet {
        name: "reconstructions",
        title: "Reconstructions".into(),
        caption,
        columns: Vec::new(),
        rows,
    }
}

/// What is drawn from a normal prior of so many dimensions and that deviation in each.
pub fn samples(
    held_out: &HeldOut,
    width: usize,
    deviation: f64,
    decode: impl Fn(Tensor<2>) -> Tensor<2>,
) -> Sheet {
    let shape = [ROWS * COLUMNS, width];
    let latents = noise(shape, &mut held_out.random(PRIOR), &held_out.input.device()) * deviation;
    let cells = held_out.pictures(decode(latents));
    let caption = format!(
        "Latents drawn from the prior, N(0, {}I) in {width} dimensions, by the seed {}; each \
         picture is the decoder's mean. Nothing was encoded and nothing picked out. Healthy: they \
         could be samples of the data, and no two are alike. Sick: blends that belong to no class \
         (the prior has holes that the encoder never fills), or all alike (the latent is ignored).",
        if deviation == 1.0 { String::new() } else { format!("{deviation}² ") },
        held_out.seed,
    );
    Sheet {
        name: "samples",
        title: "Samples of the prior".into(),
        caption,
        columns: Vec::new(),
        rows: cells.chunks(COLUMNS).map(|row| Row::new("", row.to_vec())).collect(),
    }
}
