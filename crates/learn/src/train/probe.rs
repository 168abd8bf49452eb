//! Readings of the representation while it is trained: health on held-out samples, and kNN where
//! they have classes.

use std::fmt;

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use pith_data::collection::Subset;
use pith_data::loader::{self, Loader};
use pith_data::sample::Input as Ready;
use pith_data::view::Pipeline;
use pith_space::geometry::{lidar::lidar, points};
use pith_space::health::{self, Assignments, Diagnosis, Health};
use pith_space::{Matrix, probe::knn};

use super::{Learner, Setting};
use crate::Error;
use crate::input::Input;
use crate::objective::Finding;
use crate::transfer;

/// Held-out samples whose vectors are looked at.
const HELD_OUT: usize = 1024;
/// Training samples that neighbours are looked for among.
const BANK: usize = 4096;
/// Held-out samples whose many views LiDAR compares.
const LIDAR: usize = 256;
/// Samples encoded at a time.
const BATCH: usize = 256;

/// What the representation is like at a step.
#[derive(Clone, Debug)]
pub struct Reading {
    /// What can be seen of the latents without classes.
    pub health: Health,
    /// The same of the space in which the loss is measured, where that is another.
    pub projected: Option<Health>,
    /// The standard deviation that the objective asks of it.
    pub asked: Option<f64>,
    /// Accuracy of the objective's own classes on held-out samples, where it learns classes.
    pub accuracy: Option<f64>,
    /// How the samples are shared out, where the objective has prototypes.
    pub assignments: Option<Assignments>,
    /// kNN accuracy of held-out samples among training samples, where there are classes.
    pub knn: Option<f64>,
    /// LiDAR of augmented held-out samples, where it is asked for.
    pub lidar: Option<f64>,
    /// What the objective found out about its own parts.
    pub own: Finding,
}

impl Reading {
    /// By name, for the log.
    pub fn values(&self) -> Vec<(String, f64)> {
        let health = &self.health;
        let mut values = vec![
            ("health/rankme", health.rank_me),
            ("health/effective-rank", health.effective_rank),
            ("health/deviation-min", health.spread.min),
            ("health/deviation-median", health.spread.median),
            ("health/dead", health.dead as f64),
            ("health/uniformity", health.uniformity),
            ("health/mean-cosine", health.mean_cosine),
            ("health/collapse-level", health.collapse_level),
        ];
        values.extend(health.alignment.map(|alignment| ("health/alignment", alignment)));
        if let Some(projected) = &self.projected {
            values.push(("health/projected-effective-rank", projected.effective_rank));
            values.push(("health/projected-collapse-level", projected.collapse_level));
        }
        values.extend(self.accuracy.map(|accuracy| ("accuracy", accuracy)));
        if let Some(assignments) = &self.assignments {
            values.push(("health/prototypes-used", assignments.used));
            values.push(("health/prototypes-per-sample", assignments.per_sample));
        }
        values.extend(self.knn.map(|accuracy| ("knn", accuracy)));
        values.extend(health.alpha_req.map(|alpha| ("health/alpha-req", alpha)));
        values.extend(self.lidar.map(|lidar| ("health/lidar", lidar)));
        let own = self.own.values.iter().map(|(name, value)| (format!("health/{name}"), *value));
        values.into_iter().map(|(name, value)| (name.to_owned(), value)).chain(own).collect()
    }
}

impl Reading {
    /// What is wrong: with the objective's own parts, which know the cause best, with the assignments,
    /// with the latents, or with the space of the loss.
    pub fn diagnose(&self) -> Option<Diagnosis> {
        let assignments = || health::diagnose_assignments(self.assignments.as_ref()?);
        self.own
            .diagnosis
            .clone()
            .or_else(assignments)
            .or_else(|| health::diagnose(&self.health))
            .or_else(|| self.diagnose_projected())
    }

    fn diagnose_projected(&self) -> Option<Diagnosis> {
        let projected = self.projected.as_ref()?;
        let diagnosis = match self.asked {
            Some(asked) => health::diagnose_spread(projected, asked),
            None => health::diagnose(projected),
        }?;
        let finding = format!("behind the projector: {}", diagnosis.finding);
        Some(Diagnosis { finding, ..diagnosis })
    }
}

