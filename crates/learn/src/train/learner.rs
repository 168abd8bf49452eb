//! What is trained: an encoder and the objective's heads.

use std::path::Path;

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use pith_data::sample::Shape;

use crate::encoder::Encoder;
use crate::input::{Input, Views};
use crate::moment::Moment;
use crate::nn::{Init, lora};
use crate::objective::{Context, Loss, Objective};
use crate::{Error, Model, Recipe, weights};

/// An encoder and the objective's heads.
#[derive(Module, Debug)]
pub struct Learner {
    /// Kept after training.
    pub encoder: Encoder,
    /// Thrown away after training, but for a neck.
    pub objective: Objective,
}

impl Learner {
    /// Initial parameters, drawn from the recipe's seed.
    ///
    /// # Errors
    /// Where encoder and objective do not fit the data.
    pub fn init(
        recipe: &Recipe,
        shape: Shape,
        classes: usize,
        device: &Device,
    ) -> Result<Self, Error> {
        let mut init = Init::new(recipe.train.seed, device);
        let encoder = recipe.encoder.init(shape, &mut init)?;
        let encoder = match &recipe.transfer {
            Some(transfer) => {
                let encoder = transferred(encoder, Path::new(&transfer.from), device)?;
                match transfer.lora {
                    Some(lora) => adapted(encoder, lora, recipe.encoder.keyword(), &mut init)?,
                    None => encoder,
                }
            }
            None => encoder,
        };
        let context = Context { encoder: &encoder, shape, classes };
        let objective = recipe.objective.init(context, &mut init)?;
        Ok(Self { encoder, objective })
    }

    /// The loss of a batch.
    pub fn loss(&self, views: &Views, moment: &Moment) -> Loss {
        let mut encoder = self.encoder.clone(); // the same parameters
        encoder.prepare(moment);
        self.objective.loss(&encoder, views, moment)
    }

    /// The encoder to keep: the trained one, or its teacher.
    pub fn kept(&self) -> &Encoder {
        self.objective.teacher().unwrap_or(&self.encoder)
    }

    /// What the finished model would give for a batch, `[n, d]`.
    pub fn represent(&self, input: &Input) -> Tensor<2> {
        let pooled = self.kept().encode(input).pooled;
        match self.objective.neck() {
            Some(neck) => neck.forward(pooled),
            None => pooled,
        }
    }

    /// Numbers per vector of the finished model.
    pub fn width(&self) -> usize {
        self.objective.neck().map_or(self.kept().width(), |neck| neck.weight.dims()[1])
    }
}

/// The encoder as it is, with a change of low rank to learn.
fn adapted(
    encoder: Encoder,
    config: lora::Config,
    keyword: &str,
    init: &mut Init,
) -> Result<Encoder, Error> {
    let mut encoder = encoder.no_grad();
    let maps = encoder.maps();
    if maps.is_empty() {
        return Err(Error::Recipe(format!(
            "transfer.lora adapts the linear maps of a transformer, and encoder `{keyword}` is \
             none; leave it out to fine-tune the whole encoder"
        )));
    }
    maps.into_iter().for_each(|map| map.adapt(config, init));
    Ok(encoder)
}

/// The encoder with the weights of a finished run.
fn transferred(encoder: Encoder, from: &Path, device: &Device) -> Result<Encoder, Error> {
    let model = Model::load(from, &device.clone().inner())?;
    weights::restore(encoder, weights::collect(model.encoder()), from)
}
