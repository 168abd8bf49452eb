//! From documents to proven vectors. A training is kept only when it is whole; one that was stopped
//! begins anew.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use pith_learn::device;
use pith_learn::run::Run;
use pith_space::proof::Bar;
use pith_tables::Corpus;
use pith_tables::documents::Documents;
use serde_json::json;

use super::{Arguments, epochs, is_recipe, place};
use crate::arguments::Common;
use crate::documents::proof::{self, Question};
use crate::documents::{Model, Recipe, Split, model};
use crate::output::print_line;
use crate::{evidence, path};

/// Trains, proves, indexes.
pub fn run(arguments: &Arguments, common: &Common) -> Result<ExitCode> {
    let started = Instant::now();
    device::named(&common.device)?;
    let (mut recipe, folder) = recipe(arguments)?;
    let bars: Vec<Bar> = evidence::bars(&arguments.require)?;
    let resolved = recipe.resolved()?;
    if arguments.what.as_ref().is_some_and(|what| !is_recipe(what)) && !common.quiet {
        eprintln!("recipe:\n{resolved}");
    }
    if let Some(threads) = common.threads {
        recipe.documents.threads = threads;
    }
    let Split { learned, test } = recipe.split()?;
    let words: Vec<&Vec<String>> = learned.iter().map(|document| &document.words).collect();
    let corpus = Corpus::from_sentences(words.iter().copied(), &recipe.corpus)?;
    if !common.quiet {
        let (known, held) = (corpus.vocabulary.len(), test.len());
        eprintln!(
            "data: {} documents, {known} distinct words; {held} documents to judge by",
            learned.len()
        );
    }
    ensure!(
        bars.is_empty() || !test.is_empty(),
        "--require needs documents to judge by; name them in data.test"
    );
    let run = epochs::folder(arguments, &folder)?;
    if arguments.resume.is_some() {
        eprintln!("note: [documents] keeps nothing on the way, so it begins anew");
    }
    fs_err::write(run.recipe(), &resolved)?;
    let owned: Vec<Vec<&str>> =
        words.iter().map(|words| words.iter().map(String::as_str).collect()).collect();
    let documents = learn(&owned, &corpus, &recipe, &run, common)?;
    Model::write(&documents, &learned, &run)?;
    let told = json!({
        "run": run.folder(), "model": model::file(&run), "index": run.index(),
        "seconds": started.elapsed().as_secs_f64(),
    });
    let shown = model::file(&run);
    if arguments.no_proof || test.is_empty() {
        match common.json {
            true => print_line!("{told}"),
            false => print_line!("model   {}", shown.display()),
        }
        return Ok(ExitCode::SUCCESS);
    }
    let inferred = model::infer(&documents, &test, recipe.documents.dimensions);
    let title = run.folder().file_name().unwrap_or_default().to_string_lossy().into_owned();
    let question = Question {
        learned: (&learned, &model::space_matrix(&documents.vectors)),
        test: (&test, &inferred),
        recipe: &recipe,
        seed: recipe.documents.seed,
        title: &title,
    };
    let code = proof::prove(&question, run.folder(), &bars, common, told)?;
    if !common.json {
        print_line!("model   {}", shown.display());
        print_line!("\nask it:\n  pith search {} \"a text of your own\"", run.folder().display());
    }
    Ok(code)
}

fn learn(
    words: &[Vec<&str>],
    corpus: &Corpus,
    recipe: &Recipe,
    run: &Run,
    common: &Common,
) -> Result<Documents> {
    let (started, epochs) = (Instant::now(), recipe.documents.epochs);
    let mut failed = Ok(());
    epochs::forget_after(run, 0)?;
    let documents =
        Documents::learn(words, &corpus.vocabulary, &recipe.documents, &mut |epoch, loss| {
            let (epoch, seconds) = (epoch + 1, started.elapsed().as_secs_f64());
            if !common.quiet {
                let left = seconds / epoch as f64 * (epochs - epoch) as f64;
                eprintln!("epoch {epoch}/{epochs}  {left:.0} s left  loss {loss:.4}");
            }
            let line = json!({ "epoch": epoch, "loss": loss, "seconds": seconds });
            if failed.is_ok() {
                failed = epochs::check(loss, epoch, "documents");
            }
            if failed.is_ok() {
                failed = epochs::measured(run, &line);
            }
        })?;
    failed.map(|()| documents)
}

fn recipe(arguments: &Arguments) -> Result<(Recipe, PathBuf)> {
    if let Some(folder) = &arguments.resume {
        path::must_exist(folder)?;
        return Ok((Recipe::read(&Run::open(folder)?.recipe(), &[])?, folder.clone()));
    }
    let what = arguments.what.as_ref().context("name a recipe or documents")?;
    let mut changes = arguments.set.clone();
    changes.extend(arguments.seed.map(|seed| format!("documents.seed={seed}")));
    let recipe = match is_recipe(what) {
        true => Recipe::read(what, &changes)?,
        false => Recipe::default_for(what, &changes)?,
    };
    Ok((recipe, place(arguments, what)))
}
