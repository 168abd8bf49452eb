//! Ways through the latent space: along one dimension, and from one picture to another.

use burn::tensor::{Device, Tensor, TensorData};

use super::{HeldOut, Row, Sheet};
use crate::objective::variational::Gaussian;

/// Dimensions that are shown.
const DIMENSIONS: usize = 10;
/// Where a dimension is set, in standard deviations of the prior.
const VALUES: [f32; 7] = [-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0];
/// Pairs of pictures.
const PAIRS: usize = 5;
/// Latents from one picture to the other, both ends included.
const STEPS: usize = 9;

/// The way from one latent to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// Straight. For latents without a prior: no length is more likely than another.
    Line,
    /// At an even angle (White: Sampling generative networks, 2016, after Shoemake 1985). For a normal prior: its
    /// samples of d dimensions lie near the sphere of radius √d, and a straight way cuts through its
    /// inside, which no training sample fills.
    Arc,
}

impl Path {
    /// The latent at a share of the way, 0 to 1.
    pub fn at(self, from: &[f32], to: &[f32], share: f32) -> Vec<f32> {
        let [start, end] = match self {
            Path::Line => [1.0 - share, share],
            Path::Arc => arc(from, to, share),
        };
        from.iter().zip(to).map(|(a, b)| start * a + end * b).collect()
    }

    fn says(self) -> &'static str {
        match self {
            Path::Line => "on the straight line between their latents (no prior asks for another)",
            Path::Arc => {
                "at even angles between their latents (spherical: draws of a normal prior lie near \
                 a sphere, which a straight line would leave)"
            }
        }
    }
}

/// What both ends count for at a share of the angle between them; as on a line where they point
/// the same way or opposite ways, or one has no length.
fn arc(from: &[f32], to: &[f32], share: f32) -> [f32; 2] {
    let dot = |a: &[f32], b: &[f32]| {
        a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum::<f64>()
    };
    let lengths = (dot(from, from) * dot(to, to)).sqrt();
    let angle = (dot(from, to) / lengths).clamp(-1.0, 1.0).acos();
    if lengths == 0.0 || angle.sin() < 1e-3 {
        return [1.0 - share, share];
    }
    [1.0 - share, share].map(|part| ((f64::from(part) * angle).sin() / angle.sin()) as f32)
}

/// From one held-out picture to another, by their latents, `[n, d]`.
pub fn interpolations(
    held_out: &HeldOut,
    latents: Tensor<2>,
    path: Path,
    decode: impl Fn(Tensor<2>) -> Tensor<2>,
) -> Sheet {
    let device = latents.device();
    let latents = vectors(latents);
    let inputs = held_out.input.rows();
    let picture = |place: usize| held_out.pictures(inputs.clone().narrow(0, place, 1));
    let share = |step: usize| step as f32 / (STEPS - 1) as f32;
    let row = |&[from, to]: &[usize; 2]| {
        let way: Vec<f32> = (0..STEPS)
            .flat_map(|step| path.at(&latents[from], &latents[to], share(step)))
            .collect();
        let drawn = held_out.pictures(decode(rows(way, STEPS, &device)));
        let label = match (held_out.class(from), held_out.class(to)) {
            ("", _) | (_, "") => String::new(),
            (from, to) => format!("{from} → {to}"),
        };
        Row::new(label, [picture(from), drawn, picture(to)].concat())
    };
    let named = |step: usize| match step {
        0 => "0".to_owned(),
        step if step % 2 == 0 => share(step).to_string(),
        _ => String::new(),
    };
    let columns = ["picture".to_owned()].into_iter().chain((0..STEPS).map(named));
    Sheet {
        name: "interpolations",
        title: "Interpolations".into(),
        caption: format!(
            "Between two held-out pictures (at the ends), what is drawn {}. Healthy: every step \
             could be a picture, and one becomes the other without a jump. Sick: two pictures \
             fading over each other (the space between samples means nothing), or no change.",
            path.says()
        ),
        columns: columns.chain(["picture".to_owned()]).collect(),
        rows: held_out.pairs(PAIRS).iter().map(row).collect(),
    }
}