impl fmt::Display for Reading {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(accuracy) = self.accuracy {
            write!(formatter, "accuracy {:.1} %  ", 100.0 * accuracy)?;
        }
        if let Some(accuracy) = self.knn {
            write!(formatter, "knn {:.1} %  ", 100.0 * accuracy)?;
        }
        write!(
            formatter,
            "rank {:.1}/{}  uniformity {:.2}",
            self.health.rank_me, self.health.width, self.health.uniformity
        )
    }
}

/// The samples that are looked at, ready to be encoded: the same at every reading.
pub struct Probe {
    /// Two views of the held-out samples.
    views: [Vec<Ready>; 2],
    held_out: Labelled,
    bank: Labelled,
    /// Held-out samples in many views, for LiDAR; read anew every time.
    many_views: Option<Loader>,
    /// Whether the samples that are looked at are not those that train: only then do neighbours
    /// say something.
    apart: bool,
    classes: usize,
    device: Device,
}

#[derive(Debug, Default)]
struct Labelled {
    inputs: Vec<Ready>,
    labels: Vec<Option<u32>>,
}

impl Probe {
    /// Reads the samples: of the validation split, or, where that is empty, of the training split.
    ///
    /// # Errors
    /// Where the recipe's views do not fit the samples.
    pub fn new(setting: &Setting, learner: &Learner) -> Result<Self, Error> {
        let collection = setting.collection;
        let recipe = setting.recipe;
        let validation = match collection.validation.is_empty() {
            true => &collection.train,
            false => &collection.validation,
        };
        let held_out = first(validation, HELD_OUT);
        let seed = recipe.train.seed;
        let changed = Pipeline::new(setting.preprocess.clone(), recipe.views.clone())?;
        let many_views = match recipe.train.lidar_views {
            Some(views) => {
                Some(plain_loader(first(validation, LIDAR), changed.clone(), views, seed)?)
            }
            None => None,
        };
        let mut views = [Vec::new(), Vec::new()];
        for batch in plain_loader(held_out.clone(), changed, 2, seed)?.epoch(0, 0) {
            for (view, input) in views.iter_mut().zip(batch.views) {
                view.push(input);
            }
        }
        let as_they_are = || Pipeline::plain(setting.preprocess.clone());
        Ok(Self {
            views,
            many_views,
            held_out: labelled(&plain_loader(held_out, as_they_are(), 1, seed)?),
            bank: labelled(&plain_loader(first(&collection.train, BANK), as_they_are(), 1, seed)?),
            apart: !collection.validation.is_empty(),
            classes: collection.classes.len(),
            device: learner.devices().pop().unwrap_or_else(|| setting.device.clone()).inner(),
        })
    }

    /// Measures a learner that is off the tape.
    ///
    /// # Errors
    /// Where a latent is not finite.
    pub fn read(&self, learner: &Learner) -> Result<Reading, Error> {
        let [first, second] = self.views.each_ref().map(|view| self.encode(learner, view));
        let projected = [&first, &second].map(|latent| self.project(learner, latent));
        let [a, b] = &projected;
        Ok(Reading {
            health: Health::measure(&first, Some(&second)),
            projected: a.as_ref().map(|a| Health::measure(a, b.as_ref())),
            asked: learner.objective.spread(),
            accuracy: self.accuracy(learner),
            assignments: self.assignments(learner, &first),
            knn: self.knn(learner)?,
            lidar: self.lidar(learner),
            own: self.examine(learner),
        })
    }

    fn examine(&self, learner: &Learner) -> Finding {
        let Some(batch) = self.held_out.inputs.first() else { return Finding::default() };
        let input = Input::from_data(batch.clone(), &self.device);
        learner.objective.examine(&learner.encoder, &input)
    }

    fn lidar(&self, learner: &Learner) -> Option<f64> {
        let mut views = Vec::new();
        for batch in self.many_views.as_ref()?.epoch(0, 0) {
            views.resize_with(batch.views.len(), || Matrix::empty(learner.width()));
            for (view, input) in views.iter_mut().zip(batch.views) {
                self.encode_into(view, learner, input);
            }
        }
        lidar(&views.iter().map(points).collect::<Vec<_>>())
    }

