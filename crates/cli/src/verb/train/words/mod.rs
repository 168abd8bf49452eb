//! From text to proven word vectors.

mod counts;
mod steps;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};
use pith_learn::device;
use pith_learn::run::Run;
use pith_space::proof::Bar;
use pith_tables::corpus::Vocabulary;
use pith_tables::corpus::phrases::Phrases;
use pith_tables::{Vectors, format};
use serde_json::json;

use super::{Arguments, is_recipe, place};
use crate::arguments::Common;
use crate::output::print_line;
use crate::path;
use crate::words::proof::{self, Question};
use crate::words::recipe::Method;
use crate::words::sets::Set;
use crate::words::{Model, Recipe, file, model, text};

/// The word whose neighbours are shown as an example, by its rank.
const SHOWN: usize = 500;

/// Trains and proves.
pub fn run(arguments: &Arguments, common: &Common) -> Result<ExitCode> {
    let started = Instant::now();
    device::named(&common.device)?;
    let (mut recipe, folder) = recipe(arguments)?;
    let evaluation = recipe.proof.evaluation.as_deref().map(pith_data::config::expand);
    let sets = proof::sets(evaluation.transpose()?.as_deref())?;
    let bars = proof::bars(&arguments.require, &sets)?;
    let resolved = recipe.resolved()?;
    if arguments.what.as_ref().is_some_and(|what| !is_recipe(what)) && !common.quiet {
        eprintln!("recipe:\n{resolved}");
    }
    if let Some(threads) = common.threads {
        recipe.set_threads(threads);
    }
    let (corpus, phrases) = text::of_recipe(&recipe, common)?;
    let counts = &corpus.vocabulary;
    let (run, ended) = match recipe.method() {
        Method::Words(config) => {
            let begun = steps::begin(arguments, config, &corpus, &folder)?;
            let run = begun.run.clone();
            keep(&run, &resolved, phrases.as_ref())?;
            (run, steps::learn(begun, counts, common)?)
        }
        Method::Glove(config) => {
            config.check()?;
            let run = counts::begin(arguments, &folder)?;
            keep(&run, &resolved, phrases.as_ref())?;
            let ended = counts::glove(&corpus, config, &run, common)?;
            (run, ended)
        }
        Method::Ppmi(config) => {
            config.check(counts.len())?;
            let run = counts::begin(arguments, &folder)?;
            keep(&run, &resolved, phrases.as_ref())?;
            counts::ppmi(&corpus, config, &run, common)?;
            (run, true)
        }
    };
    if !ended {
        return Ok(ExitCode::from(130));
    }
    let seconds = started.elapsed().as_secs_f64();
    finish(
        arguments,
        common,
        &Finished { run: &run, recipe: &recipe, sets: &sets, bars: &bars, seconds },
    )
}

fn recipe(arguments: &Arguments) -> Result<(Recipe, PathBuf)> {
    if let Some(folder) = &arguments.resume {
        path::must_exist(folder)?;
        return Ok((Recipe::read(&Run::open(folder)?.recipe(), &[])?, folder.clone()));
    }
    let what = arguments.what.as_ref().context("name a recipe or a text")?;
    let mut recipe = match is_recipe(what) {
        true => Recipe::read(what, &arguments.set)?,
        false => Recipe::default_for(what, &arguments.set)?,
    };
    if let Some(seed) = arguments.seed {
        recipe.set_seed(seed);
    }
    Ok((recipe, place(arguments, what)))
}

/// Keeps what a run is known by: its recipe, and the phrases that its words are made of.
fn keep(run: &Run, resolved: &str, phrases: Option<&Phrases>) -> Result<()> {
    fs_err::write(run.recipe(), resolved)?;
    if let Some(phrases) = phrases {
        fs_err::create_dir_all(run.model())?;
        file::whole(&model::phrases(run), |partial| phrases.write(partial))?;
    }
    Ok(())
}

/// Writes vectors that fastText has no file for, with how often each word occurred.
fn write_bare(vectors: &Vectors, counts: &Vocabulary, run: &Run) -> Result<()> {
    fs_err::create_dir_all(run.model())?;
    let file = run.model().join("words.safetensors");
    file::whole(&file, |partial| format::write_counted(vectors, counts, partial))
}

/// A training that is done.
struct Finished<'a> {
    run: &'a Run,
    recipe: &'a Recipe,
    sets: &'a [Set],
    bars: &'a [Bar],
    seconds: f64,
}

fn finish(arguments: &Arguments, common: &Common, finished: &Finished) -> Result<ExitCode> {
    let Finished { run, recipe, sets, bars, seconds } = *finished;
    let model = model::file(run);
    let told = json!({ "run": run.folder(), "model": model, "seconds": seconds });
    if arguments.no_proof {
        match common.json {
            true => print_line!("{told}"),
            false => print_line!("model   {}", model.display()),
        }
        return Ok(ExitCode::SUCCESS);
    }
    let words = Model::open(run.folder())?;
    let title = run.folder().file_name().unwrap_or_default().to_string_lossy().into_owned();
    let metrics = run.metrics();
    let question = Question {
        model: &words,
        sets,
        seed: recipe.method().seed(),
        title: &title,
        recipe: Some(&recipe.resolved()?),
        metrics: metrics.exists().then_some(&*metrics),
    };
    let answer = proof::prove(&question, run.folder(), common)?;
    let code = proof::tell(&answer, bars, common, told)?;
    if !common.json {
        print_line!("model   {}", model.display());
        example(&words, run)?;
    }
    Ok(code)
}

/// The neighbours of one word, and how to ask for others.
fn example(words: &Model, run: &Run) -> Result<()> {
    let all = words.vectors.words();
    let Some(word) = all.get(SHOWN.min(all.len() / 2)) else { return Ok(()) };
    let near = words.neighbours(word, 5)?;
    let near: Vec<&str> = near.iter().map(|neighbour| neighbour.word.as_str()).collect();
    print_line!("\nnearest to {word}: {}", near.join(", "));
    print_line!("\nask for others:");
    print_line!("  pith search {} {word}", run.folder().display());
    print_line!("  pith words analogy {} king - man + woman", run.folder().display());
    Ok(())
}