/// One dimension after the other set to values of the prior while the others stay at the posterior
/// mean of the first held-out picture (as Higgins et al. 2017, beta-VAE, show them); those with the largest
/// divergence of the posteriors of all held-out pictures.
pub fn traversals(
    held_out: &HeldOut,
    posterior: &Gaussian,
    decode: impl Fn(Tensor<2>) -> Tensor<2>,
) -> Sheet {
    let device = posterior.mean.device();
    let divergence: Vec<f64> = posterior.divergence().mean_dim(0).into_data().iter().collect();
    let mut order: Vec<usize> = (0..divergence.len()).collect();
    order.sort_by(|&a, &b| divergence[b].total_cmp(&divergence[a]).then(a.cmp(&b)));
    let mean = &vectors(posterior.mean.clone().narrow(0, 0, 1))[0];
    let row = |&dimension: &usize| {
        let latents = rows(traversal(mean, dimension), VALUES.len(), &device);
        let label = format!("z{dimension}, {:.2} nats", divergence[dimension]);
        Row::new(label, held_out.pictures(decode(latents)))
    };
    let used = divergence.iter().filter(|&&nats| nats >= 0.01).count();
    Sheet {
        name: "traversals",
        title: "Latent traversals".into(),
        caption: format!(
            "One held-out picture, drawn with one dimension of its latent set from -3 to 3 standard \
             deviations of the prior while all others stay at the posterior mean. The row names \
             the dimension and its KL divergence from the prior, the largest first; {used} of {} \
             dimensions carry 0.01 nats or more. Healthy: each row changes one thing, smoothly. \
             Sick: rows without change (a dimension that collapsed to the prior), or rows that \
             change everything at once (entangled).",
            divergence.len()
        ),
        columns: VALUES.iter().map(f32::to_string).collect(),
        rows: order.iter().take(DIMENSIONS).map(row).collect(),
    }
}

/// The latent with a dimension at each of the values, one after the other.
fn traversal(mean: &[f32], dimension: usize) -> Vec<f32> {
    VALUES
        .iter()
        .flat_map(|&value| {
            let mut latent = mean.to_vec();
            latent[dimension] = value;
            latent
        })
        .collect()
}

fn vectors(tensor: Tensor<2>) -> Vec<Vec<f32>> {
    let width = tensor.dims()[1];
    let values: Vec<f32> = tensor.into_data().iter().collect();
    values.chunks(width).map(<[f32]>::to_vec).collect()
}

fn rows(values: Vec<f32>, count: usize, device: &Device) -> Tensor<2> {
    let width = values.len() / count;
    Tensor::from_data(TensorData::new(values, [count, width]), device)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_traversal_changes_the_named_dimension_only() {
        let mean = [0.5, -0.25, 2.0];
        let latents = traversal(&mean, 1);
        for (latent, value) in latents.chunks(3).zip(VALUES) {
            assert_eq!(latent, [0.5, value, 2.0]);
        }
    }

    #[test]
    fn an_arc_keeps_the_length_and_a_line_does_not() {
        let (from, to) = ([3.0, 0.0], [0.0, 3.0]);
        let length = |latent: Vec<f32>| latent[0].hypot(latent[1]);
        for step in 0..=8 {
            let latent = Path::Arc.at(&from, &to, step as f32 / 8.0);
            assert!((length(latent) - 3.0).abs() < 1e-6);
        }
        assert!((length(Path::Line.at(&from, &to, 0.5)) - 4.5f32.sqrt()).abs() < 1e-6);
        let third = Path::Arc.at(&from, &to, 1.0 / 3.0);
        assert!((third[1] - 1.5).abs() < 1e-6, "30 of 90 degrees: {third:?}");
    }

    #[test]
    fn both_ends_of_a_way_are_the_latents_themselves() {
        let (from, to) = ([1.0, -2.0, 0.5], [0.25, 3.0, 8.0]);
        for path in [Path::Line, Path::Arc] {
            assert_eq!(path.at(&from, &to, 0.0), from);
            assert_eq!(path.at(&from, &to, 1.0), to);
        }
        // Opposite ends have no angle between them that could be divided.
        assert_eq!(Path::Arc.at(&[1.0, 0.0], &[-1.0, 0.0], 0.5), [0.0, 0.0]);
        assert_eq!(Path::Arc.at(&[0.0, 0.0], &[2.0, 0.0], 0.5), [1.0, 0.0]);
    }
}
