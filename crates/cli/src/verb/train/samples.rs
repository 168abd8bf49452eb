//! From samples to a proven, searchable representation.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use pith_data::collection::{self, Collection, Subset};
use pith_data::dataset::Kind as DataKind;
use pith_data::loader::Skipped;
use pith_data::preprocess::Preprocess;
use pith_data::sample::Value;
use pith_learn::Model;
use pith_learn::device::{self, Device};
use pith_learn::recipe::{Kind, Recipe};
use pith_learn::run::Run;
use pith_learn::train::progress::Progress;
use pith_learn::train::{self, Ending, Outcome, Plan, Setting};
use serde_json::json;

use super::{Arguments, is_recipe, place, transfer};
use crate::arguments::Common;
use crate::output::print_line;
use crate::{evidence, interrupt, path, sheet};

/// Trains, proves, indexes.
pub fn run(arguments: &Arguments, common: &Common) -> Result<ExitCode> {
    let started = Instant::now();
    let device = device::named(&common.device)?;
    let bars = evidence::bars(&arguments.require)?;
    let (recipe, folder) = recipe(arguments, &device)?;
    let collection = collection::open(&recipe.data)?;
    if arguments.what.as_ref().is_some_and(|what| !is_recipe(what)) && !common.quiet {
        eprintln!("recipe:\n{}", recipe.resolved());
    }
    if !common.quiet {
        describe(&collection);
    }
    let preprocess = match &recipe.transfer {
        Some(from) => Model::load(Path::new(&from.from), &device)?.preprocess().clone(),
        None => Preprocess::fit(&collection.train, &recipe.input)?,
    };
    let setting = Setting {
        recipe: &recipe,
        collection: &collection,
        preprocess: &preprocess,
        device: &device,
        stop: interrupt::listen(),
    };
    let plan = Plan::new(&setting)?;
    let run = match &arguments.resume {
        Some(folder) => Run::open(folder)?,
        None => Run::create(&folder, arguments.force)?,
    };
    fs_err::write(run.recipe(), recipe.resolved())?;
    let mut progress = Progress::new(!common.quiet);
    let outcome = train::train(plan, &run, &mut progress)?;
    list_skipped(&run, &outcome.skipped)?;
    let model = Model::new(&outcome.learner, recipe.encoder.clone(), preprocess.clone());
    match &outcome.ending {
        Ending::Interrupted => {
            eprintln!(
                "stopped at step {}; go on with: pith train --resume {}",
                outcome.state.step,
                run.folder().display()
            );
            return Ok(ExitCode::from(130));
        }
        Ending::Collapsed(diagnosis) => bail!(
            "the representation collapsed by step {}: {diagnosis}\nwhat was measured is in {}",
            outcome.state.step,
            run.metrics().display()
        ),
        Ending::Finished | Ending::Stopped { .. } => model.save(&run.model())?,
    }
    let trained = started.elapsed().as_secs_f64();
    if arguments.no_proof {
        finish_without_proof(&run, &outcome, trained, common)?;
        return Ok(ExitCode::SUCCESS);
    }
    let transfer = match recipe.transfer {
        Some(_) => {
            let twin = transfer::Twin { run: &run, setting: &setting, outcome: &outcome };
            let Some(told) = twin.measure(common)? else { return Ok(ExitCode::from(130)) };
            Some(told)
        }
        None => None,
    };
    sheet::write(&run.pictures(), &pith_learn::sheet::gather(&outcome.learner, &setting)?)?;
    evidence::after_training(&evidence::Trained {
        run: &run,
        recipe: &recipe,
        collection: &collection,
        model: &model,
        transfer,
        seconds: trained,
        bars: &bars,
        common,
    })
}

fn recipe(arguments: &Arguments, device: &Device) -> Result<(Recipe, PathBuf)> {
    if let Some(folder) = &arguments.resume {
        path::must_exist(folder)?;
        let run = Run::open(folder)?;
        return Ok((Recipe::read(&run.recipe(), &[])?, folder.clone()));
    }
    let what = arguments.what.as_ref().context("name a recipe or data")?;
    let mut changes = arguments.set.clone();
    changes.extend(arguments.seed.map(|seed| format!("train.seed={seed}")));
    if let Some(from) = &arguments.from {
        return Ok((transfer::recipe(from, what, changes, device)?, place(arguments, what)));
    }
    let recipe = match is_recipe(what) {
        true => {
            path::must_exist(what)?;
            Recipe::read(what, &changes)?
        }
        false => default_recipe(what, &changes)?,
    };
    Ok((recipe, place(arguments, what)))
}

/// A recipe for data that come without one, by a look at their first samples.
fn default_recipe(data: &Path, changes: &[String]) -> Result<Recipe> {
    let any = Recipe::default_for(data, Kind::Rows, 0, changes)?;
    let train = collection::open(&any.data)?.train;
    Ok(Recipe::default_for(data, kind(&train), train.len(), changes)?)
}

pub(super) fn kind(train: &Subset) -> Kind {
    if matches!(train.dataset.kind(), DataKind::Row(_)) {
        return Kind::Rows;
    }
    let looked_at = (0..train.len().min(20)).filter_map(|place| train.read(place).ok());
    let sides: Vec<usize> = looked_at
        .filter_map(|value| match value {
            Value::Image(image) => Some(image.width.max(image.height)),
            _ => None,
        })
        .collect();
    let large = sides.iter().filter(|&&side| side > 64).count() * 2 > sides.len();
    Kind::Pictures { large }
}

fn describe(collection: &Collection) {
    eprintln!(
        "data: {} training, {} validation, {} test samples, {} classes",
        collection.train.len(),
        collection.validation.len(),
        collection.test.len(),
        collection.classes.len()
    );
    for note in &collection.notes {
        eprintln!("note: {note}");
    }
}

/// Writes the samples that could not be read, one JSON line each, and says how many.
fn list_skipped(run: &Run, skipped: &[Skipped]) -> Result<()> {
    if skipped.is_empty() {
        return Ok(());
    }
    let lines: String = skipped
        .iter()
        .map(|sample| format!("{}\n", json!({ "id": sample.id, "reason": sample.reason })))
        .collect();
    fs_err::write(run.skipped(), lines)?;
    eprintln!(
        "warning: {} samples could not be read and were left out, such as {} ({}); all are in {}",
        skipped.len(),
        skipped[0].id,
        skipped[0].reason,
        run.skipped().display()
    );
    Ok(())
}

fn finish_without_proof(run: &Run, outcome: &Outcome, seconds: f64, common: &Common) -> Result<()> {
    if common.json {
        let told = json!({
            "run": run.folder(),
            "model": run.model(),
            "steps": outcome.state.step,
            "best-step": outcome.state.best_step,
            "best": outcome.state.best,
            "seconds": seconds,
        });
        print_line!("{told}");
    } else {
        print_line!("model   {}", run.model().display());
    }
    Ok(())
}
