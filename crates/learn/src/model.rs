//! A model: the folder that can encode.
//!
//! `model.json` says what the encoder is and how a sample is made ready for it,
//! `model.safetensors` holds its weights. The fingerprint changes with anything that decides a
//! vector; an index remembers it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use pith_data::collection::Subset;
use pith_data::loader::{self, Loader};
use pith_data::preprocess::{self, Preprocess};
use pith_data::sample::{self, Batch, Features, Pixels, Shape, Value};
use pith_data::view::Pipeline;
pub use pith_kernels::Precision;
use pith_space::Matrix;
use serde::{Deserialize, Serialize};

use crate::encoder::{self, Encoder};
use crate::input::Input;
use crate::nn::{Init, Linear};
use crate::train::Learner;
use crate::weights::{self, Weights};
use crate::{Error, run};

/// An encoder that is ready for samples.
#[derive(Clone, Debug)]
pub struct Model {
    parts: Parts,
    config: encoder::Config,
    preprocess: Preprocess,
    fingerprint: String,
    device: Device,
}

/// What turns an input into its vector.
#[derive(Module, Debug)]
struct Parts {
    encoder: Encoder,
    /// After the encoder, where the objective asks for another space than the pooled vectors.
    neck: Option<Linear>,
}

impl Parts {
    /// Initial parameters.
    fn init(
        config: &encoder::Config,
        shape: Shape,
        neck: Option<usize>,
        init: &mut Init,
    ) -> Result<Self, Error> {
        let encoder = config.init(shape, init)?;
        let neck = neck.map(|width| Linear::new(encoder.width(), width, true, init));
        Ok(Self { encoder, neck })
    }

    fn forward(&self, input: &Input) -> Tensor<2> {
        let pooled = self.encoder.encode(input).pooled;
        match &self.neck {
            Some(neck) => neck.forward(pooled),
            None => pooled,
        }
    }

    /// Numbers per vector that the neck gives.
    fn neck_width(&self) -> Option<usize> {
        self.neck.as_ref().map(|neck| neck.weight.dims()[1])
    }
}

/// `model.json`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Card {
    /// Version of this file.
    format: u32,
    fingerprint: String,
    width: usize,
    encoder: encoder::Config,
    /// Width of the linear map after the encoder, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    neck: Option<usize>,
    preprocess: Preprocess,
}

/// Samples encoded at a time.
const BATCH: usize = 256;

impl Model {
    /// A model of what was trained, off the tape; `config` is that of its encoder.
    pub fn new(learner: &Learner, config: encoder::Config, preprocess: Preprocess) -> Self {
        let mut encoder = learner.kept().clone();
        encoder.maps().into_iter().for_each(Linear::merge);
        let parts = Parts { encoder, neck: learner.objective.neck().cloned() };
        Self::of(&parts, config, preprocess)
    }

    fn of(parts: &Parts, config: encoder::Config, preprocess: Preprocess) -> Self {
        let parts = parts.valid();
        let device = parts.devices().pop().unwrap_or_else(Device::flex);
        let fingerprint = fingerprint(&weights::collect(&parts), &config, &preprocess);
        Self { parts, config, preprocess, fingerprint, device }
    }

    /// The same encoder with initial parameters: the baseline that training has to beat.
    ///
    /// # Errors
    /// Where the encoder does not fit the input.
    pub fn untrained(&self, seed: u64) -> Result<Self, Error> {
        let mut init = Init::new(seed, &self.device);
        let (shape, neck) = (self.preprocess.shape(), self.parts.neck_width());
        let parts = Parts::init(&self.config, shape, neck, &mut init)?;
        Ok(Self::of(&parts, self.config.clone(), self.preprocess.clone()))
    }

    /// The same model, encoding in another precision: faster where the processor has instructions for
    /// it ([`Precision::is_accelerated`]), and a little off. Its fingerprint is another.
    ///
    /// # Errors
    /// Where the encoder is no transformer.
    pub fn with_precision(mut self, precision: Precision) -> Result<Self, Error> {
        if !self.parts.encoder.pack(precision) {
            return Err(Error::Recipe(format!(
                "encoder `{}` computes in f32 only; another precision is for `vit`",
                self.config.keyword()
            )));
        }
        if precision != Precision::F32 {
            self.fingerprint = format!("{}-{precision:?}", self.fingerprint).to_lowercase();
        }
        Ok(self)
    }

