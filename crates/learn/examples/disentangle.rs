//! How well the dimensions of a finished run's model match the known factors of its data.
//!
//! ```text
//! cargo run --release -p pith-learn --example disentangle -- RUN [SAMPLES]
//! ```
//!
//! Encodes SAMPLES (15000) of the run's data, drawn from all splits, and
//! prints every score as one JSON line.

use std::path::Path;

use burn::tensor::Device;
use pith_data::collection::{self, Subset};
use pith_data::random::Random;
use pith_learn::run::Run;
use pith_learn::{Error, Model, Recipe};
use pith_space::Matrix;
use pith_space::disentanglement::{Factored, Votes, beta_vae, dci, factor_vae, mig, sap};

fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(folder) = arguments.first() else {
        return Err(Error::Recipe("expected a run folder: disentangle RUN [SAMPLES]".into()));
    };
    let samples = match arguments.get(1) {
        None => 15_000,
        Some(text) => text
            .parse()
            .map_err(|_| Error::Recipe(format!("expected a number of samples, received {text}")))?,
    };
    let run = Run::open(Path::new(folder))?;
    let recipe = Recipe::read(&run.recipe(), &[])?;
    let model = Model::load(&run.model(), &Device::flex())?;
    let all = Subset::all(collection::open(&recipe.data)?.train.dataset);
    if all.dataset.factors().is_empty() {
        return Err(Error::Recipe(
            "the factors of this data are not known; use data.shapes".into(),
        ));
    }
    let chosen = drawn(all, samples);

    let mut codes = Matrix::empty(model.width());
    let stop = std::sync::atomic::AtomicBool::new(false);
    model.embed(&chosen, 1, &stop, |_, vectors| {
        codes.extend(vectors.values());
        Ok(())
    })?;
    let values: Vec<Vec<u32>> =
        (0..chosen.len()).map(|place| chosen.factor_values(place)).collect();
    let varying = (0..chosen.dataset.factors().len())
        .filter(|&factor| values.iter().any(|of_sample| of_sample[factor] > 0));
    let factors = varying.map(|factor| values.iter().map(|of_sample| of_sample[factor]).collect());
    let data = Factored::new(codes, factors.collect())?;
    let votes = Votes::default();
    let scores = dci::measure(&data);
    println!(
        "{}",
        serde_json::json!({
            "run": folder,
            "objective": recipe.objective.keyword(),
            "seed": recipe.train.seed,
            "samples": data.samples(),
            "mig": mig::gap(&data),
            "dci-trees-disentanglement": scores.disentanglement,
            "dci-trees-completeness": scores.completeness,
            "dci-trees-informativeness": scores.informativeness,
            "sap": sap::gap(&data),
            "factor-vae": factor_vae::score(&data, votes),
            "beta-vae": beta_vae::score(&data, votes),
        })
    );
    Ok(())
}

/// So many samples of a subset, drawn, in their order.
fn drawn(mut subset: Subset, count: usize) -> Subset {
    Random::keyed(&[0]).shuffle(&mut subset.indices);
    subset.indices.truncate(count);
    subset.indices.sort_unstable();
    subset
}
