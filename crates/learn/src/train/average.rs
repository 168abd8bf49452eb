//! An exponential moving average of the weights, running statistics included
//! (Polyak, Juditsky 1992; Tarvainen, Valpola 2017).

use std::collections::BTreeMap;
use std::path::Path as FilePath;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Shape, Tensor, TensorData};
use pith_kernels::optimize;

use super::Learner;
use crate::Error;
use crate::weights::{self, Path, Weights};

/// `average = decay * average + (1 - decay) * weights`, after every step.
#[derive(Clone, Debug)]
pub struct Average {
    decay: f64,
    tensors: BTreeMap<String, Averaged>,
}

/// One parameter or running statistic.
#[derive(Clone, Debug)]
struct Averaged {
    /// `[count]`.
    flat: Tensor<1>,
    shape: Shape,
}

impl Averaged {
    fn new(data: TensorData, device: &Device) -> Self {
        let (bytes, shape, dtype) = data.into_parts();
        let flat = TensorData::from_bytes(bytes, [shape.num_elements()], dtype);
        Self { flat: Tensor::from_data(flat, device), shape }
    }
}

impl Average {
    /// Starts at the learner's weights.
    pub fn new(decay: f64, learner: &Learner) -> Self {
        let mut average = Self { decay, tensors: BTreeMap::new() };
        let learner = learner.valid();
        average.fill(weights::collect(&learner), &learner);
        average
    }

    fn fill(&mut self, weights: Weights, like: &Learner) {
        let device = like.devices().into_iter().next().unwrap_or_default().inner();
        let averaged = |(name, data)| (name, Averaged::new(data, &device));
        self.tensors = weights.into_iter().map(averaged).collect();
    }

    /// Moves towards the learner's weights.
    pub fn follow(&mut self, learner: &Learner) {
        let mut follower = Follower { path: Path::default(), average: self };
        learner.valid().visit(&mut follower);
    }

    /// A learner with the averaged weights, off the tape.
    pub fn learner(&self, like: &Learner) -> Learner {
        match weights::restore(like.valid(), self.weights(), FilePath::new("average")) {
            Ok(learner) => learner,
            Err(error) => panic!("the average has the learner's own parameters: {error}"),
        }
    }

    /// The averaged weights.
    pub fn weights(&self) -> Weights {
        let named = |(name, Averaged { flat, shape }): (&String, &Averaged)| {
            let (bytes, _, dtype) = flat.to_data().into_parts();
            (name.clone(), TensorData::from_bytes(bytes, shape.clone(), dtype))
        };
        self.tensors.iter().map(named).collect()
    }

    /// Continues from saved weights.
    ///
    /// # Errors
    /// Where the weights are those of another model.
    pub fn restore(
        &mut self,
        saved: Weights,
        like: &Learner,
        file: &FilePath,
    ) -> Result<(), Error> {
        weights::restore(like.valid(), saved.clone(), file)?;
        self.fill(saved, like);
        Ok(())
    }
}

struct Follower<'a> {
    path: Path,
    average: &'a mut Average,
}

impl ModuleVisitor for Follower<'_> {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _name: &str, container: &str) {
        self.path.exit(container);
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let name = self.path.name();
        // Taken out, so that nobody else holds it while it changes.
        let Some(Averaged { flat, shape }) = self.average.tensors.remove(&name) else { return };
        let flat = optimize::average(flat, param.val().flatten(0, D - 1), self.average.decay);
        self.average.tensors.insert(name, Averaged { flat, shape });
    }
}