    /// Writes the folder.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn save(&self, folder: &Path) -> Result<(), Error> {
        fs_err::create_dir_all(folder)?;
        weights::write(&weights::collect(&self.parts), &folder.join("model.safetensors"))?;
        let card = Card {
            format: 1,
            fingerprint: self.fingerprint.clone(),
            width: self.width(),
            encoder: self.config.clone(),
            neck: self.parts.neck_width(),
            preprocess: self.preprocess.clone(),
        };
        let file = folder.join("model.json");
        let text = serde_json::to_vec_pretty(&card)
            .map_err(|error| Error::format(&file, error.to_string()))?;
        Ok(fs_err::write(file, text)?)
    }

    /// Reads a model folder, or that of a run.
    ///
    /// # Errors
    /// Where there is no model, or its files do not fit together.
    pub fn load(path: &Path, device: &Device) -> Result<Self, Error> {
        let folder = model_folder(path)?;
        let file = folder.join("model.json");
        let card: Card = serde_json::from_slice(&fs_err::read(&file)?).map_err(|error| {
            Error::format(&file, format!("not a model of this version: {error}"))
        })?;
        let mut init = Init::new(0, device);
        let shape = card.preprocess.shape();
        let parts = Parts::init(&card.encoder, shape, card.neck, &mut init)?.valid();
        let file = folder.join("model.safetensors");
        let parts = weights::restore(parts, weights::read(&file)?, &file)?;
        let model = Self::of(&parts, card.encoder, card.preprocess);
        match model.fingerprint == card.fingerprint {
            true => Ok(model),
            false => Err(Error::format(
                file,
                format!(
                    "the weights have fingerprint {} and model.json says {}; the folder was \
                     changed by hand or is damaged",
                    model.fingerprint, card.fingerprint
                ),
            )),
        }
    }

    /// Numbers per vector.
    pub fn width(&self) -> usize {
        self.parts.neck_width().unwrap_or_else(|| self.parts.encoder.width())
    }

    /// What encodes, off the tape.
    pub fn encoder(&self) -> &Encoder {
        &self.parts.encoder
    }

    /// The settings of the encoder.
    pub fn config(&self) -> &encoder::Config {
        &self.config
    }

    /// Changes with anything that decides a vector.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// How a sample becomes an input.
    pub fn preprocess(&self) -> &Preprocess {
        &self.preprocess
    }

    /// Encodes inputs that are ready, `[n, width]`.
    pub fn encode(&self, input: sample::Input) -> Matrix {
        let rows = input.samples();
        let vectors = self.parts.forward(&Input::from_data(input, &self.device));
        Matrix::new(rows, self.width(), values(vectors.into_data()))
    }

    /// Encodes one decoded sample, `[1, width]`.
    ///
    /// # Errors
    /// Where the sample does not fit the model.
    pub fn encode_value(&self, value: &Value) -> Result<Matrix, preprocess::Mismatch> {
        let values = self.preprocess.apply(value)?;
        Ok(self.encode(match self.preprocess.shape() {
            Shape::Pixels { channels, height, width } => {
                sample::Input::Pixels(Pixels { samples: 1, channels, height, width, values })
            }
            Shape::Features { width } => {
                sample::Input::Features(Features { samples: 1, width, values })
            }
            other => panic!("no encoder takes {other:?}"),
        }))
    }

    /// Encodes samples in their order, handing over each batch with its vectors as it comes.
    /// Returns the samples that could not be read. Ends early, with an error, once `stop` is set.
    ///
    /// # Errors
    /// Where no batch can be made, `receive` fails, or somebody asked to stop.
    pub fn embed(
        &self,
        subset: &Subset,
        workers: usize,
        stop: &AtomicBool,
        mut receive: impl FnMut(&Batch, &Matrix) -> Result<(), Error>,
    ) -> Result<Vec<loader::Skipped>, Error> {
        let pipeline = Pipeline::plain(self.preprocess.clone());
        let loader = Loader::new(
            subset.clone(),
            pipeline,
            loader::Options { batch_size: BATCH, workers, ..loader::Options::default() },
        )?;
        for batch in loader.epoch(0, 0) {
            if stop.load(Ordering::Relaxed) {
                return Err(Error::Stopped);
            }
            let vectors = self.encode(batch.views[0].clone());
            receive(&batch, &vectors)?;
        }
        Ok(loader.skipped())
    }
}

/// The model folder at a path: the path itself, or that of a run.
pub fn model_folder(path: &Path) -> Result<PathBuf, Error> {
    let of_run = path.join("model");
    let folder =
        [path, of_run.as_path()].into_iter().find(|folder| folder.join("model.json").exists());
    match folder {
        Some(folder) => Ok(folder.to_owned()),
        None if run::Run::open(path).is_ok() => {
            Err(Error::format(path, "this run has no model yet; finish it with --resume"))
        }
        None => Err(Error::format(path, "is neither a model nor a run: it has no model.json")),
    }
}

fn fingerprint(weights: &Weights, config: &encoder::Config, preprocess: &Preprocess) -> String {
    let settings = match serde_json::to_vec(&(config, preprocess)) {
        Ok(settings) => settings,
        Err(error) => panic!("settings are plain numbers and names: {error}"),
    };
    let hash = weights::hash(weights) ^ xxhash_rust::xxh3::xxh3_64(&settings).rotate_left(1);
    format!("{hash:016x}")
}

fn values(data: TensorData) -> Vec<f32> {
    match data.try_into_vec::<f32>() {
        Ok(values) => values,
        Err(error) => panic!("latents are f32: {error:?}"),
    }
}
