//! From text to proven word vectors, and from baskets and graphs to those of items.

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

use super::{Arguments, epochs, is_recipe, place};
use crate::arguments::Common;
use crate::items::{self, Evidence};
use crate::output::print_line;
use crate::path;
use crate::words::proof::{self, Question};
use crate::words::recipe::{Method, Sentences};
use crate::words::sets::Set;
use crate::words::{Model, Recipe, file, model, text};

/// The word whose neighbours are shown as an example, by its rank.
const SHOWN: usize = 500;

/// Trains and proves.
pub fn run(arguments: &Arguments, common: &Common) -> Result<ExitCode> {
    let started = Instant::now();
    device::named(&common.device)?;
    let (mut recipe, folder) = recipe(arguments)?;
    let trial = Trial::of(&recipe, arguments)?;
    if arguments.what.as_ref().is_some_and(|what| !is_recipe(what)) && !common.quiet {
        eprintln!("recipe:\n{}", recipe.resolved()?);
    }
    let evidence = items::evidence(&recipe)?;
    let (corpus, phrases) = match &evidence {
        Some(evidence) => (items::corpus(&mut recipe, evidence, common)?, None),
        None => text::of_recipe(&recipe, common)?,
    };
    let resolved = recipe.resolved()?;
    if let Some(threads) = common.threads {
        recipe.set_threads(threads);
    }
    let counts = &corpus.vocabulary;
    let (run, ended) = match recipe.method() {
        Method::Words(config) => {
            let begun = steps::begin(arguments, config, &corpus, &folder)?;
            let run = begun.run.clone();
            keep(&run, &resolved, phrases.as_ref())?;
            (run, steps::learn(begun, counts, evidence.is_some(), common)?)
        }
        Method::Glove(config) => {
            config.check()?;
            let run = epochs::folder(arguments, &folder)?;
            keep(&run, &resolved, phrases.as_ref())?;
            let ended = counts::glove(&corpus, config, &run, common)?;
            (run, ended)
        }
        Method::Ppmi(config) => {
            config.check(counts.len())?;
            let run = epochs::folder(arguments, &folder)?;
            keep(&run, &resolved, phrases.as_ref())?;
            counts::ppmi(&corpus, config, &run, arguments.resume.is_some(), common)?;
            (run, true)
        }
    };
    if !ended {
        return Ok(ExitCode::from(130));
    }
    let seconds = started.elapsed().as_secs_f64();
    let finished = Finished {
        run: &run,
        recipe: &recipe,
        trial: &trial,
        evidence: evidence.as_ref(),
        seconds,
    };
    finish(arguments, common, &finished)
}

/// What the vectors will be held against.
struct Trial {
    /// Files of judgements; none of items.
    sets: Vec<Set>,
    bars: Vec<Bar>,
}

impl Trial {
    fn of(recipe: &Recipe, arguments: &Arguments) -> Result<Self> {
        let asked = &arguments.require;
        match recipe.sentences() {
            Sentences::Text => {
                let evaluation = recipe.proof.evaluation.as_deref();
                let folder = evaluation.map(pith_data::config::expand).transpose()?;
                let sets = proof::sets(folder.as_deref())?;
                let bars = proof::bars(asked, &sets)?;
                Ok(Self { sets, bars })
            }
            sentences => {
                let baskets = matches!(sentences, Sentences::Baskets(_));
                Ok(Self { sets: Vec::new(), bars: items::proof::bars(asked, baskets)? })
            }
        }
    }
}

fn recipe(arguments: &Arguments) -> Result<(Recipe, PathBuf)> {
    if let Some(folder) = &arguments.resume {
        path::must_exist(folder)?;
        return Ok((Recipe::read(&Run::open(folder)?.recipe(), &[])?, folder.clone()));
    }
    let what = arguments.what.as_ref().context("name a recipe, a text or items")?;
    let mut recipe = match is_recipe(what) {
        true => Recipe::fresh(what, &arguments.set)?,
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
    trial: &'a Trial,
    evidence: Option<&'a Evidence>,
    seconds: f64,
}

fn finish(arguments: &Arguments, common: &Common, finished: &Finished) -> Result<ExitCode> {
    let Finished { run, recipe, trial: Trial { sets, bars }, evidence, seconds } = *finished;
    let model = model::file(run);
    let told = json!({ "run": run.folder(), "model": model, "seconds": seconds });
    let nothing = evidence.is_some_and(|evidence| !items::proof::is_possible(evidence));
    if nothing && !common.quiet {
        eprintln!("note: nothing was left out, so nothing is judged");
    }
    if arguments.no_proof || (nothing && bars.is_empty()) {
        match common.json {
            true => print_line!("{told}"),
            false => print_line!("model   {}", model.display()),
        }
        return Ok(ExitCode::SUCCESS);
    }
    let words = Model::open(run.folder())?;
    let title = run.folder().file_name().unwrap_or_default().to_string_lossy().into_owned();
    if let Some(evidence) = evidence {
        let question = items::proof::Question {
            vectors: &words.vectors,
            evidence,
            seed: recipe.method().seed(),
            title: &title,
            recipe: &recipe.resolved()?,
        };
        let code = items::proof::prove(&question, run.folder(), bars, common, told)?;
        if !common.json {
            print_line!("model   {}", model.display());
            example(&words, run)?;
        }
        return Ok(code);
    }
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
    if words.recipe.as_ref().is_some_and(Recipe::is_of_items) {
        print_line!("  pith search {} \"{word}\"", run.folder().display());
        return Ok(());
    }
    print_line!("  pith search {} {word}", run.folder().display());
    print_line!("  pith words analogy {} king - man + woman", run.folder().display());
    Ok(())
}
