//! Skip-gram and CBOW, epoch by epoch.
//!
//! A checkpoint is written behind every epoch. Ctrl-C ends at once, and the training goes on behind
//! the last whole epoch; on one thread the same bits follow as without a stop.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering::SeqCst;
use std::time::Instant;

use anyhow::{Result, ensure};
use pith_learn::run::Run;
use pith_tables::Corpus;
use pith_tables::corpus::Vocabulary;
use pith_tables::format::fasttext;
use pith_tables::train::{Checkpoint, Config, Epoch, Method, Training};
use serde_json::json;

use super::super::Arguments;
use crate::arguments::Common;
use crate::interrupt;
use crate::words::file;
use crate::words::progress::Progress;

/// A training before its next epoch.
pub struct Begun<'a> {
    training: Training<'a>,
    epochs: usize,
    /// The folder.
    pub run: Run,
}

pub fn begin<'a>(
    arguments: &Arguments,
    config: &Config,
    corpus: &'a Corpus,
    folder: &Path,
) -> Result<Begun<'a>> {
    if arguments.resume.is_none() {
        let training = Training::new(corpus, config)?;
        return Ok(Begun { training, epochs: 0, run: Run::create(folder, arguments.force)? });
    }
    let run = Run::open(folder)?;
    let at = checkpoint(&run);
    let (training, epochs) = if at.exists() {
        let mut checkpoint = Checkpoint::load(&at)?;
        checkpoint.config.threads = config.threads;
        let epochs = checkpoint.course.epoch;
        (Training::resume(corpus, checkpoint)?, epochs)
    } else {
        (Training::new(corpus, config)?, 0)
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

/// Trains to the end and writes the model, or until Ctrl-C; whether it came to the end.
pub fn learn(begun: Begun, counts: &Vocabulary, common: &Common) -> Result<bool> {
    let Begun { mut training, epochs, run } = begun;
    if let Some(epochs) = epochs_of(&mut training, epochs, &run, common)? {
        eprintln!(
            "stopped; go on behind epoch {epochs} with: pith train --resume {}",
            run.folder().display()
        );
        return Ok(false);
    }
    let model = training.model();
    fs_err::create_dir_all(run.model())?;
    if model.config.method == Method::StructuredSkipGram {
        // fastText has no file for its outputs; the checkpoint keeps them.
        super::write_bare(&model.vectors(), counts, &run)?;
    } else {
        file::whole(&run.model().join("words.bin"), |partial| fasttext::write(&model, partial))?;
    }
    Ok(true)
}

/// Trains to the end, or until Ctrl-C: then it gives the number of whole epochs.
fn epochs_of(
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
