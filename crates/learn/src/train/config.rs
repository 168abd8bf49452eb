//! How long and how a run trains.

use serde::{Deserialize, Serialize};

use crate::Error;

/// The recipe's `[train]` table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Passes over the training split.
    pub epochs: usize,
    /// Steps, instead of epochs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<usize>,
    /// Samples per batch.
    pub batch_size: usize,
    /// Classes of which every batch holds equally many samples, for objectives that compare the samples
    /// of a class; where left out, samples come as they come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classes_per_batch: Option<usize>,
    /// Batches per step.
    pub accumulate: usize,
    /// Share of all steps over which the learning rate rises.
    pub warmup: f64,
    /// Largest norm of a gradient; none where left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clip: Option<f64>,
    /// Decay of an exponential moving average of the weights, which then is the model; none where
    /// left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub average: Option<f64>,
    /// Steps between two readings of the representation; an epoch where left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probe_every: Option<usize>,
    /// Steps between two checkpoints; as `probe-every` where left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checkpoint_every: Option<usize>,
    /// Views of each of 256 held-out samples whose scatter LiDAR compares at every reading (the paper:
    /// 50 views of 1000); not measured where left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lidar_views: Option<usize>,
    /// What chooses the checkpoint and stops early.
    pub monitor: Monitor,
    /// Readings without improvement after which training stops; never where left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patience: Option<usize>,
    /// Sick readings in a row after which training stops.
    pub collapse_after: usize,
    /// Decides initial weights, order of samples and views.
    pub seed: u64,
    /// Background threads that read and augment.
    pub workers: usize,
}

/// A measure of the representation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Monitor {
    /// kNN accuracy on the validation split; `rank` where the samples have no classes.
    Knn,
    /// Accuracy of the objective's own classes on the validation split; `knn` where it learns none.
    Accuracy,
    /// RankMe, which needs no classes.
    Rank,
    /// LiDAR, which needs no classes but `lidar-views`.
    Lidar,
    /// Nothing: the weights of the last step are the model.
    Last,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            epochs: 20,
            steps: None,
            batch_size: 256,
            classes_per_batch: None,
            accumulate: 1,
            warmup: 0.05,
            clip: None,
            average: None,
            probe_every: None,
            checkpoint_every: None,
            lidar_views: None,
            monitor: Monitor::Knn,
            patience: None,
            collapse_after: 3,
            seed: 0,
            workers: 1,
        }
    }
}

impl Config {
    /// Refuses settings that cannot train.
    ///
    /// # Errors
    /// Names the first setting out of range.
    pub fn check(&self) -> Result<(), Error> {
        let refuse = |key: &str, expected: &str, received: String| {
            Err(Error::Recipe(format!("train.{key} must be {expected}, received {received}")))
        };
        if self.epochs == 0 && self.steps.is_none() {
            return refuse("epochs", "above zero", self.epochs.to_string());
        }
        if self.steps == Some(0) {
            return refuse("steps", "above zero", "0".into());
        }
        if self.batch_size < 2 {
            let expected = "at least 2, so that samples can be compared";
            return refuse("batch-size", expected, self.batch_size.to_string());
        }
        if let Some(classes) = self.classes_per_batch
            && !(classes >= 2
                && classes < self.batch_size
                && self.batch_size.is_multiple_of(classes))
        {
            let expected = format!(
                "2 or more classes with 2 or more samples of each in a batch of {}",
                self.batch_size
            );
            return refuse("classes-per-batch", &expected, classes.to_string());
        }
        if self.accumulate == 0 {
            return refuse("accumulate", "above zero", "0".into());
        }
        if !(0.0..1.0).contains(&self.warmup) {
            return refuse("warmup", "a share of all steps, 0 to 1", self.warmup.to_string());
        }
        if self.average.is_some_and(|decay| !(0.0..1.0).contains(&decay)) {
            return refuse("average", "a decay, 0 to 1", format!("{:?}", self.average));
        }
        if self.clip.is_some_and(|limit| limit.is_nan() || limit <= 0.0) {
            return refuse("clip", "above zero", format!("{:?}", self.clip));
        }
        if self.probe_every == Some(0) || self.checkpoint_every == Some(0) {
            return refuse("probe-every and checkpoint-every", "above zero", "0".into());
        }
        if self.lidar_views.is_some_and(|views| views < 2) {
            return refuse("lidar-views", "at least 2", format!("{:?}", self.lidar_views));
        }
        if self.monitor == Monitor::Lidar && self.lidar_views.is_none() {
            let expected = "set, to 10 or so, where train.monitor is \"lidar\"";
            return refuse("lidar-views", expected, "nothing".into());
        }
        if let (Monitor::Last, Some(patience)) = (self.monitor, self.patience) {
            let expected = "left out where train.monitor is \"last\", which chooses nothing";
            return refuse("patience", expected, patience.to_string());
        }
        if self.workers == 0 {
            return refuse("workers", "above zero", "0".into());
        }
        Ok(())
    }

    /// Steps of warm-up.
    pub fn warmup_steps(&self, steps: usize) -> usize {
        (self.warmup * steps as f64).round() as usize
    }
}
