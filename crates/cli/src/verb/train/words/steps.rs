//! Skip-gram and CBOW, epoch by epoch.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering::SeqCst;
use std::time::Instant;

use anyhow::Result;
use pith_learn::run::Run;
use pith_tables::Corpus;
use pith_tables::corpus::Vocabulary;
use pith_tables::format::fasttext;
use pith_tables::train::{Checkpoint, Config, Epoch, Method, Training};
use serde_json::json;

use super::super::{Arguments, epochs};
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
        return Ok(Begun { training, epochs: 0, run: epochs::folder(arguments, folder)? });
    }
    let run = epochs::folder(arguments, folder)?;
    let at = checkpoint(&run);
    let (training, epochs) = if at.exists() {
        let mut checkpoint: Checkpoint = Checkpoint::load(&at)?;
        checkpoint.config.threads = config.threads;
        let epochs = checkpoint.course.epoch;
        (Training::resume(corpus, checkpoint)?, epochs)
    } else {
        (Training::new(corpus, config)?, 0)
    };
    epochs::forget_after(&run, epochs)?;
    Ok(Begun { training, epochs, run })
}

/// Where the checkpoint of word vectors stands.
pub fn checkpoint(run: &Run) -> PathBuf {
    run.checkpoints().join("words.safetensors")
}

/// Trains to the end and writes the model, or until Ctrl-C; whether it came to the end. fastText has
/// no file for the outputs of structured skip-gram and none for names with spaces, as `items` have; the
/// checkpoint keeps the outputs.
pub fn learn(begun: Begun, counts: &Vocabulary, items: bool, common: &Common) -> Result<bool> {
    let Begun { mut training, epochs, run } = begun;
    if let Some(epochs) = epochs_of(&mut training, epochs, &run, common)? {
        epochs::stopped(&run, epochs);
        return Ok(false);
    }
    let model = training.model();
    fs_err::create_dir_all(run.model())?;
    if items || model.config.method == Method::StructuredSkipGram {
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
        epochs::check(loss, epochs + 1, "words")?;
        epochs += 1;
        let line = json!({
            "epoch": epochs, "words": words, "rate": rate, "loss": loss, "held-out": held_out,
            "seconds": started.elapsed().as_secs_f64(),
        });
        epochs::measured(run, &line)?;
        training.checkpoint().save(&checkpoint(run))?;
    }
    Ok(None)
}