    fn project(&self, learner: &Learner, latent: &Matrix) -> Option<Matrix> {
        learner.objective.project(self.tensor(latent.values(), latent.width())).map(matrix)
    }

    /// In batches: there may be many more prototypes than numbers in a latent.
    fn assignments(&self, learner: &Learner, latents: &Matrix) -> Option<Assignments> {
        let width = latents.width();
        let mut batches = latents
            .values()
            .chunks(BATCH * width)
            .map(|latents| learner.objective.assignments(self.tensor(latents, width)).map(matrix));
        let first = batches.next()??;
        Some(Assignments::measure([first].into_iter().chain(batches.flatten())))
    }

    fn tensor(&self, values: &[f32], width: usize) -> Tensor<2> {
        let shape = [values.len() / width, width];
        Tensor::from_data(TensorData::new(values.to_vec(), shape), &self.device)
    }

    fn knn(&self, learner: &Learner) -> Result<Option<f64>, Error> {
        if !self.apart || self.classes < 2 {
            return Ok(None);
        }
        let (bank, bank_labels) = self.labelled(learner, &self.bank);
        let (held_out, labels) = self.labelled(learner, &self.held_out);
        if labels.is_empty() || bank_labels.is_empty() {
            return Ok(None);
        }
        Ok(Some(knn::accuracy(&bank, &bank_labels, &held_out, &labels, None)?))
    }

    fn accuracy(&self, learner: &Learner) -> Option<f64> {
        let mut right = Vec::new();
        let mut rest = &self.held_out.labels[..];
        for input in &self.held_out.inputs {
            let (labels, others) = rest.split_at(input.samples());
            rest = others;
            let input = Input::from_data(input.clone(), &self.device);
            right.extend(transfer::right(learner, &input, labels)?);
        }
        let count = right.len();
        (self.apart && count > 0)
            .then(|| right.into_iter().filter(|&right| right).count() as f64 / count as f64)
    }

    /// Vectors and classes of the samples that have a class.
    fn labelled(&self, learner: &Learner, samples: &Labelled) -> (Matrix, Vec<u32>) {
        let rows: Vec<usize> =
            (0..samples.labels.len()).filter(|&row| samples.labels[row].is_some()).collect();
        let labels = samples.labels.iter().flatten().copied().collect();
        (self.encode(learner, &samples.inputs).select(&rows), labels)
    }

    fn encode(&self, learner: &Learner, inputs: &[Ready]) -> Matrix {
        let mut vectors = Matrix::empty(learner.width());
        for input in inputs {
            self.encode_into(&mut vectors, learner, input.clone());
        }
        vectors
    }

    fn encode_into(&self, vectors: &mut Matrix, learner: &Learner, input: Ready) {
        let data = learner.represent(&Input::from_data(input, &self.device)).into_data();
        vectors.extend(data.as_slice().expect("latents are f32"));
    }
}

fn matrix(rows: Tensor<2>) -> Matrix {
    let [count, width] = rows.dims();
    let data = rows.into_data();
    Matrix::new(count, width, data.as_slice().expect("projections are f32").to_vec())
}

/// The samples of a subset that its ids' order puts first: the same ones at every start.
fn first(subset: &Subset, count: usize) -> Subset {
    let mut chosen = subset.clone();
    let stride = subset.len().div_ceil(count.max(1)).max(1);
    chosen.indices = subset.indices.iter().copied().step_by(stride).collect();
    chosen
}

fn plain_loader(
    subset: Subset,
    pipeline: Pipeline,
    views: usize,
    seed: u64,
) -> Result<Loader, Error> {
    let options = loader::Options { batch_size: BATCH, views, seed, ..loader::Options::default() };
    Ok(Loader::new(subset, pipeline, options)?)
}

/// The inputs and classes of a loader's samples.
fn labelled(loader: &Loader) -> Labelled {
    let mut all = Labelled::default();
    for batch in loader.epoch(0, 0) {
        all.inputs.extend(batch.views.into_iter().next());
        all.labels.extend(batch.labels);
    }
    all
}
