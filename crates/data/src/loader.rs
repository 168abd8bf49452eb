//! Batches, made by background threads while the encoder computes.
//!
//! What a batch holds depends on the seed, the epoch and the ids of its samples, never on the
//! number of threads or on what was read before it:
//!
//! - the order of an epoch is a permutation keyed by (seed, epoch), or where batches are made of so
//!   many classes, a deal of the samples of each, keyed the same;
//! - a view draws from a stream keyed by (seed, epoch, id of the sample, number of the view), and
//!   local crops are the views after the others;
//! - worker `w` of `n` makes batches `w`, `w + n`, `w + 2 n`, … and the consumer takes one from
//!   each in turn.
//!
//! So training can go on in the middle of an epoch without making the batches before it. A worker
//! is never more than a short queue ahead, which bounds the memory.

mod classes;
mod epoch;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use xxhash_rust::xxh3::xxh3_64;

use classes::Classes;
pub use epoch::Epoch;

use crate::collection::Subset;
use crate::random::Random;
use crate::sample::{Batch, Features, Input, Pixels, Shape};
use crate::view::{LocalCrops, Pipeline, Scratch};
use crate::{preprocess, view};

/// How samples become batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Samples per batch.
    pub batch_size: usize,
    /// Views per sample.
    pub views: usize,
    /// Whether every epoch has an order of its own; elsewhere the order is the subset's.
    pub shuffle: bool,
    /// Whether a last batch that would be smaller than the others is left out.
    pub drop_last: bool,
    /// Classes of which every batch holds equally many samples, drawn at random whatever the order;
    /// the samples of small classes come again within an epoch, and those without a class never.
    /// None takes samples as they come.
    pub classes: Option<usize>,
    /// What all random choices follow from.
    pub seed: u64,
    /// Background threads.
    pub workers: usize,
}

/// One view of every sample in order, as embedding wants it.
impl Default for Options {
    fn default() -> Self {
        Options {
            batch_size: 256,
            views: 1,
            shuffle: false,
            drop_last: false,
            classes: None,
            seed: 0,
            workers: 1,
        }
    }
}

/// Batches that cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A count that must be 1 or more is 0.
    #[error("the loader's {option} must be 1 or more, but is 0")]
    Zero {
        /// Which count.
        option: &'static str,
    },
    /// Not one batch can be filled.
    #[error(
        "there are {samples} samples, fewer than one batch of {batch_size}; \
         use a batch size of at most {samples}, or more data"
    )]
    TooFewSamples {
        /// Samples in the subset.
        samples: usize,
        /// Samples per batch.
        batch_size: usize,
    },
    /// A batch cannot hold equally many samples of so many classes.
    #[error("a batch of {batch_size} samples cannot hold equally many of {classes} classes")]
    Uneven {
        /// Classes per batch.
        classes: usize,
        /// Samples per batch.
        batch_size: usize,
    },
    /// A batch cannot hold samples of so many classes.
    #[error("batches of {wanted} classes were asked for, and the samples have labels of {found}")]
    TooFewClasses {
        /// Classes that have samples.
        found: usize,
        /// Classes per batch.
        wanted: usize,
    },
    /// There is nothing to load.
    #[error("the data hold no samples in this split")]
    Empty,
    /// The model was made for other data.
    #[error(transparent)]
    Preprocess(#[from] preprocess::Error),
    /// The views do not fit.
    #[error(transparent)]
    View(#[from] view::Error),
}

/// A sample that was left out of its batches.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skipped {
    /// The sample.
    pub id: String,
    /// Why it could not be used.
    pub reason: String,
}

/// Makes the batches of every epoch of a subset.
#[derive(Clone)]
pub struct Loader {
    plan: Arc<Plan>,
    /// By id.
    skipped: Arc<Mutex<BTreeMap<String, String>>>,
}

/// Everything that a worker needs to know.
#[derive(Clone)]
struct Plan {
    subset: Subset,
    pipeline: Pipeline,
    options: Options,
    classes: Option<Classes>,
    /// How many local crops of each sample, and how they are made.
    local: Option<(usize, Pipeline)>,
}

impl Loader {
    /// A loader of this subset.
    ///
    /// # Errors
    /// Where a count is 0, no batch can be filled, or the pipeline does not fit the data.
    pub fn new(subset: Subset, pipeline: Pipeline, options: Options) -> Result<Self, Error> {
        let Options { batch_size, views, workers, .. } = options;
        for (option, count) in [("batch_size", batch_size), ("views", views), ("workers", workers)]
        {
            if count == 0 {
                return Err(Error::Zero { option });
            }
        }
        if subset.is_empty() {
            return Err(Error::Empty);
        }
        let classes = options.classes.map(|classes| Classes::new(&subset, classes, batch_size));
        let classes = classes.transpose()?;
        let samples = classes.as_ref().map_or(subset.len(), Classes::labelled);
        if options.drop_last && samples < batch_size {
            return Err(Error::TooFewSamples { samples, batch_size });
        }
        let preprocess = pipeline.preprocess().bind(&subset.dataset.kind())?;
        let pipeline = pipeline.with_preprocess(preprocess);
        let plan = Arc::new(Plan { subset, pipeline, options, classes, local: None });
        Ok(Loader { plan, skipped: Arc::default() })
    }

