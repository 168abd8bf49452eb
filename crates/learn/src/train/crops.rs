//! Whether encoder and objective can use pictures of another size: the local crops of a recipe, and its
//! views where `crop-resize` has a size.

use burn::module::Module;
use pith_data::sample::Shape;
use pith_data::view::LocalCrops;

use super::Learner;
use crate::Error;
use crate::nn::Init;
use crate::objective::{self, Context};

/// Refuses crops that would be made for nothing, or that the encoder cannot see.
pub(super) fn check(
    crops: &LocalCrops,
    learner: &Learner,
    shape: Shape,
    classes: usize,
) -> Result<(), Error> {
    crops.check()?;
    if !learner.objective.local_crops() {
        let context = Context { encoder: &learner.encoder, shape, classes };
        return Err(Error::Recipe(format!(
            "this objective compares whole views and has no use for [local-crops]; take the table \
             out, or use one of the objectives that do: {}",
            takers(context, learner).join(", ")
        )));
    }
    match shape {
        Shape::Pixels { channels, .. } => {
            let small = Shape::Pixels { channels, height: crops.size, width: crops.size };
            learner.encoder.accepts(small).map_err(|error| {
                Error::Recipe(format!("local-crops.size = {}: {error}", crops.size))
            })
        }
        // The loader says that crops are parts of pictures.
        _ => Ok(()),
    }
}

/// Refuses views of a size that the encoder or the objective cannot see.
pub(super) fn check_size(views: Shape, learner: &Learner, shape: Shape) -> Result<(), Error> {
    if views == shape {
        return Ok(());
    }
    if !learner.objective.any_size() {
        return Err(Error::Recipe(
            "this objective draws or hides places of a picture, which must be of the size that the \
             encoder was made for; take `size` out of crop-resize, or set input.size for all"
                .into(),
        ));
    }
    let told = |error| Error::Recipe(format!("crop-resize.size: {error}"));
    learner.encoder.accepts(views).map_err(told)
}

/// The keywords of the objectives that take local crops of this encoder's inputs.
fn takers(context: Context, learner: &Learner) -> Vec<&'static str> {
    let device = learner.devices().pop().unwrap_or_default();
    let takes = |keyword: &str| {
        let config = objective::Config::default_of(keyword)?;
        config.init(context, &mut Init::new(0, &device)).ok()
    };
    let keywords = objective::METHODS.iter().map(|method| method.keyword);
    keywords.filter(|keyword| takes(keyword).is_some_and(|one| one.local_crops())).collect()
}
