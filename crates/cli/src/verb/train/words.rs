//! From text to proven word vectors.
//!
//! A checkpoint is written behind every epoch. Ctrl-C ends at once, and the training goes on behind
//! the last whole epoch; on one thread the same bits follow as without a stop.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use pith_learn::device;
use pith_learn::run::Run;
use pith_space::proof::Bar;
use pith_tables::format::fasttext;
use pith_tables::train::{Checkpoint, Config, Epoch, Training};
use pith_tables::{Corpus, corpus};
use serde_json::json;

use super::{Arguments, is_recipe, place};
use crate::arguments::Common;
use crate::output::print_line;
use crate::words::progress::Progress;
use crate::words::proof::{self, Question};
use crate::words::sets::Set;
use crate::words::{Model, Recipe, file, model};
use crate::{interrupt, path};

/// The word whose neighbours are shown as an example, by its rank.
const SHOWN: usize = 500;

/// Trains and proves.
pub fn run(arguments: &Arguments, common: &Common) -> Result<ExitCode> {
    let started = Instant::now();
    device::named(&common.device)?;
    let (recipe, folder) = recipe(arguments)?;
    let evaluation = recipe.proof.evaluation.as_deref().map(pith_data::config::expand);
    let sets = proof::sets(evaluation.transpose()?.as_deref())?;
    let bars = proof::bars(&arguments.require, &sets)?;
    let text = recipe.text()?;
    let resolved = recipe.resolved()?;
    if arguments.what.as_ref().is_some_and(|what| !is_recipe(what)) && !common.quiet {
        eprintln!("recipe:\n{resolved}");
    }
    if !common.quiet {
        eprintln!("reading the text");
    }
    let corpus = Corpus::read(&text, &recipe.corpus)?;
    if !common.quiet {
        describe(&corpus);
    }
    let Begun { mut training, epochs, run } = begin(arguments, common, &recipe, &corpus, &folder)?;
    fs_err::write(run.recipe(), &resolved)?;
    if let Some(epochs) = learn(&mut training, epochs, &run, common)? {
        eprintln!(
            "stopped; go on behind epoch {epochs} with: pith train --resume {}",
            run.folder().display()
        );
        return Ok(ExitCode::from(130));
    }
    fs_err::create_dir_all(run.model())?;
    file::whole(&model::file(&run), |partial| fasttext::write(&training.model(), partial))?;
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
    let mut changes = arguments.set.clone();
    changes.extend(arguments.seed.map(|seed| format!("words.seed={seed}")));
    let recipe = match is_recipe(what) {
        true => Recipe::read(what, &changes)?,
        false => Recipe::default_for(what, &changes)?,
    };
    Ok((recipe, place(arguments, what)))
}

fn describe(corpus: &Corpus) {
    let corpus::Summary { files, sentences, words, words_kept, replaced } = corpus.summary;
    let distinct = corpus.vocabulary.len();
    eprintln!(
        "data: {files} files, {sentences} lines, {words} words; {words_kept} of them learned, \
         {distinct} distinct"
    );
    if replaced > 0 {
        eprintln!("note: in {replaced} places the bytes were not UTF-8 and were replaced");
    }
}

/// A training before its next epoch.
struct Begun<'a> {
    training: Training<'a>,
    epochs: usize,
    run: Run,
}

fn begin<'a>(
    arguments: &Arguments,
    common: &Common,
    recipe: &Recipe,
    corpus: &'a Corpus,
    folder: &Path,
) -> Result<Begun<'a>> {
    let threads = common.threads.unwrap_or(recipe.words.threads);
    let config = Config { threads, ..recipe.words.clone() };
    if arguments.resume.is_none() {
        let training = Training::new(corpus, &config)?;
        return Ok(Begun { training, epochs: 0, run: Run::create(folder, arguments.force)? });
    }
    let run = Run::open(folder)?;
    let at = checkpoint(&run);
    let (training, epochs) = if at.exists() {
        let mut checkpoint = Checkpoint::load(&at)?;
        checkpoint.config.threads = threads;
        let epochs = checkpoint.course.epoch;
        (Training::resume(corpus, checkpoint)?, epochs)
    } else {
        (Training::new(corpus, &config)?, 0)
    };
    forget_after(&run, epochs)?;
    fs_err::create_dir_all(run.checkpoints())?;
    Ok(Begun { training, epochs, run })
}

fn checkpoint(run: &Run) -> PathBuf {
    run.checkpoints().join("words.safetensors")
}

/// Drops what was measured behind the epochs that the checkpoint holds.
fn forget_after(run: &Run, epochs: usize) -> Result<()> {
    let text = std::fs::read_to_string(run.metrics()).unwrap_or_default();
    let kept: String = text.split_inclusive('\n').take(epochs).collect();
    Ok(fs_err::write(run.metrics(), kept)?)
}

/// Trains to the end, or until Ctrl-C: then it gives the number of whole epochs.
fn learn(
    training: &mut Training,
    mut epochs: usize,
    run: &Run,
    common: &Common,
) -> Result<Option<usize>> {
    let started = Instant::now();
    let stop = interrupt::listen();
    let mut progress = Progress::new(!common.quiet);
    while !training.finished() {
        if stop.load(SeqCst) {
            return Ok(Some(epochs));
        }
        let (mut rate, mut words) = (0.0, 0);
        let ended = training.epoch(&mut |look| {
            progress.look(look);
            (rate, words) = (look.rate, look.words);
            // An epoch that has ended is kept, whatever was asked meanwhile.
            let stopped = stop.load(SeqCst) && look.ended.is_none();
            if stopped { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        let Some(Epoch { loss, held_out }) = ended else { return Ok(Some(epochs)) };
        ensure!(
            loss.is_finite(),
            "the loss is {loss} behind epoch {}: lower words.rate",
            epochs + 1
        );
        epochs += 1;
        let line = json!({
            "epoch": epochs, "words": words, "rate": rate, "loss": loss, "held-out": held_out,
            "seconds": started.elapsed().as_secs_f64(),
        });
        let mut metrics =
            fs_err::OpenOptions::new().create(true).append(true).open(run.metrics())?;
        std::io::Write::write_all(&mut metrics, format!("{line}\n").as_bytes())?;
        training.checkpoint().save(&checkpoint(run))?;
    }
    Ok(None)
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
    let question = Question {
        model: &words,
        sets,
        seed: recipe.words.seed,
        title: &title,
        recipe: Some(&recipe.resolved()?),
        metrics: Some(&run.metrics()),
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
