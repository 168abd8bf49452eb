//! From labelled text to a proven classifier. A training that is stopped goes on behind its last whole
//! epoch; a search that is stopped keeps the best it found.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use pith_learn::device;
use pith_learn::run::Run;
use pith_tables::format::fasttext;
use pith_tables::supervised::autotune::{Metric, Search, Trial};
use pith_tables::supervised::{Classifier, Config, Training, autotune};
use pith_tables::train::{Checkpoint, Epoch};
use serde_json::json;

use super::{Arguments, epochs, is_recipe, place};
use crate::arguments::Common;
use crate::classifier::proof::{self, Question};
use crate::classifier::recipe::Lines;
use crate::classifier::{Recipe, model};
use crate::output::print_line;
use crate::words::file;
use crate::words::progress::Progress;
use crate::{interrupt, path};

/// Trains and proves.
pub fn run(arguments: &Arguments, common: &Common) -> Result<ExitCode> {
    let started = Instant::now();
    device::named(&common.device)?;
    let (mut recipe, folder) = recipe(arguments)?;
    let bars = proof::bars(&arguments.require)?;
    let resolved = recipe.resolved()?;
    if arguments.what.as_ref().is_some_and(|what| !is_recipe(what)) && !common.quiet {
        eprintln!("recipe:\n{resolved}");
    }
    if let Some(threads) = common.threads {
        recipe.classifier.threads = threads;
    }
    let lines = recipe.lines()?;
    describe(&lines, common);
    let stop = interrupt::listen();
    let run = epochs::folder(arguments, &folder)?;
    fs_err::write(run.recipe(), &resolved)?;
    let work = Work { lines: &lines, config: &recipe.classifier, run: &run, stop, common };
    let learned = match &recipe.autotune {
        Some(search) => Some(tune(&work, search)?),
        None => learn(&work)?,
    };
    let Some(classifier) = learned else {
        return Ok(ExitCode::from(130));
    };
    let small = match &recipe.quantize {
        Some(quantization) => Some(classifier.quantize(quantization, Some(&lines.examples))?),
        None => None,
    };
    fs_err::create_dir_all(run.model())?;
    let at = model::whole(&run);
    file::whole(&at, |partial| fasttext::write_classifier(&classifier, partial))?;
    if let Some(small) = &small {
        let at = model::small(&run);
        file::whole(&at, |partial| fasttext::write_classifier(small, partial))?;
    }
    let mut classifiers = vec![("classifier", &classifier)];
    classifiers.splice(..0, small.as_ref().map(|small| ("small classifier", small)));
    let told = json!({
        "run": run.folder(),
        "model": if small.is_some() { model::small(&run) } else { model::whole(&run) },
        "seconds": started.elapsed().as_secs_f64(),
    });
    let title = run.folder().file_name().unwrap_or_default().to_string_lossy().into_owned();
    let question = Question {
        classifiers: &classifiers,
        test: &lines.test,
        seed: recipe.classifier.seed,
        title: &title,
        recipe: Some(&resolved),
    };
    if arguments.no_proof || lines.test.is_empty() {
        ensure!(bars.is_empty(), "--require needs lines to judge by; name them in data.test");
        match common.json {
            true => print_line!("{told}"),
            false => print_line!("model   {}", at.display()),
        }
        return Ok(ExitCode::SUCCESS);
    }
    let code = proof::prove(&question, run.folder(), &bars, common, told)?;
    if !common.json {
        print_line!("model   {}", at.display());
        print_line!("\nask it:\n  pith words predict {} TEXT", run.folder().display());
    }
    Ok(code)
}

fn recipe(arguments: &Arguments) -> Result<(Recipe, PathBuf)> {
    if let Some(folder) = &arguments.resume {
        path::must_exist(folder)?;
        return Ok((Recipe::read(&Run::open(folder)?.recipe(), &[])?, folder.clone()));
    }
    let what: &Path = arguments.what.as_ref().context("name a recipe or labelled text")?;
    let mut changes = arguments.set.clone();
    changes.extend(arguments.seed.map(|seed| format!("classifier.seed={seed}")));
    let recipe = match is_recipe(what) {
        true => Recipe::read(what, &changes)?,
        false => Recipe::default_for(what, &changes)?,
    };
    Ok((recipe, place(arguments, what)))
}

