//! GloVe, epoch by epoch, and PPMI, which is one pass: vectors from counts.

use std::sync::atomic::Ordering::SeqCst;

use anyhow::Result;
use pith_learn::run::Run;
use pith_tables::train::Checkpoint;
use pith_tables::{Corpus, closed_form, glove};
use serde_json::json;

use super::super::epochs;
use super::steps::checkpoint;
use crate::arguments::Common;
use crate::interrupt;
use crate::words::model;
use crate::words::progress::pairs;

/// Learns and writes the model; false where Ctrl-C ended it before. Of a run that was stopped it goes on
/// behind the last whole epoch; its counts are not kept and are taken again.
pub fn glove(corpus: &Corpus, config: &glove::Config, run: &Run, common: &Common) -> Result<bool> {
    let stop = interrupt::listen();
    tell(common, "counting words near each other");
    let at = checkpoint(run);
    let mut training = if at.exists() {
        let mut checkpoint: Checkpoint<glove::Config> = Checkpoint::load(&at)?;
        checkpoint.config.threads = config.threads;
        epochs::forget_after(run, checkpoint.course.epoch)?;
        glove::Training::resume(corpus, checkpoint)?
    } else {
        epochs::forget_after(run, 0)?;
        glove::Training::new(corpus, config)?
    };
    while !training.finished() {
        let Some(progress) = training.epoch(stop)? else {
            epochs::stopped(run, training.epochs());
            return Ok(false);
        };
        tell(common, &pairs(&progress));
        let glove::Progress { epoch, pairs, loss, elapsed, .. } = progress;
        epochs::check(loss, epoch + 1, "glove")?;
        let line = json!({
            "epoch": epoch + 1, "pairs": pairs, "loss": loss, "seconds": elapsed.as_secs_f64(),
        });
        epochs::measured(run, &line)?;
        training.checkpoint().save(&at)?;
        if stop.load(SeqCst) && !training.finished() {
            epochs::stopped(run, epoch + 1);
            return Ok(false);
        }
    }
    super::write_bare(&training.vectors(), &corpus.vocabulary, run)?;
    Ok(true)
}

/// Finds the vectors and writes the model. Nothing is kept on the way: a run that was stopped begins
/// anew, and says so; one that has its model keeps it.
pub fn ppmi(
    corpus: &Corpus,
    config: &closed_form::Config,
    run: &Run,
    resumed: bool,
    common: &Common,
) -> Result<()> {
    if resumed && model::file(run).exists() {
        tell(common, "the vectors are there already");
        return Ok(());
    }
    if resumed {
        eprintln!("note: [ppmi] is one pass and keeps nothing on the way, so it begins anew");
    }
    let dimensions = config.dimensions;
    tell(common, &format!("counting words near each other, then {dimensions} singular vectors"));
    let vectors = closed_form::train(corpus, config)?;
    super::write_bare(&vectors, &corpus.vocabulary, run)
}

fn tell(common: &Common, line: &str) {
    if !common.quiet {
        eprintln!("{line}");
    }
}