    /// The same, with local crops of every sample beside its views, which stay as they were.
    ///
    /// # Errors
    /// Where the samples are no pictures, or the crops do not fit them.
    pub fn with_local_crops(mut self, crops: &LocalCrops) -> Result<Self, Error> {
        let pipeline = Pipeline::local(self.plan.pipeline.preprocess(), crops)?;
        Arc::make_mut(&mut self.plan).local = Some((crops.count, pipeline));
        Ok(self)
    }

    /// The shape of one input.
    pub fn shape(&self) -> Shape {
        self.plan.pipeline.shape()
    }

    /// Samples in the subset.
    pub fn samples(&self) -> usize {
        self.plan.subset.len()
    }

    /// Batches of an epoch in which every sample can be read.
    pub fn batches_per_epoch(&self) -> usize {
        self.plan.batches()
    }

    /// The batches of one epoch, from `skip_batches` on. The batches before it cost nothing.
    ///
    /// A batch all of whose samples are unreadable is left out, but counts for `skip_batches`.
    pub fn epoch(&self, epoch: u64, skip_batches: usize) -> Epoch {
        Epoch::start(&self.plan, Arc::clone(&self.skipped), epoch, skip_batches)
    }

    /// The samples that were left out of the batches delivered so far, by id.
    pub fn skipped(&self) -> Vec<Skipped> {
        let skipped = self.skipped.lock().unwrap_or_else(PoisonError::into_inner);
        skipped
            .iter()
            .map(|(id, reason)| Skipped { id: id.clone(), reason: reason.clone() })
            .collect()
    }
}

impl Plan {
    fn batches(&self) -> usize {
        let samples = self.classes.as_ref().map_or(self.subset.len(), Classes::labelled);
        let size = self.options.batch_size;
        if self.options.drop_last { samples / size } else { samples.div_ceil(size) }
    }

    /// The positions in the subset in the order of an epoch.
    fn order(&self, epoch: u64) -> Vec<usize> {
        let mut random = Random::keyed(&[self.options.seed, epoch]);
        if let Some(classes) = &self.classes {
            return classes.order(self.batches(), &mut random);
        }
        let mut order: Vec<usize> = (0..self.subset.len()).collect();
        if self.options.shuffle {
            random.shuffle(&mut order);
        }
        order
    }

    /// Makes the batch of these positions. `go_on` is asked before every sample; where it says
    /// no, what is returned is incomplete.
    fn batch(
        &self,
        epoch: u64,
        positions: &[usize],
        scratch: &mut Scratch,
        go_on: impl Fn() -> bool,
    ) -> (Batch, Vec<Skipped>) {
        let mut views = self.views(positions.len());
        let (mut labels, mut ids, mut skipped) = (Vec::new(), Vec::new(), Vec::new());
        for &position in positions {
            if !go_on() {
                break;
            }
            let id = self.subset.id(position);
            let key = xxh3_64(id.as_bytes());
            let place = ids.len();
            let outcome = guarded(|| {
                let value = self.subset.read(position).map_err(|error| error.fault.to_string())?;
                for (view, number) in views.iter_mut().zip(0..) {
                    let mut random = Random::keyed(&[self.options.seed, epoch, key, number]);
                    let size = view.pipeline.shape().size();
                    let out = &mut view.values[place * size..][..size];
                    view.pipeline
                        .render(&value, &mut random, scratch, out)
                        .map_err(|mismatch| mismatch.to_string())?;
                }
                Ok(())
            });
            match outcome {
                Ok(()) => {
                    labels.push(self.subset.label(position));
                    ids.push(id);
                }
                Err(reason) => skipped.push(Skipped { id, reason }),
            }
        }
        let mut inputs = views.into_iter().map(|view| view.input(ids.len()));
        let global = inputs.by_ref().take(self.options.views).collect();
        let local = inputs.collect();
        (Batch { views: global, local, labels, ids }, skipped)
    }

    /// Room for the views of so many samples, and the local crops after them.
    fn views(&self, samples: usize) -> Vec<View<'_>> {
        let global = std::iter::repeat_n(&self.pipeline, self.options.views);
        let local = self.local.iter().flat_map(|(count, made)| std::iter::repeat_n(made, *count));
        let room = |pipeline: &Pipeline| vec![0.0; samples * pipeline.shape().size()];
        global.chain(local).map(|pipeline| View { pipeline, values: room(pipeline) }).collect()
    }
}

/// One view of a batch while it is made.
struct View<'a> {
    pipeline: &'a Pipeline,
    values: Vec<f32>,
}

impl View<'_> {
    /// The view of the first so many samples.
    fn input(mut self, samples: usize) -> Input {
        let shape = self.pipeline.shape();
        self.values.truncate(samples * shape.size());
        input(shape, samples, self.values)
    }
}

/// Takes a panic for an error: a decoder that stumbles over one file must not end a long training.
fn guarded(work: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    // What the work may leave half-written is a slot and a scratch picture; both are overwritten.
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        Err(format!("its reader panicked: {}", text.unwrap_or("no message")))
    })
}

fn input(shape: Shape, samples: usize, values: Vec<f32>) -> Input {
    match shape {
        Shape::Pixels { channels, height, width } => {
            Input::Pixels(Pixels { samples, channels, height, width, values })
        }
        Shape::Features { width } => Input::Features(Features { samples, width, values }),
    }
}

#[cfg(test)]
mod tests;
