//! How likely a finished run finds the test samples, in nats per sample.
//!
//! ```text
//! cargo run --release -p pith-learn --example iwae -- RUN [DRAWS [SAMPLES]]
//! ```
//!
//! Takes the last checkpoint of a run whose objective is a variational autoencoder, and the test
//! samples after the recipe's views (such as `binarize`), each seen once; prints the bound with one
//! draw, the importance-weighted bound with DRAWS (5000), and its standard error over SAMPLES (all).

use std::path::Path;

use burn::module::Module;
use burn::tensor::Device;
use pith_data::collection::{self, Subset};
use pith_data::loader::{Loader, Options};
use pith_data::preprocess::Preprocess;
use pith_data::random::Random;
use pith_data::view::Pipeline;
use pith_learn::input::Input;
use pith_learn::objective::variational::bits_per_number;
use pith_learn::run::Run;
use pith_learn::train::Learner;
use pith_learn::{Error, Recipe, weights};
use rayon::prelude::*;

/// Samples that one thread measures at a time.
const BATCH: usize = 50;

fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(folder) = arguments.first() else {
        return Err(Error::Recipe("expected a run folder: iwae RUN [DRAWS [SAMPLES]]".into()));
    };
    let draws = number(arguments.get(1), 5000)?;
    let (learner, step, test, pipeline) = open(&Run::open(Path::new(folder))?)?;
    let test = first(test, number(arguments.get(2), usize::MAX)?);
    let Some(heads) = learner.objective.variational() else {
        return Err(Error::Recipe("this run's objective is no variational autoencoder".into()));
    };
    let options = Options { batch_size: BATCH, ..Options::default() };
    let size = pipeline.shape().size();
    let batches: Vec<_> = Loader::new(test, pipeline, options)?.epoch(0, 0).enumerate().collect();
    let bounds: Vec<[f64; 2]> = batches
        .into_par_iter()
        .flat_map_iter(|(place, batch)| {
            let view = batch.views.into_iter().next().expect("one view was asked for");
            let input = Input::from_data(view, &Device::flex());
            let bound = |draws, purpose| {
                let mut random = Random::keyed(&[place as u64, purpose]);
                heads.bound(&learner.encoder, &input, draws, &mut random)
            };
            bound(1, 0).into_iter().zip(bound(draws, 1)).map(<[f64; 2]>::from).collect::<Vec<_>>()
        })
        .collect();
    let count = bounds.len() as f64;
    let mean = |which: usize| bounds.iter().map(|bound| bound[which]).sum::<f64>() / count;
    let (one, many) = (mean(0), mean(1));
    let variance = bounds.iter().map(|bound| (bound[1] - many).powi(2)).sum::<f64>() / count;
    let error = (variance / count).sqrt();
    println!("step {step}, {count} samples");
    println!("-log p(x), bound of one draw:      {:.2} nats", -one);
    println!("-log p(x), bound of {draws} draws: {:.2} nats, standard error {error:.2}", -many);
    println!("bits per number: {:.5}", bits_per_number(-many, size));
    Ok(())
}

fn number(argument: Option<&String>, otherwise: usize) -> Result<usize, Error> {
    let wrong =
        |text: &str| Error::Recipe(format!("expected a number above zero, received {text}"));
    match argument {
        None => Ok(otherwise),
        Some(text) => text.parse().ok().filter(|&n| n > 0).ok_or_else(|| wrong(text)),
    }
}

/// The learner of the last checkpoint, its step, and the test samples with the recipe's views.
fn open(run: &Run) -> Result<(Learner, String, Subset, Pipeline), Error> {
    let recipe = Recipe::read(&run.recipe(), &[])?;
    let collection = collection::open(&recipe.data)?;
    let preprocess = Preprocess::fit(&collection.train, &recipe.input)?;
    let Some(checkpoint) = run.latest_checkpoint()? else {
        return Err(Error::format(run.folder(), "this run has no checkpoint yet"));
    };
    let classes = collection.classes.len();
    let learner = Learner::init(&recipe, preprocess.shape(), classes, &Device::flex())?;
    let file = checkpoint.join("weights.safetensors");
    let learner = weights::restore(learner, weights::read(&file)?, &file)?.valid();
    let step = checkpoint.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok((learner, step, collection.test, Pipeline::new(preprocess, recipe.views)?))
}

fn first(mut subset: Subset, count: usize) -> Subset {
    subset.indices.truncate(count);
    subset
}
