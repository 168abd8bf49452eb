//! The training loop.
//!
//! [`train`] is the whole of it: batches come from background threads, the objective gives a loss,
//! the optimizer steps, and every so often the representation itself is measured. Everything that a
//! step depends on is in [`State`] and the weights, so a run that was killed continues bit for bit.

pub mod average;
pub mod checkpoint;
pub mod config;
mod crops;
pub mod learner;
pub mod log;
pub mod probe;
pub mod progress;
pub mod tensorboard;

use std::sync::atomic::{AtomicBool, Ordering};

use burn::module::Module;
use burn::tensor::Device;
use pith_data::collection::Collection;
use pith_data::loader::{self, Loader};
use pith_data::preprocess::Preprocess;
use pith_data::view::Pipeline;
use pith_space::health::Diagnosis;

pub use checkpoint::State;
pub use config::{Config, Monitor};
pub use learner::Learner;
pub use probe::Reading;

use crate::input::Views;
use crate::moment::Moment;
use crate::optimizer::{Gradients, LayerDecay, Optimizer};
use crate::run::Run;
use crate::schedule::Schedule;
use crate::{Error, Recipe, weights};
use average::Average;
use log::Log;
use probe::Probe;
use progress::Progress;

/// How a training ended.
#[derive(Clone, Debug)]
pub enum Ending {
    /// All steps were taken.
    Finished,
    /// The monitored measure stopped improving.
    Stopped {
        /// The step of the best measure.
        best: usize,
    },
    /// Somebody asked to stop; the run can be resumed.
    Interrupted,
    /// The representation collapsed.
    Collapsed(Diagnosis),
}

/// What a training leaves behind.
#[derive(Debug)]
pub struct Outcome {
    /// How it ended.
    pub ending: Ending,
    /// The learner with the weights that were chosen: the best by the monitored measure.
    pub learner: Learner,
    /// Where the training stood at the end.
    pub state: State,
    /// The last reading of the representation.
    pub reading: Option<Reading>,
    /// Samples that could not be read.
    pub skipped: Vec<loader::Skipped>,
}

/// What a training works with.
#[derive(Clone, Copy)]
pub struct Setting<'a> {
    /// What to do.
    pub recipe: &'a Recipe,
    /// The samples.
    pub collection: &'a Collection,
    /// How a sample becomes an input.
    pub preprocess: &'a Preprocess,
    /// Where tensors live.
    pub device: &'a Device,
    /// Set to ask the loop to stop after the step it is in.
    pub stop: &'a AtomicBool,
}

/// A training that fits its data, before anything is written.
pub struct Plan<'a> {
    setting: Setting<'a>,
    learner: Learner,
    loader: Loader,
    steps: usize,
    /// Steps between two readings.
    every: usize,
    schedule: Schedule,
}

impl<'a> Plan<'a> {
    /// Initial parameters and the order of work.
    ///
    /// # Errors
    /// Where the recipe does not fit the data, or the data has fewer samples than a step takes.
    pub fn new(setting: &Setting<'a>) -> Result<Self, Error> {
        let Setting { recipe, preprocess, device, .. } = *setting;
        let config = &recipe.train;
        let classes = setting.collection.classes.len();
        let learner =
            Learner::init(recipe, preprocess.shape(), classes, &device.clone().autodiff())?;
        if let Some(local) = &recipe.local_crops {
            crops::check(local, &learner, preprocess.shape(), classes)?;
        }
        let loader = training_loader(setting, learner.objective.views())?;
        crops::check_size(loader.shape(), &learner, preprocess.shape())?;
        let steps_per_epoch = (loader.batches_per_epoch() / config.accumulate).max(1);
        let steps = config.steps.unwrap_or(config.epochs * steps_per_epoch);
        let schedule = Schedule {
            peak: recipe.optimizer.learning_rate(),
            warmup: config.warmup_steps(steps),
            steps,
        };
        let every = config.probe_every.unwrap_or(steps_per_epoch).max(1);
        Ok(Self { setting: *setting, learner, loader, steps, every, schedule })
    }
}

