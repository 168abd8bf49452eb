//! What is trained: an encoder and the objective's heads.

use burn::module::Module;
use burn::tensor::Device;
use pith_data::sample::Shape;

use crate::encoder::Encoder;
use crate::input::Views;
use crate::nn::Init;
use crate::objective::{Context, Loss, Objective};
use crate::{Error, Recipe};

/// An encoder and the objective's heads.
#[derive(Module, Debug)]
pub struct Learner {
    /// Kept after training.
    pub encoder: Encoder,
    /// Thrown away after training.
    pub objective: Objective,
}

impl Learner {
    /// Initial parameters, drawn from the seed.
    ///
    /// # Errors
    /// Where encoder and objective do not fit the data.
    pub fn init(recipe: &Recipe, shape: Shape, seed: u64, device: &Device) -> Result<Self, Error> {
        let mut init = Init::new(seed, device);
        let encoder = recipe.encoder.init(shape, &mut init)?;
        let context = Context { latent_width: encoder.width(), shape };
        let objective = recipe.objective.init(context, &mut init)?;
        Ok(Self { encoder, objective })
    }

    /// The loss of a batch.
    pub fn loss(&self, views: &Views) -> Loss {
        self.objective.loss(&self.encoder, views)
    }
}
