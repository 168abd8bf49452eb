//! An exponential moving average of the weights, running statistics included
//! (Polyak, Juditsky 1992; Tarvainen, Valpola 2017).

use std::path::Path as FilePath;

use burn::module::Module;

use super::Learner;
use crate::Error;
use crate::weights::{self, Weights};

/// `average = decay * average + (1 - decay) * weights`, after every step.
#[derive(Clone, Debug)]
pub struct Average {
    decay: f64,
    weights: Weights,
}

impl Average {
    /// Starts at the learner's weights.
    pub fn new(decay: f64, learner: &Learner) -> Self {
        Self { decay, weights: weights::collect(&learner.valid()) }
    }

    /// Moves towards the learner's weights.
    pub fn follow(&mut self, learner: &Learner) {
        let decay = self.decay as f32;
        for (name, current) in weights::collect(&learner.valid()) {
            let Some(average) = self.weights.get_mut(&name) else { continue };
            let (Ok(old), Ok(new)) = (average.as_mut_slice::<f32>(), current.as_slice::<f32>())
            else {
                continue;
            };
            for (old, new) in old.iter_mut().zip(new) {
                *old = decay * *old + (1.0 - decay) * new;
            }
        }
    }

    /// A learner with the averaged weights, off the tape.
    pub fn learner(&self, like: &Learner) -> Learner {
        match weights::restore(like.valid(), self.weights.clone(), FilePath::new("average")) {
            Ok(learner) => learner,
            Err(error) => panic!("the average has the learner's own parameters: {error}"),
        }
    }

    /// The averaged weights.
    pub fn weights(&self) -> &Weights {
        &self.weights
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
        self.weights = saved;
        Ok(())
    }
}