/// Trains, from the beginning or from the run's last checkpoint where it has one.
///
/// # Errors
/// Where no step can be made, the loss is not a number, or the run folder cannot be written.
pub fn train(plan: Plan, run: &Run, progress: &mut Progress) -> Result<Outcome, Error> {
    let Plan { setting, learner, loader, steps, every, schedule } = plan;
    let Setting { recipe, device, stop, .. } = setting;
    let config = &recipe.train;

    let mut session = Session {
        average: config.average.map(|decay| Average::new(decay, &learner)),
        optimizer: optimizer(recipe, &learner),
        state: State::default(),
        learner,
    };
    if let Some(folder) = run.latest_checkpoint()? {
        session = checkpoint::restore(session, &folder, device)?;
    }
    let mut log = Log::open(run, session.state.step)?;
    let probe = Probe::new(&setting, &session.learner)?;
    progress.begin(session.state.step, steps, config.batch_size * config.accumulate);
    let mut reading = None;

    let ending = 'training: loop {
        let (first_step, first_batch) = (session.state.step, session.state.batch);
        let mut batches = loader.epoch(session.state.epoch as u64, first_batch);
        while session.state.step < steps {
            let taken: Vec<_> = batches.by_ref().take(config.accumulate).collect();
            if taken.len() < config.accumulate {
                break;
            }
            session.state.batch = batches.position();
            let mut terms = Terms::default();
            let mut gradients = Gradients::new();
            let moment = Moment { step: session.state.step, ..Moment::first(config.seed, steps) };
            for (batch, number) in taken.into_iter().zip(0..) {
                let views = Views::from_batch(batch, &device.clone().autodiff());
                let loss = session.learner.loss(&views, &Moment { batch: number, ..moment });
                terms.add(&loss, config.accumulate);
                let tape = (loss.total / config.accumulate as f64).backward();
                gradients.add(weights::gradients(&session.learner, tape));
                session.learner.objective.remember(loss.seen);
            }
            if !terms.loss.is_finite() {
                return Err(Error::Diverged { loss: terms.loss, step: session.state.step });
            }
            let norm = gradients.clip(config.clip);
            let rate = schedule.rate(session.state.step);
            session.learner = session.optimizer.step(session.learner, gradients, rate);
            let Learner { encoder, objective } = &mut session.learner;
            objective.follow(encoder, &moment);
            session.state.step += 1;
            if let Some(average) = &mut session.average {
                average.follow(&session.learner);
            }
            log.step(session.state.step, &terms, rate, norm)?;
            progress.step(session.state.step, terms.loss);

            if session.state.step.is_multiple_of(every) || session.state.step == steps {
                let measured = probe.read(&session.chosen())?;
                let improved = session.state.judge(config.monitor, &measured);
                log.reading(session.state.step, &measured)?;
                progress.reading(&measured);
                if improved {
                    checkpoint::save_best(&session, run)?;
                }
                let sick = measured.diagnose();
                session.state.sick = if sick.is_some() { session.state.sick + 1 } else { 0 };
                reading = Some(measured);
                if let Some(diagnosis) =
                    sick.filter(|_| session.state.sick >= config.collapse_after)
                {
                    break 'training Ending::Collapsed(diagnosis);
                }
                if config.patience.is_some_and(|patience| session.state.stale >= patience) {
                    break 'training Ending::Stopped { best: session.state.best_step };
                }
            }
            if stop.load(Ordering::Relaxed) {
                break 'training Ending::Interrupted;
            }
            if session.state.step.is_multiple_of(config.checkpoint_every.unwrap_or(every)) {
                checkpoint::save(&session, run)?;
            }
        }
        if session.state.step >= steps {
            break Ending::Finished;
        }
        if session.state.step == first_step && first_batch == 0 {
            return Err(Error::Unreadable { skipped: loader.skipped().len() });
        }
        session.state.epoch += 1;
        session.state.batch = 0;
    };

    checkpoint::save(&session, run)?;
    progress.end();
    let learner = checkpoint::best(&session, run)?.unwrap_or_else(|| session.chosen());
    Ok(Outcome { ending, learner, state: session.state, reading, skipped: loader.skipped() })
}

/// Everything that a step depends on and changes.
#[derive(Debug)]
pub struct Session {
    learner: Learner,
    average: Option<Average>,
    optimizer: Optimizer,
    state: State,
}

impl Session {
    /// The learner whose representation counts: the average where one is kept; off the tape.
    fn chosen(&self) -> Learner {
        match &self.average {
            Some(average) => average.learner(&self.learner),
            None => self.learner.valid(),
        }
    }
}

/// The loss of a step and its parts.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    /// Mean over the batches of the step.
    pub loss: f64,
    /// Its parts by name.
    pub parts: Vec<(&'static str, f64)>,
}

impl Terms {
    fn add(&mut self, loss: &crate::objective::Loss, batches: usize) {
        let number = |tensor: &burn::tensor::Tensor<1>| {
            tensor.clone().without_autodiff().into_scalar::<f64>() / batches as f64
        };
        self.loss += number(&loss.total);
        for (name, tensor) in &loss.terms {
            let value = number(tensor);
            match self.parts.iter_mut().find(|(known, _)| known == name) {
                Some((_, sum)) => *sum += value,
                None => self.parts.push((name, value)),
            }
        }
    }
}

fn optimizer(recipe: &Recipe, learner: &Learner) -> Optimizer {
    let optimizer = Optimizer::new(recipe.optimizer.clone());
    match &recipe.transfer {
        Some(transfer) if transfer.lora.is_none() => {
            let names = weights::collect(&learner.valid());
            let decay = transfer.layer_decay(&recipe.encoder);
            optimizer.with_layer_decay(LayerDecay::new(decay, names.keys()))
        }
        _ => optimizer,
    }
}

fn training_loader(setting: &Setting, views: usize) -> Result<Loader, Error> {
    let config = &setting.recipe.train;
    let pipeline = Pipeline::new(setting.preprocess.clone(), setting.recipe.views.clone())?;
    let subset = setting.collection.train.clone();
    let per_step = config.batch_size * config.accumulate;
    if subset.len() < per_step {
        return Err(Error::Recipe(format!(
            "the training split has {} samples and a step takes {per_step}; lower \
             train.batch-size to at most {}, or add data",
            subset.len(),
            subset.len() / config.accumulate
        )));
    }
    let options = loader::Options {
        batch_size: config.batch_size,
        views,
        shuffle: true,
        drop_last: true,
        classes: config.classes_per_batch,
        seed: config.seed,
        workers: config.workers,
    };
    let loader = Loader::new(subset, pipeline, options).map_err(|error| match error {
        loader::Error::TooFewClasses { .. } => {
            Error::Recipe(format!("train.classes-per-batch: {error}; lower it, or leave it out"))
        }
        other => other.into(),
    })?;
    match &setting.recipe.local_crops {
        Some(crops) => Ok(loader.with_local_crops(crops)?),
        None => Ok(loader),
    }
}
