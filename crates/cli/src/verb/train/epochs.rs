//! What a training that goes on epoch by epoch keeps on the way, of words and of classifiers: a
//! checkpoint behind every epoch, and a line of measurements. Ctrl-C ends at once, and the training goes
//! on behind the last whole epoch; on one thread the same bits follow as without a stop.

use std::io::Write;
use std::path::Path;

use anyhow::{Result, ensure};
use pith_learn::run::Run;
use serde_json::Value;

use super::Arguments;

/// A new folder, or that of a run to go on with.
pub fn folder(arguments: &Arguments, folder: &Path) -> Result<Run> {
    let run = match arguments.resume {
        Some(_) => Run::open(folder)?,
        None => return Ok(Run::create(folder, arguments.force)?),
    };
    fs_err::create_dir_all(run.checkpoints())?;
    Ok(run)
}

/// Drops what was measured behind the epochs that the checkpoint holds.
pub fn forget_after(run: &Run, epochs: usize) -> Result<()> {
    let text = std::fs::read_to_string(run.metrics()).unwrap_or_default();
    let kept: String = text.split_inclusive('\n').take(epochs).collect();
    Ok(fs_err::write(run.metrics(), kept)?)
}

/// Keeps what an epoch came to.
pub fn measured(run: &Run, line: &Value) -> Result<()> {
    let mut metrics = fs_err::OpenOptions::new().create(true).append(true).open(run.metrics())?;
    Ok(metrics.write_all(format!("{line}\n").as_bytes())?)
}

/// Refuses to go on from numbers that are none.
pub fn check(loss: f64, epoch: usize, table: &str) -> Result<()> {
    ensure!(loss.is_finite(), "the loss is {loss} behind epoch {epoch}: lower {table}.rate");
    Ok(())
}

/// Tells how to go on.
pub fn stopped(run: &Run, epochs: usize) {
    let folder = run.folder().display();
    match epochs {
        0 => eprintln!(
            "stopped before the first epoch was whole; begin with: pith train --resume {folder}"
        ),
        _ => eprintln!("stopped; go on behind epoch {epochs} with: pith train --resume {folder}"),
    }
}
