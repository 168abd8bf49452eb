//! Objectives: what training asks of the latent space.
//!
//! Adding one is a file here and a line in the list below.

pub mod assignment;
mod centre;
pub mod koleo;
mod labels;
mod limits;
mod prototypes;
mod siamese;
pub mod sinkhorn;
pub mod variational;

use burn::tensor::Tensor;
use pith_data::sample::Shape;
use pith_space::health::Diagnosis;

use crate::encoder::Encoder;
use crate::input::{Input, Views};
use crate::method::methods;
use crate::moment::Moment;
use crate::nn::Linear;
use crate::sheet::{HeldOut, Sheet};
use variational::{Likelihood, Variational};

methods! {
    /// What training asks of the latent space, with the heads it needs for that; see [`Learn`].
    Objective: Learn(Context<'_>) {
        simclr::SimClr = "simclr",
        moco_v3::MocoV3 = "moco-v3",
        byol::Byol = "byol",
        simsiam::SimSiam = "simsiam",
        vicreg::VicReg = "vicreg",
        barlow_twins::BarlowTwins = "barlow-twins",
        swav::SwAv = "swav",
        dino::Dino = "dino",
        ibot::IBot = "ibot",
        mae::Mae = "mae",
        simmim::SimMim = "simmim",
        data2vec::Data2Vec = "data2vec",
        i_jepa::IJepa = "i-jepa",
        autoencoder::Autoencoder = "autoencoder",
        denoising::Denoising = "denoising",
        contractive::Contractive = "contractive",
        sparse::Sparse = "sparse",
        top_k::TopK = "top-k",
        vae::Vae = "vae",
        beta_tcvae::BetaTcVae = "beta-tcvae",
        factor_vae::FactorVae = "factor-vae",
        wae_mmd::WaeMmd = "wae-mmd",
        vq_vae::VqVae = "vq-vae",
        supcon::SupCon = "supcon",
        triplet::Triplet = "triplet",
        proxy_anchor::ProxyAnchor = "proxy-anchor",
        cross_entropy::CrossEntropy = "cross-entropy",
    }
}

/// What an objective's heads are built for.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// What will be trained, with its initial parameters: a teacher begins as its copy.
    pub encoder: &'a Encoder,
    /// The shape of one input.
    pub shape: Shape,
    /// Classes of the samples; none where they have no labels.
    pub classes: usize,
}

/// What every objective can do.
pub trait Learn {
    /// Views of each sample that the objective compares.
    fn views(&self) -> usize;

    /// Whether views may be of another size than the encoder was made for: not where places of a
    /// picture are drawn or hidden.
    fn any_size(&self) -> bool {
        false
    }

    /// Whether it takes small crops of each sample beside its views.
    fn local_crops(&self) -> bool {
        false
    }

    /// Latents, `[n, width]`, to the space in which the loss is measured, `[n, d]`, where that is
    /// another: it can collapse while the latents still look well.
    fn project(&self, _latent: Tensor<2>) -> Option<Tensor<2>> {
        None
    }

    /// How much each sample belongs to each prototype, `[n, width]` to `[n, k]` with rows summing to
    /// one, where the objective has prototypes: they can collapse while the latents still look
    /// well.
    fn assignments(&self, _latent: Tensor<2>) -> Option<Tensor<2>> {
        None
    }

    /// The standard deviation that the objective asks of every dimension of the projected space,
    /// where it asks for one: a space that has far less is sick.
    fn spread(&self) -> Option<f64> {
        None
    }

    /// The encoder to keep after training where that is not the trained one but its teacher.
    fn teacher(&self) -> Option<&Encoder> {
        None
    }

    /// The map from the pooled vector to what the model gives, where that is another: the mean of
    /// a variational autoencoder.
    fn neck(&self) -> Option<&Linear> {
        None
    }

    /// Latents, `[n, width]`, to one number per class, `[n, classes]`, the largest for the class that
    /// is most likely; none where the objective learns no classes.
    fn scores(&self, _latent: Tensor<2>) -> Option<Tensor<2>> {
        None
    }

    /// The posterior and the decoder, where the objective has them: they can say how likely a
    /// sample is.
    fn variational(&self) -> Option<&Variational> {
        None
    }

    /// What the objective finds out about its own parts, such as codes that nothing uses; asked at
    /// every reading of held-out inputs, off the tape.
    fn examine(&self, _encoder: &Encoder, _input: &Input) -> Finding {
        Finding::default()
    }

    /// Pictures of what was learned, from held-out pictures, off the tape: by default those of the
    /// posterior and its decoder, where there are such.
    fn show(&self, encoder: &Encoder, held_out: &HeldOut) -> Vec<Sheet> {
        self.variational().map_or_else(Vec::new, |heads| heads.show(encoder, held_out))
    }

    /// The loss of a batch.
    fn loss(&self, encoder: &Encoder, views: &Views, moment: &Moment) -> Loss;

    /// After every batch: takes in what its loss asked to be remembered, in queues, centres and
    /// running counts, off the tape.
    fn remember(&mut self, _seen: Vec<Tensor<2>>) {}

    /// After every step: teachers follow the encoder.
    fn follow(&mut self, _encoder: &Encoder, _moment: &Moment) {}
}

/// What a batch asks to change.
#[derive(Clone, Debug)]
pub struct Loss {
    /// To be minimised, `[1]`.
    pub total: Tensor<1>,
    /// Its parts by name, each `[1]`, for the log.
    pub terms: Vec<(&'static str, Tensor<1>)>,
    /// For [`Learn::remember`].
    pub seen: Vec<Tensor<2>>,
}

impl Loss {
    /// A loss of one part.
    pub fn whole(total: Tensor<1>) -> Self {
        Self { total, terms: Vec::new(), seen: Vec::new() }
    }
}

/// Widths of a projector from the latent, checked.
fn projector(key: &str, context: Context, layers: &[usize]) -> Result<Vec<usize>, crate::Error> {
    if layers.is_empty() || layers.contains(&0) {
        return Err(crate::Error::Recipe(format!(
            "{key} must be one or more widths above zero, received {layers:?}"
        )));
    }
    Ok([context.encoder.width()].iter().chain(layers).copied().collect())
}

/// What an objective finds out about its own parts.
#[derive(Clone, Debug, Default)]
pub struct Finding {
    /// Numbers by name, for the log.
    pub values: Vec<(String, f64)>,
    /// What is wrong, where something is.
    pub diagnosis: Option<Diagnosis>,
}

impl Config {
    /// Whether every number of an input is read as a probability and must lie in `[0, 1]`.
    pub fn reads_probabilities(&self) -> bool {
        let likelihood = match self {
            Config::Vae(vae) => vae.likelihood,
            Config::BetaTcVae(vae) => vae.likelihood,
            Config::FactorVae(vae) => vae.likelihood,
            _ => return false,
        };
        likelihood == Likelihood::Bernoulli
    }
}

#[cfg(test)]
pub(crate) mod golden;
#[cfg(test)]
mod trial;
