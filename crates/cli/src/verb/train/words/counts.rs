//! GloVe and PPMI: vectors from counts. Nothing is kept of a training that is stopped; it begins anew.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::Ordering::SeqCst;

use anyhow::{Result, ensure};
use pith_learn::run::Run;
use pith_tables::{Corpus, closed_form, glove};
use serde_json::json;

use super::super::Arguments;
use crate::arguments::Common;
use crate::interrupt;
use crate::words::progress::pairs;

/// A new folder, or that of a run to begin anew.
pub fn begin(arguments: &Arguments, folder: &Path) -> Result<Run> {
    let run = match arguments.resume {
        Some(_) => Run::open(folder)?,
        None => Run::create(folder, arguments.force)?,
    };
    if run.metrics().exists() {
        fs_err::remove_file(run.metrics())?;
    }
    Ok(run)
}

/// Learns and writes the model; false where Ctrl-C ended it before.
pub fn glove(corpus: &Corpus, config: &glove::Config, run: &Run, common: &Common) -> Result<bool> {
    tell(common, "counting words near each other");
    let stop = interrupt::listen();
    let (mut lines, mut loss) = (String::new(), 0.0);
    let vectors = glove::train(corpus, config, &mut |progress| {
        tell(common, &pairs(progress));
        let glove::Progress { epoch, pairs, elapsed, .. } = *progress;
        loss = progress.loss;
        let line = json!({
            "epoch": epoch + 1, "pairs": pairs, "loss": loss, "seconds": elapsed.as_secs_f64(),
        });
        lines.push_str(&format!("{line}\n"));
        let ended = epoch + 1 == progress.epochs;
        let go_on = loss.is_finite() && (ended || !stop.load(SeqCst));
        if go_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    ensure!(loss.is_finite(), "the loss is {loss}: lower glove.rate");
    fs_err::write(run.metrics(), &lines)?;
    if lines.lines().count() < config.epochs {
        eprintln!(
            "stopped; GloVe keeps nothing on the way, so it begins anew with: pith train --resume {}",
            run.folder().display()
        );
        return Ok(false);
    }
    super::write_bare(&vectors, &corpus.vocabulary, run)?;
    Ok(true)
}

/// Finds the vectors and writes the model.
pub fn ppmi(
    corpus: &Corpus,
    config: &closed_form::Config,
    run: &Run,
    common: &Common,
) -> Result<()> {
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