fn describe(lines: &Lines, common: &Common) {
    if common.quiet {
        return;
    }
    let Lines { examples, validation, test } = lines;
    let (labels, words) = (examples.dictionary.labels.len(), examples.dictionary.words.len());
    eprintln!(
        "data: {labels} labels, {words} distinct words; {} lines to choose by, {} to judge by",
        validation.len(),
        test.len()
    );
    if test.is_empty() {
        eprintln!("note: nothing is held out, so nothing will be judged; name lines in data.test");
    }
}

/// What a training works with.
struct Work<'a> {
    lines: &'a Lines,
    config: &'a Config,
    run: &'a Run,
    stop: &'a AtomicBool,
    common: &'a Common,
}

/// Trains, or goes on with a training; nothing where Ctrl-C ended it.
fn learn(work: &Work) -> Result<Option<Classifier>> {
    let Work { lines, config, run, stop, common } = *work;
    let at = run.checkpoints().join("classifier.safetensors");
    let (mut training, mut done) = if at.exists() {
        let mut checkpoint: Checkpoint<Config> = Checkpoint::load(&at)?;
        checkpoint.config.threads = config.threads;
        let done = checkpoint.course.epoch;
        (Training::resume(&lines.examples, checkpoint, &lines.validation)?, done)
    } else {
        (Training::new(&lines.examples, config, &lines.validation)?, 0)
    };
    epochs::forget_after(run, done)?;
    let started = Instant::now();
    let mut progress = Progress::new(!common.quiet);
    while !training.finished() {
        let (mut rate, mut words) = (0.0, 0);
        let ended = training.epoch(&mut |look| {
            progress.look(look);
            (rate, words) = (look.rate, look.words);
            // An epoch that has ended is kept, whatever was asked meanwhile.
            let stopped = stop.load(SeqCst) && look.ended.is_none();
            if stopped { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        let Some(Epoch { loss, held_out }) = ended else {
            epochs::stopped(run, done);
            return Ok(None);
        };
        epochs::check(loss, done + 1, "classifier")?;
        done += 1;
        let line = json!({
            "epoch": done, "words": words, "rate": rate, "loss": loss, "held-out": held_out,
            "seconds": started.elapsed().as_secs_f64(),
        });
        epochs::measured(run, &line)?;
        training.checkpoint().save(&at)?;
        if stop.load(SeqCst) && !training.finished() {
            epochs::stopped(run, done);
            return Ok(None);
        }
    }
    Ok(Some(training.classifier()))
}

/// Searches for settings, and keeps the best classifier.
fn tune(work: &Work, search: &Search) -> Result<Classifier> {
    let Work { lines, config: start, run, stop, common } = *work;
    let mut metrics = String::new();
    let tuned = autotune(&lines.examples, start, &lines.validation, search, &mut |trial| {
        if !common.quiet {
            eprintln!("{}", told(trial, search));
        }
        metrics.push_str(&format!("{}\n", json!(trial)));
        if stop.load(SeqCst) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    fs_err::write(run.metrics(), &metrics)?;
    if !common.quiet {
        let Config { epochs, rate, dimensions, word_ngrams, longest, buckets, .. } =
            tuned.classifier.config;
        eprintln!(
            "best of {} trials: epochs {epochs}, rate {rate:.4}, dimensions {dimensions}, \
             word-ngrams {word_ngrams}, longest {longest}, buckets {buckets}",
            tuned.trials.len()
        );
    }
    Ok(tuned.classifier)
}

/// The line of a trial.
fn told(trial: &Trial, search: &Search) -> String {
    let metric = match &search.metric {
        Metric::F1 => "F1".to_owned(),
        Metric::LabelF1(label) => format!("F1 of {label}"),
    };
    let score =
        trial.score.map_or("out of time".to_owned(), |score| format!("{metric} {score:.4}"));
    let best = if trial.best { "  best so far" } else { "" };
    format!("trial {}/{}  {score}  {:.1} s{best}", trial.number, search.trials, trial.seconds)
}
