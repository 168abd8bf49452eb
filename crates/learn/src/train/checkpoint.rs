//! Checkpoints: all that a step depends on, in one folder that appears whole or not at all.
//!
//! `checkpoints/step-00000120/` holds `weights.safetensors`, `optimizer.safetensors`, where one is
//! kept `average.safetensors`, and `state.json`. It is written under another name and renamed.

use std::path::{Path, PathBuf};

use burn::module::Module;
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::{Learner, Monitor, Reading, Session};
use crate::run::Run;
use crate::{Error, weights};

/// Where a training stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct State {
    /// Steps taken.
    pub step: usize,
    /// The pass over the data, from zero.
    pub epoch: usize,
    /// Batches taken of this pass.
    pub batch: usize,
    /// The best value of the monitored measure; none where nothing is monitored.
    pub best: Option<f64>,
    /// The step whose weights are kept: that of the best value.
    pub best_step: usize,
    /// Readings since the best value.
    pub stale: usize,
    /// Sick readings in a row.
    pub sick: usize,
}

impl State {
    /// Whether the weights of a reading are to be kept, because it is the best so far or nothing
    /// chooses; counts those that are not.
    pub fn judge(&mut self, monitor: Monitor, reading: &Reading) -> bool {
        let wanted = match monitor {
            Monitor::Last => {
                self.best_step = self.step;
                return true;
            }
            Monitor::Accuracy => reading.accuracy.or(reading.knn),
            Monitor::Knn => reading.knn,
            Monitor::Rank => None,
            Monitor::Lidar => reading.lidar,
        };
        let value = wanted.unwrap_or(reading.health.rank_me);
        let better = value.is_finite() && self.best.is_none_or(|best| value > best);
        if better {
            self.best = Some(value);
            self.best_step = self.step;
            self.stale = 0;
        } else {
            self.stale += 1;
        }
        better
    }
}

const WEIGHTS: &str = "weights.safetensors";
const OPTIMIZER: &str = "optimizer.safetensors";
const AVERAGE: &str = "average.safetensors";
const STATE: &str = "state.json";

/// Writes a checkpoint of this step and removes older ones.
pub(super) fn save(session: &Session, run: &Run) -> Result<(), Error> {
    let name = format!("step-{:08}", session.state.step);
    let folder = run.checkpoints().join(&name);
    if folder.exists() {
        return Ok(());
    }
    let draft = run.checkpoints().join(format!(".{name}"));
    fresh(&draft)?;
    weights::write(&weights::collect(&session.learner.valid()), &draft.join(WEIGHTS))?;
    weights::write(&session.optimizer.state(), &draft.join(OPTIMIZER))?;
    if let Some(average) = &session.average {
        weights::write(&average.weights(), &draft.join(AVERAGE))?;
    }
    write_json(&session.state, &draft.join(STATE))?;
    fs_err::rename(&draft, &folder)?;
    for older in run.step_checkpoints()?.into_iter().filter(|older| *older < folder) {
        fs_err::remove_dir_all(older)?;
    }
    Ok(())
}

/// Continues from a checkpoint.
pub(super) fn restore(
    mut session: Session,
    folder: &Path,
    device: &Device,
) -> Result<Session, Error> {
    let file = folder.join(WEIGHTS);
    session.learner = weights::restore(session.learner, weights::read(&file)?, &file)?;
    let state: State = read_json(&folder.join(STATE))?;
    let tensors = weights::read(&folder.join(OPTIMIZER))?;
    session.optimizer.restore(tensors, state.step, device);
    if let Some(average) = &mut session.average {
        let file = folder.join(AVERAGE);
        average.restore(weights::read(&file)?, &session.learner, &file)?;
    }
    session.state = state;
    Ok(session)
}

/// Keeps the weights of the best reading so far.
pub(super) fn save_best(session: &Session, run: &Run) -> Result<(), Error> {
    let draft = run.checkpoints().join(".best.safetensors");
    weights::write(&weights::collect(&session.chosen()), &draft)?;
    Ok(fs_err::rename(draft, best_file(run))?)
}

/// The learner of the best reading, off the tape, where there was a reading.
pub(super) fn best(session: &Session, run: &Run) -> Result<Option<Learner>, Error> {
    let file = best_file(run);
    if !file.exists() {
        return Ok(None);
    }
    weights::restore(session.learner.valid(), weights::read(&file)?, &file).map(Some)
}

fn best_file(run: &Run) -> PathBuf {
    run.checkpoints().join("best.safetensors")
}

fn fresh(folder: &Path) -> Result<(), Error> {
    if folder.exists() {
        fs_err::remove_dir_all(folder)?;
    }
    Ok(fs_err::create_dir_all(folder)?)
}

fn write_json<T: Serialize>(value: &T, file: &Path) -> Result<(), Error> {
    let text =
        serde_json::to_vec_pretty(value).map_err(|error| Error::format(file, error.to_string()))?;
    Ok(fs_err::write(file, text)?)
}

fn read_json<T: serde::de::DeserializeOwned>(file: &Path) -> Result<T, Error> {
    serde_json::from_slice(&fs_err::read(file)?)
        .map_err(|error| Error::format(file, error.to_string()))
}
